"""An answer kept as a field of records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from docai.errors import ConfigError
from docai.types import FieldValue, Outcome, Record, RecordIssue

if TYPE_CHECKING:
    from docai.workspace import Workspace


def save_field(stores: Workspace, values: Mapping[str, FieldValue], name: str) -> str:
    """Give every document's record the field; says how many took it, and how many documents have no record.

    The record before stays as history. A later extraction with another schema or engine starts without the
    field. Raises ConfigError for a name that is none, or that the records' schema has already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", name):
        raise ConfigError(
            "bad-option", f"--save-as takes a name like renewal_notice, not {name!r}", hint="a-z, 0-9 and _"
        )
    saved, without = 0, 0
    for document_id, value in values.items():
        groups: dict[str, list[Outcome]] = {}
        uris: dict[str, str] = {}
        for stored in stores.outcomes.records(document_id=document_id):
            # One key holds all segments of a document; it shows once for each file with the same bytes.
            uri = uris.setdefault(stored.key, stored.outcome.document.uri)
            if isinstance(stored.outcome, Record) and stored.outcome.document.uri == uri:
                groups.setdefault(stored.key, []).append(_with_field(stored.outcome, value, name))
        for key, outcomes in groups.items():
            stores.outcomes.replace(key, outcomes)
        saved += len(groups)
        without += not groups
    told = f"saved {name} in {saved} {'record' if saved == 1 else 'records'}"
    return f"{told}; {without} documents have no record" if without else told


def _with_field(record: Record, value: FieldValue, name: str) -> Record:
    note = RecordIssue(stage="answering", code="field-saved", message=f"{name} is an answer that was saved")
    if name in record.values and note not in record.issues:
        raise ConfigError("field-taken", f"the {record.schema_ref.id} records have a field {name} already")
    kept = tuple(field for field in record.fields if field.path != f"/{name}")
    issues = record.issues if note in record.issues else (*record.issues, note)
    values = {**record.values, name: value.value}
    return record.model_copy(update={"fields": (*kept, value), "values": values, "issues": issues})
