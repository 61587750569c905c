"""Kinds of statement, one module each."""
