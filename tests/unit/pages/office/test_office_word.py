"""Word files: the text as it reads, each paragraph and cell with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from office_files import LAW, lines_of, make_contract, needs_extra, read_pages, rewrite_part

from docai.errors import DocumentError
from docai.pages.renderer import DocumentRenderer

pytestmark = needs_extra

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_BODY = "word/document.xml"


def change_body(path: Path, old: str, new: str) -> Path:
    def change(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), 1)

    return rewrite_part(path, _BODY, change)


def test_paragraphs_cells_and_line_breaks(tmp_path: Path) -> None:
    (page,) = read_pages(make_contract(tmp_path / "a.docx"))
    said = lines_of([page])
    assert said["paragraph 1"] == "MASTER SERVICES AGREEMENT"
    assert said["paragraph 5"] == LAW
    assert said["table 1, row 2, column 2"] == "USD 1,500.00"
    assert said["paragraph 6"] == "Signed: Jane Roe Title: Chief Executive Officer"
    title, body = page.words[0], next(w for w in page.words if w.text == "This")
    assert title.box.y1 - title.box.y0 > body.box.y1 - body.box.y0
    by_text = {word.text: word for word in page.words}
    assert by_text["Title:"].box.y0 > by_text["Signed:"].box.y0  # a line break
    assert by_text["Jane"].box.x0 - by_text["Signed:"].box.x1 > 16  # a tab
    assert page.reader == "file-text"
    assert page.issues == ()


def test_changes_and_fields_read_as_the_final_text(tmp_path: Path) -> None:
    path = change_body(
        make_contract(tmp_path / "a.docx"),
        "<w:p><w:r><w:t>This Agreement shall be",
        '<w:p><w:ins w:id="1"><w:r><w:t>Oregon wins. </w:t></w:r></w:ins>'
        '<w:del w:id="2"><w:r><w:delText>Nevada wins. </w:delText></w:r></w:del>'
        "<w:sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent><w:r><w:t>Filled in. </w:t></w:r></w:sdtContent>"
        "</w:sdt>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Unseen. </w:t></w:r>"
        "<w:r><w:t>This Agreement shall be",
    )
    (page,) = read_pages(path)
    assert lines_of([page])["paragraph 5"] == f"Oregon wins. Filled in. {LAW}"
    assert [issue.code for issue in page.issues] == ["tracked-changes"]


def test_a_block_that_is_filled_in_is_read(tmp_path: Path) -> None:
    path = change_body(
        make_contract(tmp_path / "a.docx"),
        "<w:p><w:r><w:t>This Agreement shall be",
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>A block.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:r><w:t>This Agreement shall be",
    )
    assert lines_of(read_pages(path))["paragraph 5"] == "A block."


def test_headers_footnotes_and_floating_boxes(tmp_path: Path) -> None:
    import docx

    path = make_contract(tmp_path / "a.docx")
    document: Any = docx.Document(str(path))
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.save(str(path))
    box = (
        "<w:r><w:pict><v:shape xmlns:v='urn:schemas-microsoft-com:vml'><v:textbox><w:txbxContent><w:p><w:r>"
        "<w:t>Contract no. 77</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )
    change_body(
        path, "<w:p><w:r><w:t>This Agreement shall be", f"<w:p>{box}<w:r><w:t>This Agreement shall be"
    )
    said = lines_of(read_pages(path))
    assert said["header"] == "Confidential"
    assert said["text box 1"] == "Contract no. 77"
    assert said["paragraph 5"] == LAW


def test_a_long_file_has_several_pages_and_keeps_paragraphs_whole(tmp_path: Path) -> None:
    pages = read_pages(make_contract(tmp_path / "a.docx", paragraphs=60))
    assert len(pages) > 3
    said = [set(page.locators) for page in pages]
    for place, names in enumerate(said):
        for others in said[place + 1 :]:
            assert not names & others
    assert {f"paragraph {number}" for number in range(1, 67)} <= set().union(*said)


def test_templates_and_files_with_macros(tmp_path: Path) -> None:
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    for kind in (
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    ):
        path = make_contract(tmp_path / "a.docm")
        rewrite_part(path, "[Content_Types].xml", lambda data, kind=kind: data.replace(plain, kind))
        assert lines_of(read_pages(path))["paragraph 5"] == LAW


def test_it_is_drawn_for_a_model(tmp_path: Path) -> None:
    path = make_contract(tmp_path / "a.docx")
    renderer = DocumentRenderer()
    page = renderer.pages(renderer.open(path, "a"))[0]
    pixels = renderer.render(page).pixels
    for word in renderer.text_layer(page)[:40]:
        x0, y0, x1, y1 = (round(side * page.dpi_x / 72) for side in word.box)
        assert pixels[y0:y1, x0:x1].min() < 100
    assert pixels[: int(30 * page.dpi_y / 72)].min() == 255


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    path = make_contract(tmp_path / "a.docx")
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(DocumentError) as caught:
        DocumentRenderer().open(path, "a.docx")
    assert caught.value.code == "office-not-installed"
    assert "docai[office]" in str(caught.value.hint)
