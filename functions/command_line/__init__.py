"""The `oracle-etl` command: a client of the HTTP API, the server on one machine, and the demo."""
