"""Conditions on a workspace's documents, by key, operator and value, as other systems' filters write them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from docai.errors import ConfigError
from docai.types import Record
from docai.workspace.export.table import column_of
from docai.workspace.scope import Condition

if TYPE_CHECKING:
    from docai.workspace import Workspace

_TEXTS: dict[str, Callable[[str, Any], bool]] = {
    "==": lambda found, value: found == value,
    "in": lambda found, value: found in value,
    "any": lambda found, value: found in value,
    "text_match": lambda found, value: value in found,
    "text_match_insensitive": lambda found, value: value.casefold() in found.casefold(),
}
_NEGATED = {"!=": "==", "nin": "in"}
_ORDERS = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A record without its evidence, and the columns that its schema has."""

    record: Record
    columns: frozenset[str]


class DocumentMatcher:
    """Conditions on the documents of one workspace. Records are read once, and again when they change."""

    def __init__(self, stores: Workspace) -> None:
        self._stores = stores
        self._kept: dict[int, _Kept] = {}
        self._lock = threading.Lock()

    def match(self, key: str, operator: str, value: object) -> frozenset[str]:
        """Ids of the documents for which the condition holds.

        `key`: `document_id` (also `doc_id`, `ref_doc_id`), `uri`, `file_name`, `folder`, `schema`, or a field
        of the records (`governing_law`, `line_items/*/total`, `total`). `operator`: `==`, `!=`, `in`, `nin`,
        `any`; for names also `text_match` and `text_match_insensitive`; for fields also `<`, `<=`, `>`, `>=`,
        `contains`, `all` and `is_empty`. Negations hold for documents without a record too. Dates and amounts
        are compared by value. Raises ConfigError `bad-filter`.
        """
        _check_value(key, operator, value)
        catalogue = self._stores.catalogue
        if operator in _NEGATED:
            return catalogue.find_ids() - self.match(key, _NEGATED[operator], value)
        if key in ("document_id", "doc_id", "ref_doc_id"):
            return _match_texts(((i, i) for i in catalogue.find_ids()), key, operator, value)
        if key in ("uri", "file_name", "folder"):
            return _match_places(self._stores, key, operator, value)
        kept = self._read_records()
        if key == "schema":
            named = ((k.record.document.id, k.record.schema_ref.id) for k in kept)
            return _match_texts(named, key, operator, value)
        return _match_fields(kept, key, operator, value)

    def _read_records(self) -> list[_Kept]:
        outcomes = self._stores.outcomes
        with self._lock:
            current = [record.record_id for record in outcomes.list_current()]
            known = {i: self._kept[i] for i in current if i in self._kept}
            for record_id, record in outcomes.load_records([i for i in current if i not in known]):
                columns = frozenset(column_of(item.path) for item in record.fields)
                known[record_id] = _Kept(record.model_copy(update={"fields": ()}), columns)
            self._kept = known
            return list(known.values())


def _match_texts(named: Iterable[tuple[str, str]], key: str, operator: str, value: object) -> frozenset[str]:
    compare = _TEXTS.get(operator)
    if compare is None:
        raise _bad(f"{key} has no operator {operator!r}", hint=f"{', '.join((*_TEXTS, *_NEGATED))}")
    return frozenset(document_id for document_id, name in named if compare(name, value))


def _match_places(stores: Workspace, key: str, operator: str, value: object) -> frozenset[str]:
    if key == "folder":
        if operator not in ("==", "in", "any"):
            raise _bad(f"folder has no operator {operator!r}", hint="==, !=, in, nin")
        folders = [str(v) for v in value] if isinstance(value, list) else [str(value)]
        return stores.catalogue.find_ids(folders) if folders else frozenset()
    # A document is at every place where a file has its bytes.
    ids = stores.catalogue.find_ids()
    places = ((i, uri) for i, uri in stores.catalogue.list_places() if i in ids)
    if key == "file_name":
        places = ((document_id, PurePosixPath(uri).name) for document_id, uri in places)
    return _match_texts(places, key, operator, value)


def _match_fields(kept: Sequence[_Kept], key: str, operator: str, value: object) -> frozenset[str]:
    field = key.strip("/")
    known = frozenset[str]().union(*(k.columns for k in kept))
    if not any(column == f"/{field}" or column.endswith(f"/{field}") for column in known):
        names = ", ".join(sorted(column[1:] for column in known)[:12])
        raise _bad(
            f"{key!r} is no field of a record here",
            hint=f"document_id, uri, file_name, folder, schema, or one of {names or 'no record yet'}",
        )
    texts = [str(v) for v in value] if isinstance(value, list) else [str(value)]
    if operator in ("==", "contains", "in", "any", "all"):
        conditions = [Condition(field, "=", text) for text in texts]
    elif operator == "is_empty":
        conditions = [Condition(field, "=", "")]
    elif operator in _ORDERS:
        conditions = [Condition(field, operator, text) for text in texts]  # type: ignore[arg-type]
    else:
        raise _bad(f"{key} has no operator {operator!r}")
    decide = all if operator == "all" else any
    records = [k.record for k in kept]
    return frozenset(r.document.id for r in records if decide(c.holds(r) for c in conditions))


def _check_value(key: str, operator: str, value: object) -> None:
    listed = operator in ("in", "nin", "any", "all")
    if operator == "is_empty":
        return
    if listed != isinstance(value, list):
        raise _bad(f"{key} {operator}: {'a list' if listed else 'one value'} is wanted, not {value!r}")
    if operator.startswith("text_match") and not isinstance(value, str):
        raise _bad(f"{key} {operator}: a text is wanted, not {value!r}")
    if value in (None, ""):
        raise _bad(f"{key} {operator}: there is no value", hint="is_empty finds fields without one")


def _bad(message: str, hint: str | None = None) -> ConfigError:
    return ConfigError("bad-filter", message, stage="index", hint=hint)
