"""Labels: what annotators found in each document, brought under the schema's own names.

One JSON object a line: `file` (relative to the labels' folder), `fields` (name -> value, list of values, or
list of rows; null means that the annotators found none), optionally `evidence` (field -> list of
`{"text", "pages"}`) and further groups of fields whose entries may be `{"present": bool, "evidence": [...]}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from docai.errors import ConfigError
from docai.evaluation.answers import is_day_first, is_empty
from docai.evaluation.targets import Target, flatten_row, fold_path, list_targets
from docai.schema import Kind, Schema
from docai.values.dates import parse_date

LABELS_NAME = "labels.jsonl"
_MACHINE_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that annotators marked or wrote, and the pages (from 1) where it stands, if they said so."""

    text: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """One document's labels. `values` by target key: scalar or None, list, or list of rows (column -> value).

    `group` is the first folder of `file`, empty if it lies beside the labels.
    """

    file: str
    group: str
    values: Mapping[str, Any]
    evidence: Mapping[str, tuple[Passage, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Labels:
    """A labels file. `unknown` names labels that the schema has no property for: they are not scored."""

    folder: Path
    truths: tuple[Truth, ...]
    unknown: tuple[str, ...] = ()
    day_first: bool | None = None


def load_labels(path: Path, schema: Schema) -> Labels:
    """Read a labels file. Raises ConfigError if it is absent, broken, or shares no name with the schema."""
    rows = list(_read_rows(path))
    targets = list_targets(schema)
    names = {fold_path(key): target for key, target in targets.items()}
    order = is_day_first(_date_texts(rows, names))
    unknown: dict[str, None] = {}
    truths = tuple(_read_truth(row, names, order, unknown) for row in rows)
    if not any(truth.values for truth in truths):
        raise ConfigError(
            "labels-foreign",
            f"no label in {path} has the name of a property of schema {schema.id!r}",
            hint="choose the schema that the labels were made for with --schema",
        )
    return Labels(path.parent, truths, tuple(unknown), order)


def _read_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError("labels-unreadable", f"cannot read labels: {error}", document=str(path)) from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ConfigError("labels-invalid", f"line {number}: {error}", document=str(path)) from error
        if not isinstance(row, dict) or not isinstance(row.get("file"), str):
            raise ConfigError("labels-invalid", f"line {number}: an object with `file`", document=str(path))
        yield row


def _list_labels(row: Mapping[str, Any]) -> Iterator[tuple[str, Any, Sequence[Any]]]:
    """(path, value, evidence) of every label in a row, the wrapper `fields` left out of the path."""
    evidence = row.get("evidence") if isinstance(row.get("evidence"), Mapping) else {}
    assert isinstance(evidence, Mapping)
    for name, value in row.items():
        if name == "fields" and isinstance(value, Mapping):
            for key, item in value.items():
                yield from _walk(f"/{key}", item, evidence.get(key) or ())
        elif name != "evidence" and isinstance(value, Mapping):
            # A group of fields of its own (clauses); other mappings describe the file and match no property.
            for key, item in value.items():
                yield from _walk(f"/{name}/{key}", item, ())


def _walk(path: str, value: Any, evidence: Sequence[Any]) -> Iterator[tuple[str, Any, Sequence[Any]]]:
    if isinstance(value, Mapping) and isinstance(value.get("present"), bool):
        yield path, value["present"], value.get("evidence") or ()
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk(f"{path}/{key}", item, ())
    else:
        yield path, value, evidence


def _date_texts(rows: Sequence[Mapping[str, Any]], names: Mapping[tuple[str, ...], Target]) -> Iterator[str]:
    for row in rows:
        for path, value, _ in _list_labels(row):
            target = names.get(fold_path(path))
            if target is not None and target.kind == "date":
                yield from (v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str))


def _read_truth(
    row: Mapping[str, Any],
    names: Mapping[tuple[str, ...], Target],
    day_first: bool | None,
    unknown: dict[str, None],
) -> Truth:
    values: dict[str, Any] = {}
    evidence: dict[str, tuple[Passage, ...]] = {}
    for path, value, passages in _list_labels(row):
        target = names.get(fold_path(path))
        if target is None:
            if path.count("/") == 1:  # top-level mappings such as scan settings are no labels
                unknown[path] = None
            continue
        values[target.key] = _shape_value(target, value, day_first)
        evidence[target.key] = _read_passages(passages) or _as_written(value)
    parts = PurePosixPath(row["file"]).parts
    return Truth(row["file"], parts[0] if len(parts) > 1 else "", values, evidence)


def _read_passages(passages: Sequence[Any]) -> tuple[Passage, ...]:
    return tuple(
        Passage(str(p.get("text", "")), tuple(int(n) for n in p.get("pages") or ()))
        for p in passages
        if isinstance(p, Mapping)
    )


def _as_written(value: Any) -> tuple[Passage, ...]:
    """Labels without passages: what the annotators wrote, on no known page."""
    items = value if isinstance(value, list) else [value]
    return tuple(Passage(item, ()) for item in items if isinstance(item, str) and item)


def _shape_value(target: Target, value: Any, day_first: bool | None) -> Any:
    """The label as the target's shape wants it; rows without a single label in them say nothing and go."""
    if target.shape == "scalar":
        return None if is_empty(value) else _read_scalar(target.kind, value, day_first)
    items = value if isinstance(value, list) else [] if is_empty(value) else [value]
    if target.shape == "list":
        return [_read_scalar(target.kind, v, day_first) for v in items if not is_empty(v)]
    columns = {fold_path(name): name for name in target.columns}
    rows = []
    for item in items:
        flat = flatten_row(item) if isinstance(item, Mapping) else {}
        row = {
            columns[fold_path(name)]: _read_scalar(target.columns[columns[fold_path(name)]], v, day_first)
            for name, v in flat.items()
            if fold_path(name) in columns and not is_empty(v)
        }
        if row:
            rows.append(row)
    return rows


def _read_scalar(kind: Kind, value: Any, day_first: bool | None) -> Any:
    """Dates as written become ISO in the order that this file's own dates show; machine numbers decimals.

    "1.250" in a label is one and a quarter: only text with a currency, spaces or commas is left to parsing.
    """
    if not isinstance(value, str):
        return value
    if kind == "date":
        return parse_date(value, day_first=day_first) or value
    if kind in ("money", "number", "integer", "percent") and _MACHINE_NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return value
