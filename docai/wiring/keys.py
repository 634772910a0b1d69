"""Names of work: the same name means the same work, which is not done twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docai.wiring.parts import MOST_PIXELS, READER_VERSION, WorkerSpec

if TYPE_CHECKING:
    from docai.schema import Schema
    from docai.types import SourceItem


@dataclass(frozen=True, slots=True)
class WorkKeys:
    """Satisfies `Keys`: reading depends on bytes and languages, outcomes also on schema and engine."""

    reading: str
    schema_hash: str
    engine: str
    split: bool

    def outcome(self, document_id: str) -> str:
        from docai.workspace import outcome_key

        return outcome_key(document_id, self.schema_hash, self.engine, split=self.split)

    def failure(self, item: SourceItem) -> str:
        from docai.workspace import failure_key

        return failure_key(item.uri, item.size, item.version)


def reading_key(spec: WorkerSpec) -> str:
    """What a page's words depend on beside its bytes."""
    printed = " office-pages" if spec.office == "pages" else ""
    rendered = f" {spec.dpi} dpi" if spec.dpi is not None else ""
    return f"{READER_VERSION} {'+'.join(spec.languages)}{printed}{rendered}"


def list_schemas(spec: WorkerSpec) -> tuple[Schema, ...]:
    """Those that records may be made with: the one given, or those that come with docai."""
    from docai.schema import list_shipped, load_schema

    return (spec.schema,) if spec.schema else tuple(load_schema(name) for name in list_shipped())


def make_keys(spec: WorkerSpec, basis: Sequence[str]) -> WorkKeys:
    """`basis`: what a model's answers depend on."""
    from docai import __version__

    hashes = [schema.hash for schema in list_schemas(spec)]
    hashes = hashes if spec.schema else ["auto", *hashes]
    policy: list[object] = [spec.keep_unsupported, spec.keep_seen]
    if spec.max_pixels != MOST_PIXELS:
        policy.append(spec.max_pixels)
    return WorkKeys(
        reading=reading_key(spec),
        schema_hash=hashlib.sha256(json.dumps(hashes).encode()).hexdigest(),
        engine=json.dumps([spec.engine, __version__, reading_key(spec), policy, *basis]),
        split=spec.split,
    )
