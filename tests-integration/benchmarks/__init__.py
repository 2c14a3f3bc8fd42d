"""What checks cost, each beside the bare driver in one run (docs/benchmarks.md)."""
