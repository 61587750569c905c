"""Rows, their versions, and where they live."""
