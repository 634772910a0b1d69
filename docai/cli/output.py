"""Where outcomes go: a readable table on a terminal, JSON lines into a pipe, or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from docai.types import Outcome, Record

if TYPE_CHECKING:
    from docai.workspace.export import PageViews


def write_or_print(
    outcomes: Iterable[Outcome], out: Path | None, *, json_lines: bool, views: PageViews | None = None
) -> None:
    """Consume outcomes as they come; a file is complete or absent, never half.

    `views` renders the page crops that a workbook's cells link to.
    """
    if out is not None:
        from docai.workspace.export import write_outcomes

        write_outcomes(out, outcomes, views)
        return
    from docai.cli.table import print_record
    from docai.workspace.export import outcome_line

    as_table = sys.stdout.isatty() and not json_lines
    for outcome in outcomes:
        if as_table:
            if isinstance(outcome, Record):  # Failures are named on standard error as they happen.
                print_record(outcome)
        else:
            sys.stdout.write(outcome_line(outcome) + "\n")
            sys.stdout.flush()
