"""`docai index` and the index that `docai extract` leaves: what SQLite holds and the vector index agree."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, Ran
from qdrant_client import QdrantClient
from written_pdf import write_pdf

from docai.index.edge import EdgeIndex
from docai.index.generations import Generations
from docai.index.server import ServerIndex
from docai.index.sparse import SparseEncoder
from docai.llm.scripted import make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer
from docai.types import IndexedPassage, Query, Where
from docai.wiring.publishing import Published, load_indexed, make_index_space, push
from docai.workspace import open_workspace

LEASE = "This lease between Acme Corp and Beta LLC is governed by the laws of the State of Delaware."
SUPPLY = "Gamma GmbH supplies screws to Delta AG until December 31, 2027 and sends a notice before."


@pytest.fixture
def docai(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    return CommandLine(monkeypatch, capsys, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pdf(tmp_path / "in" / "lease.pdf", LEASE, "Rent is paid on the first day of each month.")
    write_pdf(tmp_path / "in" / "supply.pdf", SUPPLY)
    return tmp_path / "in"


def index(docai: CommandLine, *words: str | Path, **environment: str) -> Ran:
    return docai("index", *words, "-j", "0", **environment)


def status(docai: CommandLine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docai("index", "status", "--json").out)
    return found


def search(root: Path, words: str) -> list[str]:
    """File names of the passages found by words alone, best first, and that index and workspace agree."""
    with open_workspace(root, create=False) as stores:
        model = stores.published.get_model()
        assert model is not None
        index = EdgeIndex(stores.folder / "index", make_index_space(model))
        try:
            names = {e.id: Path(e.uri).name for e in stores.catalogue.list_entries() if e.id}
            assert index.document_ids() == set(names)
            for document_id in names:
                kept = stores.passages.get_passages(document_id)
                where = Where(frozenset([document_id]))
                assert index.count(where) == len(kept)
                vectors = stores.passages.get_vectors(document_id, model.fingerprint, model.dimension)
                assert vectors is not None
                (hit,) = index.search(Query("", dense=vectors[-1]), 1, where)
                assert hit.passage == kept[-1]
            hits = index.search(Query(words, sparse=SparseEncoder().encode_question(words)), 5, Where())
            return [names[hit.passage.document_id] for hit in hits]
        finally:
            index.close()


def test_a_folder_is_indexed_without_records(docai: CommandLine, folder: Path, tmp_path: Path) -> None:
    assert status_of_nothing(docai).code == 2
    ran = index(docai, "in")
    assert ran.code == 0, ran.err
    assert search(tmp_path, "Delaware")[0] == "lease.pdf"
    assert search(tmp_path, "screws")[0] == "supply.pdf"
    found = status(docai)
    assert (found["documents"], found["indexed"], found["waiting"], found["published"]) == (2, 2, 0, 2)
    assert found["model"] == "all-MiniLM-L6-v2-int8"
    assert docai("records", "list", "--json").out == ""


def status_of_nothing(docai: CommandLine) -> Ran:
    return docai("index", "status")


def test_nothing_is_done_twice(docai: CommandLine, folder: Path, tmp_path: Path) -> None:
    index(docai, "in")
    before = list_state(tmp_path)
    ran = index(docai, "in")
    assert ran.code == 0
    assert "2 known from before" in ran.err
    assert list_state(tmp_path) == before


def list_state(root: Path) -> tuple[Any, ...]:
    with open_workspace(root, create=False) as stores:
        sets = stores.passages.list_sets()
        return sets, stores.published.list_published("embedded"), sorted((root / ".docai/index").iterdir())


def test_extract_indexes_as_it_goes_and_shares_the_reading(docai: CommandLine, folder: Path) -> None:
    extracted = docai("extract", "in", "-s", "contract", "-j", "0", "--json")
    assert extracted.code == 0, extracted.err
    assert search(docai.folder, "Delaware")[0] == "lease.pdf"
    again = index(docai, "in")
    assert "2 known from before" in again.err


def test_without_index_extract_leaves_none_and_index_makes_up_for_it(
    docai: CommandLine, folder: Path
) -> None:
    docai("extract", "in", "-s", "contract", "-j", "0", "--json", "--no-index")
    assert not (docai.folder / ".docai" / "index").exists()
    assert status(docai)["indexed"] == 0
    ran = index(docai, "in")
    assert "0 read, 3 kept from before" in ran.err
    assert search(docai.folder, "screws")[0] == "supply.pdf"


def test_rebuild_takes_what_was_read_and_opens_no_file(docai: CommandLine, folder: Path) -> None:
    docai("extract", "in", "-s", "contract", "-j", "0", "--json", "--no-index")
    (folder / "lease.pdf").unlink()  # its pages are in the workspace, and nobody has said that it is gone
    assert index(docai, "rebuild").code == 0
    assert search(docai.folder, "Delaware")[0] == "lease.pdf"


def test_edited_moved_and_deleted_files_retire_their_passages(docai: CommandLine, folder: Path) -> None:
    index(docai, "in")
    shutil.move(folder / "lease.pdf", folder / "moved.pdf")
    write_pdf(folder / "supply.pdf", "Epsilon Inc buys apples from Zeta Ltd.")
    ran = index(docai, "in")
    assert ran.code == 0
    assert "pages    1 read" in ran.err, "a moved file is not read again"
    assert search(docai.folder, "Delaware")[0] == "moved.pdf"
    assert search(docai.folder, "apples")[0] == "supply.pdf"
    assert search(docai.folder, "screws") == []
    (folder / "moved.pdf").unlink()
    index(docai, "in")
    assert search(docai.folder, "Delaware") == []
    (folder / "supply.pdf").unlink()
    assert index(docai, "in").code == 2, "an empty folder is told"
    assert search(docai.folder, "apples") == []


def test_a_damaged_or_lost_index_is_made_again(docai: CommandLine, folder: Path) -> None:
    index(docai, "in")
    for path in (docai.folder / ".docai" / "index").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")
    write_pdf(folder / "new.pdf", "Eta KG rents out cranes.")
    assert index(docai, "in").code == 0
    assert search(docai.folder, "cranes")[0] == "new.pdf"
    shutil.rmtree(docai.folder / ".docai" / "index")
    assert index(docai, "in").code == 0
    assert search(docai.folder, "Delaware")[0] == "lease.pdf"


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_indexed(
    docai: CommandLine, folder: Path
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    ran = index(docai, "in")
    assert ran.code == 1
    assert "broken.pdf" in ran.err
    assert status(docai)["failed"] == ["in/broken.pdf"]
    assert search(docai.folder, "Delaware")[0] == "lease.pdf"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ThreadedServer(ScriptedServer(make_script(str), ServerTraits(api_key="key"))) as running:
        yield running


def test_another_model_is_refused_until_the_index_is_rebuilt(
    docai: CommandLine, folder: Path, server: ScriptedServer
) -> None:
    index(docai, "in")
    choice = f"{server.base_url}#scripted"
    key = {"DOCAI_EMBEDDING_API_KEY": "key"}
    refused = index(docai, "in", "--embedding", choice, **key)
    assert refused.code == 2
    assert "docai index rebuild --embedding" in refused.err
    assert search(docai.folder, "Delaware")[0] == "lease.pdf"
    assert index(docai, "rebuild", "--embedding", choice, **key).code == 0
    assert status(docai)["model"] == "scripted"
    assert search(docai.folder, "Delaware")[0] == "lease.pdf"
    write_pdf(folder / "new.pdf", "Eta KG rents out cranes.")
    assert index(docai, "in", **key).code == 0, "the workspace remembers its model"
    assert search(docai.folder, "cranes")[0] == "new.pdf"


def test_a_server_that_refuses_is_told_before_the_first_page(
    docai: CommandLine, folder: Path, server: ScriptedServer
) -> None:
    refused = index(docai, "in", DOCAI_EMBEDDING=f"{server.base_url}#scripted")
    assert refused.code == 2
    assert "key" in refused.err
    assert status(docai)["documents"] == 0
    unknown = index(docai, "in", "--embedding", "minilm2")
    assert (unknown.code, "fastembed:FOLDER" in unknown.err) == (2, True)


def test_help_teaches_paths_first(docai: CommandLine) -> None:
    ran = docai("index", "--help")
    assert "docai index contracts/" in ran.out
    assert "multilingual" in ran.out


def test_another_writer_costs_nothing_but_the_last_step(
    docai: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(docai, "in")
    write_pdf(folder / "new.pdf", "Eta KG rents out cranes.")
    monkeypatch.setattr("docai.wiring.job._PUBLISH_WAIT_S", 0.1)
    lock = Generations(docai.folder / ".docai" / "index").take_writer_lock(1.0)
    try:
        ran = index(docai, "in")
        assert (ran.code, "another process writes to the index" in ran.err) == (0, True)
        assert status(docai)["waiting"] == 1
    finally:
        lock.release()
    assert index(docai, "in").code == 0
    assert search(docai.folder, "cranes")[0] == "new.pdf"


def test_questions_to_documents_whose_records_fulfil_a_condition(docai: CommandLine, folder: Path) -> None:
    docai("extract", "in", "-s", "contract", "-j", "0", "--json")
    ran = docai("ask", "Which state's laws govern the lease?", "--where", "governing_law=Delaware", "--json")
    answer = json.loads(ran.out)
    assert answer["scope"]["documents"] == 1
    assert {page["uri"] for page in answer["retrieved"]} <= {"in/lease.pdf"}
    assert docai("ask", "Who?", "--where", "governing_law=Mars").code == 2
    assert docai("ask", "Who?", "--where", "nonsense").code == 2


def rename(indexed: IndexedPassage) -> IndexedPassage:
    """The same passage of a document that the workspace does not have."""
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, indexed.passage.id))
    return replace(indexed, passage=replace(indexed.passage, id=name, document_id="old"))


def test_a_server_is_brought_to_what_the_workspace_holds(docai: CommandLine, folder: Path) -> None:
    assert docai("index", "push", "http://127.0.0.1:9").code == 2, "nothing is indexed"
    index(docai, "in")
    with open_workspace(docai.folder, create=False) as stores:
        model = stores.published.get_model()
        assert model is not None
        client = QdrantClient(":memory:")
        server = ServerIndex(client, make_index_space(model))
        first = push(stores, server, model, "server")
        assert (first.replaced, first.removed, server.count(Where())) == (2, 0, first.passages)
        assert push(stores, server, model, "server") == Published()
        (lost, *_) = sorted(server.document_ids())
        server.remove(lost)
        again = push(stores, server, model, "server")
        assert (again.replaced, server.count(Where())) == (1, first.passages)
        server.replace("old", [rename(p) for p in load_indexed(stores, lost, model, SparseEncoder()) or ()])
        assert server.count(Where()) > first.passages
        assert push(stores, server, model, "server") == Published(removed=1)
        assert server.document_ids() == stores.catalogue.find_ids()
        assert server.count(Where()) == first.passages
    (folder / "lease.pdf").unlink()
    index(docai, "in")
    with open_workspace(docai.folder, create=False) as stores:
        assert push(stores, server, model, "server").removed == 1
        assert push(stores, server, model, "other name of it") != Published()
        assert server.document_ids() == stores.catalogue.find_ids()
        assert search(docai.folder, "screws")[0] == "supply.pdf"


def test_an_address_that_is_none_is_refused(docai: CommandLine, folder: Path) -> None:
    index(docai, "in")
    refused = docai("index", "push", "nonsense")
    assert (refused.code, "nonsense" in refused.err) == (2, True)
