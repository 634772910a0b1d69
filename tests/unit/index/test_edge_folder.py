"""The folder of the embedded index when something is wrong with it, or with who opens it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.errors import ConfigError, DocaiError
from docai.index.copying import copy_sparse, copy_tree
from docai.index.edge import EdgeIndex
from docai.index.generations import Generations
from docai.index.space import IndexDamaged, VectorSpace
from docai.types import IndexedPassage, Passage, Query, SparseVector, Where

SPACE = VectorSpace("model", "sha256:1", 4, "words/1")
ALL = Where()


def make_document(name: str, count: int = 5) -> list[IndexedPassage]:
    dense = np.array([1, 0, 0, 0], np.float32)
    sparse = SparseVector(np.array([7], np.uint32), np.array([1], np.float32))
    return [
        IndexedPassage(Passage(str(uuid5(NAMESPACE_URL, f"{name}/{i}")), name, 1, i, "text"), dense, sparse)
        for i in range(count)
    ]


@pytest.fixture
def folder(memory_path: Path) -> Path:
    """An index of two documents with five passages each."""
    index = EdgeIndex(memory_path / "index", SPACE)
    for name in ("a", "b"):
        index.replace(name, make_document(name))
    index.publish()
    index.close()
    return memory_path / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[EdgeIndex]:
    index = EdgeIndex(folder, SPACE, wait_s=0.2)
    yield index
    index.close()


def find_generation(folder: Path) -> Path:
    (path,) = folder.glob("gen-*")
    return path


def find_file(folder: Path, name: str) -> Path:
    (path,) = find_generation(folder).rglob(name)
    return path


def break_payloads(folder: Path) -> None:
    with find_file(folder, "payload_storage/page_0.dat").open("r+b") as file:
        file.write(b"\xff" * 4096)


DAMAGES = {
    "no manifest": lambda f: (find_generation(f) / "manifest.json").unlink(),
    "half a manifest": lambda f: (find_generation(f) / "manifest.json").write_text('{"format": 1, "sp'),
    "a manifest of zeros": lambda f: (find_generation(f) / "manifest.json").write_bytes(bytes(400)),
    "a manifest of another kind": lambda f: (find_generation(f) / "manifest.json").write_text("[1]"),
    "no lease": lambda f: (find_generation(f) / "lease").unlink(),
    "vectors cut off": lambda f: os.truncate(find_file(f, "chunk_0.mmap"), 4096),
    "vectors gone": lambda f: find_file(f, "chunk_0.mmap").unlink(),
    "points of zeros": lambda f: find_file(f, "mutable_id_tracker.mappings").write_bytes(bytes(210)),
    "an empty configuration": lambda f: (find_generation(f) / "shard/edge_config.json").write_text(""),
    "a segment of zeros": lambda f: find_file(f, "segment.json").write_bytes(
        bytes(find_file(f, "segment.json").stat().st_size)
    ),
    "payloads overwritten": break_payloads,
    "documents of zeros": lambda f: find_file(f, "*-map/tracker.dat").write_bytes(bytes(1 << 20)),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_told_and_the_index_made_again(index: EdgeIndex, folder: Path, name: str) -> None:
    DAMAGES[name](folder)
    with pytest.raises(IndexDamaged) as caught:
        index.search(Query("?", make_document("a")[0].dense), 20, ALL)
    assert (caught.value.code, caught.value.exit_code) == ("index-damaged", 2)
    assert caught.value.hint == "docai index rebuild"
    assert str(folder) in str(caught.value)
    assert index.rebuild((n, make_document(n)) for n in ("b", "c")) == 10
    assert index.document_ids() == frozenset({"b", "c"})
    assert len(index.search(Query("?", make_document("a")[0].dense), 20, ALL)) == 10
    assert len(Generations(folder).list_numbers()) == 1


def test_a_damaged_generation_is_not_written_on(index: EdgeIndex, folder: Path) -> None:
    find_file(folder, "chunk_0.mmap").unlink()
    with pytest.raises(IndexDamaged):
        index.replace("c", make_document("c"))
    assert not (folder / "building").exists()
    other = EdgeIndex(folder, SPACE, wait_s=0.2)  # the lock was given back
    assert other.rebuild([("c", make_document("c"))]) == 5
    other.close()


def test_rebuilding_from_nothing_leaves_an_empty_index(index: EdgeIndex) -> None:
    assert index.rebuild([]) == 0
    assert index.count(ALL) == 0
    assert index.document_ids() == frozenset()
    assert list(index.search(Query("?", make_document("a")[0].dense), 3, ALL)) == []


def test_a_rebuild_that_fails_changes_nothing(index: EdgeIndex, folder: Path) -> None:
    def load() -> Iterator[tuple[str, list[IndexedPassage]]]:
        yield "c", make_document("c")
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="gone"):
        index.rebuild(load())
    index.close()
    again = EdgeIndex(folder, SPACE, wait_s=0.2)
    assert again.document_ids() == frozenset({"a", "b"})
    again.replace("c", make_document("c"))
    again.publish()
    assert again.count(ALL) == 15
    again.close()


def test_what_was_not_published_is_gone(index: EdgeIndex, folder: Path) -> None:
    index.replace("c", make_document("c"))
    assert index.document_ids() == frozenset({"a", "b"})
    index.close()
    index.publish()
    assert index.document_ids() == frozenset({"a", "b"})
    assert not (folder / "building").exists()


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (VectorSpace("other", "sha256:1", 4, "words/1"), "made with model (4 dimensions), and other"),
        (VectorSpace("model", "sha256:2", 4, "words/1"), "other weights of model"),
        (VectorSpace("model", "sha256:1", 8, "words/1"), "8 dimensions"),
        (VectorSpace("model", "sha256:1", 4, "words/2"), "other terms"),
    ],
)
def test_another_model(folder: Path, space: VectorSpace, words: str) -> None:
    index = EdgeIndex(folder, space, wait_s=0.2)
    for use in (lambda: index.count(ALL), lambda: index.remove("a")):
        with pytest.raises(ConfigError) as caught:
            use()
        assert (caught.value.code, caught.value.hint) == ("index-other-model", "docai index rebuild")
        assert words in str(caught.value)
    assert EdgeIndex(folder, SPACE).count(ALL) == 10
    dense = np.ones(space.dimension, np.float32) / space.dimension**0.5
    passages = [IndexedPassage(p.passage, dense, p.sparse) for p in make_document("c")]
    assert index.rebuild([("c", passages)]) == 5
    assert index.document_ids() == frozenset({"c"})
    index.close()


def test_a_newer_docai(folder: Path) -> None:
    path = find_generation(folder) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(ConfigError, match="newer docai") as caught:
        EdgeIndex(folder, SPACE).count(ALL)
    assert caught.value.code == "index-newer"


def test_whoever_only_counts_needs_no_model(folder: Path) -> None:
    index = EdgeIndex(folder, None)
    assert (index.count(ALL), index.document_ids()) == (10, frozenset({"a", "b"}))
    with pytest.raises(ConfigError) as caught:
        index.remove("a")
    assert caught.value.code == "index-no-model"
    index.close()


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("mine")
    index = EdgeIndex(tmp_path / "index", SPACE)
    assert index.count(ALL) == 0
    with pytest.raises(DocaiError) as caught:
        index.replace("a", make_document("a"))
    assert caught.value.code == "index-io"
    assert (tmp_path / "index").read_text() == "mine"


def test_places_of_removed_passages_are_used_again(memory_path: Path) -> None:
    index = EdgeIndex(memory_path / "index", SPACE)
    index.replace("keep", make_document("keep", 40))
    index.replace("big", make_document("big", 1200))
    index.publish()
    index.remove("big")
    index.publish()
    manifest = json.loads((find_generation(index.folder) / "manifest.json").read_text())
    assert (manifest["points"], manifest["documents"], manifest["holes"]) == (40, 1, 0)
    assert find_file(index.folder, "mutable_id_tracker.versions").stat().st_size < 8 * 100
    assert len(index.search(Query("?", make_document("a")[0].dense), 100, ALL)) == 40
    index.replace("new", make_document("new", 3))
    index.publish()
    assert index.count(ALL) == 43
    index.close()


def test_the_folder_does_not_grow_by_writing_the_same(index: EdgeIndex, folder: Path) -> None:
    for _ in range(6):
        index.replace("a", make_document("a"))
        index.publish()
    manifest = json.loads((find_generation(folder) / "manifest.json").read_text())
    assert (manifest["points"], manifest["holes"]) == (10, 0)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become nobody")
def test_who_may_not_write_reads_all_the_same(folder: Path) -> None:
    top = Path(__file__).parents[3]
    script = f"""
