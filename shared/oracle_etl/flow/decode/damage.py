"""Bytes that are not what they should be."""

from __future__ import annotations


class Damaged(Exception):
    """An object's bytes cannot be read as its format says; the text says where."""
