"""One call without images after the pages: which of several printed values is meant, from when a term runs.

Asked only where the model's own claims of a single field differ and pages print each of them, or where a date
is missing that a printed period may give. The model names an option by its number; dates are computed here,
and what is chosen is proven like any claim. A choice never lifts a value above what the best was believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docai.errors import ConfigError, ServiceError
from docai.extraction.vlm.claims import ENGINE, TERM_RULE
from docai.extraction.vlm.looks import is_printed, plain
from docai.extraction.vlm.prompt import Choice, Option, describe_field, hash_choices, write_choices
from docai.extraction.vlm.signals import Candidate, from_log_odds, log_odds
from docai.extraction.vlm.terms import compute_terms
from docai.llm.chat import ChatRequest, Message, ModelClient, Reply
from docai.llm.faults import PAGE_FAULTS
from docai.llm.grammar import strict_object
from docai.llm.salvage import parse_object
from docai.schema import Field, Schema
from docai.schema.kinds import name_tokens
from docai.types import Claim, Evidence, FieldValue, Issue, Operand, Page, PageAnswer
from docai.values.compare import same_value

MOST_OPTIONS = 4
MOST_CHOICES = 8
_LETTERS = 200
_RIVAL = 0.2
"""From this belief on a printed rival is worth asking about."""
_CHOSEN = 1.0
"""Log odds by which a choice moves belief. Set by hand: no served model has been measured."""
_MOST_TOKENS = 256
_TEMPERATURES = (0.0, 0.4)
_FAULTS = PAGE_FAULTS | {"context-too-small", "request-too-large", "schema-refused"}
_FOUND = frozenset(("grounded", "inferred"))
_UNLIKE = frozenset(("boolean", "enum"))
_END_WORDS = """
expiration expiry expires expire end ends ending termination until maturity ende ablauf endet bis fin echeance
"""
_TERM_WORDS = "term duration period laufzeit dauer duree"
_OTHER_WORDS = "notice renewal renew cure payment warranty grace trial frist kuendigungsfrist preavis"
_ENDS, _TERMS, _OTHERS = (frozenset(words.split()) for words in (_END_WORDS, _TERM_WORDS, _OTHER_WORDS))


@dataclass(frozen=True, slots=True)
class ChoiceQuestion:
    """All choices of one document (or segment); `page` is its first, without words."""

    page: Page
    title: str
    choices: tuple[Choice, ...]


def find_choices(schema: Schema, said: Sequence[Claim], fields: Sequence[FieldValue]) -> tuple[Choice, ...]:
    """What is to be chosen. `said`: the model's claims, periods still without their date."""
    leaves = {f.path: f for f in schema.fields if f.group is None and not f.many and f.kind not in _UNLIKE}
    values = {value.path: value for value in fields if value.path in leaves}
    choices = []
    for path, value in values.items():
        options = _list_options(value, leaves[path], [c for c in said if c.path == path])
        if options:
            choices.append(Choice(path, _name(leaves[path]), options))
    return (*choices, *_find_rules(schema, said, leaves, values))[:MOST_CHOICES]


def _name(field: Field) -> str:
    return f"{field.path}: {describe_field(field)}"


def _list_options(value: FieldValue, field: Field, said: Sequence[Claim]) -> tuple[Option, ...]:
    """The printed values of a field, where the model's own claims are about more than one of them."""
    readable = [(value.value, value.confidence, value.evidence)]
    readable += [(a.value, a.confidence, a.evidence) for a in value.alternatives]
    shown = [
        (plain(v), evidence[0])
        for v, confidence, evidence in readable
        if v is not None and confidence >= _RIVAL and is_printed(plain(v), evidence, field)
    ]
    claimed = [v for v, _ in shown if any(same_value(field.kind, v, c.value) for c in said)]
    return tuple(_make_option(v, e) for v, e in shown[:MOST_OPTIONS]) if len(claimed) > 1 else ()


def _find_rules(
    schema: Schema, said: Sequence[Claim], leaves: Mapping[str, Field], values: Mapping[str, FieldValue]
) -> Iterator[Choice]:
    """Dates that no page gives, with a period that a page prints and the dates from which it may run."""
    starts = _list_starts(leaves, values)
    computed = {c.path for c in compute_terms(said, schema) if c.rule == TERM_RULE}
    for path, value in values.items():
        field = leaves[path]
        if field.kind != "date" or value.status in _FOUND or path in computed:
            continue
        open_terms = [c for c in said if c.path == path and c.rule == TERM_RULE and c.value is None]
        terms = [Option(str(c.operands[0].value), c.quote[:_LETTERS], c.page) for c in open_terms[:1]]
        if not terms and set(name_tokens(field.name)) & _ENDS:
            terms = list(_list_terms(leaves, values))
        for term in terms[:1] if starts else ():
            yield Choice(path, _name(field), starts, term)


