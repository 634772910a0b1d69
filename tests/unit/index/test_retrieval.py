"""The finder over the embedded index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.index.cards import FixedCatalogue, StoredCatalogue
from docai.index.concepts import Place
from docai.index.edge import EdgeIndex
from docai.index.embedding.hashed import HashedEmbedder
from docai.index.passages import text_to_embed, text_to_weigh
from docai.index.retrieval import PageFinder, add_vectors, rerank_pages
from docai.index.space import VectorSpace
from docai.index.sparse import SparseEncoder
from docai.protocols import Retriever
from docai.types import IndexedPassage, Passage, ScoredPage, SparseVector, Where
from docai.workspace.passages import PassageSet

EVERYWHERE = Where()
PAPERS = {
    "hosting": (
        "Hosting Agreement between Nordwind Systems, Inc. and Pale Harbor LLC",
        [
            "This agreement is made as of March 3, 2014 by and between the parties named above.",
            "Nordwind shall host the site and keep it available at all times of the day.",
            "The initial term shall be two years; it then renews for successive one year terms.",
            "This agreement is governed by the laws of the State of Oregon.",
        ],
    ),
    "reseller": (
        "Reseller Agreement between Nordwind Systems, Inc. and Quill Company",
        [
            "This agreement is made as of May 9, 2017 by and between the parties named above.",
            "Quill may not assign this agreement without the prior written consent of Nordwind.",
            "This agreement is governed by the laws of the State of Kansas.",
        ],
    ),
}


def make_passages(document_id: str) -> list[Passage]:
    """One passage a page."""
    title, texts = PAPERS[document_id]
    first = len(PAPERS["hosting"][1]) if document_id == "reseller" else 0
    return [
        Passage(f"00000000-0000-5000-8000-{first + at:012d}", document_id, at + 1, at, text, context=title)
        for at, text in enumerate(texts)
    ]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeIndex]:
    embedder, encoder = HashedEmbedder(), SparseEncoder()
    space = VectorSpace(embedder.name, embedder.fingerprint, embedder.dimension)
    index = EdgeIndex(tmp_path_factory.mktemp("index"), space)
    for document_id in PAPERS:
        passages = make_passages(document_id)
        vectors = embedder.embed_passages([text_to_embed(p) for p in passages])
        indexed = [
            IndexedPassage(p, vector, encoder.encode_passage(text_to_weigh(p)))
            for p, vector in zip(passages, vectors, strict=True)
        ]
        index.replace(document_id, indexed)
    index.publish()
    yield index
    index.close()


@pytest.fixture
def finder(index: EdgeIndex) -> PageFinder:
    cards = FixedCatalogue(make_passages(name) for name in PAPERS)
    return PageFinder(index, HashedEmbedder(), SparseEncoder(), cards)


def list_pages(finder: Retriever, question: str, where: Where = EVERYWHERE) -> list[tuple[str, int]]:
    return [(page.document_id, page.number) for page in finder.retrieve(question, 5, where)]


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("Which law governs the Hosting Agreement of Nordwind Systems?", ("hosting", 4)),
        ("Under what law would we litigate against Quill Company?", ("reseller", 3)),
        ("Does our deal with Pale Harbor roll over?", ("hosting", 3)),
        ("When did we sign with Quill?", ("reseller", 1)),
        ("May Quill hand it over to a subsidiary?", ("reseller", 2)),
        ("which law governs the contract with pale harbor?", ("hosting", 4)),
    ],
)
def test_the_page_that_answers_comes_first(finder: PageFinder, question: str, page: tuple[str, int]) -> None:
    assert list_pages(finder, question)[0] == page


def test_a_named_document_keeps_others_out(finder: PageFinder) -> None:
    found = list_pages(finder, "Which law governs the deal with Pale Harbor?")
    assert {document for document, _ in found} == {"hosting"}


def test_a_question_about_all_finds_pages_of_all(finder: PageFinder) -> None:
    found = list_pages(finder, "Which law governs?")
    assert set(found[:2]) == {("hosting", 4), ("reseller", 3)}


def test_documents_out_of_scope_are_not_found(finder: PageFinder) -> None:
    where = Where(frozenset({"reseller"}))
    assert {d for d, _ in list_pages(finder, "Which law governs the Hosting Agreement?", where)} == {
        "reseller"
    }
    assert list_pages(finder, "Which law governs?", Where(frozenset())) == []


def test_each_page_comes_once_and_no_more_than_wanted(finder: PageFinder) -> None:
    pages = finder.retrieve("Which law governs it?", 2, EVERYWHERE)
    assert len(pages) == len({(page.document_id, page.number) for page in pages}) == 2
    assert pages[0].score >= pages[1].score
    assert all(passage.page == page.number for page in pages for passage in page.passages)


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_an_empty_question_finds_nothing(finder: PageFinder, question: str) -> None:
    assert finder.retrieve(question, 5, EVERYWHERE) == ()


def test_a_page_pasted_as_a_question_is_cut(finder: PageFinder) -> None:
    question = "Which law governs the deal with Pale Harbor? " + "and so on and on " * 1000
    assert list_pages(finder, question)[0] == ("hosting", 4)


def test_a_question_about_an_unknown_document_says_so(finder: PageFinder) -> None:
    identified = finder.explain("Which law governs the deal with Zephyrine Optics?", EVERYWHERE)
    assert identified.named
    assert identified.documents == ()
    assert set(identified.missing) == {"zephyrine", "optics"}
    assert list_pages(finder, "Which law governs the deal with Zephyrine Optics?")[0] in {
        ("hosting", 4),
        ("reseller", 3),
    }


def test_the_documents_that_a_question_names(finder: PageFinder) -> None:
    named = finder.identify("When does the Reseller Agreement with Nordwind end?", EVERYWHERE)
    assert [document for document, _ in named] == ["reseller", "hosting"]
    assert named[0][1] == 1.0 > named[1][1]


@pytest.mark.parametrize(("place", "first"), [("front", [0]), ("back", [12]), ("ends", [0, 12])])
def test_the_ends_of_a_document_are_read(place: Place, first: list[int]) -> None:
    passages = [Passage(str(at), "long", at + 1, at, "text") for at in range(20)]
    ordinals = [p.ordinal for p in FixedCatalogue([passages]).read_end("long", place)]
    assert ordinals == [at for begin in first for at in range(begin, begin + 8)]
    assert list(FixedCatalogue([passages]).read_end("unknown", place)) == []


class _Store:
    """Passages as a workspace keeps them."""

    def __init__(self) -> None:
        self.papers = dict.fromkeys(PAPERS)

    def list_sets(self) -> list[PassageSet]:
        return [known for name in self.papers if (known := self.get_set(name)) is not None]

    def get_set(self, document_id: str) -> PassageSet | None:
        title, texts = PAPERS[document_id]
        return PassageSet(document_id, 1, "", title, len(texts), (), len(texts))

    def get_passages(self, document_id: str, first: int = 0, count: int | None = None) -> list[Passage]:
        return make_passages(document_id)[first:][:count]


def test_the_catalogue_is_read_again_when_its_version_changes(index: EdgeIndex) -> None:
    store = _Store()
    catalogue = StoredCatalogue(store, lambda: len(store.papers))
    finder = PageFinder(index, HashedEmbedder(), SparseEncoder(), catalogue)
    question = "When does the deal with Quill end?"
    assert [d for d, _ in finder.identify(question, EVERYWHERE)] == ["reseller"]
    assert [p.ordinal for p in catalogue.read_end("reseller", "ends")] == [0, 1, 2]
    del store.papers["reseller"]
    assert finder.identify(question, EVERYWHERE) == ()


def test_an_index_without_passages_finds_nothing(tmp_path: Path) -> None:
    finder = PageFinder(EdgeIndex(tmp_path, None), HashedEmbedder(), SparseEncoder(), FixedCatalogue(()))
    assert finder.retrieve("Which law governs it?", 5, EVERYWHERE) == []


class _LastFirst:
    """A reranker to which the later text is the better one."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        self.texts = list(texts)
        return [float(place) for place in range(len(texts))]


