"""What indexing costs, and that kill -9 leaves index and records in agreement.

    python benchmarks/indexing.py speed WORKSPACE        passages per CPU-second, with and without embedding
    python benchmarks/indexing.py memory WORKSPACE       peak memory of an index of 50,000 passages
    python benchmarks/indexing.py extract FOLDER         what indexing adds to docai extract
    python benchmarks/indexing.py kill [FOLDER] [--kills 20] [--seed 1]

WORKSPACE holds documents that were read (the contracts, say). `memory` copies their passages until there are
enough, with the words of each copy in another order and vectors drawn by chance: what a vector means has no
part in what it takes. `kill` stops `docai index` at random instants until one reaches its end, again and
again, over pages that are read already, so that most instants lie where passages, vectors and index are made.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import kill
import numpy as np

from docai.index.edge import EdgeIndex
from docai.index.embedding.minilm import DIMENSION, MiniLM
from docai.index.embedding.word_pieces import WordPieces
from docai.index.passages import make_passages, text_to_embed, text_to_weigh
from docai.index.sparse import SparseEncoder
from docai.types import Document, Page, Passage, SourceItem, Where
from docai.wiring.publishing import make_index_space, publish_embedded
from docai.workspace import Workspace, open_workspace
from docai.workspace.published import IndexModel

TOP = Path(__file__).resolve().parents[1]
MODEL = IndexModel(MiniLM.name, MiniLM.fingerprint, DIMENSION, "minilm")
USUAL_TOKENS = 128
_EMBEDDED = 400
"""Passages that are embedded to measure: 20 CPU-seconds."""


def load_documents(root: Path) -> Iterator[tuple[str, list[Page]]]:
    with open_workspace(root, create=False) as stores:
        for entry in stores.catalogue.list_entries():
            if entry.id is not None:
                yield entry.id, list(stores.pages.get_latest(entry.id).values())


def measure_speed(root: Path) -> dict[str, float]:
    """Passages of `USUAL_TOKENS` tokens per CPU-second: tokens that were handled, over that many each."""
    documents = list(load_documents(root))
    pieces, encoder = WordPieces(), SparseEncoder()
    started = time.process_time()
    made = [p for document_id, pages in documents for p in make_passages(document_id, pages, pieces.count)]
    for passage in made:
        encoder.encode_passage(text_to_weigh(passage))
    without_s = time.process_time() - started
    sample = random.Random(1).sample(made, min(_EMBEDDED, len(made)))
    texts = [text_to_embed(passage) for passage in sample]
    model = MiniLM()
    model.embed_passages(texts[:16])
    started = time.process_time()
    model.embed_passages(texts)
    embedding_s = (time.process_time() - started) / len(texts)
    own = sum(pieces.count([passage.text for passage in made]))
    usual = sum(pieces.count(texts)) / len(texts) / USUAL_TOKENS
    return {
        "documents": len(documents),
        "passages": len(made),
        "tokens of a passage": own / len(made),
        "tokens embedded for a passage": usual * USUAL_TOKENS,
        "passages per CPU-s, without embedding": len(made) / without_s,
        "of 128 own tokens": own / USUAL_TOKENS / without_s,
        "passages per CPU-s, with embedding": 1 / (embedding_s + without_s / len(made)),
        "of 128 embedded tokens": usual / (embedding_s + without_s / len(made)),
    }


def measure_memory(root: Path, count: int) -> dict[str, float]:
    """Peak memory in MB, each in a process of its own: to publish, and to make passages and vectors."""
    with tempfile.TemporaryDirectory(prefix="docai-index-") as room:
        passages = fill_workspace(root, Path(room), count)
        publishing = run_alone("publish", room)
    return {
        "passages": passages,
        "publishing": publishing,
        "a worker that embeds": run_alone("embed", str(root)),
    }


def run_alone(job: str, *words: str) -> float:
    """Peak resident MB of a process that does one of the jobs below."""
    command = [sys.executable, __file__, "--job", job, *words]
    before = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=TOP, env=before, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def do_job(job: str, place: Path) -> None:
    if job == "publish":
        with open_workspace(place, create=False) as stores:
            publish_embedded(stores, MODEL)
    else:
        model, pieces = MiniLM(), WordPieces()
        for document_id, pages in list(load_documents(place))[:3]:
            texts = [text_to_embed(p) for p in make_passages(document_id, pages, pieces.count)]
            for first in range(0, min(len(texts), 128), 32):
                model.embed_passages(texts[first : first + 32])
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def fill_workspace(root: Path, target: Path, count: int) -> int:
    """A workspace with copies of all passages and vectors for each; how many there are."""
    pieces, chance, numbers = WordPieces(), random.Random(1), np.random.default_rng(1)
    originals = [(d, make_passages(d, pages, pieces.count)) for d, pages in load_documents(root)]
    made = copy = 0
    with open_workspace(target) as stores:
        stores.published.set_model(MODEL)
        while made < count:
            for document_id, passages in originals:
                name = f"{document_id}-{copy}"
                put_document(stores, name, [vary(p, name, chance) for p in passages], numbers)
                made += len(passages)
            copy += 1
    return made


def put_document(
    stores: Workspace, name: str, passages: Sequence[Passage], numbers: np.random.Generator
) -> None:
    pages = max((p.page for p in passages), default=1)
    stores.ledger.put_item(SourceItem(f"{name}.pdf", 1, name), name)
    stores.ledger.put_document(Document(name, "", "application/pdf", pages))
    kept = stores.passages.put_passages(name, "", passages, page_count=pages)
    vectors = numbers.standard_normal((len(passages), DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stores.passages.put_vectors(name, kept.revision, MODEL.fingerprint, 0, vectors)


def vary(passage: Passage, name: str, chance: random.Random) -> Passage:
    words = passage.text.split()
    chance.shuffle(words)
    place = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{passage.ordinal}"))
    return replace(passage, id=place, document_id=name, text=" ".join(words))


def measure_extract(folder: Path) -> dict[str, float]:
    """CPU-seconds of `docai extract` (workers included) with and without the index, on empty workspaces."""
    found = {}
    for option in ("--no-index", "--index"):
        with tempfile.TemporaryDirectory(prefix="docai-index-") as room:
            command = [
                sys.executable,
                "-m",
                "docai.cli.main",
                "extract",
                str(folder),
                "--quiet",
                "--json",
                option,
            ]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([*command, "--workspace", room], cwd=TOP, stdout=subprocess.DEVNULL, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found[option] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found


# kill -9


@dataclass(frozen=True)
class IndexTrial(kill.Trial):
    """`docai index` over one folder."""

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "docai.cli.main", "index", "add", str(self.folder), "--quiet"]
        command += ["--workspace", str(self.workspace), "--workers", str(self.workers)]
        with self.output.open("wb") as out, self.errors.open("wb") as errors:
            return subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)

    def prepare_from(self, quiet: IndexTrial) -> None:
        """Everything read as in another trial, nothing indexed."""
        shutil.copytree(quiet.workspace, self.workspace, ignore=shutil.ignore_patterns("index"))
        with open_workspace(self.workspace, create=False) as stores:
            stores.passages.forget_all()

    def count_kept(self) -> tuple[int, int, int]:
        """Sets of passages, vectors and published documents that are committed."""
        with closing(self._connect()) as db:
            sets = db.execute("SELECT count(*) FROM passage_sets").fetchone()[0]
            vectors = db.execute('SELECT COALESCE(sum("count"), 0) FROM vectors').fetchone()[0]
            published = db.execute("SELECT count(*) FROM published").fetchone()[0]
        return int(sets), int(vectors), int(published)


def read_state(root: Path) -> dict[str, list[Passage]]:
    """Passages by document. Raises RuntimeError where the index does not hold just these."""
    with open_workspace(root, create=False) as stores:
        kept = {
            s.document_id: stores.passages.get_passages(s.document_id) for s in stores.passages.list_sets()
        }
        index = EdgeIndex(stores.folder / "index", make_index_space(MODEL))
        try:
            if index.document_ids() != {name for name, passages in kept.items() if passages}:
                raise RuntimeError("the index holds other documents than the workspace")
            for name, passages in kept.items():
                check_document(stores, index, name, passages)
        finally:
            index.close()
    return kept


def check_document(stores: Workspace, index: EdgeIndex, name: str, passages: Sequence[Passage]) -> None:
    from docai.types import Query

    where = Where(frozenset([name]))
    vectors = stores.passages.get_vectors(name, MODEL.fingerprint, DIMENSION)
    if vectors is None or index.count(where) != len(passages):
        raise RuntimeError(f"{name}: {index.count(where)} passages in the index, {len(passages)} kept")
    hits = index.search(Query("", dense=vectors[0]), len(passages), where) if len(passages) else ()
    if {hit.passage.id: hit.passage for hit in hits} != {passage.id: passage for passage in passages}:
        raise RuntimeError(f"{name}: the index holds other passages than the workspace")


def kill_at_random(folder: Path, kills: int, seed: int, workers: int) -> list[str]:
    """What is wrong at the ends of runs between which there were so many kills; nothing, hopefully."""
    chance, wrong, done, ends = random.Random(seed), [], 0, 0
    with tempfile.TemporaryDirectory(prefix="docai-kill-") as room:
        quiet = IndexTrial(folder, Path(room) / "quiet", None, workers)
        quiet.prepare()
        quiet.run_to_end()
        wanted = read_state(quiet.workspace)
        timed = IndexTrial(folder, Path(room) / "timed", None, workers)
        timed.prepare_from(quiet)
        started = time.monotonic()
        wrong += check_end(timed, wanted)
        seconds = time.monotonic() - started
        print(f"quiet run: {sum(map(len, wanted.values()))} passages, {seconds:.1f} s", flush=True)
        while done < kills or ends == 0:
            trial = IndexTrial(folder, Path(room) / str(ends), None, workers)
            trial.prepare_from(quiet)
            while done < kills:
                end = time.monotonic() + chance.uniform(0.1, 1.0) * seconds
                if not trial.run_until(lambda end=end: time.monotonic() >= end):  # type: ignore[misc]
                    break
                done += 1
                print(f"kill {done}: sets, vectors, published {trial.count_kept()}", flush=True)
            wrong += check_end(trial, wanted)
            ends += 1
    print("\n".join(wrong) or f"{done} kills, {ends} ends: index, workspace and the quiet run agree")
    return wrong


def check_end(trial: Any, wanted: dict[str, list[Passage]]) -> list[str]:
    """After one more run, which nothing disturbs."""
    trial.run_to_end()
    try:
        found = read_state(trial.workspace)
    except RuntimeError as error:
        return [str(error)]
    wrong = [] if found == wanted else ["other passages than in the quiet run"]
    pages, commits = trial.count_pages()
    wrong += [f"{commits - pages} committed pages were read again"] if commits != pages else []
    return wrong + ([f"database: {state}"] if (state := trial.check_database()) != "ok" else [])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=("speed", "memory", "extract", "kill"))
    parser.add_argument("place", nargs="?", type=Path, default=TOP / "fixtures" / "contracts")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    place = options.place.resolve()
    if options.what == "kill":
        return 1 if kill_at_random(place, options.kills, options.seed, options.workers) else 0
    measured = {
        "speed": lambda: measure_speed(place),
        "memory": lambda: measure_memory(place, options.count),
        "extract": lambda: measure_extract(place),
    }[options.what]()
    for name, value in measured.items():
        print(f"{name}: {value:.1f}")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        do_job(sys.argv[2], Path(sys.argv[3]))
        sys.exit(0)
    sys.exit(main())
