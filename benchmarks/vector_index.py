"""What the vector index costs: searches, writing, publishing, opening, memory and disk.

    python benchmarks/vector_index.py [--sizes 1000,10000,50000] [--queries 200] [--dir FOLDER]

Passages are made up: vectors of 384 numbers around 400 topics, 90 words by Zipf's law, 12 boxes, 70 passages
a document; so are questions (a topic's vector, 8 words). Each size runs in a process of its own. CPU seconds
are of all threads; milliseconds are of the wall clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from numpy.typing import NDArray

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP))

from docai.index.edge import EdgeIndex  # noqa: E402
from docai.index.server import ServerIndex  # noqa: E402
from docai.index.space import VectorSpace  # noqa: E402
from docai.protocols import VectorIndex  # noqa: E402
from docai.types import Box, IndexedPassage, Passage, Query, SparseVector, Where  # noqa: E402

DIMENSION, TOPICS, TERMS, WORDS, A_DOCUMENT = 384, 400, 30_000, 90, 70
SPACE = VectorSpace("made up", "sha256:0", DIMENSION, "zipf/1")
LIMIT = 20


class Maker:
    """Passages and questions, the same in every run."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self._topics = self._rng.standard_normal((TOPICS, DIMENSION))
        share = 1 / np.arange(1, TERMS + 1)
        self._share = share / share.sum()

    def make_vector(self) -> NDArray[np.float32]:
        near = self._topics[self._rng.integers(TOPICS)] + 0.8 * self._rng.standard_normal(DIMENSION)
        return (near / np.linalg.norm(near)).astype(np.float32)

    def make_terms(self, count: int) -> SparseVector:
        terms, times = np.unique(self._rng.choice(TERMS, count, p=self._share), return_counts=True)
        return SparseVector(terms.astype(np.uint32), (2.2 * times / (1.2 + times)).astype(np.float32))

    def make_document(self, number: int) -> list[IndexedPassage]:
        name, made = f"sha256:{number:064x}", []
        for ordinal in range(A_DOCUMENT):
            sparse = self.make_terms(WORDS)
            text = " ".join(f"word{term}" for term in sparse.indices)
            boxes = tuple(Box(*self._rng.uniform(0, 600, 4)) for _ in range(12))
            passage = Passage(
                str(uuid5(NAMESPACE_URL, f"{name}/{ordinal}")),
                name,
                ordinal // 4 + 1,
                ordinal,
                text,
                boxes,
                "Heading of the section",
                "Title of the agreement; first party; second party",
            )
            made.append(IndexedPassage(passage, self.make_vector(), sparse))
        return made

    def make_query(self) -> Query:
        return Query("?", self.make_vector(), self.make_terms(8))


