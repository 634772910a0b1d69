"""What every `OutcomeStore` does. A new one subclasses `OutcomeStoreContract` and makes itself in `store`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docai.protocols import OutcomeStore
from docai.types import (
    DocumentRef,
    ErrorInfo,
    Evidence,
    FailedDocument,
    Failure,
    FieldValue,
    Record,
    Run,
    SchemaRef,
    Segment,
)
from docai.workspace import MemoryOutcomeStore, open_workspace


def make_record(value: str, first: int = 1) -> Record:
    evidence = Evidence(page=1, quote=value, match="exact", score=1.0, boxes=((1.5, 2.0, 30.1, 4.0),))
    return Record(
        document=DocumentRef(id="sha256:aa", uri="a.pdf", page_count=9),
        segment=Segment(first=first, last=first),
        schema_ref=SchemaRef(id="s", hash="sha256:5c"),
        complete=True,
        values={"name": value, "rows": [{"n": 1, "x": 2.5, "y": None}], "flag": False},
        fields=(FieldValue(path="/name", value=value, status="grounded", evidence=(evidence,)),),
        run=Run(docai="0", engine="e"),
    )


def make_failure() -> Failure:
    return Failure(
        document=FailedDocument(id=None, uri="broken.pdf"), error=ErrorInfo(code="damaged", message="no PDF")
    )


class OutcomeStoreContract:
    @pytest.fixture
    def store(self) -> OutcomeStore:
        raise NotImplementedError

    def test_an_unknown_key_holds_nothing(self, store: OutcomeStore) -> None:
        assert store.get("k") is None
        assert not store.exists("k")

    def test_what_is_created_comes_back_equal_and_in_order(self, store: OutcomeStore) -> None:
        outcomes = [make_record("Straße €", 1), make_record("zwei", 2), make_failure()]
        assert store.create("k", outcomes)
        assert store.exists("k")
        assert list(store.get("k") or ()) == outcomes

    def test_a_key_is_written_once(self, store: OutcomeStore) -> None:
        assert store.create("k", [make_record("first")])
        assert not store.create("k", [make_record("second")])
        assert list(store.get("k") or ()) == [make_record("first")]

    def test_equal_outcomes_are_still_written_once(self, store: OutcomeStore) -> None:
        outcomes = (make_record("same"),)
        assert [store.create("k", outcomes) for _ in range(3)] == [True, False, False]

    def test_keys_are_apart(self, store: OutcomeStore) -> None:
        store.create("k", [make_record("one")])
        store.create("K", [make_failure()])
        assert list(store.get("k") or ()) == [make_record("one")]
        assert list(store.get("K") or ()) == [make_failure()]

    def test_of_racing_creators_one_wins(self, store: OutcomeStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda i: store.create("k", [make_record(str(i))]), range(24)))
        assert won.count(True) == 1
        assert list(store.get("k") or ()) == [make_record(str(won.index(True)))]


class TestMemoryOutcomeStore(OutcomeStoreContract):
    @pytest.fixture
    def store(self) -> OutcomeStore:
        return MemoryOutcomeStore()


class TestSqliteOutcomeStore(OutcomeStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[OutcomeStore]:
        with open_workspace(tmp_path) as workspace:
            yield workspace.outcomes

    def test_outcomes_outlive_the_process(self, tmp_path: Path) -> None:
        with open_workspace(tmp_path) as workspace:
            workspace.outcomes.create("k", [make_record("kept")])
        with open_workspace(tmp_path, create=False) as again:
            assert list(again.outcomes.get("k") or ()) == [make_record("kept")]
