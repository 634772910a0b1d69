"""How long it takes to find pages: the embedded index at 1,000 and 50,000 passages, questions embedded.

    python benchmarks/retrieval_speed.py --workspace DIR [--data ../shared/data] [--sizes 1000 50000]

The workspace holds the contracts (`docai index`). Larger collections are made of copies whose capitalised
words are spelt otherwise, so that each copy has its own title and parties, with vectors moved a little; the
questions are about copies drawn by chance. Wall and CPU milliseconds a question, embedding included.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from retrieval import DATA, EVERYWHERE, LIMIT, Collection, load_collection, read_questions

from docai.index.cards import FixedCatalogue
from docai.index.edge import EdgeIndex
from docai.index.passages import text_to_weigh
from docai.index.retrieval import PageFinder
from docai.index.space import VectorSpace
from docai.types import IndexedPassage, Passage
from docai.workspace import open_workspace

_CAPITALISED = re.compile(r"\b[A-Z][A-Za-z]{2,30}\b")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KEPT = frozenset(("agreement", "contract", "services", "this", "which", "when", "what", "under", "until"))


def respell(text: str, copy: int) -> str:
    """Capitalised words with their letters moved along the alphabet; the first copy is the text itself."""
    shift = copy % 25 + copy // 25 * 7
    table = str.maketrans(
        _LETTERS + _LETTERS.upper(), "".join(turned(s, shift) for s in (_LETTERS, _LETTERS.upper()))
    )

    def move(match: re.Match[str]) -> str:
        word = match.group()
        return word if word.lower() in _KEPT else word.translate(table)

    return _CAPITALISED.sub(move, text) if copy else text


def turned(letters: str, shift: int) -> str:
    return letters[shift % 26 :] + letters[: shift % 26]


def make_copies(collection: Collection, size: int) -> Iterator[tuple[str, int, list[IndexedPassage]]]:
    """(name, copy, passages) of documents until there are `size` passages."""
    noise = np.random.default_rng(1)
    count = copy = 0
    while count < size:
        for document_id, passages in collection.indexed.items():
            kept = passages[: size - count]
            count += len(kept)
            if kept:
                yield (
                    collection.names[document_id],
                    copy,
                    [copy_passage(collection, p, copy, noise) for p in kept],
                )
        copy += 1


def copy_passage(
    collection: Collection, indexed: IndexedPassage, copy: int, noise: np.random.Generator
) -> IndexedPassage:
    passage = indexed.passage
    respelt: Passage = replace(
        passage,
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{copy}/{passage.id}")),
        document_id=f"{passage.document_id}/{copy}",
        text=respell(passage.text, copy),
        context=respell(passage.context, copy),
    )
    dense = indexed.dense + noise.normal(0, 0.01, len(indexed.dense)).astype(np.float32)
    dense /= np.linalg.norm(dense)
    return IndexedPassage(respelt, dense, collection.encoder.encode_passage(text_to_weigh(respelt)))


def measure(collection: Collection, data: Path, size: int, questions: int) -> None:
    embedder = collection.embedder
    with tempfile.TemporaryDirectory() as folder:
        index = EdgeIndex(Path(folder), VectorSpace(embedder.name, embedder.fingerprint, embedder.dimension))
        papers, copies = [], {}
        for name, copy, passages in make_copies(collection, size):
            index.replace(passages[0].passage.document_id, passages)
            papers.append([p.passage for p in passages])
            copies[passages[0].passage.document_id] = (name, copy)
        index.publish()
        finder = PageFinder(index, embedder, collection.encoder, FixedCatalogue(papers))
        chance = random.Random(1)
        by_name: dict[str, list[str]] = {}
        for question in read_questions(data):
            by_name.setdefault(question.document, []).append(question.text)
        asked = [
            (document_id, respell(chance.choice(by_name[name]), copy))
            for document_id, (name, copy) in chance.choices(list(copies.items()), k=questions)
            if name in by_name
        ]
        started = time.perf_counter()
        finder.retrieve(asked[0][1], LIMIT, EVERYWHERE)
        first_ms = (time.perf_counter() - started) * 1e3
        report(finder, asked, size, len(papers), first_ms)
        index.close()


def report(
    finder: PageFinder, asked: list[tuple[str, str]], size: int, documents: int, first_ms: float
) -> None:
    wall, cpu, right = [], [], 0
    for document_id, question in asked:
        before, used = time.perf_counter(), time.process_time()
        pages = finder.retrieve(question, LIMIT, EVERYWHERE)
        wall.append((time.perf_counter() - before) * 1e3)
        cpu.append((time.process_time() - used) * 1e3)
        right += bool(pages) and pages[0].document_id == document_id
    cuts = statistics.quantiles(wall, n=20)
    print(
        f"| {size:,} | {documents:,} | {statistics.median(wall):.1f} | {cuts[-1]:.1f} | "
        f"{statistics.quantiles(cpu, n=20)[-1]:.1f} | {first_ms:.0f} | {right / len(asked):.3f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 5000, 50000])
    parser.add_argument("--questions", type=int, default=400)
    arguments = parser.parse_args()
    with open_workspace(arguments.workspace) as stores:
        collection = load_collection(stores, arguments.data)
        print("| passages | documents | median ms | p95 ms | p95 CPU-ms | first ms | right document |")
        print("|---|---|---|---|---|---|---|")
        for size in arguments.sizes:
            measure(collection, arguments.data, size, arguments.questions)


if __name__ == "__main__":
    main()
