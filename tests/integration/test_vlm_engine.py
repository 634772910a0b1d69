"""`docai extract --base-url …` as a user runs it, against a scripted server that answers from the truth.

Right claims must come out proven; what is corrupted must not. The server is a real one, over HTTP, in the
test's own process; docai runs as a process of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docai_process import read_lines, run_docai
from truth_script import FIXTURES, MODEL, Claims, Spoil, TruthScript

from docai.llm.chat import ChatRequest
from docai.llm.scripted import Script, Turn
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer
from docai.schema import load_schema

DIGITAL = "brightwater-license.pdf"
TRAITS = ServerTraits(model=MODEL, image_tokens=1122, capacity=2)


@contextmanager
def serve(script: Script, traits: ServerTraits = TRAITS) -> Iterator[ScriptedServer]:
    with ThreadedServer(ScriptedServer(script, traits)) as server:
        yield server


def find_fields(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["path"]: field for field in record["fields"]}


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A folder with one digital contract: reading it takes no OCR."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    shutil.copy(FIXTURES / "contracts" / DIGITAL, folder)
    return folder


def tell_truth(spoil: Spoil | None = None) -> TruthScript:
    return TruthScript("contracts", load_schema("contract"), [DIGITAL], spoil)


def spoil_contract(file: str, number: int, claims: Claims) -> Claims:
    """A wrong digit, a value from elsewhere with a quote that stands on the page, and an invented one."""
    spoiled = []
    for claim in claims:
        claim = dict(claim)
        if claim["field"] == "/effective_date":
            claim["value"] = claim["value"].replace("2023", "2028")
        elif claim["field"] == "/governing_law":
            claim["value"] = "Delaware"
        elif claim["field"] == "/notice_period_to_terminate_renewal":
            claim["quote"], claim["value"] = "no less than forty-five (45) days", "45 days"
        spoiled.append(claim)
    return spoiled


def test_right_claims_are_proven_and_the_record_says_how(contracts: Path) -> None:
    truth = tell_truth()
    with serve(truth.script()) as server:
        done = run_docai(
            "extract",
            "inbox",
            "--schema",
            "contract",
            "--base-url",
            server.base_url,
            "-j",
            1,
            cwd=contracts.parent,
        )
    assert done.returncode == 0, done.stderr
    record = read_lines(done.stdout)[DIGITAL]
    assert record["complete"]
    assert record["run"]["engine"] == "vlm"
    assert record["run"]["model"] == MODEL
    assert record["run"]["prompt"].startswith("sha256:")
    assert record["run"]["tokens"] > 2 * 2 * 1122
    assert record["run"]["dpi"] > 150
    fields = find_fields(record)
    for path, value in {
        "/parties/0": "Brightwater Systems Corp.",
        "/parties/1": "Quill River Hospital Trust",
        "/effective_date": "2023-10-01",
        "/governing_law": "Nevada",
    }.items():
        assert fields[path]["value"] == value
        assert fields[path]["status"] == "grounded"
        assert all(e["boxes"] and e["quote"] for e in fields[path]["evidence"])
    flag = fields["/clauses/exclusivity"]
    assert (flag["value"], flag["status"], flag["derivation"]["rule"]) == (False, "inferred", "absence")
    assert sorted(truth.asked) == [(DIGITAL, 1), (DIGITAL, 2)]


def test_corrupted_claims_do_not_become_grounded(contracts: Path) -> None:
    with serve(tell_truth(spoil_contract).script()) as server:
        done = run_docai(
            "extract",
            "inbox",
            "--schema",
            "contract",
            "--base-url",
            server.base_url,
            "-j",
            1,
            cwd=contracts.parent,
        )
    fields = find_fields(read_lines(done.stdout)[DIGITAL])
    for path, wrong in {
        "/effective_date": "2028-10-01",
        "/governing_law": "Delaware",
        "/notice_period_to_terminate_renewal": "45 days",
    }.items():
        field = fields[path]
        assert field["value"] != wrong or field["status"] == "unsupported"
    assert fields["/parties/0"]["status"] == "grounded"


def test_broken_replies_cost_retries_and_a_hopeless_page_says_so(contracts: Path) -> None:
    truth = tell_truth()

    def play(request: ChatRequest, number: int) -> Turn:
        turn = Turn(truth.answer(request))
        if truth.asked[-1] == (DIGITAL, 2):
            return replace(turn, fault="repetition")
        return replace(turn, fault="truncated") if number == 0 else turn

    with serve(play) as server:
        words = ("extract", "inbox", "--schema", "contract", "--base-url", server.base_url, "-j", "1")
        done = run_docai(*words, cwd=contracts.parent)
        asked = len(truth.asked)
        record = read_lines(done.stdout)[DIGITAL]
        assert done.returncode == 1
        assert "page 2" in done.stderr
        assert not record["complete"]
        assert [(i["code"], i["page"]) for i in record["issues"]] == [("reply-repetition", 2)]
        fields = find_fields(record)
        assert fields["/parties/0"]["status"] == "grounded"
        assert fields["/signatures/*/name"]["reason"] == "not_read"
        assert fields["/clauses/exclusivity"]["value"] is None, "nobody knows what page 2 says"
        # The next run asks for the page without an answer alone.
        run_docai(*words, cwd=contracts.parent)
        assert set(truth.asked[asked:]) == {(DIGITAL, 2)}


def test_what_is_done_is_not_asked_again_and_a_key_is_never_told(contracts: Path) -> None:
    truth = tell_truth()
    key = "sk-very-secret"
    with serve(truth.script(), replace(TRAITS, api_key=key)) as server:
        words = ("extract", "inbox", "--schema", "contract", "-j", "1")
        settings = {"DOCAI_BASE_URL": server.base_url, "DOCAI_API_KEY": key}
        first = run_docai(*words, cwd=contracts.parent, **settings)
        again = run_docai(*words, cwd=contracts.parent, **settings)
        refused = run_docai(*words, cwd=contracts.parent, **{**settings, "DOCAI_API_KEY": "wrong"})
    assert first.returncode == 0, first.stderr
    assert again.stdout == first.stdout
    assert len(truth.asked) == 2
    assert refused.returncode == 2
    assert "key" in refused.stderr
    for done in (first, again, refused):
        assert key not in done.stdout + done.stderr
    kept = [path for path in (contracts.parent / ".docai").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert key.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--base-url", "http://127.0.0.1:9/v1", "--wait", "0"), 3, "--base-url"),
        (("--base-url", "127.0.0.1:9"), 2, "http://"),
        (("--engine", "vlm"), 2, "--base-url"),
        (("--base-url", "http://127.0.0.1:9/v1", "--pages", "some"), 2, "relevant"),
    ],
)
def test_a_server_that_is_not_there_is_said_before_the_first_page(
    contracts: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    done = run_docai("extract", "inbox", "--schema", "contract", *words, cwd=contracts.parent)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_another_model_or_too_small_a_context_is_said_before_the_first_page(contracts: Path) -> None:
    truth = tell_truth()
    words = ("extract", "inbox", "--schema", "contract", "-j", "1")
    with serve(truth.script(), replace(TRAITS, context_tokens=2048)) as server:
        small = run_docai(*words, "--base-url", server.base_url, cwd=contracts.parent)
        other = run_docai(*words, "--base-url", server.base_url, "--model", "gpt", cwd=contracts.parent)
    assert (small.returncode, other.returncode) == (2, 2)
    assert "--max-model-len" in small.stderr
    assert MODEL in other.stderr
    assert truth.asked == []
