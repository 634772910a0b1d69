"""`docai ask` over a Qdrant server and with a reranker: what is found, and what is said when one is not as it
should be. The server is a bridge to qdrant-client's own engine; what only a real one does stays untested."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, Ran
from qdrant_bridge import QdrantBridge
from qdrant_client import models
from written_pdf import write_pdf

from docai.llm.scripted import make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer
from docai.wiring import prepare_job

PAGES = {
    "lease": (
        "Lease between Acme Corp and Beta LLC. This lease is governed by the laws of the State of Delaware. "
        + "The premises consist of a hall, two offices and a yard behind them. " * 8,
        "Rent is paid on the first day of each month to the landlord's account.",
    ),
    "supply": (
        "Supply Agreement between Gamma Inc and Delta Ltd. Gamma supplies screws until June 1, 2027.",
    ),
}
LAW = "Which law governs the lease between Acme and Beta?"


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("indexed") / "home"
    for name, pages in PAGES.items():
        write_pdf(home / "in" / f"{name}.pdf", *pages)
    with prepare_job([home / "in"], workspace=home, records=False, workers=0) as job:
        assert list(job.run()) == []
    return home


@pytest.fixture
def docai(open_copy: Callable[[Path], CommandLine], indexed: Path) -> CommandLine:
    return open_copy(indexed)


@pytest.fixture
def server() -> Iterator[QdrantBridge]:
    with QdrantBridge(api_key="secret") as running:
        yield running


KEY = {"DOCAI_QDRANT_API_KEY": "secret"}


def push(docai: CommandLine, server: QdrantBridge) -> None:
    ran = docai("index", "push", server.url, **KEY)
    assert ran.code == 0, ran.err


def ask(docai: CommandLine, *words: str | Path, **environment: str) -> dict[str, Any]:
    ran = docai("ask", *words, "--json", **environment)
    assert ran.code in (0, 1), ran.err
    answer: dict[str, Any] = json.loads(ran.out)
    return answer


def strip(answer: dict[str, Any]) -> dict[str, Any]:
    """Without what may differ: seconds, and scores' last digits."""
    pages = [(page["uri"], page["page"], round(page["score"], 2)) for page in answer["retrieved"]]
    return {**answer, "seconds": 0, "retrieved": pages}


def test_the_server_answers_as_the_index_in_the_workspace(docai: CommandLine, server: QdrantBridge) -> None:
    push(docai, server)
    server.asked.clear()
    over_server = ask(docai, LAW, "--qdrant", server.url, **KEY)
    assert over_server["value"] == "Delaware"
    assert over_server["citations"][0]["uri"] == "in/lease.pdf"
    assert over_server["citations"][0]["boxes"]
    assert over_server["issues"] == []
    assert any("query/batch" in line for line in server.asked)
    assert not any(line.startswith("PUT") or "delete" in line for line in server.asked), "asking only reads"
    assert strip(over_server) == strip(ask(docai, LAW))
    assert ask(docai, LAW, DOCAI_QDRANT=server.url, **KEY)["value"] == "Delaware"
    narrowed = ask(docai, LAW, "--in", "in/supply.pdf", "--qdrant", server.url, **KEY)
    assert {page["uri"] for page in narrowed["retrieved"]} <= {"in/supply.pdf"}


def test_what_only_one_of_both_has_is_told(docai: CommandLine, server: QdrantBridge, tmp_path: Path) -> None:
    """Quotes, records and pages are the workspace's: a document that it lacks cannot be cited."""
    push(docai, server)
    other = CommandLine(docai._patch, docai._streams, tmp_path / "other")
    (other.folder / "in").mkdir(parents=True)
    shutil.copy(docai.folder / "in" / "lease.pdf", other.folder / "in")
    write_pdf(
        other.folder / "in" / "loan.pdf", "Loan from Omega Bank to Beta LLC of USD 5,000, due May 2, 2026."
    )
    assert other("index", "in", "-j", "0").code == 0
    answer = ask(other, LAW, "--qdrant", server.url, **KEY)
    assert answer["value"] == "Delaware"
    told = {issue["code"]: issue["message"] for issue in answer["issues"]}
    assert told["not-in-workspace"].startswith("1 documents")
    assert "in/loan.pdf" in told["not-on-server"]
    assert {page["uri"] for page in answer["retrieved"]} <= {"in/lease.pdf", "in/loan.pdf"}
    (other.folder / "in" / "lease.pdf").unlink()
    assert other("index", "in", "-j", "0").code == 0
    refused = other("ask", LAW, "--qdrant", server.url, **KEY)
    assert (refused.code, "docai index push" in refused.err) == (2, True)


