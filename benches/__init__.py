"""Measurements of fastfetch beside its peers and beside Rust alone."""
