"""Pages and answers of documents on their way: here as long as they are worked on, and at the destination
until the document has its outcome, so that a killed job repeats only what was in flight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeAlias

from docai.batch.store.layout import kept_key, kept_prefix, name_key
from docai.protocols import ObjectStore
from docai.types import Page, PageAnswer

Kind: TypeAlias = Literal["pages", "answers"]
_READERS = 8


@dataclass(frozen=True, slots=True)
class Codec:
    """How pages and answers become bytes; pages come back with boxes to 1/100 pt, whoever keeps them."""

    encode_page: Callable[[Page], bytes]
    decode_page: Callable[[bytes], Page]
    encode_answer: Callable[[PageAnswer], bytes]
    decode_answer: Callable[[bytes], PageAnswer]


@dataclass(frozen=True, slots=True)
class Part:
    """One page or answer. `key`: of its reading or question, as `name_key` gives it; `name`: the page's
    number; `at`: the object's key, where it is kept."""

    kind: Kind
    key: str
    name: str
    data: bytes
    at: str = ""


class PartsInFlight:
    """Satisfies `Pages` and `Answers` for documents in flight, which it holds as bytes (5 kB a page). For the
    scheduler's thread alone."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._parts: dict[str, dict[tuple[Kind, str], dict[str, bytes]]] = {}
        self._held: dict[str, dict[str, dict[int, PageAnswer]]] = {}

    def add(self, document_id: str, part: Part) -> None:
        self._parts.setdefault(document_id, {}).setdefault((part.kind, part.key), {})[part.name] = part.data

    def drop(self, document_id: str) -> None:
        """The document has its outcome, or is given up."""
        self._parts.pop(document_id, None)
        self._held.pop(document_id, None)

    def pack_page(self, page: Page, reading_key: str) -> Part:
        return Part("pages", name_key(reading_key), str(page.number), self._codec.encode_page(page))

    def pack_answer(self, answer: PageAnswer, asking_key: str) -> Part:
        data = self._codec.encode_answer(answer)
        return Part("answers", name_key(asking_key), str(answer.page), data)

    def unpack_page(self, part: Part) -> Page:
        return self._codec.decode_page(part.data)

    def put_page(self, page: Page, reading_key: str) -> Page:
        part = self.pack_page(page, reading_key)
        self.add(page.document_id, part)
        return self.unpack_page(part)

    def get_pages(self, document_id: str, reading_key: str) -> dict[int, Page]:
        found = self._find(document_id, "pages", reading_key)
        return {int(name): self._codec.decode_page(data) for name, data in found.items()}

    def put_answer(self, document_id: str, answer: PageAnswer, asking_key: str) -> None:
        """Hold an answer as it is: of a document that is done before its bytes would be wanted."""
        self._held.setdefault(document_id, {}).setdefault(asking_key, {})[answer.page] = answer

    def get_answers(self, document_id: str, asking_key: str) -> dict[int, PageAnswer]:
        found = self._find(document_id, "answers", asking_key)
        answers = {int(name): self._codec.decode_answer(data) for name, data in found.items()}
        return answers | self._held.get(document_id, {}).get(asking_key, {})

    def list_answered(self, document_id: str, asking_key: str) -> set[int]:
        held = self._held.get(document_id, {}).get(asking_key, {})
        return {int(name) for name in self._find(document_id, "answers", asking_key)} | held.keys()

    def _find(self, document_id: str, kind: Kind, key: str) -> dict[str, bytes]:
        return self._parts.get(document_id, {}).get((kind, name_key(key)), {})


class KeptParts:
    """The same parts at the destination. Any thread may call it; every call may raise `ServiceError`."""

    def __init__(self, store: ObjectStore, recipe: str) -> None:
        self._store = store
        self._recipe = recipe

    def put(self, work: str, part: Part) -> str:
        """Keep it; gives the object's key."""
        at = kept_key(part.kind, self._recipe, work, part.key, part.name)
        self._store.put(at, part.data)
        return at

    def load(self, work: str, kinds: Sequence[Kind] = ("pages", "answers")) -> list[Part]:
        """What earlier runs left of a document."""
        found: list[tuple[Kind, str, str]] = []
        for kind in kinds:
            prefix = kept_prefix(kind, self._recipe, work)
            found += [(kind, prefix, stored.key) for stored in self._store.list(prefix)]
        if not found:
            return []
        with ThreadPoolExecutor(_READERS) as pool:
            bodies = list(pool.map(self._store.get, [at for _, _, at in found]))
        parts = []
        for (kind, prefix, at), data in zip(found, bodies, strict=True):
            key, _, name = at.removeprefix(prefix).partition("/")
            if data is not None:
                parts.append(Part(kind, key, name, data, at))
        return parts

    def remove(self, keys: Sequence[str]) -> None:
        if keys:
            self._store.delete(keys)

    def sweep(self) -> None:
        """Remove what killed runs left of documents that have their outcomes: for a job that is done."""
        for kind in ("pages", "answers"):
            keys = [found.key for found in self._store.list(f"{kind}/{self._recipe}/")]
            for start in range(0, len(keys), 1000):
                self._store.delete(keys[start : start + 1000])
