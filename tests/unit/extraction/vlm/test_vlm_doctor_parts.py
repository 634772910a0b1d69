"""Parts of the doctor: pages of strings, traps of versions, the trial's judgement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.extraction.vlm.doctor.string_page import choose_tile_size, draw_string_page
from docai.extraction.vlm.doctor.traps import find_traps
from docai.extraction.vlm.replies import make_reply_schema
from docai.extraction.vlm.trial import Trial, describe_limits, judge_grammar, measure_image_room
from docai.imaging.profiles import find_profile, see_size
from docai.llm.chat import Reply, Usage
from docai.llm.scripted_traits import make_least
from docai.llm.server import parse_version
from docai.schema import load_schema

GEMMA = "google/gemma-4-12B-it"


@pytest.mark.parametrize("budget", [70, 140, 280, 560, 1120])
def test_pages_of_strings_are_seen_as_they_are(budget: int) -> None:
    profile = find_profile(GEMMA, budget)
    size = choose_tile_size(profile)
    assert see_size(profile, *size) == size
    page = draw_string_page(*size)
    assert page is draw_string_page(*size)
    assert len(set(page.strings)) == len(page.strings) >= 4


@given(st.data())
def test_the_score_is_the_share_of_strings_that_are_told(data: st.DataObject) -> None:
    page = draw_string_page(960, 1344)
    told = data.draw(st.sets(st.sampled_from(page.strings)))
    assert page.score(" / ".join(told).lower()) == len(told) / len(page.strings)


@pytest.mark.parametrize(
    ("version", "budget", "names"),
    [
        ("0.22.1", 1120, {"trap-class-missing", "trap-image-attention", "trap-request-kwargs"}),
        ("0.24.0", 560, {"trap-request-kwargs"}),
        ("0.25.1+cu129", 560, {"trap-drafter-crash", "trap-request-kwargs"}),
        ("0.32.0", 1120, {"trap-runner-v2"}),
        ("0.32.0", 560, set()),
        (None, 1120, set()),
        ("nightly", 1120, set()),
    ],
)
def test_traps_by_version_and_budget(version: str | None, budget: int, names: set[str]) -> None:
    found = list(find_traps("vllm", version, GEMMA, find_profile(GEMMA, budget)))
    assert {finding.check for finding in found} == names
    assert all(finding.remedy for finding in found)
    assert not list(find_traps("ollama", version, GEMMA, find_profile(GEMMA, budget)))


def test_versions() -> None:
    assert parse_version("0.25.1.dev12+gabc") == (0, 25, 1)
    assert parse_version("v1.2") == (1, 2, 0)
    assert parse_version("b8667-c08d28d") is None


@pytest.mark.parametrize(
    ("text", "held"),
    [('{"claims": [', True), ("\n {", True), ("A square.", False), (" \n", None), ("", None)],
)
def test_whether_a_grammar_held(text: str, held: bool | None) -> None:
    assert judge_grammar(Reply(text, Usage(1, 1))) is held


@pytest.mark.parametrize("budget", [70, 140, 280, 560, 1120])
def test_the_budget_shows_in_the_trial_s_tokens(budget: int) -> None:
    trial = Trial(2, True, True, True, 2 * (budget + 2) + 25)
    assert trial.infer_budget(find_profile(GEMMA)) == budget
    assert Trial(2, True, True, True, 0).infer_budget(find_profile(GEMMA)) is None


def test_limits_are_told_only_where_there_are_some() -> None:
    fields = load_schema("contract").fields
    assert describe_limits(Trial(2, True, True, True, 2300, len(fields)), fields, 32_768) == []
    poor = Trial(1, True, False, True, 1200, 5, "too-many-images")
    assert len(describe_limits(poor, fields, 4096)) == 4
    assert measure_image_room(4096) < measure_image_room(8192) < measure_image_room(32_768)


def test_the_least_reply_is_an_empty_list() -> None:
    assert make_least(make_reply_schema(load_schema("contract").fields)) == {"claims": []}
    assert make_least({"anyOf": [{"type": "number"}, {"type": "null"}]}) == 0
