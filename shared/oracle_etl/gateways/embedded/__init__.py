"""The home that needs no account: SQLite, a folder, local processes."""
