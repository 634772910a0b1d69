"""Outcomes as JSON lines, CSV, a workbook or Parquet."""

from docai.workspace.export.lines import outcome_line, parse_line
from docai.workspace.export.writer import FORMATS, write_outcomes

__all__ = ["FORMATS", "outcome_line", "parse_line", "write_outcomes"]
