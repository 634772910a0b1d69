"""What a batch keeps: digests, lines, claims, beats, parts; each as its readers need it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.batch.store.beats import GONE_AFTER_S, Beats
from docai.batch.store.claims import Claims
from docai.batch.store.kept import KeptParts, Part
from docai.batch.store.known import KnownItems, Standing
from docai.batch.store.layout import digest_item
from docai.batch.store.ledger import Entry, LedgerReader, LedgerWriter, read_entry, write_entry
from docai.batch.store.outcomes import BatchOutcomes, decode_outcome
from docai.batch.store.volatile import MemoryStore
from docai.errors import ServiceError
from docai.types import ErrorInfo, FailedDocument, Failure, SourceItem

RECORD, GAPS, FAILED = Standing("record"), Standing("incomplete"), Standing("failed", "damaged")
ENTRY = Entry("in/a.pdf", 0, "v", None, "outcomes/x.json", "failed", "gone")


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def make_beats(store: MemoryStore, run: str, *, clock: Clock | None = None, gone: bool = False) -> Beats:
    beats = Beats(store, "r", run, process={"pid": 1}, is_gone=lambda process: gone, clock=clock or Clock())
    beats.beat()
    return beats


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.sampled_from([RECORD, GAPS, FAILED]), st.integers(0, 3), st.booleans()
        )
    )
)
def test_of_several_attempts_the_highest_counts_and_each_item_once(
    ends: list[tuple[int, Standing, int, bool]],
) -> None:
    known, model = KnownItems(), dict[bytes, tuple[int, Standing]]()
    for number, standing, attempt, count in ends:
        digest = digest_item(SourceItem(f"{number}.pdf", number, "v"))
        known.add(digest, standing, attempt)
        if digest not in model or model[digest][0] <= attempt:
            model[digest] = (attempt, standing)
        if count:
            assert known.count().total() == len(model)
    digests = [digest_item(SourceItem(f"{number}.pdf", number, "v")) for number in range(31)]
    found = known.find(digests)
    for digest, standing in zip(digests, found, strict=True):
        assert (standing is None) == (digest not in model)
    # Two ends of one attempt cannot both be: which of them stands is nobody's business.
    decided = {d for d in model if sum(a == model[d][0] for n, _, a, _ in ends if _digest(n) == d) == 1}
    assert all(s == model[d][1] for d, s in zip(digests, found, strict=True) if d in decided)
    assert known.count().total() == len(model)


def _digest(number: int) -> bytes:
    return digest_item(SourceItem(f"{number}.pdf", number, "v"))


def test_many_items_stay_apart() -> None:
    known = KnownItems()
    for i in range(200_000):
        known.add(i.to_bytes(8, "big") * 2, RECORD if i % 3 else FAILED)
    assert known.count() == Counter({RECORD: 133_333, FAILED: 66_667})
    asked = [i.to_bytes(8, "big") * 2 for i in range(199_990, 200_010)]
    assert [s is None for s in known.find(asked)] == [False] * 10 + [True] * 10
    # Half of a digest is not the digest.
    assert known.find([(7).to_bytes(8, "big") + (8).to_bytes(8, "big")]) == [None]


@given(st.text(max_size=50), st.integers(0, 1 << 40), st.text(max_size=20), st.booleans(), st.integers(0, 3))
def test_a_line_comes_back_as_it_was(uri: str, size: int, version: str, shared: bool, attempt: int) -> None:
    entry = Entry(uri, size, version, "sha256:00", "outcomes/x.json", "record", "", 3, attempt, shared)
    line = write_entry(entry)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert read_entry(line) == entry


def test_lines_of_a_key_that_is_no_unicode() -> None:
    entry = replace(ENTRY, uri="in/\udcff\u2028\r\x85.pdf")
    store = MemoryStore()
    writer = LedgerWriter(store, "r", "run")
    writer.add(entry)
    writer.flush()
    assert list(LedgerReader(store, "r").entries()) == [entry]


def test_lines_that_could_not_be_kept_come_with_the_next_part() -> None:
    class Shaky(MemoryStore):
        fails = True

        def put(self, key: str, data: bytes) -> None:
            if self.fails:
                raise ServiceError("store-unreachable", "away")
            super().put(key, data)

    store = Shaky()
    writer = LedgerWriter(store, "r", "run")
    writer.add(ENTRY)
    with pytest.raises(ServiceError):
        writer.flush()
    writer.add(replace(ENTRY, uri="in/b.pdf"))
    store.fails = False
    writer.flush()
    writer.flush()
    reader = LedgerReader(store, "r")
    assert [entry.uri for entry in reader.entries()] == ["in/a.pdf", "in/b.pdf"]
    assert list(reader.entries()) == []


def test_bytes_that_no_ledger_wrote_are_named() -> None:
    store = MemoryStore()
    store.put("ledger/r/part.jsonl", b'{"uri": 1')
    with pytest.raises(ServiceError, match=r"ledger/r/part\.jsonl"):
        list(LedgerReader(store, "r").entries())
    with pytest.raises(ServiceError, match="no outcome"):
        decode_outcome("outcomes/x.json", b"{}")


def test_of_racing_outcomes_one_stands_and_all_are_told_which() -> None:
    store = MemoryStore()

    def create(n: int) -> str:
        failure = Failure(document=FailedDocument(id="d", uri=f"{n}"), error=ErrorInfo(code="c", message="m"))
        stored = BatchOutcomes(store, "r", f"run{n}").create("work", "d", [failure])
        return stored.outcomes[0].document.uri

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(24)))) == 1


def test_a_run_that_falls_silent_is_gone_by_the_watch_of_who_looks() -> None:
    store, clock = MemoryStore(), Clock()
    one, other = make_beats(store, "one", clock=clock), make_beats(store, "other", clock=clock)
    assert one.is_alive("other")
    one.look()
    assert one.others
    clock.now_s = GONE_AFTER_S - 1
    other.beat()
    one.look()
    clock.now_s += GONE_AFTER_S - 1
    assert one.is_alive("other")
    clock.now_s += 2
    assert one.look() == []
    assert not one.is_alive("other")


def test_a_process_that_has_ended_is_known_at_once() -> None:
    store = MemoryStore()
    make_beats(store, "dead")
    assert not make_beats(store, "one", gone=True).is_alive("dead")


def test_claims_of_runs_that_ended_are_taken_over_by_one() -> None:
    store = MemoryStore()
    for name in ("first", "second"):
        beats = make_beats(store, name)
        assert Claims(store, "r", name, beats).take("c")
        beats.stop()
    rivals = [(f"rival{n}", make_beats(store, f"rival{n}")) for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(lambda rival: Claims(store, "r", *rival).take("c"), rivals))
    assert won.count(True) == 1
    name, beats = rivals[won.index(True)]
    assert Claims(store, "r", name, beats).take("c")
    Claims(store, "r", name, beats).clear()
    assert list(store.list("claims/")) == []


def test_parts_of_a_document_come_back_and_go() -> None:
    store = MemoryStore()
    kept = KeptParts(store, "r")
    parts = [Part("pages", "k", str(n), b"%d" % n) for n in range(1, 12)] + [Part("answers", "q", "1", b"a")]
    keys = [kept.put("work", part) for part in parts]
    kept.put("another", parts[0])
    loaded = kept.load("work")
    assert {(p.kind, p.key, p.name, p.data) for p in loaded} == {
        (p.kind, p.key, p.name, p.data) for p in parts
    }
    assert sorted(p.at for p in loaded) == sorted(keys)
    kept.remove(keys)
    assert kept.load("work") == []
    kept.sweep()
    assert list(store.list("pages/")) == []
