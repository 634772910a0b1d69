"""What every `VectorIndex` does. A new one subclasses `VectorIndexContract` and opens itself in `opened`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from docai.errors import ConfigError
from docai.index.space import VectorSpace
from docai.protocols import VectorIndex
from docai.types import Box, IndexedPassage, Passage, Query, SparseVector, Where

DIMENSION = 16
SPACE = VectorSpace("test model", "sha256:0", DIMENSION, "words/1")
ALL = Where()
PHASES = (Phase.explicit, Phase.generate)  # each example writes to a disk: no hundreds of them to shrink one
OpenIndex = Callable[[], VectorIndex]


def make_dense(seed: int) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).standard_normal(DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def make_sparse(weights: dict[int, float]) -> SparseVector:
    terms = sorted(weights)
    return SparseVector(np.array(terms, np.uint32), np.array([weights[term] for term in terms], np.float32))


def make_passage(
    document_id: str,
    ordinal: int,
    *,
    text: str = "words",
    seed: int | None = None,
    terms: dict[int, float] | None = None,
) -> IndexedPassage:
    passage = Passage(
        id=str(uuid5(NAMESPACE_URL, f"{document_id}/{ordinal}")),
        document_id=document_id,
        page=ordinal // 3 + 1,
        ordinal=ordinal,
        text=text,
    )
    seed = crc32(f"{document_id}/{ordinal}".encode()) if seed is None else seed
    return IndexedPassage(passage, make_dense(seed), make_sparse({1: 1.0} if terms is None else terms))


def ask(seed: int | None = None, terms: dict[int, float] | None = None) -> Query:
    dense = None if seed is None else make_dense(seed)
    return Query("?", dense, None if terms is None else make_sparse(terms))


def find_places(
    index: VectorIndex, query: Query, limit: int = 10, where: Where = ALL
) -> list[tuple[str, int]]:
    return [(h.passage.document_id, h.passage.ordinal) for h in index.search(query, limit, where)]


class VectorIndexContract:
    @pytest.fixture
    def opened(self) -> OpenIndex:
        """Opens the same index, however often it is called."""
        raise NotImplementedError

    @pytest.fixture
    def index(self, opened: OpenIndex) -> Iterator[VectorIndex]:
        index = opened()
        yield index
        index.close()

    @contextmanager
    def fresh(self, index: VectorIndex) -> Iterator[VectorIndex]:
        """The index with nothing in it, for one example of many."""
        for document_id in index.document_ids():
            index.remove(document_id)
        index.publish()
        yield index

    def test_an_empty_index_finds_and_counts_nothing(self, index: VectorIndex) -> None:
        assert list(index.search(ask(1, {1: 1.0}), 5, ALL)) == []
        assert index.count(ALL) == 0
        assert index.count(Where(frozenset({"a"}))) == 0
        assert index.document_ids() == frozenset()

    def test_publishing_nothing_is_no_error(self, index: VectorIndex) -> None:
        index.publish()
        index.remove("unknown")
        index.publish()
        assert index.count(ALL) == 0

    def test_a_passage_comes_back_as_it_was(self, index: VectorIndex) -> None:
        passage = Passage(
            id=str(uuid5(NAMESPACE_URL, "full")),
            document_id="sha256:ab",
            page=7,
            ordinal=41,
            text="Straße 5 €\u00a0— \u202bעברית\u202c 漢字 \U0001d49c \x07 \x00 \\ \"quoted\" \n{'a': 1}",
            boxes=(Box(0.1 + 0.2, 1e-9, 595.276, 1 / 3), Box(72, 410.25, 301.5, 422)),
            heading="§ 4 Ärger",
            context="Lizenzvertrag; Müller GmbH",
            kind="table",
            locator="B7",
        )
        index.replace("sha256:ab", [IndexedPassage(passage, make_dense(1), make_sparse({3: 1.0}))])
        index.publish()
        (hit,) = index.search(ask(1), 5, ALL)
        assert hit.passage == passage
        assert hit.score == pytest.approx(1.0, abs=0.01)

    @settings(max_examples=5, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(
        text=st.text(max_size=200),
        heading=st.text(max_size=20),
        locator=st.none() | st.text(min_size=1, max_size=9),
        sides=st.lists(st.floats(-1e6, 1e6), max_size=8),
    )
    def test_any_text_comes_back(
        self, index: VectorIndex, text: str, heading: str, locator: str | None, sides: list[float]
    ) -> None:
        boxes = tuple(Box(*sides[i : i + 4]) for i in range(0, len(sides) - len(sides) % 4, 4))
        passage = Passage(
            str(uuid5(NAMESPACE_URL, "any")), "any", 1, 0, text, boxes, heading, locator=locator
        )
        index.replace("any", [IndexedPassage(passage, make_dense(1), make_sparse({1: 1.0}))])
        index.publish()
        (hit,) = index.search(ask(1), 1, ALL)
        assert hit.passage == passage

    def test_half_a_surrogate_pair_does_not_stop_it(self, index: VectorIndex) -> None:
        index.replace("a", [make_passage("a", 0, text="broken \ud835 text", seed=1)])
        index.publish()
        (hit,) = index.search(ask(1), 1, ALL)
        assert hit.passage.text == "broken ? text"

    def test_replacing_leaves_nothing_of_before(self, index: VectorIndex) -> None:
        index.replace("a", [make_passage("a", i, text="old") for i in range(5)])
        index.replace("b", [make_passage("b", 0)])
        index.publish()
        index.replace("a", [make_passage("a", i, text="new", seed=i) for i in range(2)])
        index.publish()
        assert index.count(ALL) == 3
        texts = {h.passage.text for h in index.search(ask(1), 10, Where(frozenset({"a"})))}
        assert texts == {"new"}
        assert find_places(index, ask(1), 1)[0] == ("a", 1)

    def test_replacing_by_nothing_and_removing_are_the_same(self, index: VectorIndex) -> None:
        for name in ("a", "b", "c"):
            index.replace(name, [make_passage(name, i) for i in range(3)])
        index.publish()
        index.remove("a")
        index.replace("b", [])
        index.publish()
        assert index.document_ids() == frozenset({"c"})
        assert index.count(ALL) == 3
        assert {name for name, _ in find_places(index, ask(1, {1: 1.0}))} == {"c"}

    def test_the_last_of_several_replacements_holds(self, index: VectorIndex) -> None:
        index.replace("a", [make_passage("a", i) for i in range(4)])
        index.remove("a")
        index.replace("a", [make_passage("a", i, text="last", seed=i) for i in range(2)])
        index.publish()
        assert [h.passage.text for h in index.search(ask(0), 9, ALL)] == ["last", "last"]

    def test_passages_of_another_document_are_refused(self, index: VectorIndex) -> None:
        with pytest.raises(ValueError, match="among those of a"):
            index.replace("a", [make_passage("b", 0)])

    def test_vectors_of_another_dimension_are_refused(self, index: VectorIndex) -> None:
        wrong = IndexedPassage(make_passage("a", 0).passage, np.ones(3, np.float32), make_sparse({}))
        with pytest.raises(ConfigError) as caught:
            index.replace("a", [wrong])
        assert caught.value.code == "index-other-model"
        index.replace("a", [make_passage("a", 0)])
        index.publish()
        with pytest.raises(ConfigError, match="3 dimensions"):
            index.search(Query("?", np.ones(3, np.float32)), 3, ALL)

    @settings(max_examples=4, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(count=st.integers(1, 120), seed=st.integers(0, 2**31), limit=st.integers(1, 30))
    def test_dense_order_is_that_of_the_dot_product(
        self, index: VectorIndex, count: int, seed: int, limit: int
    ) -> None:
        with self.fresh(index):
            passages = [make_passage("a", i, seed=seed + i) for i in range(count)]
            index.replace("a", passages)
            index.publish()
            query = make_dense(seed - 1 if seed else 2**32)
            truth = {p.passage.ordinal: float(p.dense @ query) for p in passages}
            hits = index.search(Query("?", query), limit, ALL)
            assert len(hits) == min(limit, count)
            assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
            worst = sorted(truth.values(), reverse=True)[len(hits) - 1]
            for hit in hits:
                # Vectors may be stored in 8 bits a number.
                assert hit.score == pytest.approx(truth[hit.passage.ordinal], abs=0.02)
                assert truth[hit.passage.ordinal] >= worst - 0.02

    def test_rare_terms_weigh_more(self, index: VectorIndex) -> None:
        common, rare = 7, 8
        index.replace("a", [make_passage("a", i, terms={common: 1.0}) for i in range(30)])
        index.replace("b", [make_passage("b", 0, terms={rare: 1.0, 99: 1.0})])
        index.publish()
        assert find_places(index, ask(terms={common: 1.0, rare: 1.0}), 1) == [("b", 0)]
        hits = index.search(ask(terms={common: 1.0, rare: 1.0}), 2, ALL)
        assert hits[0].score > 3 * hits[1].score

    def test_removed_passages_do_not_make_terms_common(self, index: VectorIndex) -> None:
        index.replace("noise", [make_passage("noise", i, terms={5: 1.0}) for i in range(60)])
        index.replace("a", [make_passage("a", 0, terms={5: 1.0})])
        index.replace("b", [make_passage("b", i, terms={6: 1.0}) for i in range(20)])
        index.publish()
        index.remove("noise")
        index.publish()
        assert find_places(index, ask(terms={5: 1.0, 6: 1.0}), 1) == [("a", 0)]

    def test_weights_of_terms_count(self, index: VectorIndex) -> None:
        index.replace("a", [make_passage("a", i, terms={4: 0.5 + i, 50 + i: 1.0}) for i in range(5)])
        index.publish()
        assert [place for _, place in find_places(index, ask(terms={4: 1.0}))] == [4, 3, 2, 1, 0]

    def test_only_passages_with_a_term_are_found_by_terms(self, index: VectorIndex) -> None:
        index.replace("a", [make_passage("a", 0, terms={2**32 - 1: 1.0}), make_passage("a", 1, terms={})])
        index.publish()
        assert find_places(index, ask(terms={2**32 - 1: 1.0})) == [("a", 0)]
        assert find_places(index, ask(terms={12345: 1.0})) == []
        assert len(find_places(index, ask(1))) == 2

    def test_hybrid_prefers_what_both_find(self, index: VectorIndex) -> None:
        passages = [make_passage("a", i, seed=100 + i, terms={1: 1.0}) for i in range(20)]
        passages[5] = make_passage("a", 5, seed=1, terms={9: 2.0, 1: 1.0})
        passages[6] = make_passage("a", 6, seed=2, terms={9: 1.0, 1: 1.0})
        index.replace("a", passages)
        index.publish()
        assert find_places(index, ask(1, {9: 1.0}), 1) == [("a", 5)]
        both = find_places(index, ask(1, {9: 1.0}), 20)
        assert len(both) == len(set(both)) == 20

    def test_hybrid_is_the_same_every_time(self, index: VectorIndex) -> None:
        index.replace("a", [make_passage("a", i, seed=i, terms={i % 7: 1.0, 20: 1.0}) for i in range(80)])
        index.publish()
        runs = {tuple(find_places(index, ask(500, {3: 1.0, 20: 1.0}), 30)) for _ in range(5)}
        assert len(runs) == 1

    def test_a_query_that_says_nothing_finds_nothing(self, index: VectorIndex) -> None:
        index.replace("a", [make_passage("a", 0)])
        index.publish()
        empty = SparseVector(np.array([], np.uint32), np.array([], np.float32))
        zero = np.zeros(DIMENSION, np.float32)
        assert list(index.search(Query("?"), 5, ALL)) == []
        assert list(index.search(Query("?", None, empty), 5, ALL)) == []
        assert list(index.search(Query("?", zero, empty), 5, ALL)) == []
        assert list(index.search(ask(1), 0, ALL)) == []

    def test_an_empty_half_leaves_the_other_alone(self, index: VectorIndex) -> None:
        index.replace("a", [make_passage("a", i, seed=i, terms={i: 1.0}) for i in range(4)])
        index.publish()
        empty = SparseVector(np.array([], np.uint32), np.array([], np.float32))
        hits = index.search(Query("?", make_dense(2), empty), 4, ALL)
        assert hits[0].passage.ordinal == 2
        assert hits[0].score == pytest.approx(1.0, abs=0.01)

    def test_only_the_documents_asked_for(self, index: VectorIndex) -> None:
        for name in ("a", "b", "c"):
            index.replace(name, [make_passage(name, i) for i in range(6)])
        index.publish()
        query = ask(1, {1: 1.0})
        for names in ({"a"}, {"a", "c"}, {"b", "unknown"}):
            where = Where(frozenset(names))
            found = find_places(index, query, 50, where)
            assert {name for name, _ in found} == names - {"unknown"}
            assert len(found) == index.count(where) == 6 * len(names - {"unknown"})
        assert find_places(index, query, 50, Where(frozenset())) == []
        assert find_places(index, query, 50, Where(frozenset({"unknown"}))) == []
        assert index.count(Where(frozenset())) == 0

    def test_thousands_of_documents_asked_for(self, index: VectorIndex) -> None:
        for name in ("a", "b", "c"):
            index.replace(name, [make_passage(name, i) for i in range(4)])
        index.publish()
        many = frozenset({"a", "c", *(f"sha256:{i:064x}" for i in range(5000))})
        found = find_places(index, ask(1, {1: 1.0}), 50, Where(many))
        assert {name for name, _ in found} == {"a", "c"}
        assert index.count(Where(many)) == 8

    def test_a_filter_does_not_starve_the_search(self, index: VectorIndex) -> None:
        index.replace("near", [make_passage("near", i, seed=1, terms={1: 9.0}) for i in range(150)])
        index.replace("far", [make_passage("far", i, seed=2, terms={1: 0.1}) for i in range(3)])
        index.publish()
        assert len(find_places(index, ask(1, {1: 1.0}), 3, Where(frozenset({"far"})))) == 3

    def test_more_than_a_batch(self, index: VectorIndex) -> None:
        index.replace("long", [make_passage("long", i, seed=i) for i in range(700)])
        index.publish()
        assert index.count(ALL) == 700
        assert find_places(index, ask(699), 1) == [("long", 699)]

    def test_it_is_there_when_opened_again(self, opened: OpenIndex) -> None:
        first = opened()
        first.replace("a", [make_passage("a", i, seed=i) for i in range(3)])
        first.publish()
        first.close()
        again = opened()
        assert again.document_ids() == frozenset({"a"})
        assert find_places(again, ask(2), 1) == [("a", 2)]
        again.replace("b", [make_passage("b", 0)])
        again.publish()
        assert again.count(ALL) == 4
        again.close()

    def test_two_at_once_see_what_the_other_published(self, opened: OpenIndex) -> None:
        one, other = opened(), opened()
        assert one.count(ALL) == other.count(ALL) == 0
        one.replace("a", [make_passage("a", 0)])
        one.publish()
        assert other.document_ids() == frozenset({"a"})
        other.replace("b", [make_passage("b", 0)])
        other.publish()
        one.remove("a")
        one.publish()
        assert one.document_ids() == other.document_ids() == frozenset({"b"})
        one.close()
        assert find_places(other, ask(1)) == [("b", 0)]
        other.close()


class TestEdgeIndex(VectorIndexContract):
    @pytest.fixture
    def opened(self, memory_path: Path) -> OpenIndex:
        from docai.index.edge import EdgeIndex

        return lambda: EdgeIndex(memory_path / "index", SPACE, wait_s=1.0)


class TestServerIndex(VectorIndexContract):
    """By the client's own in-process form: the same requests, without HTTP and the server's speed."""

    @pytest.fixture
    def opened(self) -> OpenIndex:
        from qdrant_client import QdrantClient

        from docai.index.server import ServerIndex

        client = QdrantClient(":memory:")
        client.close = lambda *_: None  # type: ignore[method-assign]  # its data would go with it
        return lambda: ServerIndex(client, SPACE)
