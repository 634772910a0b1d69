"""PyMuPDF, without the layout model that it loads by itself since 2.0 (0.5 CPU-seconds and 56 MB)."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def _load() -> Any:
    """The import finds no `pymupdf.layout`, for which PyMuPDF is prepared; afterwards it may be imported."""
    name = "pymupdf.layout"
    if "pymupdf" in sys.modules or name in sys.modules:
        return importlib.import_module("pymupdf")
    sys.modules[name] = None  # type: ignore[assignment]  # the documented way to make an import fail
    try:
        return importlib.import_module("pymupdf")
    finally:
        del sys.modules[name]


# Typed as Any: PyMuPDF says that it is typed, and most of it is not.
pymupdf: Any = _load()
