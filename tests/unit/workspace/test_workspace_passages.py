"""Passages and vectors are the truth: replaced whole, kept exactly, and compared with what an index has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from docai.types import Box, Document, Passage, SourceItem
from docai.workspace import Workspace, open_workspace
from docai.workspace.published import IndexModel

DIMENSION = 8


def make_passages(document_id: str, count: int, text: str = "words") -> list[Passage]:
    return [
        Passage(
            id=f"{document_id}/{n}",
            document_id=document_id,
            page=n // 3 + 1,
            ordinal=n,
            text=f"{text} {n} – “ü”\nline",
            boxes=(Box(1.25 + n, 2.5, 30.01, 40.99), Box(-0.5, 2.0, 3.0, 4.0)) if n % 2 else (),
            heading="ARTICLE 1 › Term" if n else "",
            context="Supply Agreement between A and B" if n else "",
            kind="table" if n % 3 == 2 else "paragraph",
            locator="p. 3" if n == 4 else None,
        )
        for n in range(count)
    ]


def make_vectors(count: int, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def workspace(tmp_path: Path):
    with open_workspace(tmp_path) as opened:
        yield opened


def add(workspace: Workspace, document_id: str, count: int = 5, uri: str | None = None, **facts) -> int:
    """A file with indexed passages; the revision of these."""
    workspace.ledger.put_item(SourceItem(uri or f"{document_id}.pdf", 1, document_id), document_id)
    workspace.ledger.put_document(Document(document_id, "", "application/pdf", 2))
    passages = make_passages(document_id, count, facts.pop("text", "words"))
    found = workspace.passages.put_passages(document_id, "k", passages, page_count=2, **facts)
    workspace.passages.put_vectors(document_id, found.revision, "f", 0, make_vectors(count))
    return found.revision


def test_passages_come_back_as_they_were(workspace: Workspace) -> None:
    passages = make_passages("d", 7)
    found = workspace.passages.put_passages("d", "k", passages, page_count=3, unread=[2])
    assert workspace.passages.get_passages("d") == passages
    assert workspace.passages.get_passages("d", 2, 3) == passages[2:5]
    assert (found.count, found.unread, found.context) == (7, (2,), "Supply Agreement between A and B")
    assert workspace.passages.get_set("d") == found
    assert workspace.passages.get_set("other") is None


def test_equal_passages_keep_their_vectors_and_others_lose_them(workspace: Workspace) -> None:
    store = workspace.passages
    first = add(workspace, "d")
    assert add(workspace, "d") == first
    assert store.get_vectors("d", "f", DIMENSION) is not None
    changed = make_passages("d", 5)
    changed[3] = replace(changed[3], text="something else")
    second = store.put_passages("d", "k", changed, page_count=2)
    assert second.revision > first
    assert store.get_vectors("d", "f", DIMENSION) is None
    assert store.get_passages("d") == changed


def test_vectors_of_older_passages_are_refused(workspace: Workspace) -> None:
    store = workspace.passages
    first = store.put_passages("d", "k", make_passages("d", 5), page_count=2)
    store.put_passages("d", "k", make_passages("d", 5, "other"), page_count=2)
    assert not store.put_vectors("d", first.revision, "f", 0, make_vectors(5))
    assert store.list_missing("d", "f", 3) == [(0, 3), (3, 2)]


def test_vectors_come_in_batches_and_count_when_all_are_there(workspace: Workspace) -> None:
    store = workspace.passages
    found = store.put_passages("d", "k", make_passages("d", 7), page_count=3)
    vectors = make_vectors(7)
    assert store.put_vectors("d", found.revision, "f", 3, vectors[3:5])
    assert store.list_missing("d", "f", 32) == [(0, 3), (5, 2)]
    assert store.get_vectors("d", "f", DIMENSION) is None
    assert store.list_ready("k", "f") == frozenset()
    store.put_vectors("d", found.revision, "f", 5, vectors[5:])
    store.put_vectors("d", found.revision, "f", 0, vectors[:3])
    kept = store.get_vectors("d", "f", DIMENSION)
    assert kept is not None
    assert np.allclose(kept, vectors, atol=1e-3)
    assert np.allclose(np.linalg.norm(kept, axis=1), 1.0, atol=1e-6)
    assert store.list_ready("k", "f") == {"d"}
    assert store.list_ready("other key", "f") == store.list_ready("k", "other model") == frozenset()


def test_a_document_with_unread_pages_is_not_ready(workspace: Workspace) -> None:
    add(workspace, "d", unread=[2])
    assert workspace.passages.list_ready("k", "f") == frozenset()
    assert workspace.published.list_backlog("embedded", "f").replace  # what was read is searched all the same


def test_blank_documents_are_ready_without_vectors(workspace: Workspace) -> None:
    add(workspace, "blank", 0)
    assert workspace.passages.list_ready("k", "f") == {"blank"}


def test_the_backlog_is_what_the_index_lacks(workspace: Workspace) -> None:
    published = workspace.published
    a, b = add(workspace, "a"), add(workspace, "b")
    backlog = published.list_backlog("embedded", "f")
    assert (backlog.replace, backlog.remove) == ((("a", a), ("b", b)), ())
    published.note_published("embedded", "f", backlog.replace, ())
    assert not published.list_backlog("embedded", "f")
    assert published.list_backlog("http://server", "f").replace == backlog.replace

    c = add(workspace, "c", uri="b.pdf")  # b.pdf was edited
    assert add(workspace, "a", text="read again") > a
    backlog = published.list_backlog("embedded", "f")
    assert {document for document, _ in backlog.replace} == {"a", "c"}
    assert backlog.remove == ("b",)
    published.note_published("embedded", "f", backlog.replace, backlog.remove)
    assert not published.list_backlog("embedded", "f")
    assert published.list_published("embedded")["c"] == c


def test_deleted_and_returned_files(workspace: Workspace) -> None:
    published = workspace.published
    add(workspace, "a")
    published.note_published("embedded", "f", published.list_backlog("embedded", "f").replace, ())
    workspace.ledger.retire_missing(["."], set())
    assert published.list_backlog("embedded", "f").remove == ("a",)
    published.note_published("embedded", "f", (), ("a",))
    assert workspace.ledger.seen(SourceItem("a.pdf", 1, "a")) == "a"
    assert [document for document, _ in published.list_backlog("embedded", "f").replace] == ["a"]


def test_a_moved_file_costs_nothing(workspace: Workspace) -> None:
    add(workspace, "a", uri="here.pdf")
    workspace.published.note_published(
        "embedded", "f", workspace.published.list_backlog("embedded", "f").replace, ()
    )
    workspace.ledger.put_item(SourceItem("there/now.pdf", 1, "a"), "a")
    workspace.ledger.retire_missing(["."], {"there/now.pdf"})
    assert not workspace.published.list_backlog("embedded", "f")
    assert [entry.uri for entry in workspace.catalogue.list_entries()] == ["there/now.pdf"]


def test_documents_without_all_vectors_are_in_no_backlog(workspace: Workspace) -> None:
    workspace.ledger.put_item(SourceItem("a.pdf", 1, "a"), "a")
    workspace.passages.put_passages("a", "k", make_passages("a", 4), page_count=1)
    assert not workspace.published.list_backlog("embedded", "f")


def test_forgetting(workspace: Workspace) -> None:
    add(workspace, "a")
    workspace.passages.forget_vectors("other")
    assert workspace.passages.get_vectors("a", "f", DIMENSION) is None
    workspace.passages.forget_all()
    assert workspace.passages.list_sets() == []
    assert add(workspace, "a") > 1  # revisions are not given twice


def test_the_model_is_kept(workspace: Workspace) -> None:
    assert workspace.published.get_model() is None
    model = IndexModel("MiniLM", "f", 384, "minilm")
    workspace.published.set_model(IndexModel("old", "e", 1, "http://x"))
    workspace.published.set_model(model)
    assert workspace.published.get_model() == model


def test_the_catalogue_names_what_can_be_searched_and_what_not(workspace: Workspace) -> None:
    add(workspace, "a", uri="in/a.pdf")
    add(workspace, "b", uri="in/b.pdf", unread=[2])
    add(workspace, "a", uri="out/copy.pdf")
    workspace.ledger.put_item(SourceItem("out/c.pdf", 1, "c"), "c")
    entries = {entry.uri: entry for entry in workspace.catalogue.list_entries()}
    assert list(entries) == ["in/a.pdf", "in/b.pdf", "out/c.pdf"]
    assert (entries["in/a.pdf"].reason, entries["in/a.pdf"].page_count) == (None, 2)
    assert entries["in/a.pdf"].title.startswith("Supply Agreement")
    assert (entries["in/b.pdf"].unread, entries["in/b.pdf"].reason) == ((2,), "pages could not be read")
    assert entries["out/c.pdf"].reason == "not indexed yet"
    assert workspace.catalogue.find_ids(["out"]) == {"a", "c"}
    assert workspace.catalogue.find_ids(["in/b.pdf"]) == {"b"}
    places = workspace.catalogue.list_places()
    assert [uri for document_id, uri in places if document_id == "a"] == ["in/a.pdf", "out/copy.pdf"]
