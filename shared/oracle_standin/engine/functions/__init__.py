"""Oracle's functions, by what they work on."""
