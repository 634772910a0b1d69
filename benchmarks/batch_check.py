"""Is a batch exact? Its ledger against the listing, and its outcomes against the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from docai.batch.store.ledger import Entry, LedgerReader
from docai.batch.store.outcomes import decode_outcome
from docai.protocols import ObjectStore
from docai.sources.folder import FolderSource
from docai.sources.folder_store import FolderStore
from docai.types import SourceItem


def read_newest(store: ObjectStore, recipe: str) -> tuple[dict[SourceItem, Entry], set[str], list[str]]:
    """The line that counts for each item, names of all outcomes, and items of which two lines differ."""
    newest: dict[SourceItem, Entry] = {}
    names: set[str] = set()
    wrong: list[str] = []
    for entry in LedgerReader(store, recipe).entries():
        names.add(_name(entry.outcome))
        known = newest.get(entry.item)
        if known is None or known.attempt < entry.attempt:
            newest[entry.item] = entry
        elif known.attempt == entry.attempt and known.outcome != entry.outcome:
            wrong.append(f"two outcomes of {entry.uri}: {known.outcome} and {entry.outcome}")
    return newest, names, wrong


def find_recipe(store: ObjectStore) -> str:
    """Of the only job at a destination."""
    (job,) = store.list("jobs/")
    return job.key.rpartition("/")[2].removesuffix(".json")


def check_folders(source: Path, dest: Path) -> list[str]:
    """What is wrong with the only job from a folder into a folder."""
    store = FolderStore(dest)
    return check_batch(store, find_recipe(store), FolderSource([source]).items())


def check_batch(
    store: ObjectStore, recipe: str, listing: Iterable[SourceItem], *, also: Iterable[SourceItem] = ()
) -> list[str]:
    """What is wrong, nothing hopefully: every listed item has one outcome, which exists and says what the
    ledger says; no outcome belongs to nobody; nothing of the way is left. `also`: items that were listed once
    and may have outcomes."""
    newest, owned, wrong = read_newest(store, recipe)
    listed = set(listing)
    wrong += [f"no outcome: {item.uri}" for item in sorted(listed - newest.keys(), key=lambda i: i.uri)]
    unknown = newest.keys() - listed - set(also)
    wrong += [f"never listed: {item.uri}" for item in sorted(unknown, key=lambda i: i.uri)]
    first: dict[str, Entry] = {}
    for entry in newest.values():
        seen = first.setdefault(entry.outcome, entry)
        if seen.document != entry.document:
            wrong.append(f"{entry.outcome} stands for two contents")
        if seen is not entry:
            continue
        data = store.get(entry.outcome)
        if data is None:
            wrong.append(f"{entry.uri}: {entry.outcome} is not there")
            continue
        stored = decode_outcome(entry.outcome, data)
        if (stored.document, stored.standing) != (entry.document, entry.standing):
            wrong.append(f"{entry.uri}: the ledger says {entry.standing}, the outcome {stored.standing}")
    documents: dict[str, str] = {}
    for entry in newest.values():
        document = entry.document
        if document is not None and documents.setdefault(document, entry.outcome) != entry.outcome:
            wrong.append(f"{document} has two outcomes")
    found = {_name(f.key) for f in store.list("outcomes/")}
    wrong += [f"nobody's outcome: {name}" for name in sorted(found - owned)]
    for prefix in ("pages", "answers", "claims", "beats"):
        wrong += [f"left over: {f.key}" for f in store.list(f"{prefix}/{recipe}/")]
    return wrong


def _name(outcome: str) -> str:
    """An outcome's name without its attempt."""
    return outcome.rpartition("/")[2].partition(".")[0]
