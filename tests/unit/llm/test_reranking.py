"""Scores of texts from a server's `/v1/rerank`."""

from __future__ import annotations

import pytest

from docai.errors import ConfigError, ServiceError
from docai.llm.reranking import RerankClient, _read_scores
from docai.llm.retry import RetryPolicy
from docai.llm.scripted import make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer

QUICK = RetryPolicy(attempts=2, first_s=0.0)


def make_server(**traits: object) -> ThreadedServer:
    return ThreadedServer(ScriptedServer(make_script(str), ServerTraits(**traits)))  # type: ignore[arg-type]


def test_scores_come_in_the_order_of_the_texts() -> None:
    with make_server() as server:
        client = RerankClient(server.base_url)
        assert client.rerank("the law of Kent", ["a price", "the law", "the law of Kent"]) == [0.0, 0.5, 1.0]
        assert client.rerank("the law of Kent", []) == []
        client.close()


def test_a_wrong_key_is_a_matter_of_configuration() -> None:
    with make_server(api_key="secret") as server, pytest.raises(ConfigError):
        RerankClient(server.base_url, "scripted", "other", retry=QUICK).rerank("a", ["a"])


def test_a_server_that_is_not_there_is_named() -> None:
    with make_server() as server:
        address = server.base_url
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1"):
        RerankClient(address, "m", retry=QUICK, sleep=lambda seconds: None).rerank("a", ["a"])


@pytest.mark.parametrize(
    "body",
    [
        {"results": []},
        {"results": [{"index": 0, "relevance_score": 1.0}]},
        {"results": [{"index": 0, "relevance_score": 1.0}, {"index": 2, "relevance_score": 1.0}]},
        {"results": [{"index": 0, "relevance_score": 1.0}, {"index": 1, "relevance_score": float("nan")}]},
        {"results": [{"index": 0}, {"index": 1}]},
        {"data": []},
        [],
    ],
)
def test_a_reply_without_scores_is_refused(body: object) -> None:
    with pytest.raises(ServiceError, match="scores") as caught:
        _read_scores(body, 2, "http://127.0.0.1")
    assert caught.value.code == "bad-reply"
