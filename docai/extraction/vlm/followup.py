"""What a model is asked after its answers about a document's pages: only where something is in doubt.

Bounded: once a document, so many questions a page. The same pages and answers give the same questions, so
that a run that was killed finds what it was told already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Literal, TypeAlias

from docai.extraction.sums import check_rows
from docai.extraction.vlm.choices import ChoiceQuestion, find_choices
from docai.extraction.vlm.engine import bare_page
from docai.extraction.vlm.looks import LookQuestion, find_looks
from docai.extraction.vlm.missing import RowsQuestion, find_missing_rows
from docai.extraction.vlm.prompt import hash_choices, hash_prompt, hash_words
from docai.extraction.vlm.terms import compute_terms
from docai.schema import Schema
from docai.types import Claim, DocumentView, FieldValue

FollowUp: TypeAlias = LookQuestion | RowsQuestion | ChoiceQuestion


def find_follow_ups(
    view: DocumentView, schema: Schema, said: Sequence[Claim], fields: Sequence[FieldValue]
) -> list[FollowUp]:
    """Questions about one document (or segment). `said`: the model's claims, periods still without their
    date; `fields`: what came of them.
    """
    bare = {page.number: bare_page(page) for page in view.pages}
    looks = find_looks(view.pages, schema, compute_terms(said, schema), fields)
    found: list[FollowUp] = [LookQuestion(bare[number], places) for number, places in looks.items()]
    if all(answer.complete for answer in view.answers):  # else rows are missing where a page has no answer
        for check in check_rows(schema, fields, view.pages):
            if check.lacks:
                found += find_missing_rows(check, view.pages, schema, said)
    choices = find_choices(schema, said, fields)
    if choices:
        found.append(ChoiceQuestion(bare[view.pages[0].number], schema.title, choices))
    return found


def name_follow_up(question: FollowUp) -> list[object]:
    """What the answer depends on beside the model: JSON."""
    match question:
        case LookQuestion():
            return ["look", hash_words(), [[k.path, astuple(k)[1], k.shown] for k in question.looks]]
        case RowsQuestion():
            return ["rows", hash_prompt(question.question.schema), question.group, question.question.note]
        case ChoiceQuestion():
            return ["choice", hash_choices(question.choices, question.title)]


def name_purpose(question: FollowUp) -> Literal["look", "rows", "choice"]:
    """What an answer says that it is about."""
    match question:
        case LookQuestion():
            return "look"
        case RowsQuestion():
            return "rows"
        case ChoiceQuestion():
            return "choice"
