"""Outcomes into parts of data sets, in flat memory, and a manifest that says they are all there."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from docai.batch.results.shapes import (
    failure_row,
    field_row,
    record_row,
    shape_failures,
    shape_fields,
    shape_records,
)
from docai.errors import ConfigError, missing_extra
from docai.protocols import ObjectStore
from docai.schema import Schema
from docai.types import Failure, Outcome, Record, SourceItem, under_uri

Formats: TypeAlias = Sequence[Literal["parquet", "jsonl"]]
ROWS_PER_PART = {"records": 5_000, "fields": 20_000, "failures": 20_000}
LINES_PER_PART = 5_000


@dataclass(slots=True)
class Counts:
    """Items of the listing by what became of them; `total` is their sum. `records` may be more than the items
    that have some, where one file holds several documents."""

    complete: int = 0
    incomplete: int = 0
    failed: int = 0
    left: int = 0
    records: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.complete + self.incomplete + self.failed + self.left

    def as_json(self) -> dict[str, Any]:
        return {
            "items": self.total,
            "complete": self.complete,
            "incomplete": self.incomplete,
            "failed": self.failed,
            "left": self.left,
            "records": self.records,
            "failures_by_code": dict(sorted(self.failures.items())),
        }


class ResultWriter:
    """Writes below `prefix` of a store: `records/SCHEMA/part-….parquet`, `fields/…`, `failures/…`, the same
    outcomes as `jsonl/part-….jsonl`, and last `manifest.json`: where it stands, everything else does.

    `schemas`: of the records, by hash. `dump` gives an outcome as one line of JSON. Raises ConfigError
    `extra-missing` where Parquet is wanted and pyarrow is not installed.
    """

    def __init__(
        self,
        store: ObjectStore,
        prefix: str,
        schemas: Mapping[str, Schema],
        dump: Callable[[Outcome], str],
        formats: Formats = ("parquet", "jsonl"),
    ) -> None:
        self._store = store
        self._prefix = f"{prefix.rstrip('/')}/" if prefix else ""
        self._schemas = schemas
        self._dump = dump
        self._formats = tuple(formats)
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._lines: list[str] = []
        self._parts: dict[str, list[dict[str, Any]]] = {}
        self.counts = Counts()
        if "parquet" in self._formats:
            _check_pyarrow()
        self._before = self._withdraw()

    def add(self, item: SourceItem, outcomes: Sequence[Outcome] | None) -> None:
        """What became of a listed item; None for one that is still to be done."""
        if not outcomes:
            self.counts.left += 1
            return
        failed = next((o for o in outcomes if isinstance(o, Failure)), None)
        if failed is not None:
            self.counts.failed += 1
            self.counts.failures[failed.error.code] += 1
        elif all(isinstance(o, Record) and o.complete for o in outcomes):
            self.counts.complete += 1
        else:
            self.counts.incomplete += 1
        for outcome in outcomes:
            self._write(under_uri(outcome, item.uri))

    def finish(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """Write what is left, and the manifest: `about` (the job's own words), counts, parts with rows."""
        for name in list(self._rows):
            self._flush(name)
        self._flush_lines()
        manifest = {**about, "counts": self.counts.as_json(), "parts": self._parts}
        written = {part["key"] for parts in self._parts.values() for part in parts}
        self._store.delete([self._prefix + key for key in sorted(self._before - written)])
        self._store.put(self._manifest, json.dumps(manifest, indent=1).encode())
        return manifest

    @property
    def _manifest(self) -> str:
        return f"{self._prefix}manifest.json"

    def _withdraw(self) -> set[str]:
        """Take the manifest of earlier results back, for their parts are written over; the parts' keys."""
        data = self._store.get(self._manifest)
        if data is None:
            return set()
        try:
            parts = json.loads(data)["parts"]
            keys = {part["key"] for some in parts.values() for part in some}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                "bad-output",
                f"{self._store.url}/{self._manifest} is no manifest of docai",
                stage="export",
                hint="choose another place with --to",
            ) from error
        self._store.delete([self._manifest])
        return keys

    def _write(self, outcome: Outcome) -> None:
        if isinstance(outcome, Record):
            self.counts.records += 1
        if "jsonl" in self._formats:
            self._lines.append(self._dump(outcome))
            if len(self._lines) >= LINES_PER_PART:
                self._flush_lines()
        if "parquet" not in self._formats:
            return
        if isinstance(outcome, Failure):
            self._add_row("failures", failure_row(outcome))
            return
        schema = self._schemas[outcome.schema_ref.hash]
        self._add_row(f"records/{schema.id}/{schema.hash}", record_row(outcome, schema))
        for value in outcome.fields:
            self._add_row("fields", field_row(outcome, value))

    def _add_row(self, name: str, row: dict[str, Any]) -> None:
        rows = self._rows.setdefault(name, [])
        rows.append(row)
        if len(rows) >= ROWS_PER_PART[name.partition("/")[0]]:
            self._flush(name)

    def _flush(self, name: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = self._rows.pop(name, [])
        if not rows:
            return
        kind, _, rest = name.partition("/")
        schema_id, _, schema_hash = rest.partition("/")
        shape = {"fields": shape_fields, "failures": shape_failures}.get(kind)
        columns = shape() if shape else shape_records(self._schemas[schema_hash])
        stream = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=columns), stream, compression="zstd")
        self._put(f"{kind}/{schema_id}".rstrip("/"), "parquet", stream.getvalue(), len(rows))

    def _flush_lines(self) -> None:
        if self._lines:
            count, data = len(self._lines), "".join(f"{line}\n" for line in self._lines).encode()
            self._lines = []
            self._put("jsonl", "jsonl", data, count)

    def _put(self, folder: str, suffix: str, data: bytes, rows: int) -> None:
        parts = self._parts.setdefault(folder, [])
        key = f"{folder}/part-{len(parts):05}.{suffix}"
        self._store.put(self._prefix + key, data)
        parts.append({"key": key, "rows": rows, "bytes": len(data)})


def _check_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        otherwise = "leave it out: outputs: {formats: [jsonl]}"
        raise missing_extra("writing Parquet needs pyarrow", "parquet", "export", otherwise) from error
