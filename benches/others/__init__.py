"""Other people's own benchmarks, from their source distributions, with fastfetch among those they measure."""
