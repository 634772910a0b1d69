"""docai turns folders of documents into records you can prove.

    import docai
    for record in docai.extract(["contracts/"], schema="contract"):
        print(record.values)

Importing this package loads nothing heavy; names resolve on first use.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "ask": "docai.wiring.answering",
    "extract": "docai.wiring",
    "Schema": "docai.schema",
    "load_schema": "docai.schema",
    "to_model": "docai.schema",
    "Answer": "docai.types",
    "Record": "docai.types",
    "Failure": "docai.types",
    "FieldValue": "docai.types",
    "Evidence": "docai.types",
    "Box": "docai.types",
    "DocaiError": "docai.errors",
    "ConfigError": "docai.errors",
    "DocumentError": "docai.errors",
    "ServiceError": "docai.errors",
}

__all__ = ["__version__", *_EXPORTS]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'docai' has no attribute {name!r}")
    return getattr(importlib.import_module(_EXPORTS[name]), name)


def __dir__() -> list[str]:
    return __all__
