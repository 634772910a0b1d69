"""Outcomes as JSON lines, CSV, a workbook or Parquet."""

from docai.workspace.export.lines import outcome_line, parse_line
from docai.workspace.export.views import PageViews
from docai.workspace.export.writer import FORMATS, check_format, write_outcomes

__all__ = ["FORMATS", "PageViews", "check_format", "outcome_line", "parse_line", "write_outcomes"]
