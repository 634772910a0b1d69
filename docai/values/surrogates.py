"""Halves of surrogate pairs: broken text layers have them, and neither UTF-8 nor other people's JSON does."""

from __future__ import annotations


def replace_surrogates(text: str) -> str:
    """The text with a question mark for each."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
