"""What every `Embedder` does. A new one subclasses `EmbedderContract` and makes itself in `embedder`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from docai.errors import ConfigError
from docai.index.embedding import word_pieces
from docai.index.embedding.folder import FolderEmbedder
from docai.index.embedding.hashed import HashedEmbedder
from docai.index.embedding.minilm import LIMIT_TOKENS, MiniLM, find_weights, normalise
from docai.index.embedding.served import ServedEmbedder
from docai.index.embedding.word_pieces import WordPieces
from docai.llm.embeddings import EmbeddingClient
from docai.llm.scripted import make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer
from docai.protocols import Embedder

TEXTS = [
    "The agreement ends on the third anniversary.",
    "Invoice",
    "This Agreement shall be governed by the laws of the State of Delaware.",
    "",
    "Der Vertrag endet am 31. Dezember 2024 und verlängert sich nicht.",
]


class EmbedderContract:
    @pytest.fixture
    def embedder(self) -> Embedder:
        raise NotImplementedError

    def test_vectors_have_length_one(self, embedder: Embedder) -> None:
        vectors = embedder.embed_passages(TEXTS)
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), embedder.dimension)
        lengths = np.linalg.norm(vectors, axis=1)[[0, 1, 2, 4]]
        assert np.allclose(lengths, 1.0, atol=1e-4)

    def test_a_text_has_its_vector_whatever_stands_beside_it(self, embedder: Embedder) -> None:
        together = embedder.embed_passages(TEXTS)
        alone = np.concatenate([embedder.embed_passages([text]) for text in reversed(TEXTS)])[::-1]
        assert np.allclose(together, alone, atol=1e-5)

    def test_nothing_gives_nothing(self, embedder: Embedder) -> None:
        assert embedder.embed_passages([]).shape == (0, embedder.dimension)
        assert embedder.count_tokens([]) == []

    def test_a_question_lies_nearest_to_the_text_with_its_words(self, embedder: Embedder) -> None:
        question = embedder.embed_question("governed by the laws of Delaware")
        assert question.shape == (embedder.dimension,)
        assert int(np.argmax(embedder.embed_passages(TEXTS) @ question)) == 2

    def test_tokens_add_up_over_words(self, embedder: Embedder) -> None:
        for text in TEXTS:
            words = text.split()
            assert sum(embedder.count_tokens(words)) == embedder.count_tokens([text])[0]

    def test_a_fingerprint_is_short_and_stays(self, embedder: Embedder) -> None:
        assert embedder.fingerprint.isalnum()
        assert len(embedder.fingerprint) == 16
        assert embedder.name


class TestHashed(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return HashedEmbedder()

    def test_another_seed_is_another_model(self) -> None:
        assert HashedEmbedder(seed=1).fingerprint != HashedEmbedder().fingerprint


class TestServed(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Iterator[Embedder]:
        with ThreadedServer(ScriptedServer(make_script(str), ServerTraits())) as server:
            client = EmbeddingClient(server.base_url)
            yield ServedEmbedder(client)
            client.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded model as a folder, as exports lay it out."""
    pytest.importorskip("fastembed", reason="the extra [fastembed] is not installed")
    folder = tmp_path_factory.mktemp("models") / "minilm"
    folder.mkdir()
    shutil.copy(find_weights(), folder / "model.onnx")
    shutil.copy(Path(word_pieces.__file__).with_name("tokenizer.json"), folder)
    marks = {"unk": "[UNK]", "sep": "[SEP]", "pad": "[PAD]", "cls": "[CLS]", "mask": "[MASK]"}
    (folder / "config.json").write_text(json.dumps({"hidden_size": 384, "pad_token_id": 0}))
    tokens = {f"{name}_token": mark for name, mark in marks.items()}
    (folder / "tokenizer_config.json").write_text(json.dumps({**tokens, "model_max_length": 512}))
    (folder / "special_tokens_map.json").write_text(json.dumps(tokens))
    return folder


class TestFolder(EmbedderContract):
    @pytest.fixture
    def embedder(self, folder: Path) -> Embedder:
        return FolderEmbedder(folder)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tokenizer\.json") as caught:
        FolderEmbedder(tmp_path)
    assert caught.value.code == "model-missing"


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


class TestMiniLM(EmbedderContract):
    @pytest.fixture
    def embedder(self, minilm: MiniLM) -> Embedder:
        return minilm

    def test_meanings_without_a_word_in_common(self, embedder: Embedder) -> None:
        question = embedder.embed_question("When does the contract run out?")
        texts = [
            "The agreement ends on the third anniversary.",
            "The seller delivers twelve boxes of apples.",
            "Notices are sent to the address below.",
        ]
        nearness = embedder.embed_passages(texts) @ question
        assert nearness[0] > nearness[1:].max() + 0.1

    def test_what_lies_beyond_the_limit_has_no_part(self, embedder: Embedder) -> None:
        long = "term " * LIMIT_TOKENS
        a, b = embedder.embed_passages([long + "apples", long + "lawsuits"])
        assert np.array_equal(a, b)
        assert embedder.count_tokens([long])[0] == LIMIT_TOKENS

    def test_the_quicker_operators_give_the_vectors_of_the_fused_ones(self, embedder: Embedder) -> None:
        """Vectors of an index that was made with all of onnxruntime's fusions stay comparable."""
        import onnxruntime

        session = onnxruntime.InferenceSession(str(find_weights()), providers=["CPUExecutionProvider"])
        text = "This Agreement is governed by the laws of the State of Delaware."
        ids = np.array(WordPieces().encode([text], LIMIT_TOKENS), dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        fused = normalise(session.run(None, feed)[0].mean(axis=1))
        assert np.allclose(embedder.embed_passages([text]), fused, atol=2e-6)

    def test_other_weights_are_refused(self, tmp_path: Path) -> None:
        fake = tmp_path / "model.onnx"
        fake.write_bytes(b"weights")
        with pytest.raises(ConfigError, match=r"model\.onnx.*sha256") as caught:
            MiniLM(fake)
        assert caught.value.code == "model-damaged"

    def test_another_tokenizer_is_refused(self, tmp_path: Path) -> None:
        fake = tmp_path / "tokenizer.json"
        fake.write_text("{}")
        with pytest.raises(ConfigError, match=r"tokenizer\.json"):
            WordPieces(fake)
        with pytest.raises(ConfigError, match="No such file"):
            WordPieces(tmp_path / "missing.json")
