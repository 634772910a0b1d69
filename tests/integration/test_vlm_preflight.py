"""What would fail every page is said before the first one is paid for, with the remedy and the exit code."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import CommandLine
from truth_script import FIXTURES, MODEL, TruthScript

from docai.llm.chat import ChatRequest, count_images
from docai.llm.scripted import Turn
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer
from docai.schema import load_schema

DIGITAL = "brightwater-license.pdf"
GOOD = ServerTraits(model=MODEL, image_tokens=1122, capacity=2)


@pytest.fixture
def docai(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    (tmp_path / "inbox").mkdir()
    shutil.copy(FIXTURES / "contracts" / DIGITAL, tmp_path / "inbox")
    return CommandLine(monkeypatch, capsys, tmp_path)


@pytest.fixture
def truth() -> TruthScript:
    return TruthScript("contracts", load_schema("contract"), [DIGITAL])


def extract(url: str, *more: str) -> list[str]:
    return ["extract", "inbox", "--schema", "contract", "--base-url", url, "-j", "0", *more]


@pytest.mark.parametrize(
    ("traits", "told"),
    [
        (replace(GOOD, sees_images=False), ("cannot see images", "vision model")),
        (replace(GOOD, drops_images=True), ("cannot see images", "vision model")),
        (replace(GOOD, grammar=False), ("JSON schema", "grammar: none")),
        (replace(GOOD, fields_limit=0), ("cannot hold a reply to this schema", "fewer fields")),
        (replace(GOOD, context_tokens=1500), ("1122 tokens", "--max-model-len")),
        (replace(GOOD, context_tokens=1100, tells_context=False), ("context", "--max-model-len")),
        (replace(GOOD, api_key="sk-right"), ("refuses the key", "DOCAI_API_KEY")),
        (replace(GOOD, model="other"), ("no model", "--model")),
    ],
    ids=[
        "text only",
        "drops images",
        "no grammar",
        "schema too large",
        "context",
        "context untold",
        "key",
        "model",
    ],
)
def test_a_server_that_cannot_do_it_is_refused_before_the_first_page(
    docai: CommandLine, truth: TruthScript, traits: ServerTraits, told: tuple[str, ...]
) -> None:
    with ThreadedServer(ScriptedServer(truth.script(), traits)) as server:
        ran = docai(*extract(server.base_url, "--model", MODEL))
    assert ran.code == 2, ran.err
    for words in told:
        assert words in ran.err
    assert truth.asked == []
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_a_server_that_is_loading_for_too_long_cannot_be_reached(
    docai: CommandLine, truth: TruthScript
) -> None:
    with ThreadedServer(ScriptedServer(truth.script(), replace(GOOD, loading=True))) as server:
        ran = docai(*extract(server.base_url, "--wait", "0"))
    assert ran.code == 3
    assert "wait until it has loaded" in ran.err


@pytest.mark.parametrize(
    ("traits", "told"),
    [
        (replace(GOOD, image_limit=1), "--limit-mm-per-prompt"),
        (replace(GOOD, context_tokens=8192), "--max-model-len"),
        (replace(GOOD, logprobs=False), "no log probabilities"),
        (replace(GOOD, fields_limit=30), "fields"),
    ],
    ids=["one image", "small context", "no logprobs", "small grammar"],
)
def test_what_only_costs_more_is_said_and_the_job_goes_on(
    docai: CommandLine, truth: TruthScript, traits: ServerTraits, told: str
) -> None:
    with ThreadedServer(ScriptedServer(truth.script(), traits)) as server:
        ran = docai(*extract(server.base_url, "--json"))
    assert ran.code == 0, ran.err
    assert told in ran.err
    assert '"Nevada"' in ran.out
    if traits.fields_limit is not None:
        paid = server.received - len(truth.asked) - len(truth.looked)
        assert paid <= 2, "a grammar that is refused is paid for once, not on every page"


def test_the_budget_of_images_is_known_before_the_first_page(docai: CommandLine) -> None:
    sizes: list[int] = []

    def play(request: ChatRequest, number: int) -> Turn:
        sizes.append(count_images(request))
        return Turn('{"claims": []}')

    with ThreadedServer(ScriptedServer(play, replace(GOOD, image_tokens=282))) as server:
        ran = docai(*extract(server.base_url, "--json"))
    assert ran.code == 0, ran.err
    assert "280 tokens an image" in ran.err
    assert '{"max_soft_tokens":1120}' in ran.err
    assert min(sizes) > 4, "the first page already came in small tiles"


def test_another_form_of_the_same_schema_is_found(docai: CommandLine, truth: TruthScript) -> None:
    """A pipeline file may also name the form, or do without."""
    (docai.folder / "p.yaml").write_text("schema: contract\nengine: {grammar: none}\n")
    with ThreadedServer(ScriptedServer(truth.script(), replace(GOOD, grammar=False))) as server:
        words = ["extract", "inbox", "-p", "p.yaml", "--base-url", server.base_url, "-j", "0", "--json"]
        ran = docai(*words)
    assert ran.code == 0, ran.err
    assert '"Nevada"' in ran.out
    assert all(request.json_schema is None for request in truth.requests)


def test_a_job_with_nothing_to_ask_tries_nothing(docai: CommandLine, truth: TruthScript) -> None:
    with ThreadedServer(ScriptedServer(truth.script(), GOOD)) as server:
        first = docai(*extract(server.base_url, "--json"))
        tried = server.trials
        again = docai(*extract(server.base_url, "--json"))
        assert server.trials == tried == 1
        docai(*extract(server.base_url, "--json", "--force"))
        assert server.trials == 2
    assert again.out == first.out
    assert first.code == again.code == 0


def test_a_pipeline_file_holds_the_model_s_settings_but_never_its_key(
    docai: CommandLine, truth: TruthScript
) -> None:
    with ThreadedServer(ScriptedServer(truth.script(), replace(GOOD, api_key="sk-1"))) as server:
        recipe = (
            f"schema: contract\nengine:\n  base_url: {server.base_url}\n  model: {MODEL}\n"
            "  pages: all\n  context: none\n  pixels: native\n"
        )
        (docai.folder / "p.yaml").write_text(recipe)
        ran = docai("extract", "inbox", "-p", "p.yaml", "-j", "0", "--json", DOCAI_API_KEY="sk-1")
        assert ran.code == 0, ran.err
        (docai.folder / "p.yaml").write_text(recipe + "  api_key: sk-1\n")
        keyed = docai("extract", "inbox", "-p", "p.yaml", "-j", "0")
    assert truth.requests
    assert not any("From other pages" in str(request.messages) for request in truth.requests)
    assert keyed.code == 2
    assert "p.yaml:8: engine.api_key: unknown key" in keyed.err


def test_a_self_signed_certificate_is_named_and_trusted_when_given(
    docai: CommandLine, truth: TruthScript
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = docai.folder / "key.pem", docai.folder / "cert.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=gpu"
    )
    command += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadedServer(ScriptedServer(truth.script(), GOOD, tls=context)) as server:
        assert server.base_url.startswith("https://")
        refused = docai(*extract(server.base_url))
        trusted = docai(*extract(server.base_url, "--ca-file", "cert.pem", "--json"))
        named = docai(*extract(server.base_url, "--json"), DOCAI_CA_FILE=str(certificate))
    assert refused.code == 2
    assert "--ca-file" in refused.err
    assert trusted.code == 0, trusted.err
    assert named.out == trusted.out
