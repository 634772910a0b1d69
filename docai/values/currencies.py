"""Currencies by symbol, code and word."""

from __future__ import annotations

import re

_CODES_TEXT = (  # those that invoices carry
    "AED ARS AUD BDT BGN BHD BRL CAD CHF CLP CNY COP CZK DKK DZD EGP EUR GBP HKD HRK HUF IDR ILS INR ISK "
    "JOD JPY KES KRW KWD LKR MAD MXN MYR NGN NOK NPR NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD "
    "THB TND TRY TWD UAH USD UYU VND XAF XOF ZAR"
)
_CODES = _CODES_TEXT.split()

_SYMBOLS: dict[str, str] = {
    "US$": "USD", "USD$": "USD", "U.S.$": "USD", "$US": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD",
    "CA$": "CAD", "CDN$": "CAD", "S$": "SGD", "HK$": "HKD", "NZ$": "NZD", "NT$": "TWD", "R$": "BRL",
    "MX$": "MXN", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₺": "TRY",
    "₩": "KRW", "₪": "ILS", "฿": "THB", "₫": "VND", "₱": "PHP", "RM": "MYR", "Rs.": "INR", "Rs": "INR",
    "Rp": "IDR", "SFr.": "CHF", "SFr": "CHF", "Fr.": "CHF", "sFr.": "CHF", "zł": "PLN", "Kč": "CZK",
    "NIS": "ILS", "RMB": "CNY",
}  # fmt: skip

_WORDS: dict[str, str] = {
    "dollar": "USD", "dollars": "USD", "us dollars": "USD", "u.s. dollars": "USD",
    "united states dollars": "USD",
    "euro": "EUR", "euros": "EUR", "pound": "GBP", "pounds": "GBP",
    "pounds sterling": "GBP", "sterling": "GBP",
    "ringgit": "MYR", "ringgit malaysia": "MYR", "yen": "JPY", "swiss francs": "CHF",
    "schweizer franken": "CHF",
    "franken": "CHF", "rupees": "INR", "yuan": "CNY", "renminbi": "CNY", "canadian dollars": "CAD",
    "australian dollars": "AUD", "singapore dollars": "SGD", "hong kong dollars": "HKD",
}  # fmt: skip

_BY_SPELLING: dict[str, str] = {code: code for code in _CODES} | _SYMBOLS
_FOLDED = {spelling.casefold(): code for spelling, code in _BY_SPELLING.items()} | _WORDS


def _alternation(spellings: list[str]) -> str:
    return "|".join(re.escape(s) for s in sorted(spellings, key=len, reverse=True))


# Longest spelling first. Spellings that begin with a letter must not continue a word, nor end inside one.
_LETTERED = [s for s in _BY_SPELLING if s[0].isalpha()]
_OTHERS = [s for s in _BY_SPELLING if not s[0].isalpha()]
CURRENCY = rf"(?:(?<![^\W\d_])(?:{_alternation(_LETTERED)})(?![^\W\d_])|{_alternation(_OTHERS)})"
CURRENCY_WORD = rf"(?i:(?<![^\W\d_])(?:{_alternation(list(_WORDS))})(?![^\W\d_]))"

_BEFORE = re.compile(rf"({CURRENCY})\s{{0,2}}[-−–(]?\s?$")
_AFTER = re.compile(rf"\s{{0,2}}({CURRENCY}|{CURRENCY_WORD})")
_ANY = re.compile(rf"{CURRENCY}|{CURRENCY_WORD}")
_LOOK_BACK = 10


def currency_code(text: str) -> str | None:
    """ISO 4217 code of a currency's symbol, code or word; None when the text is nothing of the kind."""
    folded = " ".join(text.split()).casefold()
    return _FOLDED.get(folded) or _FOLDED.get(folded.rstrip(".:"))


def currency_before(text: str, at: int) -> tuple[int, str] | None:
    """The currency that ends right before `at`: where it starts, and its code."""
    begin = max(0, at - _LOOK_BACK)
    match = _BEFORE.search(text, begin, at)
    return (match.start(1), _BY_SPELLING[match.group(1)]) if match else None


def currency_after(text: str, at: int) -> tuple[int, str] | None:
    """The currency that begins right after `at`: where it ends, and its code."""
    match = _AFTER.match(text, at)
    if match is None:
        return None
    code = _BY_SPELLING.get(match.group(1)) or currency_code(match.group(1))
    return (match.end(1), code) if code else None


def find_currencies(text: str) -> list[tuple[int, int, str]]:
    """Every currency mark: start, end, code."""
    found: list[tuple[int, int, str]] = []
    for match in _ANY.finditer(text):
        code = _BY_SPELLING.get(match.group(0)) or currency_code(match.group(0))
        if code:
            found.append((match.start(), match.end(), code))
    return found
