"""One page's question to a model, asked until its reply can be used or nothing is left to try.

What goes wrong in a reply (cut off, looping, not JSON, nonsense) costs a retry with more temperature, then
smaller groups of fields, then the page's tiles one by one; what a server cannot hold is asked for in smaller
parts. What is complete in a broken reply is kept. A page that stays without an answer says so; the rest goes
on.

Tiles are never cut smaller than the server shows them: it would scale them up again, and the model would see
pixels that are not the page's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from docai.errors import ConfigError, DocaiError, ServiceError
from docai.extraction.vlm.claims import Claimed, join_claims, read_claims
from docai.extraction.vlm.groups import Group, halve_fields, split_fields
from docai.extraction.vlm.prompt import hash_prompt, write_question, write_system
from docai.extraction.vlm.replies import make_reply_schema
from docai.extraction.vlm.sheets import PageSheet, SheetPart, share_parts
from docai.extraction.vlm.sight import Eye
from docai.imaging.profiles import VisionProfile
from docai.llm.chat import ChatRequest, ImagePart, Message, ModelClient, Reply
from docai.llm.faults import PAGE_FAULTS, read_image_limit
from docai.schema import Field, Schema, template
from docai.types import Claim, Issue, Page, PageAnswer

_TEMPERATURES = (0.0, 0.4, 0.8)
_MOST_REQUESTS = 12
"""About one page at one size of its tiles: a page on which everything fails must not hold up the others."""
_MOST_TOKENS = 4096
"""Of a reply: a page of table rows takes 3,000. A cut-off one may have twice that."""
_MOST_IMAGES = 16
MakeSheet = Callable[[VisionProfile], Awaitable[PageSheet]]


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """What is asked. `page` has its turn and no words; `number` and `count` are those of its document.

    `smallest_text_px`: how small its text is, where the page may be shrunk; None shows its own pixels.
    `note`: what is asked in place of all that the page says.
    """

    page: Page
    number: int
    count: int
    schema: Schema
    context: str = ""
    smallest_text_px: float | None = None
    note: str = ""


def bare_page(page: Page) -> Page:
    """A page as questions carry it: what was read of it stays behind."""
    return replace(page, words=(), regions=(), issues=())


@dataclass(slots=True)
class _Asking:
    """One page's question under way: what was spent and what came of it."""

    question: PageQuestion
    system: dict[Group, str] = field(default_factory=dict)
    one_by_one: bool = False
    requests: int = 0
    allowed: int = _MOST_REQUESTS
    prompt_tokens: int = 0
    reply_tokens: int = 0
    dpi: float | None = None
    trouble: str = ""
    code: str = "no-answer"

    def note(self, code: str, message: str) -> None:
        self.code, self.trouble = code, message


@dataclass(slots=True)
class _Got:
    """Claims about some fields; `missing` fields have no whole answer."""

    claims: list[Claim] = field(default_factory=list)
    missing: list[Group] = field(default_factory=list)

    def add(self, other: _Got) -> None:
        self.claims = join_claims(self.claims, other.claims)
        self.missing += other.missing


