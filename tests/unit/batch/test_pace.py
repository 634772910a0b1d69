"""Rates, forecasts and costs of a job."""

from __future__ import annotations

from decimal import Decimal

import pytest

from docai.batch.pace import Pace, Price

GPU = Price(currency="EUR", gpu_hour=Decimal("3.60"), gpus=2)
TOKENS = Price(million_prompt_tokens=Decimal("0.10"), million_reply_tokens=Decimal("0.40"))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def run(pace: Pace, clock: Clock, seconds: int, documents_per_s: int, start: int = 0) -> int:
    """So many seconds with so many documents of two pages each; the documents done by then."""
    done = start
    for _ in range(seconds):
        clock.now += 1
        done += documents_per_s
        pace.note(done, 2 * done)
    return done


def test_a_steady_job_ends_when_it_says() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    done = run(pace, clock, 30, 4)
    reading = pace.read(done, 2 * done, left=400)
    assert (reading.documents_per_s, reading.pages_per_s) == pytest.approx((4.0, 8.0))
    assert reading.seconds_left == pytest.approx(100.0)


def test_rates_are_of_the_last_minute() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    done = run(pace, clock, 3600, 10)
    done = run(pace, clock, 70, 1, start=done)
    assert pace.read(done, 2 * done, left=None).documents_per_s == pytest.approx(1.0)
    assert len(pace._counts) < 70


def test_what_cannot_be_known_is_none() -> None:
    pace = Pace(clock=Clock())
    reading = pace.read(0, 0, left=None)
    assert (reading.seconds_left, reading.cost, reading.cost_left, reading.utilisation) == (None,) * 4
    assert pace.read(0, 0, left=7).seconds_left is None
    assert pace.read(7, 9, left=0).seconds_left == 0.0


def test_gpu_time_costs_by_the_hour() -> None:
    clock = Clock()
    pace = Pace(GPU, clock=clock)
    done = run(pace, clock, 50, 1)
    reading = pace.read(done, 2 * done, left=50)
    assert (reading.currency, reading.cost, reading.cost_left) == ("EUR", Decimal("0.1"), Decimal("0.1"))
    assert reading.as_json()["cost"] == 0.1


def test_tokens_cost_by_the_million() -> None:
    clock = Clock()
    pace = Pace(TOKENS, clock=clock)
    pace.add_tokens(10_000_000, 500_000)
    done = run(pace, clock, 10, 10)
    reading = pace.read(done, done, left=300)
    assert reading.cost == Decimal("1.2")
    assert reading.cost_left == Decimal("3.6")


def test_utilisation_is_the_share_of_room_that_was_used() -> None:
    clock = Clock()
    busy = [8]
    pace = Pace(clock=clock, load=lambda: (busy[0], 16))
    run(pace, clock, 10, 1)
    assert pace.read(10, 20, left=None).utilisation == pytest.approx(0.5)
    busy[0] = 40  # more than there is room for counts as full
    run(pace, clock, 100, 1)
    assert pace.read(110, 220, left=None).utilisation == pytest.approx(1.0)