def _list_starts(leaves: Mapping[str, Field], values: Mapping[str, FieldValue]) -> tuple[Option, ...]:
    """The dates that pages print for the document's single fields, each once."""
    dates: dict[str, Option] = {}
    for path, value in values.items():
        if leaves[path].kind == "date" and value.status == "grounded" and value.evidence:
            dates.setdefault(str(value.value), _make_option(value.value, value.evidence[0]))
    return tuple(dates.values())[:MOST_OPTIONS]


def _list_terms(leaves: Mapping[str, Field], values: Mapping[str, FieldValue]) -> Iterator[Option]:
    """Periods that pages print for fields that are about how long something lasts."""
    for path, value in values.items():
        words = set(name_tokens(leaves[path].name))
        lasting = leaves[path].kind == "duration" and words & _TERMS and not words & _OTHERS
        if lasting and value.status == "grounded" and value.evidence:
            yield _make_option(value.value, value.evidence[0])


def _make_option(value: Any, evidence: Evidence) -> Option:
    return Option(str(value), evidence.quote[:_LETTERS], evidence.page)


def weigh_choices(
    candidates: Sequence[Candidate], beliefs: Sequence[float], chosen: Sequence[Claim]
) -> list[float]:
    """Beliefs after the model chose: of a field's candidates the chosen one gains and the others lose, none
    above what the best of them had. A choice of something that is no candidate changes nothing.
    """
    weighed = list(beliefs)
    for choice in chosen:
        about = [at for at, c in enumerate(candidates) if c.field.path == choice.path and not choice.rule]
        if not about:
            continue
        kind, top = candidates[about[0]].field.kind, max(beliefs[at] for at in about)
        picked = {at for at in about if same_value(kind, candidates[at].value, choice.value)}
        for at in about if picked else ():
            odds = log_odds(beliefs[at]) + (_CHOSEN if at in picked else -_CHOSEN)
            limit = top if at in picked else beliefs[at]
            weighed[at] = round(min(limit, from_log_odds(odds)), 4)
    return weighed


async def choose(client: ModelClient, question: ChoiceQuestion) -> PageAnswer:
    """The options that the model names, as claims of their passages. Of a reply that is none, twice, or of a
    server that fails nothing is chosen, and an issue says so.

    Raises `DocaiError` where the server is gone.
    """
    request = ChatRequest(
        messages=(Message("user", (write_choices(question.title, question.choices),)),),
        json_schema=make_choice_schema(question.choices),
        schema_name="choices",
        max_tokens=_MOST_TOKENS,
    )
    claims: list[Claim] = []
    trouble: tuple[str, str] | None = None
    prompt_tokens = reply_tokens = 0
    for temperature in _TEMPERATURES:
        try:
            reply = await client.complete(replace(request, temperature=temperature))
        except (ConfigError, ServiceError) as error:
            if error.code not in _FAULTS:
                raise
            trouble = error.code, error.message
            break
        prompt_tokens += reply.usage.prompt_tokens
        reply_tokens += reply.usage.completion_tokens
        chosen = read_choices(reply, question.choices)
        trouble = None if chosen is not None else ("reply-invalid", "the model's reply cannot be used")
        if chosen is not None:
            claims = chosen
            break
    number = question.page.number
    return PageAnswer(
        page=number,
        claims=tuple(claims),
        complete=trouble is None,
        issues=(_describe(trouble, question),) if trouble else (),
        model=client.name,
        prompt=hash_choices(question.choices, question.title),
        prompt_tokens=prompt_tokens,
        reply_tokens=reply_tokens,
        purpose="choice",
    )


def _describe(trouble: tuple[str, str], question: ChoiceQuestion) -> Issue:
    paths = ", ".join(choice.path for choice in question.choices)
    message = f"{trouble[1]}; which of several values is meant was not told: {paths}"
    return Issue("extraction", trouble[0], message, question.page.number)


def make_choice_schema(choices: Sequence[Choice]) -> dict[str, Any]:
    """Grammar of the reply: for each question the number of an option, 0 for none of them."""
    numbers = {f"{at}": {"enum": list(range(len(c.options) + 1))} for at, c in enumerate(choices, 1)}
    return strict_object(numbers)


def read_choices(reply: Reply, choices: Sequence[Choice]) -> list[Claim] | None:
    """What a reply chooses: a value with its passage, or a period with its start; None for a reply that is
    none. A number that no option has chooses nothing.
    """
    parsed = parse_object(reply.text, reply.finish_reason)
    if parsed.verdict != "complete":
        return None
    said = parsed.items[0].value
    claims = []
    for at, choice in enumerate(choices, 1):
        number = said.get(f"{at}")
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= len(choice.options):
            continue
        claims.append(_claim(choice, choice.options[number - 1]))
    return claims


def _claim(choice: Choice, option: Option) -> Claim:
    if choice.term is None:
        return Claim(choice.path, option.quote, option.value, option.page, ENGINE)
    term = choice.term
    operands = (
        Operand(term.quote, term.page, term.value),
        Operand(option.quote, option.page, option.value, role="definition"),
    )
    return Claim(choice.path, term.quote, None, term.page, ENGINE, rule=TERM_RULE, operands=operands)
