"""What is asked of a server beside its tables; each may be refused, and all are 11.2."""

from __future__ import annotations

WAYS_TO_THE_SCN = {
    "SCN by DBMS_FLASHBACK": "SELECT DBMS_FLASHBACK.GET_SYSTEM_CHANGE_NUMBER FROM DUAL",
    "SCN by V$DATABASE": "SELECT CURRENT_SCN FROM V$DATABASE",
    "SCN by TIMESTAMP_TO_SCN": "SELECT TIMESTAMP_TO_SCN(SYSTIMESTAMP) FROM DUAL",
}
"""In the order in which they are tried: the first is exact and the last one three seconds old."""
DATABASE = (
    "SELECT SYS_CONTEXT('USERENV','DB_UNIQUE_NAME') AS UNIQUE_NAME,"
    "SYS_CONTEXT('USERENV','DB_NAME') AS NAME FROM DUAL"
)
"""Any account may ask; the second is the pluggable database's, where it is one."""
UNDO_RETENTION = "SELECT VALUE FROM V$PARAMETER WHERE NAME='undo_retention'"
CAN_HASH = "SELECT DBMS_CRYPTO.MAC(HEXTORAW('00'),3,HEXTORAW('00')) FROM DUAL"
PRIVILEGES = "SELECT PRIVILEGE FROM SESSION_PRIVS"
CLOCK = (
    "SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP),'YYYY-MM-DD\"T\"HH24:MI:SS.FF6') AS NOW FROM DUAL"
)
SHOWN = {
    "undo_retention": UNDO_RETENTION,
    "time zone file": "SELECT VERSION FROM V$TIMEZONE_FILE",
    "database time zone": "SELECT DBTIMEZONE FROM DUAL",
    "compatible": "SELECT VALUE FROM V$PARAMETER WHERE NAME='compatible'",
    "block size": "SELECT VALUE FROM V$PARAMETER WHERE NAME='db_block_size'",
}
"""Questions whose answers tell a reader of the report something."""
TRIED = {
    **WAYS_TO_THE_SCN,
    "DBMS_CRYPTO": CAN_HASH,
    "DBA_EXTENTS": "SELECT COUNT(*) FROM DBA_EXTENTS WHERE ROWNUM<1",
    "DBA_SEGMENTS": "SELECT COUNT(*) FROM DBA_SEGMENTS WHERE ROWNUM<1",
}
"""Questions of which only counts whether they are answered."""
