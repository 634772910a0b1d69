"""`docai ask` with a real vLLM whose model cannot read: nothing that it says may stand as an answer."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from docai_process import FIXTURES, run_docai
from vllm_server import CONTEXT_TOKENS, MODEL, VllmServer

from docai.answering.composing.prompt import hash_prompt
from docai.answering.composing.reply import REPLY_SCHEMA, read_said
from docai.llm.chat import ChatRequest, Message
from docai.llm.client import OpenAIClient
from docai.llm.settings import ClientSettings

pytestmark = pytest.mark.service

CONTRACT = FIXTURES / "contracts" / "harbor-lights-services.pdf"
LAW = "Which law governs the Master Services Agreement between Harbor Lights Media and Oakvale Analytics?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ask")
    (root / "in").mkdir()
    shutil.copy(CONTRACT, root / "in")
    done = run_docai("extract", "in", "-q", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


def test_the_grammar_holds_a_model_that_knows_nothing(vllm: VllmServer) -> None:
    async def ask() -> list[str]:
        async with OpenAIClient(ClientSettings(vllm.base_url)) as client:
            texts = []
            for seed in range(3):
                request = ChatRequest(
                    (Message("user", ("Which law governs?",)),),
                    json_schema=REPLY_SCHEMA,
                    max_tokens=400,
                    temperature=1.0,
                    seed=seed,
                )
                texts.append((await client.complete(request)).text)
            return texts

    for text in asyncio.run(ask()):
        assert text.startswith(('{"sentences"', '{ "sentences"')), text[:80]
        read_said(text)  # whatever it holds, reading it is no error


def test_garbage_never_stands_as_an_answer(vllm: VllmServer, folder: Path) -> None:
    before = len(vllm.read_requests())
    done = run_docai("ask", LAW, "--base-url", vllm.base_url, cwd=folder)
    answer: dict[str, Any] = json.loads(done.stdout)
    sent = [r for r in vllm.read_requests(before) if r.get("images")]
    assert sent, done.stderr
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert all(s["reason"] for s in answer["sentences"] if not s["supported"])
    codes = {issue["code"] for issue in answer["issues"]}
    if answer["engine"] == "model":  # it may say by chance that it found nothing
        assert (answer["status"], answer["model"], answer["prompt"]) == ("not_found", MODEL, hash_prompt())
        assert "extractive-differs" in codes
    else:
        assert answer["value"] == "Oregon"
        assert codes & {"model-unsupported", "model-unusable"}
        assert answer["tokens"] > 0
    assert answer["tokens"] < 4 * CONTEXT_TOKENS


def test_a_server_that_is_stopped_leaves_the_labelled_answer(vllm: VllmServer, folder: Path) -> None:
    vllm.stop()
    done = run_docai("ask", LAW, "--base-url", vllm.base_url, "--wait", "1", cwd=folder)
    answer = json.loads(done.stdout)
    assert done.returncode == 3
    assert (answer["engine"], answer["value"]) == ("extractive", "Oregon")
    assert [issue["code"] for issue in answer["issues"]] == ["model-unreachable"]
