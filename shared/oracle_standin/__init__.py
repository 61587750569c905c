"""A stand-in Oracle server that speaks the real wire protocol, for demo, tests and benchmarks."""