import os, sys
sys.path.insert(0, {str(top)!r})
from pathlib import Path
from docai.errors import DocaiError
from docai.index.edge import EdgeIndex
from docai.types import Where
EdgeIndex(Path({str(folder)!r}), None).count(Where())  # loads what nobody may not
os.setgid(65534); os.setuid(65534)
index = EdgeIndex(Path({str(folder)!r}), None, wait_s=0.2)
print(index.count(Where()), len(index.document_ids()))
index.space = index._reading.lease.read_manifest().space
try:
    index.remove("a")
except DocaiError as error:
    print(error.code)
index.close()
"""
    for path in (folder.parent, folder):
        path.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["10", "2", "index-io"], done.stderr


@given(parts=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=6), tail=st.binary(max_size=9))
def test_copies_are_equal_and_keep_their_holes(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[bool, int]], tail: bytes
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    with (folder / "source").open("wb") as file:
        for filled, blocks in parts:
            if filled:
                file.write(b"x" * 65536 * blocks)
            else:
                file.seek(65536 * blocks, os.SEEK_CUR)
        file.truncate(file.tell())
        file.write(tail)
    copy_sparse(folder / "source", folder / "target")
    assert (folder / "target").read_bytes() == (folder / "source").read_bytes()
    assert (folder / "target").stat().st_blocks <= (folder / "source").stat().st_blocks + 8


def test_hidden_files_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_text("x")
    (tmp_path / "a/.atomicwrite").mkdir()
    (tmp_path / "a/.hidden").write_text("x")
    copy_tree(tmp_path / "a", tmp_path / "c")
    assert sorted(p.name for p in (tmp_path / "c").rglob("*")) == ["b", "file"]


def test_the_embedded_index_loads_no_client_and_its_modules_load_neither(tmp_path: Path) -> None:
    script = f"""
import sys
import docai.index.server, docai.index.edge, docai.index.generations, docai.wiring.vector_index
from pathlib import Path
from docai.types import Where
loaded = {{"qdrant_client", "qdrant_edge", "httpx", "llama_index"}} & sys.modules.keys()
index = docai.wiring.vector_index.open_embedded_index(Path({str(tmp_path)!r}), None)
print(sorted(loaded), index.count(Where()), "qdrant_client" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.split() == ["[]", "0", "False"], done.stderr
