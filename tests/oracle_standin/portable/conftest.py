"""These tests ask any Oracle: see tests/oracle_under_test.py."""

from oracle_under_test import connection, oracle, table

__all__ = ["connection", "oracle", "table"]
