"""Patterns of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.sources.patterns import Pattern, fixed_part, is_pattern

NAMES = st.text(st.characters(exclude_characters="/*?[]", exclude_categories=["Cs"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("c/*.pdf", "c/a.pdf", True),
        ("c/*.pdf", "c/d/a.pdf", False),
        ("c/**/*.pdf", "c/a.pdf", True),
        ("c/**/*.pdf", "c/d/e/a.pdf", True),
        ("c/**/*.pdf", "cc/a.pdf", False),
        ("c/**", "c/d/e", True),
        ("**/scan/*", "a/b/scan/1", True),
        ("**/scan/*", "scan/1", True),
        ("**/x/**/*.pdf", "x/x/y/x.pdf", True),
        ("c/200[0-4]/?.pdf", "c/2003/a.pdf", True),
        ("c/200[0-4]/?.pdf", "c/2007/a.pdf", False),
        ("c/[[]1].pdf", "c/[1].pdf", True),
        ("*.PDF", "a.pdf", False),
        ("a/../*.pdf", "a/../b.pdf", True),
        ("*/b", "/b", True),
        ("*", "line\nbreak", True),
    ],
)
def test_examples(pattern: str, key: str, matches: bool) -> None:
    assert Pattern(pattern).match(key) is matches


@given(st.lists(NAMES, min_size=1, max_size=6), st.data())
def test_folders_in_between_may_be_any(names: list[str], data: st.DataObject) -> None:
    key = "/".join(names)
    assert not is_pattern(key)
    assert Pattern(key).match(key)
    cut = data.draw(st.integers(0, len(names) - 1))
    pattern = "/".join([*names[:cut], "**", names[-1]])
    assert Pattern(pattern).match(key)
    assert key.startswith(fixed_part(pattern))


def test_many_stars_cost_no_more_than_their_number() -> None:
    pattern = Pattern("/".join(["**"] * 60) + "/" + "*a" * 60 + "b")
    assert not pattern.match("/".join(["a" * 100] * 10))
