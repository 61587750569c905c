"""Copy the rows of one reading into one object of the attempt."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from oracle_etl.flow.claim_work import Claim
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.keep_lease import Lease
from oracle_etl.model.errors import RowsMissing, TransportError
from oracle_etl.model.objects import Extract
from oracle_etl.model.progress import Progress
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Format
from oracle_etl.outside import Outside
from oracle_etl.ports import ObjectWriter

CONTENT_TYPES = {
    Format.JSONL_GZ: "application/gzip",
    Format.JSONL_ZST: "application/zstd",
    Format.PARQUET: "application/vnd.apache.parquet",
}


def move_table(
    claim: Claim, reading: Reading, *, role: PartRole, lease: Lease, outside: Outside
) -> Extract:
    """Read, encode and write, asking the lease and telling the board after every batch.

    Safe to run twice: the object's name holds the fence, and only a fenced commit makes it
    the one that counts.
    """
    carriage = claim.job.transport.carriage
    source = outside.source(claim.job.transport.source)
    encoder = open_encoder(reading.plan, carriage, role=role, mask_key=reading.mask_key)
    progress = _Told(claim, outside)
    created = outside.store.create(
        claim.job.bucket,
        attempt_name(claim),
        content_type=CONTENT_TYPES[carriage.format],
    )
    rows_of = source.read(reading, batch_bytes=outside.limits.batch_bytes)
    try:
        with rows_of as batches, lease.breaking_off(batches.cancel), created as writer:
            target = _Target(writer)
            counted = batches.count() if claim.job.transport.proof.count_rows else None
            progress.expect(counted)
            for batch in batches:
                lease.check()
                encoder.encode(batch, target.take)
                progress.tell(rows=encoder.rows, size=target.size)
                # With a large LOB it is large, and not to be held during the next fetch.
                del batch
            target.take(encoder.finish())
            _prove_count(claim, encoder.rows, counted)
            lease.check()
    except TransportError:
        lease.check()  # a call that was broken off fails in Oracle's words; these say why
        raise
    return Extract(
        object=writer.stored(),
        rows=encoder.rows,
        sha256=target.digest.hexdigest(),
        plain_bytes=encoder.plain_bytes,
        plain_crc32=encoder.plain_crc32,
        counted_rows=counted,
    )


def attempt_name(claim: Claim) -> str:
    """Return the name of this attempt's object; no other attempt ever has it."""
    part = "" if claim.part is None else f"-p{claim.part.number:05d}"
    folder = claim.job.attempts_folder
    return f"{folder}/{claim.table.table_id}{part}-a{claim.fence:03d}"


def _prove_count(claim: Claim, rows: int, counted: int | None) -> None:
    if counted is not None and counted != rows:
        raise RowsMissing(
            f"{claim.table.table}: {rows} rows came, but Oracle counts {counted} at the same SCN",
            hint="a row-level policy or a function in a view may change between statements",
        )


class _Target:
    """An object being written, with the size and the digest of its bytes so far."""

    def __init__(self, writer: ObjectWriter) -> None:
        self._writer = writer
        self.size = 0
        self.digest = hashlib.sha256()

    def take(self, data: bytes) -> None:
        """Write bytes."""
        self._writer.write(data)
        self.digest.update(data)
        self.size += len(data)


class _Told:
    """The progress of one reading, told to the board."""

    def __init__(self, claim: Claim, outside: Outside) -> None:
        self._claim = claim
        self._outside = outside
        self._began = outside.clock.monotonic()
        before = claim.table.progress if claim.part is None else claim.part.progress
        self._progress: Progress = replace(before, rows=0, bytes=0)

    def expect(self, counted: int | None) -> None:
        """Note the counted rows, which are no estimate."""
        if counted is not None:
            self._progress = replace(self._progress, rows_total=counted, is_estimate=False)

    def tell(self, *, rows: int, size: int) -> None:
        """Show how far the reading has come; the board keeps to its interval."""
        elapsed = max(self._outside.clock.monotonic() - self._began, 1e-6)
        self._progress = self._progress.carried(
            rows=rows - self._progress.rows,
            size=size - self._progress.bytes,
            at=self._outside.clock.now(),
            rows_per_second=rows / elapsed,
        )
        ref, board = self._claim.ref, self._outside.board
        if ref.part is None:
            board.post_table(ref.job_id, ref.table_id, self._progress)
        else:
            board.post_part(ref.job_id, ref.table_id, ref.part, self._progress)
