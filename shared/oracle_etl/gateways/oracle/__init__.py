"""Oracle, through python-oracledb, which nothing else imports."""

from __future__ import annotations

from oracle_etl.gateways.oracle.scratch_schema import OracleScratchSchema
from oracle_etl.gateways.oracle.sessions import OracleConnection
from oracle_etl.gateways.oracle.source import OracleTableSource

__all__ = ["OracleConnection", "OracleScratchSchema", "OracleTableSource"]
