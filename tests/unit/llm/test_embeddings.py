"""Vectors from a server: its order, its errors, and what trying again cures."""

from __future__ import annotations

import json

import pytest

from docai.errors import ConfigError, ServiceError
from docai.index.embedding.served import ServedEmbedder
from docai.llm.embeddings import EmbeddingClient, _read_vectors
from docai.llm.retry import RetryPolicy
from docai.llm.scripted import make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer

QUICK = RetryPolicy(attempts=3, first_s=0.0)


def make_server(**traits: object) -> ThreadedServer:
    return ThreadedServer(ScriptedServer(make_script(str), ServerTraits(**traits)))  # type: ignore[arg-type]


def test_vectors_come_in_the_order_of_the_texts() -> None:
    with make_server() as server:
        client = EmbeddingClient(server.base_url)
        together = client.embed(["the seller", "the buyer", "the seller"])
        assert client.model == "scripted"
        assert together[0] == together[2] != together[1]
        assert client.embed(["the buyer"]) == together[1:2]
        assert client.embed([]) == []
        client.close()


def test_a_wrong_key_is_not_tried_again() -> None:
    with make_server(api_key="secret") as server:
        with pytest.raises(ConfigError) as caught:
            EmbeddingClient(server.base_url, "scripted", "other", retry=QUICK).embed(["a"])
        assert "secret" not in str(caught.value)
        assert len(EmbeddingClient(server.base_url, "scripted", "secret").embed(["a"])) == 1


def test_a_server_that_is_not_there_is_tried_again_and_then_named() -> None:
    waits: list[float] = []
    with make_server() as server:
        address = server.base_url
    client = EmbeddingClient(address, "m", retry=QUICK, sleep=waits.append)
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1"):
        client.embed(["a"])
    assert len(waits) == QUICK.attempts - 1


@pytest.mark.parametrize(
    "body",
    [
        {"data": []},
        {"data": [{"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
        {"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]},
        {"error": "no"},
        {"data": [{"index": 0, "embedding": ["x"]}, {"index": 1}]},
    ],
)
def test_a_reply_that_is_no_list_of_vectors_is_an_error(body: object) -> None:
    with pytest.raises(ServiceError) as caught:
        _read_vectors(json.loads(json.dumps(body)), 2, "http://host/v1")
    assert caught.value.code == "bad-reply"


def test_another_model_behind_the_same_name_has_another_fingerprint() -> None:
    with make_server() as server:
        real = ServedEmbedder(EmbeddingClient(server.base_url))
        again = ServedEmbedder(EmbeddingClient(server.base_url))

    class Shifted:
        model = "scripted"

        def embed(self, texts: list[str]) -> list[list[float]]:
            return [[float(place == len(text) % 32) for place in range(32)] for text in texts]

    assert real.fingerprint == again.fingerprint
    assert ServedEmbedder(Shifted()).fingerprint != real.fingerprint
