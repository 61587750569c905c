"""The numbers of messages and calls."""

from __future__ import annotations

import enum


class Message(enum.IntEnum):
    """What a message is: its first byte."""

    PROTOCOL = 1
    DATA_TYPES = 2
    CALL = 3
    ERROR = 4
    ROW_HEADER = 6
    ROW_DATA = 7
    PARAMETERS = 8
    STATUS = 9
    BIND_DIRECTIONS = 11
    LOB_DATA = 14
    DESCRIBE = 16
    PIGGYBACK = 17
    BIT_VECTOR = 21
    ONE_WAY_CALL = 26
    END_OF_RESPONSE = 29
    TOKEN = 33
    FAST_AUTHENTICATION = 34


class Call(enum.IntEnum):
    """What a call asks for."""

    RE_EXECUTE = 4
    FETCH = 5
    LOGOFF = 9
    COMMIT = 14
    ROLLBACK = 15
    RE_EXECUTE_AND_FETCH = 78
    EXECUTE = 94
    LOB_OPERATION = 96
    CLOSE_CURSORS = 105
    ANSWER_CHALLENGE = 115
    CLAIM_NAME = 118
    SET_END_TO_END = 135
    PING = 147
    SET_SCHEMA = 152
    SET_KEY_VALUES = 154
    RELEASE_SESSION = 163
    SESSION_STATE = 176
    BEGIN_PIPELINE = 199
    END_PIPELINE = 200
    END_USER_SECURITY = 205


CALL_TOKENS_SINCE = 18
"""Field version from which a token follows each call's sequence number."""
