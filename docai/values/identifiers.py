"""Codes: invoice, contract and order numbers; and the typed codes that are none of these."""

from __future__ import annotations

import re

from docai.values.dates import find_dates
from docai.values.durations import find_durations
from docai.values.money import find_money
from docai.values.numbers import find_percents
from docai.values.spans import Cover, Found, drop_overlaps

# 3..30 characters of a code: letters and digits with single marks inside, one digit at least.
_CODE = re.compile(r"(?<![\w/])#?(?P<code>[^\W_](?:[^\W_]|[/\-._](?=[^\W_])){2,29})(?![\w])")
_EMAIL = re.compile(
    r"(?<![\w.+\-])[\w.+\-]{1,64}@[a-z\d](?:[a-z\d\-]{0,62}\.){1,4}[a-z]{2,12}(?![\w\-])", re.IGNORECASE
)
_PHONE = re.compile(r"(?<![\w/\-.,])(?:\+|\(\+?)?\d(?:\d|[ ()\-/.]{1,3}(?=[\d(])){6,24}\d(?![\w%])(?![.,]\d)")
_PHONE_LABEL = re.compile(
    r"(?:tel|fax|phone|mobil\w{0,3}|hp|telefon|téléphone|call)\b[\s.:#/]{0,6}$", re.IGNORECASE
)
_PHONE_US = re.compile(r"(?:\+?1[\-. ]{1,2})?\(?\d{3}\)?[\-. ]{1,2}\d{3}[\-. ]\d{4}")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:\s?[A-Z\d]{4}){2,7}(?:\s?[A-Z\d]{1,4})?(?!\w)")
_VAT = re.compile(
    r"(?<!\w)(?:ATU\d{8}|BE\s?[01]\d{9}|CHE[\-\s]?\d{3}\.?\d{3}\.?\d{3}|DE\s?\d{9}|DK\s?\d{8}|ES\s?[A-Z\d]\d{7}[A-Z\d]"
    r"|FR\s?[A-Z\d]{2}\s?\d{3}\s?\d{3}\s?\d{3}|GB\s?\d{9}|IT\s?\d{11}|LU\s?\d{8}|NL\s?\d{9}B\d{2}|PL\s?\d{10})(?!\w)"
)

# Numbers in groups: "51 824 753 556".
_GROUPED = re.compile(r"(?<![\w.,])\d{2,5}(?: \d{2,5}){1,5}(?![\w,])(?!\.\d)")


def _plain(match: re.Match[str], group: str | int = 0, value: str | None = None) -> Found:
    start, end = match.span(group)
    text = match.group(group)
    return Found(start, end, text, text if value is None else value)


def find_emails(text: str) -> list[Found]:
    """E-mail addresses, lower case as value."""
    return [_plain(m, value=m.group(0).casefold()) for m in _EMAIL.finditer(text)] if "@" in text else []


def _labelled(text: str, at: int) -> bool:
    return _PHONE_LABEL.search(text, max(0, at - 16), at) is not None


def find_phones(text: str) -> list[Found]:
    """Telephone and fax numbers: with +, a label before them, or grouped digits; value: + and digits."""
    found = []
    dates = Cover(find_dates(text))
    for match in _PHONE.finditer(text):
        written = match.group(0)
        digits = re.sub(r"\D", "", written)
        labelled = _labelled(text, match.start())
        grouped = _PHONE_US.fullmatch(written) is not None or (
            written[0] in "0(+" and re.search(r"[ ()\-/.]", written[1:]) is not None
        )
        if not 7 <= len(digits) <= 15 or not (written[0] == "+" or labelled or grouped):
            continue
        item = _plain(match, value=("+" if "+" in written[:2] else "") + digits)
        if not dates.touching(item.start, item.end):
            found.append(item)
    return found


def _iban_is_valid(text: str) -> bool:
    compact = re.sub(r"\s", "", text)
    turned = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def find_ibans(text: str) -> list[Found]:
    """IBANs whose check digits hold; value without spaces. A match may carry a word too many at its end."""
    found = []
    for match in _IBAN.finditer(text):
        written = match.group(0)
        while len(written) >= 15 and not _iban_is_valid(written):
            shorter = written.rpartition(" ")[0]
            if not shorter:
                break
            written = shorter
        if _iban_is_valid(written):
            start = match.start()
            found.append(Found(start, start + len(written), written, re.sub(r"\s", "", written)))
    return found


def find_vat_ids(text: str) -> list[Found]:
    """European VAT identification numbers; value without spaces and marks."""
    return [_plain(m, value=re.sub(r"[\s.\-]", "", m.group(0))) for m in _VAT.finditer(text)]


def find_identifiers(text: str) -> list[Found]:
    """Codes with a digit, 3..30 characters, that are no date, amount, percent, e-mail, IBAN or VAT number."""
    typed = find_dates(text) + find_emails(text) + find_ibans(text) + find_vat_ids(text) + find_percents(text)
    typed += [f for f in find_phones(text) if str(f.value)[0] == "+" or _labelled(text, f.start)]
    typed += [f for f in find_money(text) if f.unit or re.search(r"[.,]\d{2}$", f.text)] + find_durations(
        text
    )
    cover = Cover(typed)
    found = []
    for match in _CODE.finditer(text):
        code = match["code"]
        if not any(c.isdigit() for c in code):
            continue
        item = _plain(match, "code")
        # A code may hold what reads like a date (RE-20151008/504); what a value covers whole is no code.
        if cover.covers(item.start, item.end):
            continue
        found.append(item)
    return drop_overlaps(found)


def find_tax_numbers(text: str) -> list[Found]:
    """Tax and register numbers of any country: VAT numbers, codes, and digits in groups ("51 824 753");
    of what overlaps the longest.
    """
    grouped = [_plain(m) for m in _GROUPED.finditer(text)]
    return drop_overlaps(find_vat_ids(text) + grouped + find_identifiers(text))
