"""Names for work: the same key means the same work, which is not done twice."""

from __future__ import annotations

import hashlib
import json


def outcome_key(document_id: str, schema_hash: str, engine_key: str, *, split: bool = False) -> str:
    """The key of what one document gives: `sha256:` over its bytes' id, the schema, the engine and the split.

    `engine_key` names everything else that decides the outcome (engine, version, model, prompt, reading
    key). The uri has no part in it: two files with the same bytes share the work.
    """
    parts = json.dumps([document_id, schema_hash, engine_key, split])
    return "sha256:" + hashlib.sha256(parts.encode()).hexdigest()


def failure_key(uri: str, size: int, version: str) -> str:
    """The key of a file whose bytes could not be read, so that it has no document id."""
    parts = json.dumps([uri, size, version])
    return "uri:" + hashlib.sha256(parts.encode()).hexdigest()
