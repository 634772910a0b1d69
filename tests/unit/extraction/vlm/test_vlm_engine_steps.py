"""One page's question against a scripted model: what is sent, and what is tried when replies are bad."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from vlm_maker import make_question, make_sheet, order_schema, write_reply

from docai.errors import ConfigError, DocaiError, DocumentError, ServiceError
from docai.extraction.vlm.engine import PageEngine, PageQuestion
from docai.extraction.vlm.prompt import hash_prompt
from docai.extraction.vlm.sheets import PageSheet
from docai.extraction.vlm.sight import Eye
from docai.imaging.profiles import VisionProfile
from docai.llm.chat import ChatRequest, ImagePart, Usage, count_images
from docai.llm.scripted import ScriptedModel, Turn
from docai.types import PageAnswer

NUMBER = {"field": "/number", "quote": "Order No. A-17", "value": "A-17"}
GOOD = write_reply([NUMBER])
GEMMA = "google/gemma-4-12B-it"


def ask(
    model: ScriptedModel,
    question: PageQuestion | None = None,
    *,
    eye: Eye | None = None,
    tiles: int = 2,
    shown: list[VisionProfile] | None = None,
    **options: int,
) -> PageAnswer:
    async def sheet(profile: VisionProfile) -> PageSheet:
        if shown is not None:
            shown.append(profile)
        return make_sheet(profile, tiles)

    engine = PageEngine(model, eye or Eye(GEMMA), **options)
    return asyncio.run(engine.ask(question or make_question(), sheet))


def count_as(tokens_an_image: int, reply: str = GOOD) -> Callable[[ChatRequest, int], Turn]:
    """A model whose server counts so many tokens an image."""

    def play(request: ChatRequest, number: int) -> Turn:
        letters = sum(len(p) for m in request.messages for p in m.parts if isinstance(p, str))
        return Turn(reply, usage=Usage(tokens_an_image * count_images(request) + letters // 4, 20))

    return play


def see_all(script: Callable[[ChatRequest, int], Turn]) -> ScriptedModel:
    """A model whose server counts what each tile should cost."""

    def play(request: ChatRequest, number: int) -> Turn:
        turn = script(request, number)
        tiles = [p.data for m in request.messages for p in m.parts if isinstance(p, ImagePart)]
        cost = sum(562 if b"560" in data else 1122 for data in tiles)
        letters = sum(len(p) for m in request.messages for p in m.parts if isinstance(p, str))
        return replace(turn, usage=Usage(cost + letters // 4, 20))

    return ScriptedModel(play, name=GEMMA)


def answer_in_turn(*replies: str) -> ScriptedModel:
    queue = list(replies)
    return see_all(lambda request, number: Turn(queue.pop(0)))


def test_schema_in_the_system_turn_images_first_and_nothing_random() -> None:
    model = answer_in_turn(GOOD)
    ask(model, make_question(context="The page before ends: …"))
    (request,) = model.asked
    system, user = request.messages
    assert system.role == "system"
    assert "/order_date: date" in str(system.parts[0])
    assert [isinstance(part, ImagePart) for part in user.parts] == [True, True, False]
    text = str(user.parts[-1])
    assert text.startswith("This is page 1 of 1.\nImage 1\nImage 2\n")
    assert "The page before ends: …" in text
    assert request.temperature == 0.0
    assert not request.thinking
    assert request.logprobs
    assert request.json_schema is not None


def test_an_answer_tells_claims_model_prompt_and_tokens() -> None:
    model = ScriptedModel(count_as(1122), name=GEMMA)
    answer = ask(model)
    assert [c.value for c in answer.claims] == ["A-17"]
    assert answer.complete
    assert answer.model == GEMMA
    assert answer.prompt == hash_prompt(order_schema())
    assert answer.dpi == 200.0
    assert answer.prompt_tokens > 2 * 1122
    assert answer.reply_tokens == 20


@pytest.mark.parametrize("bad", [GOOD[:-20], '{"claims": [' + "\n " * 400, "", "I see an order.", "{}"])
def test_a_bad_reply_is_asked_for_again_with_more_temperature(bad: str) -> None:
    model = answer_in_turn(bad, bad, GOOD)
    answer = ask(model)
    assert answer.complete
    assert [c.value for c in answer.claims] == ["A-17"]
    assert [r.temperature for r in model.asked] == [0.0, 0.4, 0.8]


def test_an_item_of_a_wrong_type_is_asked_for_once_more_and_then_left_out() -> None:
    mistyped = {"field": "/order_date", "quote": "of 3 May 2024", "value": {"day": 3}}
    date = {**mistyped, "value": "2024-05-03"}
    flawed, whole = write_reply([NUMBER, mistyped]), write_reply([NUMBER, date])
    answer = ask(answer_in_turn(flawed, whole))
    assert answer.complete
    assert [c.value for c in answer.claims] == ["A-17", "2024-05-03"]
    model = answer_in_turn(flawed, flawed, flawed)
    answer = ask(model, tiles=1)
    assert [c.value for c in answer.claims] == ["A-17"]
    assert [r.temperature for r in model.asked] == [0.0, 0.4, 0.8]
    assert not answer.complete, "what the item meant to say is lost"
    assert answer.issues[0].code == "reply-invalid"
    assert "1 field" in answer.issues[0].message


ROWS = [
    {"field": "/lines", "quote": f"{name} 1.00", "row": {"text": name, "count": None, "price": 1.0}}
    for name in ("screw", "nut", "bolt")
]
MISTYPED_ROW = {"field": "/lines", "quote": "bolt 1.00", "value": {"is": ["this", 1]}}


@pytest.mark.parametrize("breaks", list(itertools.product(["mistyped", "truncated", "empty"], repeat=3)))
def test_a_row_that_breaks_twice_in_a_row_is_never_lost_in_silence(breaks: tuple[str, ...]) -> None:
    whole = write_reply([NUMBER, *ROWS])
    broken = {
        "mistyped": Turn(write_reply([NUMBER, *ROWS[:2], MISTYPED_ROW])),
        "truncated": Turn(whole, fault="truncated"),
        "empty": Turn(whole, fault="empty"),
    }

    def play(request: ChatRequest, number: int) -> Turn:
        if number < len(breaks):
            return broken[breaks[number]]
        told = [c for c in (NUMBER, *ROWS) if f'"{c["field"]}"' in json.dumps(request.json_schema)]
        return Turn(write_reply(told))

    for tiles in (1, 2):
        answer = ask(see_all(play), tiles=tiles)
        names = [c.value for c in answer.claims if c.path.endswith("/text")]
        assert not answer.complete or set(names) == {"screw", "nut", "bolt"}
        assert answer.complete == (not answer.issues)
        assert "A-17" in {c.value for c in answer.claims}


def test_values_of_no_use_stop_no_model() -> None:
    claims = [
        NUMBER,
        {"field": "/order_date", "quote": "of 3 May 2024", "value": "2024-05-03"},
        {"field": "/total", "quote": "Total: see below", "value": "see below"},
        {"field": "/colour", "quote": "red", "value": "red"},
        {"field": "/lines", "quote": "", "row": {"text": None, "count": None, "price": None}},
    ]
    reply = write_reply(claims)
    model = answer_in_turn(reply, reply)
    answer = ask(model)
    assert answer.complete
    assert [c.value for c in answer.claims] == ["A-17", "2024-05-03"]


def test_then_smaller_groups_of_fields() -> None:
    def play(request: ChatRequest, number: int) -> Turn:
        fields = str(request.messages[0].parts[0])
        if "/number:" in fields and "/lines:" in fields:
            return Turn(GOOD, fault="truncated")
        return Turn(GOOD if "/number:" in fields else '{"claims": []}')

    model = see_all(play)
    answer = ask(model)
    assert answer.complete
    assert [c.value for c in answer.claims] == ["A-17"]
    assert len(model.asked) == 5


def test_then_the_page_s_own_tiles_one_by_one() -> None:
    def play(request: ChatRequest, number: int) -> Turn:
        return Turn(GOOD) if count_images(request) == 1 else Turn(GOOD, fault="whitespace")

    shown: list[VisionProfile] = []
    model = see_all(play)
    answer = ask(model, tiles=3, shown=shown)
    assert [p.max_cells for p in shown] == [1120], "smaller ones would be scaled up by the server"
    assert answer.complete
    assert "A-17" in {c.value for c in answer.claims}
    alone = [r for r in model.asked if count_images(r) == 1]
    assert [p.data for r in alone for p in r.messages[1].parts if isinstance(p, ImagePart)] == [
        b"gemma-4 0",
        b"gemma-4 1",
        b"gemma-4 2",
    ]
    assert all("a part of the page" in str(r.messages[1].parts[-1]) for r in alone)


def test_tiles_one_by_one_are_of_the_size_that_the_server_shows() -> None:
    counted = count_as(282)

    def play(request: ChatRequest, number: int) -> Turn:
        turn = counted(request, number)
        return turn if count_images(request) == 1 else replace(turn, fault="empty")

    shown: list[VisionProfile] = []
    model = ScriptedModel(play, name=GEMMA)
    assert ask(model, shown=shown).complete
    assert [p.max_cells for p in shown] == [1120, 280]
    alone = [p for r in model.asked if count_images(r) == 1 for p in r.messages[1].parts]
    assert all(b"280" in p.data for p in alone if isinstance(p, ImagePart))


def test_of_two_broken_rounds_the_one_with_more_counts() -> None:
    def play(request: ChatRequest, number: int) -> Turn:
        rows = ROWS if count_images(request) > 1 else ROWS[:1]
        return Turn(write_reply([*rows, MISTYPED_ROW]))

    answer = ask(see_all(play))
    assert not answer.complete
    assert [c.value for c in answer.claims if c.path.endswith("/text")] == ["screw", "nut", "bolt"]
    assert answer.issues[0].message.startswith("an item of the model's reply cannot be read; 3 fields")


def test_else_the_page_says_so_and_keeps_what_was_complete() -> None:
    broken = write_reply([NUMBER, {"field": "/buyers/*", "quote": "Acme", "value": "Acme"}])[:-20]
    model = see_all(lambda request, number: Turn(broken, finish_reason="length"))
    answer = ask(model)
    assert not answer.complete
    assert "A-17" in {c.value for c in answer.claims}
    (issue,) = answer.issues
    assert (issue.stage, issue.code, issue.page) == ("extraction", "reply-truncated", 1)
    assert len(model.asked) <= 40


@pytest.mark.parametrize("kind", ["refusal", "empty", "repetition"])
def test_every_way_of_saying_nothing_ends(kind: str) -> None:
    model = see_all(lambda request, number: Turn(GOOD, fault=kind))  # type: ignore[arg-type]
    answer = ask(model)
    assert not answer.complete
    assert answer.issues[0].code == f"reply-{kind}"


def test_a_server_that_takes_one_image_gets_one_at_a_time() -> None:
    def play(request: ChatRequest, number: int) -> Turn:
        if count_images(request) > 1:
            raise ConfigError("too-many-images", "it says: At most 1 image(s) may be provided in one prompt.")
        return Turn(GOOD)

    model = see_all(play)
    answer = ask(model, tiles=3)
    assert answer.complete
    assert [count_images(r) for r in model.asked] == [3, 1, 1, 1]
    assert "a part of the page" in str(model.asked[-1].messages[1].parts[-1])


def test_a_page_beyond_the_context_is_split_over_requests() -> None:
    model = see_all(lambda request, number: Turn(GOOD))
    answer = ask(model, tiles=5, context_tokens=8192)
    assert answer.complete
    assert sum(count_images(r) for r in model.asked) == 5
    for request in model.asked:
        assert count_images(request) * 1122 + request.max_tokens < 8192


def test_a_context_without_room_for_a_tile_is_refused_before_any_page() -> None:
    engine = PageEngine(ScriptedModel.from_replies(), Eye(GEMMA), context_tokens=2048)
    with pytest.raises(ConfigError) as refused:
        engine.check(order_schema())
    assert refused.value.code == "context-too-small"
    assert "--max-model-len" in str(refused.value)


def test_a_schema_too_large_for_one_grammar_is_asked_in_halves() -> None:
    def play(request: ChatRequest, number: int) -> Turn:
        if len(str(request.json_schema)) > 900:
            raise ConfigError("schema-refused", "the grammar is too large")
        return Turn('{"claims": []}')

    model, eye = see_all(play), Eye(GEMMA)
    engine = PageEngine(model, eye)

    async def sheet(profile: VisionProfile) -> PageSheet:
        return make_sheet(profile)

    for _ in range(2):
        assert asyncio.run(engine.ask(make_question(), sheet)).complete
    refused = [r for r in model.asked if len(str(r.json_schema)) > 900]
    assert refused
    assert len({str(r.json_schema) for r in refused}) == len(refused), "what was refused is not asked again"
    knowing = PageEngine(model, eye)
    model.asked.clear()
    knowing.refuse([tuple(order_schema().fields)], "the grammar is too large")
    assert asyncio.run(knowing.ask(make_question(), sheet)).complete
    assert str(model.asked[0].json_schema) != str(refused[0].json_schema)


def test_a_field_whose_grammar_is_refused_is_named_on_every_page_and_paid_for_once() -> None:
    def play(request: ChatRequest, number: int) -> Turn:
        if "/lines" in str(request.json_schema):
            raise ConfigError("schema-refused", "the grammar is too large")
        return Turn('{"claims": []}')

    model = see_all(play)
    engine = PageEngine(model, Eye(GEMMA))

    async def sheet(profile: VisionProfile) -> PageSheet:
        return make_sheet(profile, 1)

    costs = []
    for _ in range(2):
        before = len(model.asked)
        answer = asyncio.run(engine.ask(make_question(), sheet))
        costs.append(sum("/lines" in str(r.json_schema) for r in model.asked[before:]))
        assert [i.code for i in answer.issues] == ["schema-refused"]
    assert costs[0] > 1
    assert costs[1] == 0


def test_a_page_that_times_out_costs_itself_alone() -> None:
    answer = ask(ScriptedModel(lambda request, number: Turn(GOOD, fault="silent")))
    assert not answer.complete
    assert answer.issues[0].code == "timeout"


@pytest.mark.parametrize(
    "error",
    [
        ServiceError("no-server", "nothing answers there"),
        ConfigError("wrong-key", "the server refuses the key"),
        ConfigError("text-only-model", "the model cannot see images"),
    ],
)
def test_a_server_that_is_gone_or_useless_ends_the_job(error: DocaiError) -> None:
    with pytest.raises(type(error)):
        ask(ScriptedModel.from_replies(error))


def test_a_page_without_an_image_is_the_document_s_trouble() -> None:
    async def broken(profile: VisionProfile) -> PageSheet:
        raise DocumentError("crashed", "the worker died")

    engine = PageEngine(ScriptedModel.from_replies(), Eye(GEMMA))
    with pytest.raises(DocumentError):
        asyncio.run(engine.ask(make_question(), broken))


def test_a_server_left_at_its_default_gets_smaller_tiles_and_the_user_a_warning() -> None:
    told: list[str] = []
    shown: list[VisionProfile] = []
    eye = Eye(GEMMA, told.append)
    model = ScriptedModel(count_as(282), name=GEMMA)
    answer = ask(model, eye=eye, shown=shown)
    assert [p.max_cells for p in shown] == [1120, 280]
    assert answer.dpi == 200.0
    assert len(answer.claims) == 1
    assert len(told) == 1
    assert "max_soft_tokens" in told[0]
    ask(ScriptedModel(count_as(282)), eye=eye, shown=shown)
    assert [p.max_cells for p in shown[2:]] == [280]
    assert len(told) == 1


def test_an_unknown_model_that_sees_less_is_recorded_as_such() -> None:
    told: list[str] = []
    answer = ask(ScriptedModel(count_as(256)), eye=Eye("some-model", told.append))
    assert answer.dpi == pytest.approx(100, abs=2)
    assert "DPI" in told[0]


def test_a_server_that_refuses_logprobs_is_asked_without() -> None:
    def play(request: ChatRequest, number: int) -> Turn:
        if request.logprobs:
            raise ConfigError("bad-request", "logprobs are not supported")
        return Turn(GOOD)

    model = see_all(play)
    assert ask(model).complete
    assert [r.logprobs for r in model.asked] == [True, False]


def test_a_request_that_is_refused_from_the_start_ends_the_job_and_later_costs_its_page() -> None:
    refused = ConfigError("bad-request", "the server refuses the request")

    def refuse(request: ChatRequest, number: int) -> Turn:
        raise refused

    with pytest.raises(ConfigError):
        ask(see_all(refuse))

    def refuse_later(request: ChatRequest, number: int) -> Turn:
        if number:
            raise refused
        return Turn(GOOD, fault="empty")

    answer = ask(see_all(refuse_later))
    assert answer.issues[0].code == "bad-request"


def test_more_tokens_than_planned_are_no_reason_to_warn() -> None:
    told: list[str] = []
    answer = ask(ScriptedModel(count_as(1900)), eye=Eye(GEMMA, told.append))
    assert answer.dpi == 200.0
    assert told == []
