"""The one PL/SQL block that the driver itself runs, to learn the shape of an object type.

It runs it before it shows the first XMLTYPE column of a connection. The answer says that the type
has no attributes, which is all that is needed to read XMLTYPE.
"""

from __future__ import annotations

from collections.abc import Sequence

from oracle_standin.port import Bind, Cell, Column, ColumnType, OracleType, RowBlock
from oracle_standin.values.cells import NULL, cell
from oracle_standin.values.number import encode_number
from oracle_standin.wire.describe import XMLTYPE_OID

QUESTION = "dbms_pickler.get_type_shape"
KNOWN_TYPE = '"SYS"."XMLTYPE"'
NO_ATTRIBUTES = bytes(18)
"""A type descriptor whose count of attributes is zero."""

ATTRIBUTE_COLUMNS = tuple(
    Column(name=name, type=ColumnType(type=OracleType.VARCHAR2, size=128, characters=128))
    for name in (
        "VERSION",
        "ATTR_NAME",
        "ATTR_NO",
        "ATTR_TYPE_NAME",
        "ATTR_TYPE_OWNER",
        "PACKAGE_NAME",
        "ATTR_TYPE_OID",
        "INSTANTIABLE",
        "SUPERTYPE_OWNER",
        "SUPERTYPE_NAME",
    )
)


class NoRows:
    """The rows of a query without any."""

    def fetch(self, count: int) -> RowBlock:
        """Return no rows, however many are wanted."""
        del count
        return RowBlock(0)


def asks_for_shape(statement: str) -> bool:
    """Tell whether a statement is the driver's question."""
    return QUESTION in statement.lower()


def shape(names: Sequence[str], binds: Sequence[Bind], attributes: Cell) -> tuple[Cell | None, ...]:
    """Answer the question: a value for each bind; `attributes` stands for the open cursor."""
    asked = dict(zip(names, binds, strict=True)).get("FULL_NAME")
    is_known = asked is not None and asked.content == KNOWN_TYPE.encode()
    answers: dict[str, Cell] = {
        "RET_VAL": cell(encode_number(0 if is_known else 1)),
        "OID": cell(XMLTYPE_OID),
        "VERSION": cell(encode_number(1)),
        "TDS": cell(NO_ATTRIBUTES),
        "ATTRS_RC": attributes,
        "PACKAGE_NAME": NULL,
        "SCHEMA": cell(b"SYS"),
        "NAME": cell(b"XMLTYPE"),
    }
    return tuple(answers.get(name) for name in names)
