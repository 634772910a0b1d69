"""Answers of a model about pages: kept at once, read back as they were."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from docai.types import Box, Claim, CropReading, Issue, Operand, PageAnswer
from docai.workspace import open_workspace
from docai.workspace.answers import decode_answer, encode_answer

OPERANDS = (Operand("two years", 3), Operand("May 1, 2020", 1, "2020-05-01", (4,), "definition"))
ANSWER = PageAnswer(
    page=3,
    claims=(
        Claim("/total", "9.00", Decimal("9.00"), 3, "vlm", score=0.9, logprob=-0.1, words=(1, 2), unit="EUR"),
        Claim("/paid", "PAID", True, 3, "vlm"),
        Claim("/end", "two years", "2022-05-01", 3, "vlm", rule="start+term", operands=OPERANDS),
        Claim("/date", "Date: ____", None, 3, "vlm", absent="blank"),
    ),
    issues=(Issue("extraction", "reply-truncated", "cut off", 3),),
    model="m",
    prompt="sha256:p",
    dpi=299.5,
    prompt_tokens=4564,
    reply_tokens=12,
)


def test_an_answer_survives_its_encoding() -> None:
    assert decode_answer(encode_answer(ANSWER)) == ANSWER
    assert decode_answer(encode_answer(PageAnswer(1))) == PageAnswer(1)
    reading = CropReading("/total", 3, Box(1.0, 2.5, 30.0, 4.0), "Total: 9.00", "model again")
    look = PageAnswer(3, purpose="look", readings=(reading, replace(reading, by="ocr")))
    assert decode_answer(encode_answer(look)) == look


def test_answers_are_kept_by_document_key_and_page(tmp_path: Path) -> None:
    with open_workspace(tmp_path) as workspace:
        workspace.answers.put_answer("d", ANSWER, "k")
        workspace.answers.put_answer("d", PageAnswer(1), "k")
        workspace.answers.put_answer("d", PageAnswer(2), "other")
    with open_workspace(tmp_path) as workspace:
        assert workspace.answers.get_answers("d", "k") == {1: PageAnswer(1), 3: ANSWER}
        assert workspace.answers.list_answered("d", "k") == {1, 3}
        assert workspace.answers.list_answered("d", "none") == set()
        workspace.answers.put_answer("d", PageAnswer(3), "k")
        assert workspace.answers.get_answers("d", "k")[3] == PageAnswer(3)
