"""Oracle's stored bytes for Python values, and back: pure functions, one module per family."""
