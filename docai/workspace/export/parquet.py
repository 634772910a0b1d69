"""Parquet, by the `parquet` extra: one row an outcome, lists as lists."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docai.errors import missing_extra
from docai.types import Outcome
from docai.values.surrogates import replace_surrogates
from docai.workspace.export.files import writing
from docai.workspace.export.table import Columns, leading_cells, text_of, value_cells

_ROWS_PER_GROUP = 2000


def check_pyarrow() -> None:
    """Raise ConfigError, naming the extra, where pyarrow is not installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise missing_extra("writing Parquet needs pyarrow", "parquet", "export") from error


def write_parquet(draft: Path, path: Path, columns: Columns, rows: Iterable[Outcome]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = columns.names()
    types = [_value_type(pa, columns.kinds[name]) for name in names]
    lists = [name in columns.lists for name in names]
    values = [pa.field(n, pa.list_(t) if many else t) for n, t, many in zip(names, types, lists, strict=True)]
    schema = pa.schema([*_leading_fields(pa), *values])
    with writing(path), pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        group: list[dict[str, Any]] = []
        for outcome in rows:
            group.append(_row(outcome, names, lists, [pa.types.is_string(t) for t in types]))
            if len(group) == _ROWS_PER_GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                group = []
        writer.write_table(pa.Table.from_pylist(group, schema=schema))


def _leading_fields(pa: Any) -> list[Any]:
    text = ("document_id", "uri", "pages", "schema")
    fields = [pa.field(name, pa.string()) for name in text]
    return [*fields, pa.field("complete", pa.bool_()), pa.field("error", pa.string())]


def _value_type(pa: Any, kinds: set[type]) -> Any:
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()


def _row(outcome: Outcome, names: list[str], lists: list[bool], as_text: list[bool]) -> dict[str, Any]:
    row: dict[str, Any] = {
        k: replace_surrogates(v) if isinstance(v, str) else v for k, v in leading_cells(outcome).items()
    }
    cells = value_cells(outcome)
    for name, many, text in zip(names, lists, as_text, strict=True):
        found = [
            None if value is None else replace_surrogates(text_of(value)) if text else value
            for _, value in cells.get(name, [])
        ]
        row[name] = found if many else found[0] if found else None
    return row
