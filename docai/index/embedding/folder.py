"""A model from a local folder through fastembed (extra `[fastembed]`): any ONNX sentence embedder.

The folder holds `model.onnx`, `tokenizer.json`, `config.json`, `tokenizer_config.json` and
`special_tokens_map.json`, as fastembed and Hugging Face's exports lay them out. Nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docai.errors import ConfigError, missing_extra
from docai.index.embedding.minilm import normalise
from docai.index.embedding.word_pieces import WordPieces

_NEEDED = ("tokenizer.json", "config.json")
_CHUNK_BYTES = 1 << 20


class FolderEmbedder:
    """Satisfies `Embedder`. Models of the E5 family get the prefixes that they were trained with.

    Raises ConfigError: `extra-missing` without fastembed, `model-missing` for a folder that holds no model.
    """

    def __init__(self, folder: Path) -> None:
        weights = next(
            (p for p in (folder / "model.onnx", folder / "onnx" / "model.onnx") if p.is_file()), None
        )
        missing = [name for name in _NEEDED if not (folder / name).is_file()]
        if weights is None or missing:
            raise ConfigError(
                "model-missing",
                f"{folder} holds no embedding model ({', '.join(missing) or 'model.onnx'} is not there)",
                stage="index",
                hint="export it to ONNX with its tokenizer.json and config.json",
            )
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.name = folder.resolve().name
        self.dimension = int(config["hidden_size"])
        self._prefixes = ("query: ", "passage: ") if "e5" in self.name.lower() else ("", "")
        self.fingerprint = _hash_files([weights, *(folder / name for name in _NEEDED)], self._prefixes)
        self._model = _load(folder, weights, self.fingerprint, self.dimension)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._pieces.count(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed([self._prefixes[1] + text for text in texts])

    def embed_question(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._embed([self._prefixes[0] + text])[0]
        return vector

    def _embed(self, texts: list[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        # One by one: int8 weights make a text's vector depend on its neighbours' padding.
        return normalise(np.array(list(self._model.embed(texts, batch_size=1)), dtype=np.float32))

    @cached_property
    def _pieces(self) -> WordPieces:
        return WordPieces()


def _load(folder: Path, weights: Path, fingerprint: str, dimension: int) -> Any:
    try:
        from fastembed import TextEmbedding
        from fastembed.common.model_description import ModelSource, PoolingType
    except ImportError as error:
        raise missing_extra("a model from a folder needs fastembed", "fastembed", "index") from error
    known = f"docai/{fingerprint}"
    if known not in {model["model"] for model in TextEmbedding.list_supported_models()}:
        TextEmbedding.add_custom_model(
            model=known,
            pooling=PoolingType.MEAN,
            normalization=True,
            sources=ModelSource(hf=known),
            dim=dimension,
            model_file=str(weights.relative_to(folder)),
        )
    return TextEmbedding(known, specific_model_path=str(folder), threads=1, local_files_only=True)


def _hash_files(paths: Sequence[Path], prefixes: tuple[str, str]) -> str:
    digest = hashlib.sha256(repr(("mean", prefixes)).encode())
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()[:16]
