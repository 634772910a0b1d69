"""What the stores keep: items, pages, outcomes, runs; and what an edited or deleted file takes along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace_samples import make_failure, make_invoice, make_page, make_record

from docai.types import Document, SourceItem
from docai.workspace import Workspace, failure_key, open_workspace, outcome_key


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path) as opened:
        yield opened


def item(uri: str = "a.pdf", version: str = "v1", size: int = 10) -> SourceItem:
    return SourceItem(uri, size, version)


def uris(workspace: Workspace, **options: bool) -> list[str]:
    return [stored.outcome.document.uri for stored in workspace.outcomes.records(**options)]  # type: ignore[arg-type]


def test_an_unchanged_item_is_known_without_its_bytes(workspace: Workspace) -> None:
    assert workspace.ledger.seen(item()) is None
    workspace.ledger.put_item(item(), "sha256:aa")
    assert workspace.ledger.seen(item()) == "sha256:aa"
    assert workspace.ledger.seen(item(version="v2")) is None
    assert workspace.ledger.seen(item(size=11)) is None
    assert workspace.ledger.seen(item(uri="b.pdf")) is None


def test_a_document_is_remembered_under_the_uri_that_asks(workspace: Workspace) -> None:
    workspace.ledger.put_document(Document("sha256:aa", "a.pdf", "application/pdf", 3))
    assert workspace.ledger.get_document("sha256:aa", "b.pdf") == Document(
        "sha256:aa", "b.pdf", "application/pdf", 3
    )
    assert workspace.ledger.get_document("sha256:bb", "b.pdf") is None


def test_the_same_bytes_under_two_names_share_the_work_and_have_an_outcome_each(workspace: Workspace) -> None:
    for uri in ("a.pdf", "copy/a.pdf"):
        workspace.ledger.put_item(item(uri), "sha256:aa")
    key = outcome_key("sha256:aa", "sha256:5c", "extractive")
    workspace.outcomes.create(key, [make_record(uri="a.pdf")])
    assert [o.document.uri for o in workspace.outcomes.get(key, "copy/a.pdf") or ()] == ["copy/a.pdf"]
    assert uris(workspace) == ["a.pdf", "copy/a.pdf"]


def test_an_edited_file_retires_what_it_gave(workspace: Workspace) -> None:
    workspace.ledger.put_item(item(version="v1"), "sha256:aa")
    workspace.outcomes.create("k", [make_record("sha256:aa", law="Delaware")])
    workspace.ledger.put_item(item(version="v2"), "sha256:bb")
    assert uris(workspace) == []
    workspace.outcomes.create("k2", [make_record("sha256:bb", law="Ohio")])
    laws = [stored.outcome.values["governing_law"] for stored in workspace.outcomes.records()]  # type: ignore[union-attr]
    assert laws == ["Ohio"]
    retired = [stored.retired for stored in workspace.outcomes.records(include_retired=True)]
    assert retired == [True, False]
    assert [entry.document_id for entry in workspace.ledger.history("a.pdf")] == ["sha256:aa", "sha256:bb"]


def test_deleted_and_moved_files_retire_what_they_gave(workspace: Workspace) -> None:
    for uri, identity in (("in/a.pdf", "sha256:aa"), ("in/b.pdf", "sha256:bb"), ("other/c.pdf", "sha256:c0")):
        workspace.ledger.put_item(item(uri), identity)
        workspace.outcomes.create(identity, [make_record(identity, uri)])
    # a.pdf was moved to a2.pdf, b.pdf was deleted; other/ was not listed in this run.
    workspace.ledger.put_item(item("in/a2.pdf"), "sha256:aa")
    assert workspace.ledger.retire_missing(["in"], {"in/a2.pdf"}) == ["in/a.pdf", "in/b.pdf"]
    assert uris(workspace) == ["in/a2.pdf", "other/c.pdf"]
    assert sorted(uris(workspace, include_retired=True)) == [
        "in/a.pdf",
        "in/a2.pdf",
        "in/b.pdf",
        "other/c.pdf",
    ]


def test_a_file_that_comes_back_unchanged_is_current_again(workspace: Workspace) -> None:
    workspace.ledger.put_item(item(), "sha256:aa")
    workspace.outcomes.create("k", [make_record()])
    assert workspace.ledger.retire_missing(["."], set()) == ["a.pdf"]
    assert uris(workspace) == []
    assert workspace.ledger.seen(item()) == "sha256:aa"
    assert uris(workspace) == ["a.pdf"]


@pytest.mark.parametrize(
    ("root", "gone"),
    [
        ("in", ["in/a.pdf", "in/sub/b.pdf"]),
        ("in/", ["in/a.pdf", "in/sub/b.pdf"]),
        ("in/sub", ["in/sub/b.pdf"]),
        ("in/a.pdf", ["in/a.pdf"]),
        ("i", []),
        (".", ["in/a.pdf", "in/sub/b.pdf", "input.pdf"]),
        ("/", ["/abs/c.pdf", "in/a.pdf", "in/sub/b.pdf", "input.pdf", "s3://bucket/d.pdf"]),
        ("/abs", ["/abs/c.pdf"]),
        ("s3://bucket", ["s3://bucket/d.pdf"]),
    ],
)
def test_only_what_lies_under_the_root_is_missing(workspace: Workspace, root: str, gone: list[str]) -> None:
    for uri in ("in/a.pdf", "in/sub/b.pdf", "input.pdf", "/abs/c.pdf", "s3://bucket/d.pdf"):
        workspace.ledger.put_item(item(uri), "sha256:aa")
    assert workspace.ledger.retire_missing([root], set()) == gone


def test_what_lies_in_a_folder_that_cannot_be_listed_is_not_missing(workspace: Workspace) -> None:
    workspace.ledger.put_item(item("in/locked/a.pdf"), "sha256:aa")
    assert workspace.ledger.retire_missing(["in"], {"in/locked"}) == []


def test_a_file_that_cannot_be_opened_any_more_has_its_failure_alone(workspace: Workspace) -> None:
    workspace.ledger.put_item(item("broken.pdf"), "sha256:aa")
    workspace.outcomes.create("k", [make_record(uri="broken.pdf")])
    workspace.outcomes.replace(failure_key("broken.pdf", 10, "v2"), [make_failure()])
    assert [stored.outcome for stored in workspace.outcomes.records()] == [make_failure()]
    # Repaired: the failure speaks for it no longer.
    workspace.ledger.put_item(item("broken.pdf", "v3"), "sha256:bb")
    workspace.outcomes.create("k2", [make_record("sha256:bb", "broken.pdf")])
    assert [stored.key for stored in workspace.outcomes.records()] == ["k2"]


def test_a_failure_of_a_deleted_file_goes_too(workspace: Workspace) -> None:
    workspace.outcomes.create("f", [make_failure("in/broken.pdf")])
    assert workspace.ledger.retire_missing(["in"], set()) == ["in/broken.pdf"]
    assert uris(workspace) == []


def test_pages_come_back_by_document_and_reading(workspace: Workspace) -> None:
    stored = [workspace.pages.put_page(make_page(number=n), "tesseract eng") for n in (2, 1)]
    assert workspace.pages.get_pages("sha256:aa", "tesseract eng") == {1: stored[1], 2: stored[0]}
    assert workspace.pages.get_pages("sha256:aa", "tesseract deu") == {}
    assert workspace.pages.get_pages("sha256:bb", "tesseract eng") == {}
    found = workspace.pages.find_page("sha256:aa", 2)
    assert found is not None
    assert found.turned == 90
    assert workspace.pages.find_page("sha256:aa", 3) is None


def test_pages_that_are_forgotten_are_read_again(workspace: Workspace) -> None:
    workspace.pages.put_page(make_page(number=1), "r")
    workspace.pages.put_page(make_page(number=1), "other")
    assert workspace.pages.forget_pages("sha256:aa", "r") == 1
    assert workspace.pages.get_pages("sha256:aa", "r") == {}
    assert list(workspace.pages.get_pages("sha256:aa", "other")) == [1]


def test_a_page_that_is_read_again_takes_the_place_of_the_first(workspace: Workspace) -> None:
    workspace.pages.put_page(make_page(words=1), "r")
    workspace.pages.put_page(make_page(words=3), "r")
    assert [len(page.words) for page in workspace.pages.get_pages("sha256:aa", "r").values()] == [3]


def test_work_that_is_forced_is_replaced_and_stays_as_history(workspace: Workspace) -> None:
    workspace.outcomes.create("k", [make_record(law="Delaware")])
    workspace.outcomes.replace("k", [make_record(law="Ohio")])
    assert workspace.outcomes.get("k") == (make_record(law="Ohio"),)
    assert len(list(workspace.outcomes.records())) == 1
    assert [s.retired for s in workspace.outcomes.records(include_retired=True)] == [True, False]


def test_the_engine_that_was_asked_last_speaks_for_a_document(workspace: Workspace) -> None:
    workspace.ledger.put_item(item(), "sha256:aa")
    workspace.outcomes.create("extractive", [make_record(law="Delaware")])
    workspace.outcomes.create("vlm", [make_record(law="Ohio")])
    workspace.outcomes.create("invoice", [make_record(schema="invoice")])
    assert [stored.key for stored in workspace.outcomes.records()] == ["vlm", "invoice"]
    assert workspace.outcomes.get("extractive", "a.pdf") is not None
    assert [stored.key for stored in workspace.outcomes.records()] == ["extractive", "invoice"]


def test_records_are_found_by_name_path_id_and_schema(workspace: Workspace) -> None:
    workspace.ledger.put_item(item("in/acme.pdf"), "sha256:aa11")
    workspace.outcomes.create("1", [make_record("sha256:aa11", "in/acme.pdf")])
    workspace.outcomes.create("2", [make_invoice("in/100%_invoice.pdf"), make_invoice("in/100%_invoice.pdf")])

    def keys(document: str) -> list[str]:
        return [stored.key for stored in workspace.outcomes.records(document)]

    assert keys("acme.pdf") == keys("in/acme.pdf") == keys("aa11") == keys("sha256:aa1") == ["1"]
    assert keys("100%_invoice.pdf") == ["2", "2"]
    assert keys("cme.pdf") == keys("%") == keys("aa11b") == keys("a_11") == []
    assert [s.key for s in workspace.outcomes.records(schema_id="contract")] == ["1"]


def test_outcomes_carry_the_run_that_gave_them(workspace: Workspace) -> None:
    first = workspace.start_run("extract a")
    workspace.outcomes.create("1", [make_record()])
    workspace.finish_run({"records": 1})
    second = workspace.start_run("extract b")
    workspace.outcomes.create("2", [make_invoice()])
    assert {s.key: s.run_id for s in workspace.outcomes.records()} == {"1": first, "2": second}
    done, open_run = workspace.runs()
    assert (done.command, done.counts) == ("extract a", {"records": 1})
    assert done.finished_at is not None
    assert open_run.finished_at is None


def test_keys_tell_work_apart() -> None:
    base = outcome_key("sha256:aa", "h", "e")
    others = [
        outcome_key("sha256:ab", "h", "e"),
        outcome_key("sha256:aa", "h2", "e"),
        outcome_key("sha256:aa", "h", "e2"),
        outcome_key("sha256:aa", "h", "e", split=True),
        outcome_key("sha256:aah", "", "e"),
    ]
    assert len({base, *others}) == 6
    assert base == outcome_key("sha256:aa", "h", "e")
