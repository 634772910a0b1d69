"""The answer as a page: nothing of a document runs, what fails is struck through, marks lie on words."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from docai.answering.showing.html import build_html
from docai.answering.showing.pictures import make_picture
from docai.errors import DocumentError
from docai.types import Answer, AnswerRow, Box, Citation, PageImage, Scope, Sentence, UnreadDocument

PAGE = PageImage(1, np.full((1100, 850), 255, np.uint8), "native", 100.0, 100.0)


def cite(quote: str = "the laws of Delaware", page: int = 1, uri: str = "a.pdf") -> Citation:
    return Citation(
        document_id="sha256:1", uri=uri, page=page, quote=quote, boxes=(Box(72, 72, 144, 84),), score=1.0
    )


def answer(**changes: object) -> Answer:
    basis = Answer(
        question="Which law?",
        status="answered",
        value="Delaware",
        sentences=(Sentence(text="Delaware law governs.", citations=(0,)),),
        citations=(cite(),),
        scope=Scope(documents=2, pages=9),
    )
    return basis.model_copy(update=changes)


def show(document_id: str, uri: str, page: int) -> tuple[PageImage, int]:
    return PAGE, 0


def test_text_of_documents_is_escaped_and_nothing_may_load() -> None:
    hostile = '<script>alert(1)</script><img src="http://x/y.png">'
    html = build_html(
        answer(
            question=hostile,
            sentences=(Sentence(text=hostile, citations=(0,)),),
            citations=(cite(hostile, uri=hostile),),
            rows=(AnswerRow(document_id="d", uri=hostile, verdict="yes", text=hostile),),
        ),
        show,
    )
    assert "<script" not in html
    assert 'src="http' not in html
    assert "default-src 'none'" in html


def test_an_unsupported_sentence_is_shown_struck_through_with_its_reason() -> None:
    failed = Sentence(text="It ends in 2031.", citations=(0,), supported=False, reason="2031 is not cited")
    html = build_html(answer(sentences=(failed,)), show)
    assert "<del>It ends in 2031.</del>" in html
    assert "2031 is not cited" in html


def test_marks_lie_where_the_words_are() -> None:
    html = build_html(answer(), show)
    # 72 points of 612 and of 792; one inch wide, 12 points high.
    assert "left:11.7647%;top:9.0909%;width:11.7647%;height:1.5152%" in html


@settings(deadline=None, max_examples=40)
@given(
    turned=st.sampled_from([0, 90, 180, 270]),
    left=st.integers(0, 700),
    top=st.integers(0, 900),
    dpi=st.sampled_from([(100.0, 100.0), (204.0, 98.0), (600.0, 600.0)]),
)
def test_places_follow_the_turn(turned: int, left: int, top: int, dpi: tuple[float, float]) -> None:
    """A black patch of the page lies where its rectangle says, whatever the page's turn and resolution."""
    pixels = np.full((1000, 800), 255, np.uint8)
    pixels[top : top + 60, left : left + 80] = 0
    image = PageImage(1, pixels, "native", *dpi)
    kx, ky = 72 / dpi[0], 72 / dpi[1]
    box = Box(left * kx, top * ky, min(left + 80, 800) * kx, min(top + 60, 1000) * ky)
    picture = make_picture(image, turned, [[box]])
    shown = Image.open(io.BytesIO(base64.b64decode(picture.data_uri.split(",")[1]))).convert("L")
    x, y, width, height = picture.places[0][0]
    middle = (int((x + width / 2) * shown.width), int((y + height / 2) * shown.height))
    assert shown.size == (picture.width_px, picture.height_px)
    assert shown.getpixel(middle) < 100


def test_a_page_whose_file_is_gone_says_so() -> None:
    def gone(document_id: str, uri: str, page: int) -> tuple[PageImage, int]:
        raise DocumentError("file-gone", "the file is no longer there")

    html = build_html(answer(), gone)
    assert "the file is no longer there" in html
    assert "<img" not in html


def test_scope_names_what_was_not_read() -> None:
    unread = UnreadDocument(uri="b.pdf", reason="password-needed", pages=(3, 4))
    html = build_html(answer(scope=Scope(documents=2, pages=9, unread=(unread,))), show)
    assert "Searched 2 documents, 9 pages" in html
    assert "b.pdf: password-needed (pages 3, 4)" in html


@pytest.mark.parametrize("status", ["answered", "partial", "conflict", "not_found"])
def test_every_status_is_told(status: str) -> None:
    assert f'class="status {status}"' in build_html(answer(status=status), show)


def test_citations_of_one_page_share_its_picture() -> None:
    html = build_html(answer(citations=(cite(), cite("another"), cite(page=2))), show)
    assert html.count("<img") == 2
    assert re.findall(r'id="c(\d)"', html) == ["1", "2", "3"]
