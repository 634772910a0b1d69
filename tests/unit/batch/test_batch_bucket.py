"""A batch from a bucket into a bucket, on a real S3 server, also through a network that breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_rig import RECIPE, BatchRig, ScriptedSource, write_document
from benchmark_modules import load_benchmark
from docai_process import FIXTURES, run_docai
from services.fault_proxy import Chances, FaultProxy
from services.seaweed import READER, Seaweed

from docai.errors import ConfigError
from docai.sources.bucket import BucketSource
from docai.sources.objects import open_store
from docai.types import SourceItem
from docai.wiring.batch_stores import read_document_id

pytestmark = pytest.mark.service

CHANCES = Chances(errors=0.05, truncated=0.01, reordered=0.02)
NAMES = ("a b", "ü ñ 文", "50%25+&#?", "x" * 180, "..two", "no ending")
_DOCUMENTS = 90


class BucketDocuments(ScriptedSource):
    """Scripted documents that lie in a bucket."""

    def __init__(self, source: BucketSource) -> None:
        super().__init__({})
        self.source = source

    def items(self) -> Iterator[SourceItem]:
        return self.source.items()

    def fetch(self, item: SourceItem, path: Path) -> str:
        self.fetched += 1
        self.source.fetch(item, path)
        return read_document_id(path)


def fill(place: str, seaweed: Seaweed) -> None:
    """Every tenth a double of the first, some that cannot be opened, some with odd keys."""
    store = open_store(place, seaweed.access())
    for i in range(_DOCUMENTS):
        ending = "" if i % 31 == 5 else ".pdf"
        name = f"in/{i:03} {NAMES[i % len(NAMES)] if i < 20 else ''}{ending}"
        mark = "double" if i % 10 == 0 else str(i)
        store.put(name, write_document(1 + i % 3, mark=mark, fails="damaged" if i % 17 == 3 else ""))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_exact_over_a_network_that_breaks(seaweed: Seaweed, tmp_path: Path, seed: int) -> None:
    place = seaweed.make_place()
    fill(place, seaweed)
    with FaultProxy(seaweed.endpoint_url, CHANCES, seed) as proxy:
        access = seaweed.access(endpoint_url=proxy.url)
        source = BucketDocuments(BucketSource(place + "in/", access))
        rig = BatchRig(source, tmp_path, open_store(place + "out/", access))
        running = rig.start(memory := rig.open_memory())
        for _ in range(30):
            next(running)
        running.close()  # type: ignore[attr-defined]
        rig.leave(memory)
        rig.run()
        assert proxy.counts.total() - proxy.counts[""] > 5
    steady = open_store(place + "out/", seaweed.access())
    listing = list(BucketSource(place + "in/", seaweed.access()).items())
    assert len(listing) == _DOCUMENTS
    assert load_benchmark("batch_check").check_batch(steady, RECIPE, listing) == []
    assert rig.tally.listed == _DOCUMENTS
    assert rig.tally.left == 0
    assert not rig.tally.postponed


def test_a_bucket_without_the_right_to_write_is_found_first(seaweed: Seaweed, tmp_path: Path) -> None:
    place = seaweed.make_place()
    fill(place, seaweed)
    done = run_docai(
        "batch",
        place + "in/",
        place + "out/",
        "--schema",
        "invoice",
        cwd=tmp_path,
        **seaweed.environment(READER),
    )
    assert done.returncode == ConfigError.exit_code
    assert "may not write" in done.stderr
    assert list(open_store(place + "out/", seaweed.access()).list("")) == []


def test_the_command_from_a_bucket_into_a_bucket(seaweed: Seaweed, tmp_path: Path) -> None:
    place = seaweed.make_place()
    store = open_store(place, seaweed.access())
    data = (FIXTURES / "invoices" / "fernhill-joinery.pdf").read_bytes()
    for key in ("in/a b.pdf", "in/deep/er/ü.pdf", "in/no ending"):
        store.put(key, data)
    store.put("in/empty.pdf", b"")
    words = ("batch", place + "in/", place + "out/", "--schema", "invoice", "--workers", 1)
    done = run_docai(*words, cwd=tmp_path, **seaweed.environment())
    assert done.returncode == 1, done.stderr
    status = run_docai("batch", "status", place + "out/", cwd=tmp_path, **seaweed.environment())
    told = json.loads(status.stdout)
    assert (told["items"], told["records"], told["failed"]) == (4, 3, {"empty": 1})
    listing = list(BucketSource(place + "in/", seaweed.access()).items())
    out = open_store(place + "out/", seaweed.access())
    assert load_benchmark("batch_check").check_batch(out, told["recipe"], listing) == []
