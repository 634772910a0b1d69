from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from passage_samples import count_words, make_page

from docai.index.margins import find_margins
from docai.index.passages import LARGEST_TOKENS, make_passages, text_to_embed, text_to_weigh
from docai.index.rows import find_rows
from docai.types import Box, Page

ID = "sha256:" + "0" * 64
TEXT = (
    "The seller agrees to deliver goods. 1.1 (a) TERM ARTICLE Notices, 5,000 Delaware; law and x § Date: ____"
)
WORDS = st.sampled_from(TEXT.split())
LINES = st.lists(st.lists(WORDS, min_size=0, max_size=14).map(" ".join), min_size=1, max_size=60)
PAGES = st.lists(LINES, min_size=1, max_size=5)


def make_pages(texts: list[list[str]]) -> list[Page]:
    return [make_page(lines, number) for number, lines in enumerate(texts, 1)]


def wrap(text: str, width: int = 90) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


@given(PAGES)
@settings(max_examples=60, deadline=None)
def test_every_word_is_in_a_passage_or_in_a_margin(texts: list[list[str]]) -> None:
    pages = make_pages(texts)
    rows = {page.number: find_rows(page) for page in pages if page.words}
    margins = find_margins(rows)
    passages = make_passages(ID, pages, count_words)
    for page in pages:
        wanted = Counter(word.text for word in page.words)
        for place in margins.get(page.number, ()):
            wanted -= Counter(page.words[i].text for i in rows[page.number][place].words)
        found = Counter(word for p in passages if p.page == page.number for word in p.text.split())
        assert not wanted - found


@given(PAGES)
@settings(max_examples=60, deadline=None)
def test_boxes_cover_the_words_and_ids_are_stable(texts: list[list[str]]) -> None:
    pages = make_pages(texts)
    passages = make_passages(ID, pages, count_words)
    assert make_passages(ID, pages, count_words) == passages
    assert len({p.id for p in passages}) == len(passages)
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    by_number = {page.number: page for page in pages}
    for passage in passages:
        inside = [
            w.text for w in by_number[passage.page].words if any(holds(b, w.box) for b in passage.boxes)
        ]
        assert not Counter(set(passage.text.split())) - Counter(inside)
        assert passage.text.strip()


def holds(outer: Box, inner: Box) -> bool:
    return outer.x0 <= inner.x0 and outer.y0 <= inner.y0 and outer.x1 >= inner.x1 and outer.y1 >= inner.y1


@given(PAGES)
@settings(max_examples=30, deadline=None)
def test_no_passage_is_longer_than_what_a_paragraph_may_have(texts: list[list[str]]) -> None:
    for passage in make_passages(ID, make_pages(texts), count_words):
        assert sum(count_words(passage.text.split())) <= LARGEST_TOKENS * 1.5


def test_sections_begin_passages_and_name_them() -> None:
    term = "The term of this agreement is three years from the date hereof unless ended before. " * 2
    law = "This agreement shall be governed by the laws of the State of Delaware without more. " * 2
    page = make_page(
        ["ARTICLE 7 TERM AND LAW", "", "7.1 Term.", *wrap(term), "", "7.2 Governing Law.", *wrap(law)]
    )
    passages = make_passages(ID, [page], count_words)
    law_passage = next(p for p in passages if "Delaware" in p.text)
    assert law_passage.heading.startswith("ARTICLE 7 TERM AND LAW")
    assert "Governing Law" in law_passage.heading
    assert "three years" not in law_passage.text


def test_a_heading_in_the_line_names_what_follows_on_the_next_page() -> None:
    first = make_page(["", *wrap("4.2 Notices. All notices under this agreement are sent by post and also")])
    second = make_page(wrap("by electronic mail to the addresses that stand below the signatures."), 2)
    passages = make_passages(ID, [first, second], count_words)
    assert [p.heading for p in passages] == ["Notices", "Notices"]
    assert [p.page for p in passages] == [1, 2]


def test_long_paragraphs_are_cut_between_sentences() -> None:
    sentences = [
        f"Sentence number {n} tells what the parties do in case {n} of all cases." for n in range(40)
    ]
    passages = make_passages(ID, [make_page(wrap(" ".join(sentences)))], count_words)
    assert len(passages) > 3
    for passage in passages:
        assert passage.text.startswith("Sentence")
        assert passage.text.endswith("cases.")


def test_rows_of_a_table_stay_whole() -> None:
    header = [(72.0, 90.0, "Item"), (200.0, 90.0, "Amount"), (400.0, 90.0, "Total")]
    cells = [
        cell
        for n in range(60)
        for cell in (
            (72.0, 104.0 + 11 * n, f"item{n} of{n}"),
            (200.0, 104.0 + 11 * n, f"amount{n}"),
            (400.0, 104.0 + 11 * n, f"total{n}"),
        )
    ]
    passages = make_passages(ID, [make_page([*header, *cells])], count_words)
    assert len(passages) > 1
    assert {p.kind for p in passages} == {"table"}
    for n in range(60):
        assert sum(f"item{n} of{n} amount{n} total{n}" in p.text.split("\n") for p in passages) == 1


def test_running_titles_and_page_numbers_are_left_out() -> None:
    body = "The parties agree on page {n} about matter {n} in many words that no other page has."
    pages = [
        make_page(
            ["Acme Supply Agreement", "", *wrap(body.format(n=n)), "", (290.0, 760.0, f"Page {n} of 5")], n
        )
        for n in range(1, 6)
    ]
    passages = make_passages(ID, pages, count_words)
    assert sum("Acme Supply" in p.text for p in passages) == 1  # where it stands first it may be the title
    assert not any("of 5" in p.text for p in passages)


def test_context_is_said_where_the_passage_does_not_say_it() -> None:
    opening = "Supply Agreement between Acme Corp and Beta LLC dated May 1, 2020 " + "as amended " * 24
    pages = [
        make_page(wrap(opening)),
        make_page(wrap("Goods are paid within thirty days of the invoice."), 2),
    ]
    first, second = make_passages(ID, pages, count_words)
    assert first.context == ""
    assert second.context == " ".join(opening.split()[:60])
    assert "Acme Corp" in text_to_weigh(second)
    assert text_to_embed(second).endswith(second.text)


def test_filing_notices_are_no_context() -> None:
    lines = [
        "Exhibit 10.1",
        "CERTAIN INFORMATION HAS BEEN OMITTED AND FILED SEPARATELY WITH THE COMMISSION.",
        "RESELLER AGREEMENT",
        "This agreement is made between Acme Corp and Beta LLC.",
    ]
    pages = [make_page(lines), make_page(["Goods are paid within thirty days."], 2)]
    assert make_passages(ID, pages, count_words)[-1].context.startswith("RESELLER AGREEMENT This agreement")


def test_boxes_lie_on_the_page_as_it_lies() -> None:
    page = make_page(["The seller delivers the goods."])
    turned = replace(
        page,
        turned=90,
        width_pt=792.0,
        height_pt=612.0,
        words=tuple(
            replace(w, box=Box(w.box.y0, 612 - w.box.x1, w.box.y1, 612 - w.box.x0)) for w in page.words
        ),
    )
    (passage,) = make_passages(ID, [turned], count_words)
    assert passage.text == "The seller delivers the goods."
    assert len(passage.boxes) == 1
    assert passage.boxes[0].x1 <= 792
    assert passage.boxes[0].y1 - passage.boxes[0].y0 > passage.boxes[0].x1 - passage.boxes[0].x0


def test_pages_without_words_give_nothing() -> None:
    assert make_passages(ID, [make_page([])], count_words) == []
    assert make_passages(ID, [], count_words) == []
