"""What may have become of a document since it was listed: the errors that all sources share."""

from __future__ import annotations

from docai.errors import DocumentError
from docai.types import SourceItem

STAGE = "sources"


def gone(item: SourceItem) -> DocumentError:
    """`gone`: it is there no more."""
    return DocumentError(
        "gone",
        "was deleted after it was listed",
        document=item.uri,
        stage=STAGE,
        hint="run again without it, or put it back",
    )


def changed(item: SourceItem, how: str) -> DocumentError:
    """`changed`: its bytes are others. `how`: what was done to it, as the message says it."""
    return DocumentError(
        "changed",
        f"was {how} after it was listed",
        document=item.uri,
        stage=STAGE,
        hint="run again: the new version is a document of its own",
    )


def not_listed(item: SourceItem, message: str) -> DocumentError:
    """`unreadable`: another source's item."""
    return DocumentError(
        "unreadable",
        message,
        document=item.uri,
        stage=STAGE,
        hint="take items from this source's own listing",
    )