def assert_told(ran: Ran, code: int, *words: str) -> None:
    assert ran.code == code, ran.err
    assert all(word in ran.err for word in words), ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_a_server_that_is_not_as_it_should_be(docai: CommandLine, server: QdrantBridge) -> None:
    def at(url: str, *words: str, **environment: str) -> Ran:
        return docai("ask", LAW, "--qdrant", url, *words, **environment)

    assert_told(at(server.url, **KEY), 2, "docai index push")
    push(docai, server)
    assert_told(at(server.url), 2, server.url, "DOCAI_QDRANT_API_KEY")
    assert_told(at(server.url, DOCAI_QDRANT_API_KEY="wrong"), 2, "refuses the key")
    assert_told(at("http://127.0.0.1:9"), 3, "no Qdrant answers at http://127.0.0.1:9")
    assert_told(at("nonsense"), 2, "nonsense")
    assert_told(docai("ask", LAW, DOCAI_QDRANT="nonsense"), 2, "DOCAI_QDRANT")
    server.client.create_collection(
        "theirs", {"v": models.VectorParams(size=3, distance=models.Distance.COSINE)}
    )
    assert_told(at(server.url, "--collection", "theirs", **KEY), 2, "was not made by docai")
    server.fault = (507, "No space left on device: WAL buffer size exceeds available disk space")
    assert_told(at(server.url, **KEY), 3, "has no room left")
    server.fault = (500, "panicked")
    assert_told(at(server.url, **KEY), 3, "panicked")
    server.fault = None
    assert at(server.url, **KEY).code == 0


def test_another_model_than_the_workspace(docai: CommandLine, server: QdrantBridge) -> None:
    push(docai, server)
    with ThreadedServer(ScriptedServer(make_script(str), ServerTraits(api_key="key"))) as embeddings:
        key = {"DOCAI_EMBEDDING_API_KEY": "key", **KEY}
        assert docai("index", "rebuild", "--embedding", f"{embeddings.base_url}#scripted", **key).code == 0
        assert_told(docai("ask", LAW, "--qdrant", server.url, **key), 2, "scripted", "MiniLM")


def test_tls_with_an_authority_of_ones_own(docai: CommandLine, tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem", tmp_path / "key.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate[0], "-keyout", certificate[1]]
    subprocess.run(["openssl", "req", "-x509", *options, *names], check=True, capture_output=True)
    with QdrantBridge(certificate=certificate) as server:
        assert server.url.startswith("https://")
        pushed = docai("index", "push", server.url, "--ca-file", certificate[0])
        assert pushed.code == 0, pushed.err
        answer = ask(docai, LAW, "--qdrant", server.url, "--ca-file", certificate[0])
        assert answer["value"] == "Delaware"
        assert_told(docai("ask", LAW, "--qdrant", server.url), 2, "certificate", "is not trusted")


def test_a_reranker_has_the_last_word(docai: CommandLine) -> None:
    question = "On which day of each month is the rent paid to the landlord's account?"
    traits = ServerTraits(api_key="key")
    with ThreadedServer(ScriptedServer(make_script(str), traits)) as server:
        address = f"{server.base_url}#scripted"
        key = {"DOCAI_RERANK_API_KEY": "key"}
        answer = ask(docai, question, "--rerank", address, **key)
        top = answer["retrieved"][0]
        assert (top["uri"], top["page"]) == ("in/lease.pdf", 2)
        scores = [page["score"] for page in answer["retrieved"]]
        assert len(scores) > 1
        assert scores == sorted(scores, reverse=True)
        assert 0 <= scores[-1] <= scores[0] <= 1, "they are the reranker's"
        assert scores[0] != ask(docai, question)["retrieved"][0]["score"]
        assert ask(docai, question, DOCAI_RERANK=address, **key)["retrieved"] == answer["retrieved"]
        assert_told(docai("ask", question, "--rerank", address), 2, "key")
    assert_told(docai("ask", question, "--rerank", address, **key), 3, server.base_url)
    assert_told(docai("ask", question, "--rerank", "nonsense"), 2, "nonsense")
