"""`docai doctor` against servers with one flaw each: every finding with its remedy, and the exit code."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, Ran
from reading_script import GEMMA, ReadingScript

from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer

GOOD = ServerTraits(model=GEMMA, version="0.32.0", image_tokens=1122, capacity=64)


@pytest.fixture
def docai(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    return CommandLine(monkeypatch, capsys, tmp_path)


def examine(docai: CommandLine, traits: ServerTraits, *words: str, **environment: str) -> Ran:
    script = ReadingScript(traits.model)
    with ThreadedServer(ScriptedServer(script, traits)) as server:
        return docai("doctor", "--base-url", server.base_url, "--json", "-q", *words, **environment)


def read_findings(ran: Ran) -> dict[str, dict[str, Any]]:
    told = json.loads(ran.out)
    assert told["exit_code"] == ran.code
    findings = {finding["check"]: finding for finding in told["server"]}
    assert len(findings) == len(told["server"]), "each check tells one finding"
    for finding in findings.values():
        assert finding["level"] in ("ok", "note", "problem")
        assert finding["remedy"] or finding["level"] != "problem"
    return findings


def test_without_a_server_the_machine_alone_is_checked(docai: CommandLine) -> None:
    ran = docai("doctor", "--json", "-q")
    told = json.loads(ran.out)
    assert ran.code == 0
    assert {f["check"] for f in told["local"]} == {"python", "capacity", "tesseract", "ppocr", "workspace"}
    assert all(f["level"] in ("ok", "note") for f in told["local"])
    assert (told["base_url"], told["reached"], told["server"]) == (None, None, [])


def test_what_the_machine_lacks(docai: CommandLine, tmp_path: Path) -> None:
    ran = docai("doctor", "--json", "-q", "--lang", "eng+kat", "--workspace", str(tmp_path / "nowhere"))
    local = {f["check"]: f for f in json.loads(ran.out)["local"]}
    assert ran.code == 1
    assert local["languages"]["facts"] == {"uncovered": ["kat"]}
    assert local["workspace"]["level"] == "problem"
    assert "--workspace" in local["workspace"]["remedy"]


def test_a_server_as_it_should_be(docai: CommandLine) -> None:
    ran = examine(docai, GOOD)
    found = read_findings(ran)
    assert ran.code == 0, ran.out
    assert found["server"]["facts"]["version"] == "0.32.0"
    assert found["server"]["facts"]["model"] == GEMMA
    assert found["sight"]["facts"]["tokens"] == 1122
    assert (
        found["sight"]["facts"]["a4"]["300"]["tokens"] > found["sight"]["facts"]["a4"]["200"]["tokens"] > 2000
    )
    assert found["reading"]["facts"] == {"budget": 1120, "score": 1.0}
    assert found["profile"]["facts"] == {"budget": 1120}
    assert found["images"]["facts"] == {"images": 8}
    assert found["context"]["facts"] == {"tokens": 32_768}
    assert found["loops"]["facts"] == {"complete": 3}
    assert found["parallel"]["facts"]["at_once"] >= 1
    assert {f["level"] for check, f in found.items() if not check.startswith(("trap", "parallel"))} == {"ok"}


@pytest.mark.parametrize(
    ("traits", "check", "words"),
    [
        (replace(GOOD, sees_images=False), "images", ("cannot see images", "vision model")),
        (replace(GOOD, drops_images=True), "images", ("cannot see images", "vision model")),
        (replace(GOOD, grammar=False), "schema", ("JSON schema", "vLLM")),
        (replace(GOOD, fields_limit=0), "schema-size", ("schema", "fewer fields")),
        (replace(GOOD, image_limit=1), "images", ("hold 1 image,", "--limit-mm-per-prompt")),
        (replace(GOOD, context_tokens=4096), "context", ("4,096 tokens", "--max-model-len")),
        (replace(GOOD, white_space=True), "loops", ("white space", "disable_any_whitespace")),
        (replace(GOOD, image_tokens=282), "sight", ("costs 282 tokens", '"max_soft_tokens":1120')),
        (replace(GOOD, sharp_tokens=1024), "reading", ("0 of 20", "VLLM_USE_V2_MODEL_RUNNER=0")),
        (replace(GOOD, version="0.22.1"), "trap-class-missing", ("0.23", "upgrade")),
        (replace(GOOD, version="0.24.0+cu129"), "trap-image-attention", ("vllm#47217", "upgrade")),
        (
            replace(GOOD, owner="ollama-like", tells_context=False, truncates=True, context_tokens=4096),
            "context",
            ("dropped without a word", "32,768"),
        ),
    ],
    ids=[
        "text only", "drops images", "no grammar", "small grammar", "one image", "4k context", "white space",
        "budget 280", "garbled", "0.22", "0.24", "truncates",
    ],
)  # fmt: skip
def test_each_flaw_is_found_with_its_remedy(
    docai: CommandLine, traits: ServerTraits, check: str, words: tuple[str, str]
) -> None:
    ran = examine(docai, traits)
    finding = read_findings(ran)[check]
    assert ran.code == 1
    assert finding["level"] == "problem"
    assert words[0] in finding["message"]
    assert words[1] in finding["remedy"]


def test_notes_need_no_action(docai: CommandLine) -> None:
    found = read_findings(ran := examine(docai, replace(GOOD, logprobs=False, version="0.25.1")))
    assert ran.code == 0
    assert found["logprobs"]["level"] == "note"
    assert "vllm#48848" in found["trap-drafter-crash"]["message"]
    assert "vllm#50539" in found["trap-runner-v2"]["message"]


def test_the_profile_is_chosen_by_what_can_be_read(docai: CommandLine) -> None:
    ran = examine(docai, replace(GOOD, sharp_tokens=1024, trusts_budget=True))
    found = read_findings(ran)
    assert found["reading"]["facts"]["score"] == 0
    assert found["reading-560"]["facts"]["score"] == 1
    assert found["profile"]["facts"] == {"budget": 560}
    assert '"max_soft_tokens":560' in found["profile"]["remedy"]


def test_an_unknown_model_is_measured(docai: CommandLine) -> None:
    found = read_findings(ran := examine(docai, replace(GOOD, model="acme/reader", image_tokens=1024)))
    assert ran.code == 0
    assert found["sight"]["level"] == "note"
    assert "28 x 28 px" in found["sight"]["message"]
    assert found["reading"]["facts"]["score"] == 1


def test_a_wrong_key_and_another_model(docai: CommandLine) -> None:
    wrong = examine(docai, replace(GOOD, api_key="sk-right"), DOCAI_API_KEY="sk-wrong")
    assert wrong.code == 1
    assert "DOCAI_API_KEY" in read_findings(wrong)["server"]["remedy"]
    right = examine(docai, replace(GOOD, api_key="sk-right"), DOCAI_API_KEY="sk-right")
    assert right.code == 0
    other = examine(docai, GOOD, "--model", "gpt")
    assert other.code == 1
    assert GEMMA in read_findings(other)["server"]["message"]
    assert "sk-" not in wrong.out + right.out + wrong.err + right.err


def test_one_request_at_a_time_is_told(docai: CommandLine) -> None:
    script = ReadingScript(service_s=0.1)
    with ThreadedServer(ScriptedServer(script, replace(GOOD, capacity=1))) as server:
        ran = docai("doctor", "--base-url", server.base_url, "--json", "-q")
    finding = read_findings(ran)["parallel"]
    assert finding["facts"]["at_once"] == 1
    assert "--max-num-seqs" in finding["remedy"]


def test_a_server_that_is_not_there_or_still_loading(docai: CommandLine) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ran = docai("doctor", "--base-url", f"http://127.0.0.1:{port}/v1", "--wait", "0", "--json", "-q")
    assert ran.code == 3
    assert "--base-url" in read_findings(ran)["server"]["remedy"]
    loading = examine(docai, replace(GOOD, loading=True), "--wait", "0")
    assert loading.code == 3
    assert "loaded its model" in read_findings(loading)["server"]["remedy"]
    assert docai("doctor", "--base-url", "gpu:8000").code == 2


def test_a_proxy_is_named_with_the_way_around_it(docai: CommandLine) -> None:
    url = "http://gpu.invalid:8000/v1"
    ran = docai("doctor", "--base-url", url, "--wait", "0", "--json", "-q", http_proxy="http://127.0.0.1:9")
    found = read_findings(ran)
    assert ran.code == 3
    assert "NO_PROXY=gpu.invalid" in found["proxy"]["remedy"]


def test_the_table_shows_remedies_and_the_examination_is_bounded(docai: CommandLine) -> None:
    script = ReadingScript()
    traits = replace(GOOD, image_tokens=282)
    with ThreadedServer(ScriptedServer(script, traits)) as server:
        ran = docai("doctor", "--base-url", server.base_url)
        assert server.trials + server.received < 90
        assert server.most_running <= 32
    assert ran.code == 1
    assert "problem" in ran.out
    assert "max_soft_tokens" in ran.out
    assert "what the model sees" in ran.err
    assert "Traceback" not in ran.err


def test_as_a_process_of_its_own(tmp_path: Path) -> None:
    with ThreadedServer(ScriptedServer(ReadingScript(), replace(GOOD, image_limit=1))) as server:
        done = subprocess.run(
            [sys.executable, "-m", "docai.cli.main", "doctor", "--base-url", server.base_url, "--json"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["reached"]
    assert "requests at once" in done.stderr
    assert list(tmp_path.iterdir()) == []
