"""Running text: contracts, letters, agreements. Sentences, typed candidates, one reader per kind of field."""

from docai.extraction.prose.reader import extract_prose

__all__ = ["extract_prose"]
