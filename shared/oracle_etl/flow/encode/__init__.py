"""From Arrow batches to the bytes of an object."""

from __future__ import annotations

from oracle_etl.flow.encode import gzip_member, parquet, zstandard_frame
from oracle_etl.flow.encode.encoder import Encoder, PartRole, Take
from oracle_etl.flow.encode.gzip_member import GzipMember, member_header, member_trailer
from oracle_etl.flow.encode.json_lines import JsonLines
from oracle_etl.flow.encode.line_encoder import Compressor, LineEncoder
from oracle_etl.flow.encode.parquet import ParquetFile
from oracle_etl.flow.encode.zstandard_frame import ZstandardFrame
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.transport import Carriage, Format

__all__ = ["Encoder", "PartRole", "Take", "member_header", "member_trailer", "open_encoder"]


def open_encoder(
    plan: ColumnPlan, carriage: Carriage, *, role: PartRole, mask_key: bytes | None = None
) -> Encoder:
    """Return an encoder for one part; only jsonl.gz has parts that are put together."""
    level = carriage.compression_level
    if carriage.format is Format.PARQUET:
        chosen = parquet.DEFAULT_LEVEL if level is None else level
        return ParquetFile(plan.columns, level=chosen, mask_key=mask_key)
    lines = JsonLines(plan.columns, nulls=carriage.nulls, mask_key=mask_key)
    return LineEncoder(lines, _compressor(carriage.format, role, level))


def _compressor(format_: Format, role: PartRole, level: int | None) -> Compressor:
    if format_ is Format.JSONL_ZST:
        chosen = zstandard_frame.DEFAULT_LEVEL if level is None else level
        return ZstandardFrame(level=chosen)
    return GzipMember(role=role, level=gzip_member.DEFAULT_LEVEL if level is None else level)
