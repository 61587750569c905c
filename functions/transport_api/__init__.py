"""The HTTP API: requests in, verbs of the flow, answers out."""
