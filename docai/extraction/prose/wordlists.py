"""Closed lists of words that several readers share."""

from __future__ import annotations


def to_words(text: str) -> frozenset[str]:
    """The words of a text, for lists that read better as one line."""
    return frozenset(text.split())


# Compounds keep their hyphen when a line ends after one of these.
PREFIXES = to_words(
    "non co re pre sub self third long short out on off e in up over under cross multi semi anti post full "
    "all well high low first second day one two three four five six ten year twenty thirty forty fifty "
    "sixty ninety"
)
# Words before a full stop that do not end a sentence.
ABBREVIATIONS = to_words(
    "inc corp co ltd llc l.l.c l.p n.a s.a b.v n.v no nos mr mrs ms dr st ave blvd rd sec art vs v u.s u.k "
    "e.g i.e etc al approx jr sr para cl fig dept est messrs lic hon gen vol pp p a.m p.m str nr bzw z.b "
    "d.h abs"
)
# Words that a title does not capitalise.
SMALL = to_words("of and the to in for or on by with a an upon from at as")
# Words of a label that say nothing about what it asks for.
FILLER = to_words(
    "a an the of to in on for and or by with that this which what when is are be been was as at from it its "
    "any each one whether if how who date day field value name document"
)
