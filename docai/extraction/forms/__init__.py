"""Form-like documents: receipts, invoices, order forms; labels, layout and arithmetic, not sentences."""

from __future__ import annotations

from collections.abc import Sequence

from docai.extraction.forms.blanks import find_absence
from docai.extraction.forms.candidates import Document
from docai.extraction.forms.claims import make_claims
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.lists import extract_list
from docai.extraction.forms.ranges import join_ranges
from docai.extraction.forms.ranking import load_weights, part_ways, rank_field
from docai.extraction.forms.rivals import part_amounts
from docai.extraction.forms.taxes import settle_taxes
from docai.extraction.layout import build_layout
from docai.schema import Field, Schema
from docai.types import Claim, DocumentView
from docai.values.dates import guess_day_first

__all__ = ["extract_forms"]


def extract_forms(view: DocumentView, schema: Schema, fields: Sequence[Field]) -> list[Claim]:
    """Claims for `fields` of a form-like document: for each the best value first, then runners-up.

    Scores are probabilities. A field without claims is not in the document, as far as can be told.
    """
    layouts = [build_layout(page) for page in view.pages]
    texts = [cell.text for layout in layouts for cell in layout.cells]
    document = Document(layouts, guess_day_first(texts))
    # All of the schema's fields are known to the matcher: a label of another one speaks against a value.
    singles = [f for f in schema.fields if f.group is None]
    matcher = LabelMatcher(singles)
    weights = load_weights()
    claims: list[Claim] = []
    wanted = [k for k, field in enumerate(singles) if field in fields]
    ranked = part_ways([rank_field(document, matcher, singles, k, weights) for k in wanted])
    ranked = part_amounts(join_ranges(ranked, matcher, wanted), matcher, wanted)
    made = settle_taxes(ranked, [make_claims(one) for one in ranked], matcher, wanted)
    for index, found in zip(wanted, made, strict=True):
        absence = None if found else find_absence(document, matcher, singles, index)
        claims.extend(found or ([absence] if absence else []))
    for group in dict.fromkeys(f.group for f in fields if f.group is not None):
        claims.extend(extract_list(document, [f for f in schema.fields if f.group == group], singles))
    return claims
