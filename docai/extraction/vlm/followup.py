"""What a model is asked after its answers about a document's pages: only where something is in doubt.

Bounded: once a document, so many questions a page. The same pages and answers give the same questions, so
that a run that was killed finds what it was told already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import TypeAlias

from docai.extraction.vlm.looks import LookQuestion, find_looks
from docai.extraction.vlm.prompt import hash_words
from docai.schema import Schema
from docai.types import Claim, FieldValue, Page

FollowUp: TypeAlias = LookQuestion


def find_follow_ups(
    pages: Sequence[Page], schema: Schema, said: Sequence[Claim], fields: Sequence[FieldValue]
) -> list[FollowUp]:
    """Questions about one document (or segment). `said`: the model's claims, `fields`: what came of them."""
    by_number = {page.number: page for page in pages}
    return [
        LookQuestion(replace(by_number[number], words=(), regions=(), issues=()), looks)
        for number, looks in find_looks(pages, schema, said, fields).items()
    ]


def name_follow_up(question: FollowUp) -> list[object]:
    """What the answer depends on beside the model: JSON."""
    return ["look", hash_words(), [[look.path, astuple(look)[1], look.shown] for look in question.looks]]