def test_a_reranker_has_the_last_word(index: EdgeIndex, finder: PageFinder) -> None:
    catalogue = FixedCatalogue(make_passages(name) for name in PAPERS)
    reranker = _LastFirst()
    reranked = PageFinder(index, HashedEmbedder(), SparseEncoder(), catalogue, reranker=reranker)
    question = "Which law governs the deal with Pale Harbor?"
    assert list_pages(reranked, question) == list_pages(finder, question)[::-1]
    assert all(text.startswith(PAPERS["hosting"][0]) for text in reranker.texts)


def test_pages_that_a_reranker_does_not_read_follow() -> None:
    passage = make_passages("hosting")[0]
    pages = [ScoredPage("d", number, 50.0 - number, (passage,)) for number in range(1, 31)]
    found = rerank_pages(_LastFirst(), "", pages)
    assert [page.number for page in found] == [*range(20, 0, -1), *range(21, 31)]
    assert sorted((page.score for page in found), reverse=True) == [page.score for page in found]


_TERMS = st.dictionaries(st.integers(0, 50), st.floats(0, 2, width=32), max_size=8)


def _to_vector(weights: dict[int, float]) -> SparseVector:
    terms: Sequence[int] = sorted(weights)
    return SparseVector(np.array(terms, np.uint32), np.array([weights[t] for t in terms], np.float32))


@given(_TERMS, _TERMS)
def test_added_vectors_have_each_term_once_at_its_greater_weight(
    one: dict[int, float], other: dict[int, float]
) -> None:
    both = add_vectors(_to_vector(one), _to_vector(other), 0.5)
    found = dict(zip(both.indices.tolist(), both.weights.tolist(), strict=True))
    assert list(found) == sorted({*one, *other})
    assert all(
        w == pytest.approx(max(one.get(t, 0.0), 0.5 * other.get(t, 0.0)), rel=1e-6) for t, w in found.items()
    )