def take_time(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall_s, time.process_time() - cpu_s


def time_searches(index: VectorIndex, queries: list[Query], where: Where) -> dict[str, float]:
    """Milliseconds."""
    index.search(queries[0], LIMIT, where)
    taken = [take_time(lambda query=query: index.search(query, LIMIT, where)) for query in queries]
    walls = np.array([wall for wall, _ in taken]) * 1000
    return {
        "p50": float(np.percentile(walls, 50)),
        "p95": float(np.percentile(walls, 95)),
        "cpu": 1000 * sum(cpu for _, cpu in taken) / len(taken),
    }


def list_filters(names: list[str]) -> Iterator[tuple[str, Where]]:
    yield "all", Where()
    yield "one document", Where(frozenset(names[:1]))
    yield "a tenth of the documents", Where(frozenset(names[: max(1, len(names) // 10)]))
    yield "half of the documents", Where(frozenset(names[: max(1, len(names) // 2)]))


def measure_recall(index: VectorIndex, vectors: NDArray[np.float32], ids: list[str], maker: Maker) -> float:
    """How many of the exact nearest ten by vector are among the ten found."""
    found = 0
    for _ in range(50):
        query = maker.make_vector()
        best = {ids[i] for i in np.argsort(-(vectors @ query))[:10]}
        found += len(best & {hit.passage.id for hit in index.search(Query("?", query), 10, Where())})
    return found / 500


def measure_edge(size: int, queries: int, folder: Path) -> dict[str, Any]:
    maker = Maker()
    index = EdgeIndex(folder / "index", SPACE)
    documents = -(-size // A_DOCUMENT)
    names, ids, vectors = [], [], []
    write_wall_s = write_cpu_s = 0.0
    for number in range(documents):
        made = maker.make_document(number)[: size - A_DOCUMENT * number]
        names.append(made[0].passage.document_id)
        ids.extend(p.passage.id for p in made)
        vectors.extend(p.dense for p in made)
        wall_s, cpu_s = take_time(lambda made=made: index.replace(made[0].passage.document_id, made))
        write_wall_s, write_cpu_s = write_wall_s + wall_s, write_cpu_s + cpu_s
    first_s = take_time(index.publish)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - len(vectors) * DIMENSION * 4 / 2**20
    one_more = maker.make_document(documents)
    update_s = take_time(lambda: (index.replace(one_more[0].passage.document_id, one_more), index.publish()))
    index.close()

    opened = EdgeIndex(folder / "index", SPACE)
    open_s = take_time(lambda: opened.count(Where()))
    asked = [maker.make_query() for _ in range(queries)]
    result: dict[str, Any] = {
        "points": size,
        "written_per_cpu_s": size / write_cpu_s,
        "written_per_s": size / write_wall_s,
        "publish_s": first_s,
        "one_more_document_s": update_s,
        "open_s": open_s,
        "peak_mb": peak_mb,
        "disk_mb": sum(p.stat().st_blocks for p in folder.rglob("*")) * 512 / 2**20,
        "searches": {name: time_searches(opened, asked, where) for name, where in list_filters(names)},
        "dense": time_searches(opened, [Query("?", q.dense) for q in asked], Where()),
        "sparse": time_searches(opened, [Query("?", None, q.sparse) for q in asked], Where()),
    }
    opened.remove(one_more[0].passage.document_id)
    opened.publish()
    result["recall"] = measure_recall(opened, np.stack(vectors), ids, maker)
    opened.close()
    return result


def measure_memory(size: int, queries: int) -> dict[str, Any]:
    """The same by `QdrantClient(":memory:")`: what the embedded engine is there to spare."""
    from qdrant_client import QdrantClient

    maker = Maker()
    index = ServerIndex(QdrantClient(":memory:"), SPACE)
    wall_s = cpu_s = 0.0
    for number in range(-(-size // A_DOCUMENT)):
        made = maker.make_document(number)[: size - A_DOCUMENT * number]
        taken = take_time(lambda made=made: index.replace(made[0].passage.document_id, made))
        wall_s, cpu_s = wall_s + taken[0], cpu_s + taken[1]
    asked = [maker.make_query() for _ in range(min(queries, 30))]
    searches = {"all": time_searches(index, asked, Where())}
    return {"points": size, "written_per_cpu_s": size / cpu_s, "searches": searches}


def show(results: list[dict[str, Any]]) -> None:
    edge = [r for r in results if r["form"] == "edge"]
    heads = [f"{r['points']:,}" for r in edge]
    print("| passages | " + " | ".join(heads) + " |\n|---|" + "---|" * len(edge))

    def row(name: str, cell: Callable[[dict[str, Any]], str]) -> None:
        print(f"| {name} | " + " | ".join(cell(r) for r in edge) + " |")

    def searched(values: dict[str, float]) -> str:
        return f"{values['p50']:.1f} / {values['p95']:.1f} / {values['cpu']:.1f}"

    for name in edge[0]["searches"]:
        row(f"hybrid, {name}: p50 / p95 / CPU ms", lambda r, name=name: searched(r["searches"][name]))
    for name in ("dense", "sparse"):
        row(f"{name} alone: p50 / p95 / CPU ms", lambda r, name=name: searched(r[name]))
    row("exact nearest ten found", lambda r: f"{r['recall']:.3f}")
    row(
        "passages written per CPU-s / per s",
        lambda r: f"{r['written_per_cpu_s']:,.0f} / {r['written_per_s']:,.0f}",
    )
    for name, key in (
        ("publishing, first", "publish_s"),
        ("one more document, published", "one_more_document_s"),
        ("opening to read", "open_s"),
    ):
        row(f"{name}: s / CPU-s", lambda r, key=key: f"{r[key][0]:.2f} / {r[key][1]:.2f}")
    row("peak memory while writing, MB", lambda r: f"{r['peak_mb']:.0f}")
    row("disk, MB", lambda r: f"{r['disk_mb']:.0f}")
    for result in results:
        if result["form"] == "memory":
            found = result["searches"]["all"]
            print(
                f'\n`QdrantClient(":memory:")` at {result["points"]:,}: hybrid p50 {found["p50"]:.0f} ms, '
                f"p95 {found['p95']:.0f} ms; {result['written_per_cpu_s']:,.0f} written per CPU-s"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,10000,50000")
    parser.add_argument("--memory-sizes", default="1000,2000")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--dir", type=Path, help="on whose disk; the system's temporary folder")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        form, size = args.one.split(":")
        with tempfile.TemporaryDirectory(dir=args.dir) as folder:
            measured = (
                measure_edge(int(size), args.queries, Path(folder))
                if form == "edge"
                else measure_memory(int(size), args.queries)
            )
        print(json.dumps({"form": form, **measured}))
        return
    results = []
    for form, sizes in (("edge", args.sizes), ("memory", args.memory_sizes)):
        for size in filter(None, sizes.split(",")):
            more = ["--dir", str(args.dir)] if args.dir else []
            command = [
                sys.executable,
                __file__,
                "--one",
                f"{form}:{size}",
                "--queries",
                str(args.queries),
                *more,
            ]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            results.append(json.loads(done.stdout))
    show(results)


if __name__ == "__main__":
    main()
