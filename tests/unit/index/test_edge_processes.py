"""Several processes on one index folder, real Edge in each: readers at work while writers publish, writers
that are killed at any instant, readers that are killed while they hold a generation."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import textwrap
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest

from docai.errors import DocaiError
from docai.index.edge import EdgeIndex
from docai.index.generations import Generations
from docai.index.space import VectorSpace
from docai.types import IndexedPassage, Passage, Query, SparseVector, Where

SPACE = VectorSpace("model", "sha256:1", 8, "words/1")
ALL = Where()
PASSAGES = 12
"""Of each document, all with the same text: the round in which it was written."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks and kills of POSIX")


def make_document(name: str, text: str) -> list[IndexedPassage]:
    rng = np.random.default_rng(len(name))
    indexed = []
    for ordinal in range(PASSAGES):
        dense = rng.standard_normal(8)
        passage = Passage(str(uuid5(NAMESPACE_URL, f"{name}/{ordinal}")), name, 1, ordinal, text)
        sparse = SparseVector(np.array([1, 2 + ordinal], np.uint32), np.array([1, 1], np.float32))
        indexed.append(IndexedPassage(passage, (dense / np.linalg.norm(dense)).astype(np.float32), sparse))
    return indexed


def make_query() -> Query:
    sparse = SparseVector(np.array([1], np.uint32), np.array([1], np.float32))
    return Query("?", np.full(8, 8**-0.5, np.float32), sparse)


def read_whole(index: EdgeIndex) -> set[str]:
    """The rounds that a search sees. Asserts that each document is there whole, and of one round."""
    hits = index.search(make_query(), 1000, ALL)
    by_document: dict[str, list[str]] = {}
    for hit in hits:
        by_document.setdefault(hit.passage.document_id, []).append(hit.passage.text)
    for name, texts in by_document.items():
        assert len(texts) == PASSAGES, (name, texts)
    rounds = {text for texts in by_document.values() for text in texts}
    assert len(rounds) <= 1, rounds
    return rounds


WRITER = """
    index = EdgeIndex(folder, tests.SPACE, wait_s=60)
    for turn in range(first, first + turns):
        for name in "abc":
            index.replace(name, tests.make_document(name, f"{turn:04d}"))
        index.publish()
        print(turn, flush=True)
    index.close()
"""
READER = """
    index = EdgeIndex(folder, tests.SPACE)
    seen = []
    while not (folder / "stop").exists():
        rounds = tests.read_whole(index)
        if rounds and rounds != seen[-1:]:
            seen.extend(rounds)
        if len(seen) == 1:
            print("reading", flush=True)
    print(json.dumps(sorted(set(seen)) == list(dict.fromkeys(seen))), len(set(seen)), flush=True)
    index.close()
"""
HOLDER = """
    index = EdgeIndex(folder, tests.SPACE)
    tests.read_whole(index)
    print(index._reading.lease.path, flush=True)
    sys.stdin.read()
"""


def start(code: str, folder: Path, first: int = 0, turns: int = 0) -> subprocess.Popen[str]:
    head = f"""
        import json, sys
        from pathlib import Path
        sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[3])]!r}
        import test_edge_processes as tests
        from docai.index.edge import EdgeIndex
        folder, first, turns = Path({str(folder)!r}), {first}, {turns}
    """
    script = textwrap.dedent(head) + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise AssertionError(process.communicate(timeout=60)[1])
    return line


def test_two_readers_see_whole_generations_while_two_writers_publish(memory_path: Path) -> None:
    folder = memory_path / "index"
    finish(start(WRITER, folder, 0, 1))
    readers = [start(READER, folder) for _ in range(2)]
    for reader in readers:
        assert read_line(reader) == "reading"
    writers = [start(WRITER, folder, first, 3) for first in (100, 200)]
    for writer in writers:
        finish(writer)
    (folder / "stop").touch()
    seen = [finish(reader).split()[-1] for reader in readers]
    assert all(int(count) >= 2 for count in seen), seen
    index = EdgeIndex(folder, SPACE)
    assert read_whole(index) in ({"0102"}, {"0202"})
    assert index.count(ALL) == 3 * PASSAGES
    index.close()
    Generations(folder).sweep()
    assert len(Generations(folder).list_numbers()) == 1


def test_a_generation_stays_while_it_is_read_and_goes_after(memory_path: Path) -> None:
    folder = memory_path / "index"
    finish(start(WRITER, folder, 0, 1))
    holder = start(HOLDER, folder)
    held = Path(read_line(holder))
    finish(start(WRITER, folder, 1, 3))
    assert held.is_dir()
    assert len(Generations(folder).list_numbers()) == 2
    holder.kill()
    holder.wait()
    index = EdgeIndex(folder, SPACE)
    index.remove("a")
    index.publish()
    index.close()
    assert not held.exists()
    assert len(Generations(folder).list_numbers()) == 1


@pytest.mark.slow
def test_killed_writers_leave_the_last_generation(memory_path: Path) -> None:
    folder = memory_path / "index"
    finish(start(WRITER, folder, 0, 1))
    rng = random.Random(7)
    last = 0
    for trial in range(3):
        writer = start(WRITER, folder, last + 1, 10_000)
        told = int(read_line(writer))
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(rng.random() * 0.15)
        writer.kill()
        out, _ = writer.communicate(timeout=60)
        told = max([told, *map(int, out.split())])
        index = EdgeIndex(folder, SPACE, wait_s=1.0)
        (seen,) = read_whole(index)
        # It may have published the next one and not come to say so.
        assert told <= int(seen) <= told + 1, trial
        last = int(seen)
        index.close()
    finish(start(WRITER, folder, last + 1, 1))
    names = {p.name for p in folder.iterdir()}
    assert len([n for n in names if n.startswith("gen-")]) == 1
    assert names - {"writer.lock"} == {n for n in names if n.startswith("gen-")}


def test_a_second_writer_is_told_and_readers_are_not_disturbed(memory_path: Path) -> None:
    folder = memory_path / "index"
    one, other = EdgeIndex(folder, SPACE), EdgeIndex(folder, SPACE, wait_s=0.1)
    one.replace("a", make_document("a", "0001"))
    with pytest.raises(DocaiError) as caught:
        other.replace("b", make_document("b", "0001"))
    assert (caught.value.code, caught.value.exit_code) == ("index-busy", 1)
    assert str(folder) in str(caught.value)
    assert other.count(ALL) == 0
    one.publish()
    assert other.count(ALL) == PASSAGES
    other.replace("b", make_document("b", "0001"))
    other.publish()
    assert one.count(ALL) == 2 * PASSAGES
    one.close()
    other.close()


def test_reading_changes_no_byte_of_a_generation(memory_path: Path) -> None:
    folder = memory_path / "index"
    finish(start(WRITER, folder, 0, 2))

    def read_all() -> dict[str, bytes]:
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    before = read_all()
    for _ in range(2):
        index = EdgeIndex(folder, SPACE)
        assert read_whole(index) == {"0001"}
        assert index.document_ids() == frozenset("abc")
        index.close()
        assert read_all() == before
    assert json.loads((next(folder.glob("gen-*")) / "manifest.json").read_text())["points"] == 3 * PASSAGES