class PageEngine:
    """Asks one model. `ask` may run many times at once; the client holds requests back."""

    def __init__(
        self, client: ModelClient, eye: Eye, *, context_tokens: int | None = None, logprobs: bool = True
    ) -> None:
        self._client = client
        self._eye = eye
        self._context_tokens = context_tokens
        self._logprobs = logprobs
        self._most_images = _MOST_IMAGES
        self._replied = False
        self._refused: dict[Group, str] = {}

    async def ask(self, question: PageQuestion, make_sheet: MakeSheet) -> PageAnswer:
        """The answer about one page, which may say that there is none.

        Raises `DocumentError` where the page has no image, and any other `DocaiError` where the server is
        gone or refuses everything.
        """
        asking = _Asking(question)
        profile = self._eye.profile
        sheet = await make_sheet(profile)
        got = await self._ask_all(asking, question.schema.fields, sheet)
        if not self._eye.knows(profile):
            # The first reply told that the server shows fewer pixels: once more, cut for what it shows.
            sheet = await make_sheet(self._eye.profile)
            got = await self._ask_all(asking, question.schema.fields, sheet)
        missing = {field.path for group in got.missing for field in group}
        if missing and len(sheet.parts) > 1:
            asking.one_by_one = True
            asking.allowed = asking.requests + _MOST_REQUESTS
            fields = [field for field in question.schema.fields if field.path in missing]
            again = await self._ask_all(asking, fields, sheet)
            got, missing = _replace_lost(got, again, missing)
        return self._finish(asking, got.claims, len(missing))

    def refuse(self, groups: Iterable[Group], message: str) -> None:
        """Fields of which the server is known to hold no grammar: they are never asked about together."""
        self._refused |= dict.fromkeys(groups, message)

    async def _ask_all(self, asking: _Asking, fields: Sequence[Field], sheet: PageSheet) -> _Got:
        got = _Got()
        for group in split_fields(fields):
            got.add(await self._ask_group(asking, group, sheet.parts, sheet))
        return got

    async def _ask_group(
        self, asking: _Asking, group: Group, parts: Sequence[SheetPart], sheet: PageSheet
    ) -> _Got:
        """Some fields on some of the page's tiles, in as many requests as the context needs."""
        if group in self._refused:
            return await self._ask_halves(asking, group, parts, sheet, "schema-refused", self._refused[group])
        system = asking.system.setdefault(group, write_system(asking.question.schema, group))
        got = _Got()
        whole = len(parts) == len(sheet.parts)
        most = 1 if asking.one_by_one else self._most_images
        shares = share_parts(parts, self._room_for_images(system, asking.question), most)
        for share in shares:
            try:
                got.add(await self._ask_share(asking, group, share, sheet, part=not whole or len(shares) > 1))
            except (ConfigError, ServiceError) as error:
                got.add(await self._ask_smaller(asking, group, share, sheet, error))
        return got

    async def _ask_halves(
        self,
        asking: _Asking,
        group: Group,
        parts: Sequence[SheetPart],
        sheet: PageSheet,
        code: str,
        message: str,
    ) -> _Got:
        """Half of the fields, then the others; where they cannot be parted the page says why."""
        halves = halve_fields(group)
        if len(halves) < 2:
            asking.note(code, message)
            return _Got(missing=[group])
        got = _Got()
        for half in halves:
            got.add(await self._ask_group(asking, half, parts, sheet))
        return got

    async def _ask_share(
        self, asking: _Asking, group: Group, share: Sequence[SheetPart], sheet: PageSheet, *, part: bool
    ) -> _Got:
        """The same question at rising temperature until a reply is whole; then in halves of its fields."""
        best: Claimed | None = None
        flawed: list[Claimed] = []
        request = self._make_request(asking, group, share, part=part)
        for temperature in _TEMPERATURES:
            reply = await self._complete(asking, replace(request, temperature=temperature), share, sheet)
            claimed = read_claims(reply, group, asking.question.page.number)
            if claimed.usable and not claimed.invalid:
                return _Got(list(claimed.claims))
            if claimed.usable:
                # An item that means nothing was meant to: asked for once more, but no model is stopped by it.
                flawed.append(claimed)
                if len(flawed) > 1 and not all(one.lost for one in flawed):
                    break
                continue
            verdict = claimed.verdict if claimed.verdict != "complete" else "invalid"
            asking.note(f"reply-{verdict}", f"the model's reply cannot be used ({verdict})")
            if best is None or len(claimed.claims) > len(best.claims):
                best = claimed
            if claimed.verdict == "truncated" and self._has_room(2 * request.max_tokens, share, asking):
                request = replace(request, max_tokens=2 * request.max_tokens)
            if asking.requests >= asking.allowed:
                break
        if flawed:
            return _take_flawed(asking, flawed, group)
        if asking.requests >= asking.allowed or len(halve_fields(group)) < 2:
            return _Got(list(best.claims) if best else [], [group])
        return await self._ask_halves(asking, group, share, sheet, asking.code, asking.trouble)

    async def _ask_smaller(
        self,
        asking: _Asking,
        group: Group,
        share: Sequence[SheetPart],
        sheet: PageSheet,
        error: DocaiError,
    ) -> _Got:
        """After a refusal: fewer images or fewer fields at once. Raises it again if it is not the page's."""
        if error.code not in {"too-many-images", "context-too-small", "request-too-large", "schema-refused"}:
            # What refuses the very first question would refuse every other: better said before all are read.
            if error.code not in PAGE_FAULTS or (error.code == "bad-request" and not self._replied):
                raise error
        elif asking.requests < asking.allowed + _MOST_REQUESTS:
            if error.code == "too-many-images" and len(share) > 1:
                self._most_images = min(read_image_limit(error) or 1, len(share) - 1)
                return await self._ask_group(asking, group, share, sheet)
            if error.code != "schema-refused" and len(share) > 1:
                got = _Got()
                for half in (share[: len(share) // 2], share[len(share) // 2 :]):
                    got.add(await self._ask_group(asking, group, half, sheet))
                return got
            if error.code == "schema-refused":
                self.refuse([group], error.message)
            if error.code in ("context-too-small", "schema-refused"):
                return await self._ask_halves(asking, group, share, sheet, error.code, error.message)
        asking.note(error.code, error.message)
        return _Got(missing=[group])

    async def _complete(
        self, asking: _Asking, request: ChatRequest, share: Sequence[SheetPart], sheet: PageSheet
    ) -> Reply:
        asking.requests += 1
        if not self._logprobs:
            request = replace(request, logprobs=False)
        try:
            reply = await self._client.complete(request)
        except ConfigError as error:
            if error.code != "bad-request" or not request.logprobs or self._replied:
                raise
            # Some servers refuse to tell logprobs, in words of their own.
            self._logprobs = False
            reply = await self._client.complete(replace(request, logprobs=False))
        self._replied = True
        asking.prompt_tokens += reply.usage.prompt_tokens
        asking.reply_tokens += reply.usage.completion_tokens
        letters = sum(len(p) for m in request.messages for p in m.parts if isinstance(p, str))
        asking.dpi = self._eye.look(sheet, share, reply.usage.prompt_tokens, letters)
        return reply

    def _make_request(
        self, asking: _Asking, group: Group, share: Sequence[SheetPart], *, part: bool
    ) -> ChatRequest:
        question = asking.question
        text = write_question(
            question.number,
            question.count,
            [p.place for p in share],
            question.context,
            part=part,
            note=question.note,
        )
        images = tuple(ImagePart(p.data) for p in share)
        return ChatRequest(
            messages=(
                Message("system", (asking.system[group],)),
                Message("user", (*images, text)),
            ),
            json_schema=make_reply_schema(group),
            schema_name="claims",
            max_tokens=self._reply_room(),
            logprobs=self._logprobs,
        )

    def _reply_room(self) -> int:
        if self._context_tokens is None:
            return _MOST_TOKENS
        return min(_MOST_TOKENS, max(256, self._context_tokens // 3))

    def _room_for_images(self, system: str, question: PageQuestion) -> int | None:
        if self._context_tokens is None:
            return None
        return self._context_tokens - self._reply_room() - _count_text(system, question)

    def _has_room(self, reply_tokens: int, share: Sequence[SheetPart], asking: _Asking) -> bool:
        """Whether the context holds a reply of so many tokens, but no more than twice the usual."""
        if reply_tokens > 2 * _MOST_TOKENS:
            return False
        text = max(_count_text(system, asking.question) for system in asking.system.values())
        needed = reply_tokens + text + sum(part.tokens for part in share)
        return self._context_tokens is None or needed <= self._context_tokens

    def check(self, schema: Schema) -> None:
        """Raises `ConfigError` (`context-too-small`) if no question fits the server's context."""
        profile = self._eye.profile
        page = Page("", 1, 1.0, 1.0, 72.0, 72.0, "rendered")
        tile = SheetPart(b"", profile.max_cells + profile.marker_tokens, "")
        for group in split_fields(schema.fields):
            question = PageQuestion(page, 1, 1, schema)
            share_parts([tile], self._room_for_images(write_system(schema, group), question), 1)

    def _finish(self, asking: _Asking, claims: Sequence[Claim], missing: int) -> PageAnswer:
        """`missing`: how many fields have no whole answer."""
        question = asking.question
        issues: tuple[Issue, ...] = ()
        if missing:
            message = f"{asking.trouble or 'no answer'}; {missing} fields of this page have no whole answer"
            issues = (Issue("extraction", asking.code, message, question.page.number),)
        return PageAnswer(
            page=question.page.number,
            claims=tuple(claims),
            complete=not missing,
            issues=issues,
            model=self._client.name,
            prompt=hash_prompt(question.schema),
            dpi=asking.dpi,
            prompt_tokens=asking.prompt_tokens,
            reply_tokens=asking.reply_tokens,
        )


def _take_flawed(asking: _Asking, flawed: Sequence[Claimed], group: Group) -> _Got:
    """The best of replies with items that mean nothing; what such an item meant to say has no answer."""
    best = min(flawed, key=lambda claimed: (len(claimed.lost), -len(claimed.claims)))
    if not best.lost:
        return _Got(list(best.claims))
    asking.note("reply-invalid", "an item of the model's reply cannot be read")
    lost = tuple(field for field in group if field.path in best.lost or field.group in best.lost)
    return _Got(list(best.claims), [lost])


def _replace_lost(got: _Got, again: _Got, asked: set[str]) -> tuple[_Got, set[str]]:
    """What two rounds brought, and which fields have no whole answer. `asked`: those that the second round
    was about; of a field that neither answered as a whole the round with more claims counts.
    """
    missing = {field.path for group in again.missing for field in group}
    claims = [claim for claim in got.claims if template(claim.path) not in asked]
    claims = join_claims(claims, [c for c in again.claims if template(c.path) not in missing])
    for path in dict.fromkeys(leaf.group or leaf.path for group in again.missing for leaf in group):
        told = [[c for c in one.claims if _is_about(c, path)] for one in (got, again)]
        claims = join_claims(claims, max(told, key=len))
    return _Got(claims), missing


def _is_about(claim: Claim, path: str) -> bool:
    return claim.path.startswith(f"{path}/") or template(claim.path) == path


def _count_text(system: str, question: PageQuestion) -> int:
    """Tokens of a question's text, rather too many: three letters each."""
    return (len(system) + len(question.context) + len(question.note) + 600) // 3


def describe_failure(number: int, error: DocaiError) -> PageAnswer:
    """The answer of a page about which no question could be asked."""
    issue = Issue(error.stage or "extraction", error.code, error.message, number)
    return PageAnswer(number, complete=False, issues=(issue,))
