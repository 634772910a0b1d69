"""E-mail (.eml, .msg): its header, its text; attachments are named, not read."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from docai.pages.office.content import Block, Part, Piece, list_names, note, text_block, tidy
from docai.pages.office.elements import load_extra
from docai.pages.office.plain import line_blocks
from docai.pages.office.web import decode_text, read_html
from docai.types import Issue

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_NAMED = 20


def read_mail(path: Path, uri: str) -> list[Part]:
    with path.open("rb") as stream:
        message = email.message_from_binary_file(stream, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    blocks = list(_header_blocks({name: _header(message, name) for name in _HEADERS}))
    body = message.get_body(("html", "plain"))
    if body is not None:
        text = _decode(body)
        html = body.get_content_type() == "text/html"
        blocks += read_html(text, uri) if html else line_blocks(text)
    names = [_name_part(part) for part in message.walk() if part.get_filename() or _is_attached(part)]
    return [Part(tuple(blocks), _attachment_issues(names))]


def read_outlook(path: Path, uri: str) -> list[Part]:
    """A message that Outlook saved."""
    message = load_extra("oxmsg", uri).Message.load(str(path))
    headers = {
        "From": message.sender or "",
        "To": ", ".join(f"{r.name} <{r.email_address}>" for r in message.recipients),
        "Date": str(message.sent_date or ""),
        "Subject": message.subject or "",
    }
    blocks = list(_header_blocks(headers))
    html = message.html_body
    blocks += read_html(html, uri) if html else line_blocks(message.body or "")
    names = [a.file_name or "without a name" for a in message.attachments]
    return [Part(tuple(blocks), _attachment_issues(names))]


def _header_blocks(headers: dict[str, str]) -> Iterator[Block]:
    """Sender, recipients and date as lines, the subject as a title."""
    lines = tuple(
        Piece(tidy(f"{name}: {value}"), f"header {name}")
        for name, value in headers.items()
        if value.strip() and name != "Subject"
    )
    if lines:
        yield Block("text", lines)
    if headers["Subject"].strip():
        yield text_block(headers["Subject"], "header Subject", title=True)


def _header(message: EmailMessage, name: str) -> str:
    """A header as people read it; what cannot be parsed as it stands."""
    try:
        return " ".join(str(message.get(name, "")).split())
    except Exception:  # the parser of structured headers raises anything on broken ones
        return ""


def _decode(body: Any) -> str:
    """The text of a part; its stated character set may be wrong or unknown."""
    data = body.get_payload(decode=True)
    return decode_text(data or b"", body.get_content_charset())


def _is_attached(part: Any) -> bool:
    return bool(part.get_content_disposition() == "attachment")


def _name_part(part: Any) -> str:
    return str(part.get_filename() or part.get_content_type())


def _attachment_issues(names: Sequence[str]) -> tuple[Issue, ...]:
    if not names:
        return ()
    told = (
        f"attachments were not read: {list_names(names, _NAMED)}; save them to the folder to have them read"
    )
    return (note("attachments-not-read", told),)
