"""When two values are the same, and the finders' behaviour on the worst text."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from docai.schema import KINDS
from docai.types import Scalar
from docai.values.addresses import address_score
from docai.values.blanks import find_blank_dates
from docai.values.compare import find, fold, normalize, same_value, value_key
from docai.values.dates import guess_day_first
from docai.values.spans import Cover, Found, drop_overlaps


@pytest.mark.parametrize(
    ("kind", "a", "b", "same"),
    [
        ("text", "Müller & Co.", "MULLER CO", True),
        ("party", "Kubient, Inc.", "Kubient Inc", True),
        ("party", "Kubient, Inc.", "Kubient, LLC", False),
        ("date", "2018-03-04", "03/04/2018", True),
        ("date", "2018-04-03", "03/04/2018", True),
        ("date", "2018-05-03", "03/04/2018", False),
        ("date", "2016-05-22", "22-05-16", True),
        ("money", "RM 21.50", Decimal("21.5"), True),
        ("money", "-1.12", Decimal("1.12"), False),
        ("number", "1.0000", 1, True),
        ("duration", "24 months", "two (2) years", True),
        ("duration", "30 days", "30 business days", False),
        ("duration", "perpetual", "Perpetual", True),
        ("place", "the State of Delaware", "Delaware", True),
        ("currency", "€", "EUR", True),
        ("boolean", True, "yes", True),
        ("boolean", True, False, False),
        ("text", None, "", False),
        ("text", None, None, True),
    ],
)
def test_same_value(kind: str, a: Scalar, b: Scalar, same: bool) -> None:
    assert same_value(kind, a, b) is same
    assert same_value(kind, b, a) is same


@example("integer", "NaN")
@example("money", "-Infinity")
@given(st.sampled_from(sorted(KINDS - {"boolean"})), st.text(min_size=1, max_size=30))
def test_a_value_equals_itself(kind: str, text: str) -> None:
    assert same_value(kind, text, text)


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        ("party", "Kubient, Inc.", "KUBIENT INC"),
        ("date", "2018-03-04", "4 March 2018"),
        ("money", "RM 21.50", Decimal("21.500")),
        ("money", 40.83, "$40.83"),
        ("number", 40.0, Decimal(40)),
        ("duration", "24 months", "two (2) years"),
        ("place", "State of Texas", "Texas"),
        ("currency", "€", "EUR"),
        ("boolean", "yes", True),
        ("text", None, None),
    ],
)
def test_equal_values_share_a_key(kind: str, a: Scalar | float, b: Scalar | float) -> None:
    assert value_key(kind, a) == value_key(kind, b)
    assert value_key(kind, a) != value_key(kind, "something else")
    assert hash(value_key(kind, a)) == hash(value_key(kind, b))


@given(st.text(max_size=40))
def test_folding_is_stable(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert all(c.isalnum() for c in once)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "dated 5 May 2020", ("2020-05-05", None)),
        ("money", "Total: € 12,00", (Decimal("12.00"), "EUR")),
        ("integer", "3 pcs", (Decimal(3), None)),
        ("integer", "3.5", None),
        ("percent", "19 %", (Decimal(19), None)),
        ("duration", "thirty (30) days", ("30 days", None)),
        ("boolean", "Yes", (True, None)),
        ("place", "State of Texas", ("Texas", None)),
        ("currency", "in EUR", ("EUR", None)),
        ("text", "  two\nlines ", ("two lines", None)),
        ("date", "no date", None),
    ],
)
def test_normalize(kind: str, text: str, value: tuple[Scalar, str | None] | None) -> None:
    assert normalize(kind, text) == value


def test_the_longer_of_two_overlapping_values_stays() -> None:
    short, long, other = Found(0, 3, "abc", 1), Found(1, 6, "bcdef", 2), Found(7, 8, "h", 3)
    assert drop_overlaps([other, short, long]) == [long, other]
    cover = Cover([other, short, long])
    assert cover.touching(5, 8) == [long, other]
    assert cover.covers(2, 5)
    assert not cover.covers(5, 8)


_N = 12_000
_WORST = {
    "digits": "1" * _N,
    "spaced digits": "1 " * (_N // 2),
    "commas": "1," * (_N // 2),
    "underscores": "_" * _N,
    "spaced underscores": "_ " * (_N // 2),
    "spaces": " " * _N,
    "capitals": "A " * (_N // 2),
    "stops": "." * _N,
    "brackets": "(" * _N,
    "slashes": "12/" * (_N // 3),
    "amounts": "$1,000 " * (_N // 7),
    "forms": "Inc. " * (_N // 5),
    "counts": "one hundred and day " * (_N // 20),
}


@pytest.mark.parametrize("name", sorted(_WORST))
def test_finders_end_on_the_worst_text(name: str) -> None:
    """With one unbounded pattern this takes minutes, not a moment."""
    text = _WORST[name]
    finders: list[Callable[[str], object]] = [find_blank_dates, address_score, lambda t: guess_day_first([t])]
    results = [find(kind, text) for kind in sorted(KINDS)]
    assert all(text[f.start : f.end] == f.text for found in results for f in found)
    assert all(finder(text) is not NotImplemented for finder in finders)
