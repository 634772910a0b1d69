"""Every code that docai can raise is explained to its users."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ERRORS = frozenset({"ConfigError", "DocumentError", "ServiceError", "DocaiError"})
MAKERS = frozenset({"_config", "_service", "note"})
"""Functions of rooms that make errors and issues of codes."""


def find_codes() -> dict[str, str]:
    """Code -> file, of all errors and issues that are made with a literal code."""
    codes: dict[str, str] = {}
    for path in sorted((ROOT / "docai").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                code = read_code(node)
                if code is not None:
                    codes.setdefault(code, str(path.relative_to(ROOT)))
    return codes


def read_code(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    keyword = next((k.value for k in call.keywords if k.arg == "code"), None)
    at = {"Issue": 1, "Fault": 1, "RecordIssue": 9}.get(name, 0 if name in ERRORS | MAKERS else 9)
    value = call.args[at] if len(call.args) > at else keyword if name in {*ERRORS, "RecordIssue"} else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def test_every_code_is_on_the_page() -> None:
    codes = find_codes()
    assert len(codes) > 50, "the search must see docai's errors"
    explained = set(re.findall(r"`([a-z][a-z-]+)`", (ROOT / "docs/errors.md").read_text(encoding="utf-8")))
    missing = {code: path for code, path in codes.items() if code not in explained}
    assert not missing, f"docs/errors.md does not tell what to do about {missing}"
