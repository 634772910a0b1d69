"""LlamaIndex's client for OpenAI-like servers against a real vLLM: images and `json_schema` go through it;
a model that cannot read makes docai claim nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from vllm_server import CONTEXT_TOKENS, MODEL, VllmServer
from written_pdf import write_pdf

pytest.importorskip("llama_index.core", reason="LlamaIndex is an extra")

from llama_index.core import get_response_synthesizer
from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.llms import ChatMessage
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

import docai
from docai.llamaindex import PageQueryEngine, PageRetriever

pytestmark = pytest.mark.service

LAW = "Which law governs the agreement between Harbor Lights Media and Oakvale Analytics?"
PAGES = (
    "MASTER SERVICES AGREEMENT\n\nThis Master Services Agreement is entered into as of March 14, 2022 by and "
    "between Harbor Lights Media, Inc., a Delaware corporation, and Oakvale Analytics LLC.",
    "8. Governing Law. This Agreement shall be governed by and construed in accordance with the laws of the "
    "State of Oregon.",
)
REPLY_TOKENS = 120


class Sheet(BaseModel):
    """What a grammar lets a model say, and nothing else."""

    kind: Literal["contract", "invoice", "receipt"]
    pages: Literal[1, 2, 3]
    signed: bool


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llama")
    write_pdf(folder / "harbor.pdf", *PAGES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        outcomes = list(docai.extract("harbor.pdf", schema="contract", workers=0))
    assert not [outcome for outcome in outcomes if isinstance(outcome, docai.Failure)]
    return folder


@pytest.fixture
def llm(vllm: VllmServer) -> OpenAILike:
    return OpenAILike(
        model=MODEL,
        api_base=vllm.base_url,
        api_key="none",
        context_window=CONTEXT_TOKENS,
        max_tokens=REPLY_TOKENS,
        is_chat_model=True,
        should_use_structured_outputs=True,
        max_retries=0,
        timeout=300,
    )


@pytest.fixture
def retriever(root: Path) -> Iterator[PageRetriever]:
    with PageRetriever(root, similarity_top_k=2, longest_px=1400) as retriever:
        yield retriever


def hash_files(paths: list[str]) -> list[str]:
    return [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths]


def read_answered(server: VllmServer, skip: int) -> list[dict[str, Any]]:
    return [r for r in server.read_requests(skip) if r["event"] == "answered"]


def test_a_page_goes_as_it_is_and_the_reply_keeps_to_the_schema(
    vllm: VllmServer, llm: OpenAILike, retriever: PageRetriever
) -> None:
    before = len(vllm.read_requests())
    page = retriever.retrieve(LAW)[0].node.metadata["image_path"]
    message = ChatMessage(role="user", blocks=[ImageBlock(path=page), TextBlock(text="What is it?")])
    structured = llm.as_structured_llm(Sheet)
    replies = [structured.chat([message]), asyncio.run(structured.achat([message]))]
    assert all(isinstance(reply.raw, Sheet) for reply in replies)
    answered = read_answered(vllm, before)
    assert [r["status"] for r in answered] == [200, 200]
    assert [r["images"] for r in answered] == [hash_files([page])] * 2


def test_llamaindex_own_engine_sends_the_pages_that_docai_found(
    vllm: VllmServer, llm: OpenAILike, retriever: PageRetriever
) -> None:
    before = len(vllm.read_requests())
    synthesizer = get_response_synthesizer(llm=llm, multimodal=True, response_mode="simple_summarize")
    response = RetrieverQueryEngine(retriever, synthesizer).query(LAW)
    assert str(response)
    sent = read_answered(vllm, before)[-1]
    assert sent["status"] == 200
    found = hash_files([node.node.metadata["image_path"] for node in response.source_nodes])
    assert sent["images"]
    assert sent["images"] == found[: len(sent["images"])]


def test_a_model_that_cannot_read_proves_nothing(vllm: VllmServer, llm: OpenAILike, root: Path) -> None:
    before = len(vllm.read_requests())
    with PageQueryEngine(root, llm=llm) as engine:
        response = engine.query(LAW)
    answered = read_answered(vllm, before)
    assert answered
    assert all(r["status"] == 200 and r["images"] for r in answered)
    assert response.metadata is not None
    answer = response.metadata["answer"]
    # Random letters quote nothing: what stands unstruck is docai's own, and each citation is on its page.
    assert answer["engine"] == "extractive"
    assert {issue["code"] for issue in answer["issues"]} & {"model-unsupported", "model-unusable"}
    assert answer["value"] == "Oregon"
    # The pictures' tokens are in there: the words alone are not a thousand.
    assert answer["tokens"] > 1000
    for node in response.source_nodes:
        assert node.text.strip(" .,") in " ".join(PAGES)
