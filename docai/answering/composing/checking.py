"""Each sentence of a composed answer against the page: quotes are located, and what it states must be there.

A sentence fails for one named reason and is kept with it. What decides is the page's own text where a quote
stands; of the whole sentence around it where a quote could have been cut short of its "not".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from docai.answering.citing import cite_evidence
from docai.answering.composing.material import Excerpt, Material
from docai.answering.composing.polarity import find_polarity_fault
from docai.answering.composing.relevance import find_strange_words
from docai.answering.composing.reply import SaidQuote, SaidSentence
from docai.answering.composing.roles import find_role_fault, list_settled, prints_end
from docai.answering.composing.stated import Value, all_keys, list_names, list_values, name_keys
from docai.answering.planted import is_instruction
from docai.answering.question import Question
from docai.answering.sentences import sentence_around
from docai.answering.sources import Source
from docai.grounding.location import find_in_document, to_evidence
from docai.grounding.text_index import fold_text
from docai.types import Citation, Evidence
from docai.values.compare import find
from docai.values.dates import add_term
from docai.values.durations import parse_duration

COMPUTED = "start+term"
_LEAST_SCORE = 0.92
"""Of an approximate place: a model may read a page better than OCR did, a letter here and there."""
_SHOWN = 80
_OPENING = 4
"""Passages at a document's head, which name what it is and whose."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A quote that was found. `said`: the page's words there; `around`: the whole sentence (or sentences);
    `heading`: of its section."""

    excerpt: Excerpt
    citations: tuple[Citation, ...]
    said: str
    around: str
    heading: str


@dataclass(frozen=True, slots=True)
class Checked:
    """`reason` None: the sentence is supported. `rule`: how a date that no quote prints follows from them."""

    text: str
    proofs: tuple[Proof, ...] = ()
    reason: str | None = None
    rule: str | None = None

    @property
    def document_ids(self) -> frozenset[str]:
        return frozenset(p.excerpt.source.document.id for p in self.proofs)


@dataclass(slots=True)
class _Lookup:
    """What became of a sentence's quotes."""

    proofs: list[Proof] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def check_sentence(sentence: SaidSentence, material: Material) -> Checked:
    """Whether the pages say what a sentence says, by the places that it names."""
    if not sentence.quotes:
        return Checked(sentence.text, reason="it quotes nothing")
    lookup = _Lookup()
    for quote in sentence.quotes:
        _look_up(quote, material, lookup)
    proofs = tuple(lookup.proofs)
    if not proofs:
        return Checked(sentence.text, reason=lookup.faults[0])
    fault, rule = _find_fault(sentence.text, proofs, material.question)
    if fault is not None and lookup.faults:
        fault = f"{fault}; {lookup.faults[0]}"
    return Checked(sentence.text, proofs, fault, None if fault else rule)


def _look_up(quote: SaidQuote, material: Material, lookup: _Lookup) -> None:
    shown = quote.words if len(quote.words) <= _SHOWN else quote.words[: _SHOWN - 1] + "…"
    excerpt = material.find(quote.source)
    if excerpt is None:
        lookup.faults.append(f"there is no passage {quote.source}" if quote.source else "it names no passage")
        return
    proof = _prove(quote, excerpt, material)
    if proof is None:
        other = next(
            (e for e in material.excerpts if _is_in(quote, e) and e.document != excerpt.document), None
        )
        where = f", but {other.source.document.file_name} does" if other is not None else ""
        lookup.faults.append(f"{excerpt.source.document.file_name} does not say “{shown}”{where}")
    elif is_instruction(proof.around) or is_instruction(proof.said):
        lookup.faults.append("what it quotes is an instruction to whoever answers, not content")
    else:
        lookup.proofs.append(proof)


def _is_in(quote: SaidQuote, excerpt: Excerpt) -> bool:
    return fold_text(quote.words)[0] in fold_text(excerpt.passage.text)[0]


def _prove(quote: SaidQuote, excerpt: Excerpt, material: Material) -> Proof | None:
    """The quote on the page of its passage, else on another page of that document that was sent."""
    others = [e for e in material.excerpts if e.document == excerpt.document and e is not excerpt]
    pages = dict.fromkeys((excerpt.passage.page, *(e.passage.page for e in others)))
    for exact in (True, False):
        for page in pages:
            found = _locate(quote.words, page, excerpt, exact=exact)
            if found:
                held = [excerpt, *others]
                home = next((e for e in held if e.passage.page == page and _is_in(quote, e)), None)
                home = home or next(e for e in held if e.passage.page == page)
                return _make_proof(found, home)
    home = next((e for e in (excerpt, *others) if e.passage.locator and _is_in(quote, e)), None)
    if home is None:
        return None
    passage = home.passage
    return _make_proof([Evidence(page=passage.page, quote=quote.words, match="exact", score=1.0)], home)


def _locate(words: str, page: int, excerpt: Excerpt, *, exact: bool) -> list[Evidence]:
    source = excerpt.source
    if exact:
        near = excerpt.passage.boxes if excerpt.passage.page == page else ()
        found = source.locate(words, page, near)
        return [found] if found is not None else []
    places = [p for p in find_in_document(words, page, source.indexes) if p.score >= _LEAST_SCORE]
    return [source.place(evidence) for evidence in to_evidence(places, source.indexes)]


