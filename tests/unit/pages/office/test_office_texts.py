"""HTML, e-mail and plain text."""

from __future__ import annotations

from pathlib import Path

import pytest
from office_files import lines_of, make_mail, needs_extra, read_pages

PAGE = """<!doctype html><html><head><title>unseen</title><style>p {}</style>
<script>alert("unseen")</script></head><body><h1>Rental agreement</h1><p>Rent is <b>$900</b> per
month.<br>Due on the first.</p><p style="display: none">unseen</p><div hidden>unseen</div>
<noscript>unseen</noscript><img src="http://127.0.0.1:9/unseen.png" alt="unseen"><ul><li>No pets</li></ul>
<table><tr><th rowspan="2">Fees</th><th>Deposit</th></tr><tr><td>1,800</td></tr></table></body></html>"""


@needs_extra
def test_html_as_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(PAGE)
    (page,) = read_pages(path)
    assert lines_of([page]) == {
        "paragraph 1": "Rental agreement",
        "paragraph 2": "Rent is $900 per month. Due on the first.",
        "paragraph 3": "No pets",
        "table 1, row 1, column 1": "Fees",
        "table 1, row 1, column 2": "Deposit",
        "table 1, row 2, column 2": "1,800",
    }
    due, rent = (next(w for w in page.words if w.text == text) for text in ("Due", "Rent"))
    assert due.box.y0 > rent.box.y0


@needs_extra
@pytest.mark.parametrize(
    ("stated", "encoding"),
    [
        ('<meta charset="iso-8859-1">', "iso-8859-1"),
        ("", "utf-8"),
        ("", "cp1252"),
        ("", "utf-16"),
        ('<meta charset="no-such-thing">', "utf-8"),
        ('<meta charset="utf-8">', "cp1252"),  # what it states is wrong
    ],
)
def test_html_in_any_encoding(tmp_path: Path, stated: str, encoding: str) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(
        f"<html><head>{stated}</head><body><p>Käufer: Müller – 5 €</p></body></html>".encode(
            encoding, "replace"
        )
    )
    said = lines_of(read_pages(path))["paragraph 1"]
    assert said.startswith("Käufer: Müller")


@needs_extra
def test_html_without_words_is_a_blank_page(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body><script>x()</script></body></html>")
    (page,) = read_pages(path)
    assert page.words == ()
    assert page.reader


def test_mail_as_plain_text(tmp_path: Path) -> None:
    (page,) = read_pages(make_mail(tmp_path / "a.eml", attachments=["terms.pdf", "prices.xlsx"]))
    said = lines_of([page])
    assert said["header From"] == "From: Ann Lee <ann@example.org>"
    assert said["header Subject"] == "Order 4711 confirmed"
    assert said["line 2"] == "Total: EUR 99.50"
    (issue,) = page.issues
    assert issue.code == "attachments-not-read"
    assert "terms.pdf, prices.xlsx" in issue.message


@needs_extra
def test_mail_as_html(tmp_path: Path) -> None:
    html = "<html><body><p>Your order ships on <b>May 20, 2024</b>.</p></body></html>"
    (page,) = read_pages(make_mail(tmp_path / "a.eml", html=html))
    assert lines_of([page])["paragraph 1"] == "Your order ships on May 20, 2024."
    assert page.issues == ()


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"Content-Type: text/plain; charset=no-such-thing\r\n", "Käufer".encode()),
        (b"Content-Type: text/plain; charset=us-ascii\r\n", "Käufer".encode("cp1252")),
        (
            b"Content-Type: text/plain; charset=iso-8859-1\r\n"
            b"Content-Transfer-Encoding: quoted-printable\r\n",
            b"K=E4ufer",
        ),
        (b"", "Käufer".encode()),
    ],
)
def test_mail_in_any_encoding(tmp_path: Path, header: bytes, body: bytes) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(
        b"From: <broken\r\nTo: x@y.z\r\nDate: never\r\nSubject: =?x?q?=\r\n" + header + b"\r\n" + body
    )
    assert lines_of(read_pages(path))["line 1"] == "Käufer"


def test_lines_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Invoice 7\r\n\r\nTotal:\t12.00\r\nDue\xa0date: May 5\r\n".encode("cp1252"))
    assert lines_of(read_pages(path)) == {
        "line 1": "Invoice 7",
        "line 3": "Total: 12.00",
        "line 4": "Due date: May 5",
    }


def test_headings_of_markdown(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Terms\ntext below\n#no heading\n")
    (page,) = read_pages(path)
    assert lines_of([page]) == {"line 1": "Terms", "line 2": "text below", "line 3": "#no heading"}
    assert page.words[0].box.y1 - page.words[0].box.y0 > 12


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_cells_of_separated_values(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "a.csv"
    rows = [["item", "amount"], ['"a, b; c"', "12"], ["", "13"]]
    path.write_text("\n".join(separator.join(row) for row in rows))
    assert lines_of(read_pages(path)) == {
        "A1": "item",
        "B1": "amount",
        "A2": "a, b; c",
        "B2": "12",
        "B3": "13",
    }
