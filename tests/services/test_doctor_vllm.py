"""`docai doctor` of a real vLLM with a model that cannot read: what it measures is right, and it says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from docai_process import run_docai
from vllm_server import CONTEXT_TOKENS, IMAGES, MODEL, VllmServer

pytestmark = pytest.mark.service


def test_doctor_measures_the_server_and_says_that_its_model_cannot_read(
    vllm: VllmServer, tmp_path: Path
) -> None:
    done = run_docai("doctor", "--base-url", vllm.base_url, "--json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["reached"]
    findings = {finding["check"]: finding for finding in told["server"]}
    server = findings["server"]["facts"]
    assert (server["dialect"], server["model"]) == ("vllm", MODEL)
    assert server["version"].startswith("0.32.0")
    for check in ("schema", "logprobs", "images", "context", "sight"):
        assert findings[check]["level"] == "ok", findings[check]
    assert findings["images"]["facts"]["images"] == IMAGES
    assert findings["context"]["facts"]["tokens"] == CONTEXT_TOKENS
    # To the token: docai's own count is the server's.
    assert findings["sight"]["facts"]["tokens"] == findings["sight"]["facts"]["planned"] > 1024
    assert findings["parallel"]["facts"]["at_once"] >= 1
    reading = findings["reading"]
    assert (reading["level"], reading["facts"]["score"] < 0.1) == ("problem", True)
    assert reading["remedy"]
