"""What a job gave, as data sets: records, fields with their evidence, failures."""

from docai.batch.results.writing import Counts, Formats, ResultWriter

__all__ = ["Counts", "Formats", "ResultWriter"]
