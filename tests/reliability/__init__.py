"""docs/reliability.md: what was promised and measured, and how the peers do on the same faults."""
