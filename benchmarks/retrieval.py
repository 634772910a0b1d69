"""Whether the right page is found: questions over contracts, whole and with parts of the retrieval left out.

    docai index ../shared/data/contracts --workspace DIR
    python benchmarks/retrieval.py --workspace DIR [--data ../shared/data]

All documents lie in one index. Questions are split in two halves by document (by a hash of its name): the
table of concepts and the weights were written and tuned with the errors on half A in view, half B was only
measured. Prints markdown: document at 1, evidence page at 1 and among 5, reciprocal rank of the page.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from docai.index.cards import DocumentCard, FixedCatalogue, make_card
from docai.index.concepts import load_concepts
from docai.index.edge import EdgeIndex
from docai.index.identification import Identifier
from docai.index.mentions import take_apart
from docai.index.passages import text_to_embed
from docai.index.retrieval import PageFinder, Views
from docai.index.space import VectorSpace
from docai.index.sparse import SparseEncoder
from docai.protocols import Embedder
from docai.types import IndexedPassage, Passage, Query, ScoredPage, Where
from docai.wiring.embedding import EmbeddingSpec
from docai.wiring.publishing import load_indexed
from docai.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
EVERYWHERE = Where()
LIMIT = 5
CONCEPTS = load_concepts()


@dataclass(frozen=True)
class Question:
    kind: str
    text: str
    document: str
    pages: frozenset[int]

    @property
    def half(self) -> str:
        return "A" if hashlib.md5(self.document.encode()).digest()[0] % 2 == 0 else "B"


@dataclass
class Collection:
    """Documents by the name that the questions use; their passages with vectors."""

    names: dict[str, str]
    indexed: dict[str, list[IndexedPassage]]
    embedder: Embedder
    encoder: SparseEncoder

    def papers(self) -> list[list[Passage]]:
        return [[p.passage for p in passages] for passages in self.indexed.values()]

    def cards(self, without: str | None = None) -> list[DocumentCard]:
        cards = [make_card(passages) for passages in self.papers()]
        return [card for card in cards if card.document_id != without]


Retrieve = Callable[[str], Sequence[ScoredPage]]


def read_questions(data: Path) -> list[Question]:
    """`questions.jsonl` as kind `titled`; of the hard ones those that have an evidence page."""
    found = []
    for name in ("questions.jsonl", "questions-hard.jsonl"):
        for line in (data / "contracts" / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("evidence_pages"):
                pages = frozenset(row["evidence_pages"])
                found.append(Question(row.get("kind", "titled"), row["question"], row["document"], pages))
    return found


def load_collection(stores: Workspace, data: Path) -> Collection:
    model = stores.published.get_model()
    if model is None:
        raise SystemExit("nothing is indexed there: docai index first")
    encoder = SparseEncoder()
    names, indexed = {}, {}
    wanted = {path.name: f"{path.parent.name}/{path.name}" for path in (data / "contracts").rglob("*.pdf")}
    for entry in stores.catalogue.list_entries():
        name = wanted.get(entry.uri.rsplit("/", 1)[-1])
        passages = load_indexed(stores, entry.id, model, encoder) if entry.id and name else None
        if entry.id and name and passages:
            names[entry.id] = name
            indexed[entry.id] = passages
    return Collection(names, indexed, EmbeddingSpec(model.choice)(), encoder)


def fill_index(folder: Path, collection: Collection) -> EdgeIndex:
    embedder = collection.embedder
    index = EdgeIndex(folder, VectorSpace(embedder.name, embedder.fingerprint, embedder.dimension))
    for document_id, passages in collection.indexed.items():
        index.replace(document_id, passages)
    index.publish()
    return index


def make_plain(index: EdgeIndex, collection: Collection, *, dense: bool, sparse: bool) -> Retrieve:
    """The index alone: pages in the order of its passages."""

    def retrieve(question: str) -> list[ScoredPage]:
        query = Query(
            question,
            dense=collection.embedder.embed_question(question) if dense else None,
            sparse=collection.encoder.encode_question(question) if sparse else None,
        )
        pages: dict[tuple[str, int], ScoredPage] = {}
        for hit in index.search(query, 40, EVERYWHERE):
            place = (hit.passage.document_id, hit.passage.page)
            pages.setdefault(place, ScoredPage(*place, hit.score))
        return list(pages.values())[:LIMIT]

    return retrieve


def make_variants(index: EdgeIndex, collection: Collection) -> dict[str, Retrieve]:
    def find(views: Views) -> Retrieve:
        catalogue = FixedCatalogue(collection.papers())
        finder = PageFinder(index, collection.embedder, collection.encoder, catalogue, views=views)
        return lambda question: finder.retrieve(question, LIMIT, EVERYWHERE)

    return {
        "index alone, BM25": make_plain(index, collection, dense=False, sparse=True),
        "index alone, dense": make_plain(index, collection, dense=True, sparse=False),
        "index alone, hybrid": make_plain(index, collection, dense=True, sparse=True),
        "documents first, BM25": find(Views(dense=False, gist=False, close=False)),
        "documents first, dense": find(Views(lexical=False, gist=False, close=False)),
        "documents first, hybrid": find(Views(gist=False, close=False)),
        "… and gists": find(Views(close=False)),
        "… and close reading": find(Views(gist=False)),
        "all, without documents first": find(Views(cards=False)),
        "all, BM25 alone": find(Views(dense=False)),
        "all, dense alone": find(Views(lexical=False)),
        "**all, hybrid**": find(Views()),
    }


def measure(questions: Sequence[Question], retrieve: Retrieve, names: dict[str, str]) -> str:
    document = first = five = 0
    reciprocal = 0.0
    for question in questions:
        pages = retrieve(question.text)
        right = [names[p.document_id] == question.document and p.number in question.pages for p in pages]
        document += bool(pages) and names[pages[0].document_id] == question.document
        first += any(right[:1])
        five += any(right)
        reciprocal += next((1 / rank for rank, yes in enumerate(right, 1) if yes), 0.0)
    count = max(1, len(questions))
    return " | ".join(f"{value / count:.3f}" for value in (document, first, five, reciprocal))


def measure_strangers(
    questions: Sequence[Question], collection: Collection, least: float
) -> tuple[float, float]:
    """How many questions no document explains to `least`: with their document left out, and with it."""
    ids = {name: document_id for document_id, name in collection.names.items()}
    everything = Identifier(collection.cards())
    refused = wrongly = 0
    for name in sorted({question.document for question in questions}):
        others = Identifier(collection.cards(without=ids[name]))
        for question in (q for q in questions if q.document == name):
            refused += _best_share(others, question.text) < least
            wrongly += _best_share(everything, question.text) < least
    return refused / len(questions), wrongly / len(questions)


def _best_share(identifier: Identifier, question: str) -> float:
    documents = identifier.identify(take_apart(question, CONCEPTS.knows)).documents
    return documents[0][1] if documents else 0.0


def print_tables(questions: Sequence[Question], collection: Collection, index: EdgeIndex) -> None:
    kinds = list(dict.fromkeys(question.kind for question in questions))
    variants = make_variants(index, collection)
    for kind in kinds:
        chosen = [q for q in questions if q.kind == kind]
        print(f"\n### {kind} ({len(chosen)})\n")
        print("| | document at 1 | page at 1 | page among 5 | reciprocal rank |\n|---|---|---|---|---|")
        for name, retrieve in variants.items():
            print(f"| {name} | {measure(chosen, retrieve, collection.names)} |")
        for half in "AB":
            part = [q for q in chosen if q.half == half]
            figures = measure(part, variants["**all, hybrid**"], collection.names)
            print(f"| all, hybrid: half {half} ({len(part)}) | {figures} |")
    print("\n### Documents that are not indexed\n")
    print("| questions | best share below | refused, document left out | refused, document indexed |")
    print("|---|---|---|---|")
    for kind in kinds:
        chosen = [q for q in questions if q.kind == kind]
        for least in (0.5, 0.6, 0.7):
            refused, wrongly = measure_strangers(chosen, collection, least)
            print(f"| {kind} | {least} | {refused:.3f} | {wrongly:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    with open_workspace(arguments.workspace) as stores, tempfile.TemporaryDirectory() as folder:
        collection = load_collection(stores, arguments.data)
        index = fill_index(Path(folder), collection)
        known = set(collection.names.values())
        questions = [q for q in read_questions(arguments.data) if q.document in known]
        passages = [p for found in collection.indexed.values() for p in found]
        texts = [text_to_embed(p.passage) for p in passages]
        tokens = sum(collection.embedder.count_tokens(texts)) / max(1, len(texts))
        print(f"{len(known)} documents, {len(passages)} passages of {tokens:.0f} tokens with context")
        print_tables(questions, collection, index)
        index.close()


if __name__ == "__main__":
    main()
