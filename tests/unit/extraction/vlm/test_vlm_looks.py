"""A second look: which places, how they are cut out, who reads them, and what that settles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vlm_maker import make_page, order_schema

from docai.errors import ServiceError
from docai.extraction.vlm.crops import Crop, cut_place, make_crops, pad_strip
from docai.extraction.vlm.looking import look_again
from docai.extraction.vlm.looks import MOST_LOOKS, Look, LookQuestion, find_looks
from docai.extraction.vlm.seeing import find_agreement, find_seen, weigh_readings
from docai.grounding.proof import Proof, prove
from docai.llm.scripted import ScriptedModel
from docai.types import Alternative, Box, Claim, CropReading, Evidence, FieldValue, Page, PageImage, Region

SCHEMA = order_schema()
FIELDS = {field.path: field for field in SCHEMA.fields}
TOTAL = FIELDS["/total"]
PAGE = make_page("Order A-17\nOrder date: 2020-05-01\nTotal: 9.00\nDelivery by XRTSFL")
PLACE = Box(0, 40, 110, 52)  # of the line with the total


def claim(path: str, value: object, quote: str = "") -> Claim:
    return Claim(path, quote or str(value), value, 1, "vlm")  # type: ignore[arg-type]


def unsupported(path: str, value: object, *alternatives: Alternative) -> FieldValue:
    return FieldValue(path=path, value=value, status="unsupported", confidence=0.3, alternatives=alternatives)


def read(text: str, by: str = "model", path: str = "/total", box: Box = PLACE) -> CropReading:
    return CropReading(path, 1, box, text, by)  # type: ignore[arg-type]


def prove_total(value: str, quote: str) -> Proof:
    return prove(claim("/total", Decimal(value), quote), {1: PAGE}, TOTAL)


def test_what_does_not_enter_is_looked_at_where_its_words_should_be() -> None:
    said = [
        claim("/total", Decimal(8), "Total: 8.00"),
        claim("/delivery_date", "2020-06-01", "Delivery by 1 June 2020"),
    ]
    fields = [unsupported("/total", Decimal(8)), unsupported("/delivery_date", "2020-06-01")]
    (looks,) = find_looks([PAGE], SCHEMA, said, fields).values()
    assert [look.path for look in looks] == ["/total", "/delivery_date"]
    assert looks[0].box.y0 == PLACE.y0
    assert looks[1].box.y0 == 60, "beside the words of the quote that the page has"
    assert not any(look.shown for look in looks)


def test_what_is_proven_and_undisputed_is_not_looked_at() -> None:
    evidence = (Evidence(page=1, quote="Total: 9.00", match="exact", score=1.0, boxes=(PLACE,)),)
    good = FieldValue(path="/total", value=9, status="grounded", confidence=0.97, evidence=evidence)
    said = [claim("/total", Decimal(9), "Total: 9.00")]
    assert find_looks([PAGE], SCHEMA, said, [good]) == {}
    rival = Alternative(value=8, confidence=0.3)
    assert find_looks([PAGE], SCHEMA, said, [good.model_copy(update={"alternatives": (rival,)})]) == {}
    badly = (evidence[0].model_copy(update={"match": "fuzzy"}),)
    assert find_looks([PAGE], SCHEMA, said, [good.model_copy(update={"evidence": badly})]) == {}
    unsure = good.model_copy(update={"evidence": badly, "confidence": 0.9})
    assert [look.shown for look in find_looks([PAGE], SCHEMA, said, [unsure])[1]] == [True]
    assert find_looks([PAGE], SCHEMA, [claim("/total", Decimal(8), "Total: 8.00")], [good])


def test_whose_value_a_plainly_printed_one_is_no_crop_can_say() -> None:
    evidence = (Evidence(page=1, quote="Total: 9.00", match="exact", score=1.0, boxes=(PLACE,)),)
    other = (Evidence(page=1, quote="Paid 17.00", match="exact", score=1.0, boxes=(Box(0, 0, 100, 12),)),)
    said = [claim("/total", Decimal(17), "Paid 17.00")]
    rival = Alternative(value=17, confidence=0.4, evidence=other)
    entered = FieldValue(path="/total", value=9, status="grounded", confidence=0.6, evidence=evidence)
    assert find_looks([PAGE], SCHEMA, said, [entered.model_copy(update={"alternatives": (rival,)})]) == {}
    assert find_looks([PAGE], SCHEMA, said, [entered]), "what no words show is another matter"
    doubtful = unsupported("/total", 9).model_copy(update={"evidence": evidence, "reason": "doubtful"})
    assert find_looks([PAGE], SCHEMA, [claim("/total", Decimal(9), "Total: 9.00")], [doubtful]) == {}


def test_what_is_computed_stands_nowhere() -> None:
    operand = Evidence(page=1, quote="9.00", match="exact", score=1.0, boxes=(PLACE,), role="operand")
    sum_of = FieldValue(path="/total", value=8, status="inferred", confidence=0.6, evidence=(operand,))
    assert find_looks([PAGE], SCHEMA, [claim("/total", Decimal(8), "9.00")], [sum_of]) == {}
    computed = replace(claim("/total", Decimal(7)), rule="start + term")
    assert find_looks([PAGE], SCHEMA, [computed], [sum_of]) == {}
    proof = replace(prove_total("9.00", "Total: 9.00"), evidence=(operand,))
    assert weigh_readings(0.9, TOTAL, proof, [read("8.00"), read("8.00", "ocr")]) == 0.9


def test_ink_without_words_is_looked_at_and_looks_are_bounded() -> None:
    ink = tuple(Region(Box(10, 100 + 40 * n, 200, 120 + 40 * n), "ink") for n in range(9))
    page = replace(make_page("zz"), regions=ink)
    names = ("/number", "/order_date", "/delivery_date", "/total")
    values = ("QQ-99887", "2020-05-01", "2020-06-01", Decimal("123.45"))
    said = [claim(path, value) for path, value in zip(names, values, strict=True)]
    fields = [unsupported(c.path, c.value) for c in said]
    (looks,) = find_looks([page], SCHEMA, said, fields).values()
    assert len(looks) == MOST_LOOKS
    assert {look.box for look in looks} <= {region.box for region in ink}


def test_rows_lists_flags_and_fields_without_a_claim_are_not_looked_at() -> None:
    said = [claim("/lines/0/text", "Bolt"), claim("/buyers/0", "Acme"), claim("/paid", True, "paid")]
    fields = [unsupported(c.path, c.value) for c in said] + [unsupported("/total", Decimal(8))]
    assert find_looks([PAGE], SCHEMA, said, fields) == {}


@given(st.integers(1, 400), st.integers(1, 400))
def test_a_padded_strip_holds_its_pixels_and_is_not_too_long(height: int, width: int) -> None:
    pixels = np.zeros((height, width), np.uint8)
    padded = pad_strip(pixels)
    assert (padded == 0).sum() == pixels.size
    assert max(padded.shape) <= 6 * min(padded.shape)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_crop_is_the_page_s_own_pixels_upright(turned: int) -> None:
    pixels = np.random.default_rng(7).integers(0, 255, (300, 200)).astype(np.uint8)
    page = Page("d", 1, 200, 300, 72, 72, "native", turned=turned)
    crop = cut_place(
        page, PageImage(1, pixels, "native", 72, 72), Look("/x", Box(50, 100, 90, 120), True), (0, 0)
    )
    back = np.rot90(crop, turned // 90)
    assert np.array_equal(back, pixels[98:123, 48:93])


def test_each_crop_is_read_large_by_the_reader_alone() -> None:
    pages: list[tuple[Page, PageImage]] = []

    def reader(page: Page, image: PageImage) -> Page:
        pages.append((page, image))
        return make_page("Total: 9.00")

    pixels = np.full((400, 300), 255, np.uint8)
    image = PageImage(1, pixels, "native", 100, 100)
    looks = (Look("/total", Box(20, 20, 80, 30), False),)
    (crop,) = make_crops(replace(PAGE, dpi_x=100, dpi_y=100), image, looks, reader)
    assert crop.text == "Total: 9.00"
    ((page, seen),) = pages
    assert page.words == ()
    assert seen.dpi_x == 200
    assert seen.pixels.shape[0] < pixels.shape[0]


def look(replies: Sequence[str | ServiceError], *looks: Look) -> list[tuple[str, str, str]]:
    async def make() -> list[Crop]:
        return [Crop(b"tight" + p, b"wide" + p, "ocr text") for p in (look.path.encode() for look in looks)]

    model = ScriptedModel.from_replies(*replies)
    answer = asyncio.run(look_again(model, LookQuestion(PAGE, looks), make))
    assert answer.purpose == "look"
    assert all("9.00" not in str(request) for request in model.asked), "nobody is told what to find"
    return [(r.path, r.text, r.by) for r in answer.readings]


def test_what_no_words_show_is_read_twice_by_the_model() -> None:
    reply = json.dumps({"text": "Total:\n 9.00"})
    shown, not_shown = Look("/total", PLACE, True), Look("/number", PLACE, False)
    assert look([reply] * 3, shown, not_shown) == [
        ("/total", "ocr text", "ocr"),
        ("/total", "Total: 9.00", "model"),
        ("/number", "ocr text", "ocr"),
        ("/number", "Total: 9.00", "model"),
        ("/number", "Total: 9.00", "model again"),
    ]


def test_a_place_that_two_fields_dispute_is_read_once() -> None:
    async def make() -> list[Crop]:
        return [Crop(b"tight", b"wide", "")] * 2

    model = ScriptedModel.from_replies('{"text": "9.00"}')
    question = LookQuestion(PAGE, (Look("/total", PLACE, True), Look("/number", PLACE, True)))
    answer = asyncio.run(look_again(model, question, make))
    assert [(r.path, r.text) for r in answer.readings] == [("/total", "9.00"), ("/number", "9.00")]
    assert len(model.asked) == 1


@pytest.mark.parametrize("reply", ["", "{", "[]", '{"text": 3}', '{"text": "  "}'])
def test_a_useless_reply_is_no_reading(reply: str) -> None:
    assert look([reply], Look("/total", PLACE, True)) == [("/total", "ocr text", "ocr")]


def test_a_crop_that_times_out_costs_its_reading_and_a_server_that_is_gone_ends_the_job() -> None:
    timeout, gone = ServiceError("timeout", "slow"), ServiceError("no-server", "gone")
    assert look([timeout], Look("/total", PLACE, True)) == [("/total", "ocr text", "ocr")]
    with pytest.raises(ServiceError):
        look([gone], Look("/total", PLACE, True))


def test_two_readers_of_one_crop_must_agree() -> None:
    value = Decimal(8)
    assert find_agreement(value, [read("Total: 8.00"), read("8.00", "ocr")], TOTAL) is not None
    assert find_agreement(value, [read("Total: 8.00"), read("9.00", "ocr")], TOTAL) is None
    assert find_agreement(value, [read("Total: 8.00"), read("8.00")], TOTAL) is None, "one reader"
    elsewhere = read("8.00", "ocr", box=Box(0, 0, 9, 9))
    assert find_agreement(value, [read("Total: 8.00"), elsewhere], TOTAL) is None


def test_a_value_that_no_word_shows_is_seen_and_a_printed_one_is_not() -> None:
    readings = [read("Total: 8.00"), read("Total: 8.00", "model again")]
    (seen,) = find_seen([unsupported("/total", 8)], readings, SCHEMA)
    assert (seen.status, seen.evidence[0].match, seen.evidence[0].boxes) == ("seen", "region", (PLACE,))
    printed = (Evidence(page=1, quote="Total: 8.00", match="exact", score=1.0, boxes=(PLACE,)),)
    doubtful = unsupported("/total", 8).model_copy(update={"evidence": printed, "reason": "doubtful"})
    assert find_seen([doubtful], readings, SCHEMA) == (doubtful,), "doubt about its role is not settled"
    found = doubtful.model_copy(update={"status": "grounded"})
    assert find_seen([found], readings, SCHEMA) == (found,)


def test_a_seen_rival_takes_the_place_of_what_did_not_enter() -> None:
    field = unsupported("/total", 9, Alternative(value=8, confidence=0.2))
    (seen,) = find_seen([field], [read("8.00"), read("8.00", "ocr")], SCHEMA)
    assert (seen.value, seen.status) == (8, "seen")
    assert [a.value for a in seen.alternatives] == [9]


def test_a_look_moves_belief_in_the_reading_and_not_in_the_role() -> None:
    exact = prove_total("9.00", "Total: 9.00")
    both = [read("Total: 9.00"), read("Total: 9.00", "ocr")]
    assert weigh_readings(0.7, TOTAL, exact, both) == 0.7
    fuzzy = replace(exact, features=replace(exact.features, match="fuzzy"))
    assert weigh_readings(0.7, TOTAL, fuzzy, both) > 0.85
    others = [read("Total: 8.00"), read("Total: 8.00", "ocr")]
    assert weigh_readings(0.9, TOTAL, exact, others) < 0.5
    assert weigh_readings(0.9, TOTAL, exact, others[:1]) == 0.9, "one reader alone takes nothing away"
    assert weigh_readings(0.9, TOTAL, exact, [others[0], read("smudge", "ocr")]) == 0.9
    assert weigh_readings(0.9, TOTAL, exact, []) == 0.9
