"""What a record says of things that went wrong without ending its document."""

from __future__ import annotations

from collections.abc import Sequence

from docai.extraction.sums import RowCheck, describe_check
from docai.schema import Gap
from docai.types import DocumentView, RecordIssue


def collect_issues(
    view: DocumentView, refused: Sequence[Gap], checks: Sequence[RowCheck] = ()
) -> tuple[RecordIssue, ...]:
    """Issues of the pages, of the answers about them, each with its page, of values that cannot stand in the
    user's schema (an enum without them, a wrong type), and of rows that do not add up.
    """
    located = [(page.number, page.issues) for page in view.pages]
    located += [(answer.page, answer.issues) for answer in view.answers]
    told = [
        RecordIssue(stage=i.stage, code=i.code, message=i.message, page=i.page or number)
        for number, issues in located
        for i in issues
    ]
    told += [
        RecordIssue(stage="extraction", code="value-refused", message=f"{gap.path}: {gap.reason}")
        for gap in refused
    ]
    told += [
        RecordIssue(stage="extraction", code="rows-do-not-add-up", message=message)
        for check in checks
        if (message := describe_check(check)) is not None
    ]
    return tuple(told)
