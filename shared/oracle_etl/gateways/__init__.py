"""The outside: exactly one module per client library."""
