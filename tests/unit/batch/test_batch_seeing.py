"""What a batch tells while it runs: stages, tokens, pace, and its beat at the destination."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from batch_rig import BatchRig, ScriptedSource, write_document

from docai.batch.pace import Pace, Price
from docai.batch.store.known import Standing
from docai.batch.tally import Tally
from docai.cli.pace_view import describe_causes, describe_pace, describe_time


@pytest.fixture
def rig(tmp_path: Path) -> BatchRig:
    objects = {f"in/{i}.pdf": write_document(2 + i % 2, mark=str(i)) for i in range(6)}
    objects["in/bad.pdf"] = write_document(fails="damaged")
    objects["in/holed.pdf"] = write_document(3, lost=[2])
    return BatchRig(ScriptedSource(objects), tmp_path)


def test_every_step_of_every_document_is_told_with_its_time(rig: BatchRig) -> None:
    rig.run()
    stages = [event for event in rig.events if event.kind == "stage"]
    pages = sum(2 + i % 2 for i in range(6)) + 3
    assert Counter(event.stage for event in stages) == {
        "fetch": 8,
        "open": 8,
        "read": pages,
        "extract": 7,
        "write": 8,
    }
    assert all(
        event.seconds >= 0 and event.at > 0 and event.document.startswith("sha256:") for event in stages
    )
    failed = {(event.uri, event.stage, event.page, event.code) for event in stages if event.code}
    assert failed == {("in/bad.pdf", "open", 0, "damaged"), ("in/holed.pdf", "read", 2, "damaged")}


def test_a_key_that_cannot_be_fetched_has_its_cause_told(rig: BatchRig) -> None:
    from docai.errors import DocumentError

    rig.source.broken["in/0.pdf"] = (DocumentError("gone", "is gone", document="in/0.pdf"), None)
    rig.run()
    told = [event for event in rig.events if event.kind == "stage" and event.uri == "in/0.pdf"]
    assert [(event.stage, event.code) for event in told] == [("fetch", "gone"), ("write", "")]


def test_a_tally_tells_its_pace_and_what_stations_did_counts() -> None:
    now = [0.0]
    tally = Tally(listed=10, listed_all=True)
    tally.pace = Pace(Price(gpu_hour=Decimal(36)), lambda: (3, 4), lambda: now[0])
    other = Tally(pages_read=8, prompt_tokens=900, reply_tokens=90)
    other.ended[Standing("record")] += 4
    other.ended[Standing("failed", "damaged")] += 1
    now[0] = 10.0
    tally.add(other)
    reading = tally.measure()
    assert reading is not None
    assert (reading.pages_per_s, reading.seconds_left, reading.utilisation) == (0.8, 10.0, 0.75)
    assert (reading.prompt_tokens, reading.reply_tokens, reading.cost) == (900, 90, Decimal("0.1000"))
    told = json.loads(json.dumps(tally.describe()))
    assert told["pace"]["cost_left"] == 0.1
    assert (told["prompt_tokens"], told["failed"]) == (900, {"damaged": 1})
    assert describe_pace(told["pace"]) == (
        "0.8 pages/s, model 75% busy, about 10 s left, 0.10 USD so far, about 0.10 more"
    )


def test_no_rate_is_made_up_before_anything_is_done() -> None:
    tally = Tally(listed=10, listed_all=True, pace=Pace())
    reading = tally.measure()
    assert reading is not None
    assert describe_pace(reading.as_json()) == "0.0 pages/s"


def test_times_and_causes_in_words() -> None:
    assert [describe_time(s) for s in (0.4, 89, 95, 5_370, 5_400, 12_000, 200_000)] == [
        "0 s",
        "89 s",
        "2 min",
        "1 h 30 min",
        "1 h 30 min",
        "3 h 20 min",
        "2 d 7 h",
    ]
    assert describe_causes({}) == ""
    assert describe_causes({"a": 1, "b": 5, "c": 2, "d": 2, "e": 1}) == " (b 5, c 2, d 2, others 2)"