def _make_proof(found: Sequence[Evidence], home: Excerpt) -> Proof:
    document = home.source.document
    locator = home.passage.locator
    citations = tuple(cite_evidence(document.id, document.uri, e, locator=locator) for e in found)
    said = " ".join(e.quote for e in found)
    # The sentence it stands in, be it in a passage that was not sent: a quote may leave out a "not".
    page = [home.passage, *home.source.passages_of(home.passage.page)]
    around = next((text for p in page if (text := sentence_around(p.text, said))), said)
    return Proof(home, citations, said, around, home.passage.heading)


def _find_fault(text: str, proofs: Sequence[Proof], question: Question) -> tuple[str | None, str | None]:
    """Why the sentence is not supported, or the rule by which a date in it follows."""
    said = "\n".join(p.said for p in proofs)
    around = "\n".join(dict.fromkeys(p.around for p in proofs))
    fault, rule = _find_strange_value(text, said, proofs, question)
    fault = fault or _find_strange_name(text, said, proofs, question)
    fault = fault or find_polarity_fault(text, around) or find_role_fault(text, around)
    settled = list_settled(text, around) | (frozenset(("end", "term")) if rule else frozenset())
    headings = " ".join(dict.fromkeys(p.heading for p in proofs))
    return fault or find_strange_words(text, f"{around}\n{headings}", question, settled), rule


def _find_strange_value(
    text: str, said: str, proofs: Sequence[Proof], question: Question
) -> tuple[str | None, str | None]:
    stated = all_keys(said)
    asked = all_keys(question.text)
    beside = all_keys(" ".join((question.text, *(p.heading for p in proofs), *_name_documents(proofs))))
    values = list_values(text)
    shown = {value.kind for value in values if _states(value, stated, said)}
    rule = None
    for value in values:
        if _states(value, stated, said):
            continue
        # "60 days, longer than 30 days": what it is compared with stands in the question.
        if (value.kind in shown or value.kind == "url") and value.keys & asked[value.kind]:
            continue
        # Numbers of sections, years in titles; what is asked for must stand in the quote.
        if value.kind == "number" and value.keys & beside["number"] and not _is_asked(question, "number"):
            continue
        if value.kind == "date" and value.keys & beside["date"] and not _is_asked(question, "date"):
            continue
        if value.kind == "date" and _follows(value, said):
            rule = COMPUTED
            continue
        return f"“{value.text}” does not stand in what it quotes", None
    return None, rule


def _is_asked(question: Question, kind: str) -> bool:
    wanted = {question.asked, question.also}
    return bool(wanted & ({"date"} if kind == "date" else {"count", "identifier", "money", "percent"}))


def _states(value: Value, stated: dict[str, set[object]], said: str) -> bool:
    if value.kind == "money":
        found = [f for f in find("money", said) if {f.value, f.alternative} & value.keys]
        return any(not f.unit or not value.unit or f.unit == value.unit for f in found)
    if value.kind == "duration":  # "one (5) years" says two things, and the page must say both
        return value.keys <= stated["duration"]
    return bool(value.keys & stated[value.kind])


def _follows(value: Value, said: str) -> bool:
    """Whether a date is a start and a term that are both quoted, the first day counted or not; never where an
    end is printed."""
    if prints_end(said):
        return False
    periods = [d for f in find("duration", said) if (d := parse_duration(str(f.value))) is not None]
    for start in find("date", said):
        for period in periods:
            for inclusive in (False, True):
                try:
                    end = add_term(str(start.value), period, inclusive=inclusive)
                except ValueError:
                    continue
                if end in value.keys:
                    return True
    return False


def _find_strange_name(text: str, said: str, proofs: Sequence[Proof], question: Question) -> str | None:
    """A name that neither the quotes have nor the document itself bears, in its title, parties or opening."""
    quoted = name_keys(f"{said} {' '.join(p.around for p in proofs)}")
    borne = name_keys(" ".join((question.text, *(p.heading for p in proofs), *_identify(proofs))))
    places = {f.value for f in find("place", said)} | {f.value for f in find("place", _joined(proofs))}
    asked = {f.value for f in find("place", question.text)} if question.asked != "place" else set()
    taken: list[tuple[int, int]] = []
    for found in find("place", text):
        taken.append((found.start, found.end))
        # A state is where a party comes from as often as what is asked: it must stand in the quote.
        if found.value not in places | asked and not name_keys(found.text) <= quoted:
            return f"“{found.text}” does not stand in what it quotes"
    for start, end, name in list_names(text):
        if any(a < end and start < b for a, b in taken):
            continue
        if not name_keys(name) & (quoted | borne):
            return f"“{name}” stands neither in what it quotes nor at the document's head"
    return None


def _joined(proofs: Sequence[Proof]) -> str:
    return " ".join(p.around for p in proofs)


def _list_sources(proofs: Sequence[Proof]) -> list[Source]:
    return list({p.excerpt.source.document.id: p.excerpt.source for p in proofs}.values())


def _name_documents(proofs: Sequence[Proof]) -> list[str]:
    return [f"{s.document.title} {s.document.uri}" for s in _list_sources(proofs)]


def _identify(proofs: Sequence[Proof]) -> list[str]:
    """What the quoted documents are called and whom they name at their head, parties of records included."""
    texts = _name_documents(proofs)
    for source in _list_sources(proofs):
        opening = source.passages[:_OPENING]
        texts += [p.context for p in opening[:1]] + [p.text for p in opening]
        for record in source.records:
            texts += [str(f.value) for f in record.fields if isinstance(f.value, str) and f.evidence]
    return texts
