"""Named groups of Oracle tables into an object store: exact, fast, watched and repeatable."""
