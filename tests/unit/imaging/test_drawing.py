"""Evidence drawn on its page."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor, ImageDraw

from docai.imaging.columns import lay_out
from docai.imaging.drawing import STATUS_COLOURS, crop_evidence, draw_evidence
from docai.imaging.fonts import Typeface, choose_typeface, wrap
from docai.imaging.geometry import turn_box
from docai.imaging.labels import make_labels, make_marks, stack
from docai.types import Box, Derivation, Evidence, FieldValue, PageImage, Role, Status

DPI = 72.0
PAGE_PX = 800
WIDTH_PT, HEIGHT_PT = 600.0, 800.0
PLACE = Box(100.0, 200.0, 220.0, 214.0)


def make_image(turned: int = 0) -> PageImage:
    """A white page with black ink at `PLACE` as it reads; it lies so that `turned` rights it."""
    page = Image.new("L", (int(WIDTH_PT), int(HEIGHT_PT)), 255)
    ImageDraw.Draw(page).rectangle((110, 204, 200, 210), fill=0)
    lies = np.rot90(np.asarray(page), k=turned // 90)
    return PageImage(1, np.ascontiguousarray(lies), "native", DPI, DPI)


def make_field(
    path: str = "/law",
    value: object = "Delaware",
    status: Status = "grounded",
    box: Box = PLACE,
    page: int = 1,
    role: Role = "value",
) -> FieldValue:
    evidence = Evidence(page=page, quote=str(value), match="exact", score=1.0, role=role, boxes=(box,))
    return FieldValue(path=path, value=value, status=status, confidence=0.97, evidence=(evidence,))


def lying(box: Box, turned: int) -> Box:
    """Where a box of the upright page is on the page as it lies."""
    return turn_box(box, (360 - turned) % 360, WIDTH_PT, HEIGHT_PT)


def near(pixel: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(pixel, colour, strict=True))


def find_page(figure: Image.Image) -> tuple[int, int]:
    """The upper left corner of the page: the first white pixel on the picture's diagonal rows."""
    pixels = np.asarray(figure.convert("L"))
    row = pixels[pixels.shape[0] // 2]
    x = int(np.argmax(row == 255))
    return x, int(np.argmax(pixels[:, x + 20] == 255))


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_place_is_coloured_on_the_upright_page(turned: int) -> None:
    figure = draw_evidence(
        make_image(turned), [make_field(box=lying(PLACE, turned))], 1, turned=turned, page_px=PAGE_PX
    )
    scale = PAGE_PX / HEIGHT_PT
    x, y = find_page(figure)
    ink = figure.getpixel((x + int(150 * scale), y + int(207 * scale)))
    tint = figure.getpixel((x + int(210 * scale), y + int(202.5 * scale)))
    paper = figure.getpixel((x + int(210 * scale), y + int(230 * scale)))
    assert isinstance(ink, tuple)
    assert isinstance(tint, tuple)
    assert near(ink, (0, 0, 0))
    assert paper == (255, 255, 255)
    strong = ImageColor.getrgb(STATUS_COLOURS["grounded"])
    assert near(tint, tuple(round(255 - (255 - c) * 0.24) for c in strong[:3]))


@pytest.mark.parametrize("status", list(STATUS_COLOURS))
def test_each_status_has_its_colour(status: Status) -> None:
    figure = draw_evidence(make_image(), [make_field(status=status)], 1, page_px=PAGE_PX)
    wanted = ImageColor.getrgb(STATUS_COLOURS[status])[:3]
    pixels = np.asarray(figure).reshape(-1, 3).astype(int)
    assert int((np.abs(pixels - np.array(wanted)).max(axis=1) <= 4).sum()) > 200


def test_a_page_without_evidence_is_the_page_alone() -> None:
    figure = draw_evidence(make_image(), [make_field(page=2)], 1, page_px=PAGE_PX)
    assert figure.width < PAGE_PX
    assert make_labels([make_field(page=2)], 1) == []


def test_a_place_that_two_fields_share_is_marked_once() -> None:
    fields = [make_field("/a"), make_field("/b"), make_field("/c", status="seen")]
    marks = make_marks(fields, 1)
    assert sorted((mark.status, mark.main) for mark in marks) == [("grounded", True), ("seen", True)]


def test_what_a_derived_value_rests_on_is_paler_than_a_value() -> None:
    operand = make_field("/end", status="inferred", role="operand")
    assert [mark.main for mark in make_marks([operand], 1)] == [False]
    assert [mark.main for mark in make_marks([operand, make_field("/x", status="inferred")], 1)] == [True]


def test_a_small_place_is_drawn_over_a_large_one() -> None:
    large = make_field("/clause", box=Box(50.0, 180.0, 550.0, 260.0))
    marks = make_marks([make_field("/term", status="inferred"), large], 1)
    assert [mark.boxes[0] for mark in marks] == [Box(50.0, 180.0, 550.0, 260.0), PLACE]


def test_lines_of_one_place_have_one_outline() -> None:
    """Two lines of a slanting text: their boxes overlap, and no line runs through the words between."""
    boxes = (Box(100.0, 300.0, 300.0, 316.0), Box(100.0, 312.0, 300.0, 328.0))
    evidence = Evidence(page=1, quote="two lines", match="exact", score=1.0, boxes=boxes)
    field = FieldValue(path="/x", value="two lines", status="grounded", evidence=(evidence,))
    figure = draw_evidence(make_image(), [field], 1, page_px=PAGE_PX)
    x, y = find_page(figure)
    scale = PAGE_PX / HEIGHT_PT
    column = [figure.getpixel((x + int(200 * scale), y + int(v * scale))) for v in np.arange(303, 325, 0.25)]
    assert len(set(column)) == 1


def test_labels_say_name_value_unit_rule_and_reason() -> None:
    total = make_field("/total", 1234.5).model_copy(update={"unit": "EUR"})
    end = make_field("/expiration_date", "2021-02-05", "inferred").model_copy(
        update={"derivation": Derivation(rule="start_plus_term")}
    )
    blank = make_field("/date", None, "missing").model_copy(update={"reason": "blank"})
    labels = make_labels([total, end, blank, make_field("/exclusivity", False, "inferred")], 1)
    assert [(label.name, label.value, label.note) for label in labels] == [
        ("total", "1,234.50 EUR", ""),
        ("expiration date", "2021-02-05", "by start plus term"),
        ("date", "blank", ""),
        ("exclusivity", "no", ""),
    ]


def test_rows_of_a_list_share_a_label_and_many_rows_share_one() -> None:
    few = [make_field(f"/items/{i}/{name}", f"{name}{i}") for i in range(2) for name in ("text", "total")]
    assert [(label.name, label.value) for label in make_labels(few, 1)] == [
        ("items 1", "text0 · total0"),
        ("items 2", "text1 · total1"),
    ]
    many = [make_field(f"/items/{i}/total", i) for i in range(30)] + [make_field("/parties/0", "Acme")]
    assert [(label.name, label.value) for label in make_labels(many, 1)] == [
        ("items", "30 rows"),
        ("parties 1", "Acme"),
    ]


@pytest.mark.parametrize("count", [1, 9, 20, 60])
def test_cards_stand_apart_and_beside_the_page(count: int) -> None:
    fields = [
        make_field(
            f"/f{i}", "a long value " * 9, box=Box(20 + i * 9 % 500, i * 13 % 700, 60 + i * 9 % 500, 720)
        )
        for i in range(count)
    ]
    cards = lay_out(make_labels(fields, 1), (1000, 1400), Typeface(None))
    assert len(cards) == count
    for side in (True, False):
        column = sorted((card for card in cards if card.on_right == side), key=lambda card: card.top)
        assert all(a.top + a.height <= b.top + 0.01 for a, b in pairwise(column))
        assert not column or column[0].top >= -0.01
    if count <= 20:
        assert max(card.top + card.height for card in cards) <= 1400.01
    figure = draw_evidence(make_image(), fields, 1, page_px=PAGE_PX)
    assert figure.height >= PAGE_PX


def test_boxes_off_the_page_do_no_harm() -> None:
    wild = [
        make_field("/a", box=Box(-500.0, -500.0, -400.0, -480.0)),
        make_field("/b", box=Box(590.0, 790.0, 5000.0, 5000.0)),
        make_field("/c", box=Box(50.0, 60.0, 50.0, 60.0)),
    ]
    assert draw_evidence(make_image(), wild, 1, page_px=PAGE_PX).height > PAGE_PX
    assert crop_evidence(make_image(), [Box(-50, -50, -40, -40)]).size >= (1, 1)
    assert crop_evidence(make_image(), [Box(5000, 5000, 5001, 5001)]).size >= (1, 1)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_crop_is_upright_at_the_pages_own_resolution(turned: int) -> None:
    crop = crop_evidence(make_image(turned), [lying(PLACE, turned)], 10.0, turned=turned)
    assert crop.width == pytest.approx(140, abs=2)
    assert crop.height == pytest.approx(34, abs=2)
    assert crop.getpixel((65, 17)) == (0, 0, 0)
    assert crop.getpixel((5, 5)) == (255, 255, 255)


def test_a_crop_with_a_status_is_outlined_and_its_words_are_untouched() -> None:
    plain = np.asarray(crop_evidence(make_image(), [PLACE], 10.0))
    outlined = np.asarray(crop_evidence(make_image(), [PLACE], 10.0, status="unsupported"))
    assert plain.shape == outlined.shape
    assert (plain != outlined).any()
    assert (plain[12:22, 12:128] == outlined[12:22, 12:128]).all()


def test_colour_pages_and_uneven_resolutions_are_drawn() -> None:
    pixels = np.full((550, 1200, 3), 255, np.uint8)
    fax = PageImage(1, pixels, "native", 204.0, 98.0)
    figure = draw_evidence(fax, [make_field(box=Box(10, 10, 50, 20))], 1, page_px=PAGE_PX)
    assert figure.mode == "RGB"
    x, _ = find_page(figure)
    assert x > 0


def test_a_crop_needs_a_box() -> None:
    with pytest.raises(ValueError, match="no boxes"):
        crop_evidence(make_image(), [])


@given(
    st.lists(st.tuples(st.floats(-200, 1700), st.floats(10, 150)), min_size=1, max_size=25),
    st.floats(0, 20),
)
def test_stacked_labels_never_overlap_and_stay_inside_if_they_can(
    wanted: list[tuple[float, float]], gap: float
) -> None:
    wanted = sorted(wanted)
    heights = [height for _, height in wanted]
    tops = stack([top for top, _ in wanted], heights, gap, 0.0, 1500.0)
    for (top, height), below in zip(zip(tops, heights, strict=True), tops[1:], strict=False):
        assert top + height + gap <= below + 1e-6
    assert tops[0] >= -1e-6
    if sum(heights) + gap * (len(heights) - 1) <= 1500:
        assert tops[-1] + heights[-1] <= 1500 + 1e-6


def test_a_label_with_room_stands_where_it_wants_to() -> None:
    assert stack([100.0, 400.0], [50.0, 50.0], 10.0, 0.0, 1000.0) == [100.0, 400.0]
    assert stack([100.0, 100.0], [50.0, 50.0], 10.0, 0.0, 1000.0) == [70.0, 130.0]


@given(st.text(max_size=120), st.integers(1, 4))
def test_wrapped_lines_fit(text: str, lines: int) -> None:
    font = Typeface(None).at(18)
    wrapped = wrap(text, font, 200.0, lines)
    assert len(wrapped) <= lines
    assert all(font.getlength(line) <= 230.0 for line in wrapped)


def test_text_in_plain_letters_needs_no_system_font() -> None:
    assert choose_typeface(["Delaware", "1,234.50"]) == Typeface(None)


def test_letters_that_no_font_has_are_replaced() -> None:
    assert Typeface(None).plain("Malaucène – 12 €") == "Malaucene - 12 EUR "
