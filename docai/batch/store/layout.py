"""Names of what a batch job keeps at its destination.

    jobs/<recipe>.json                      what was asked for; create-only
    outcomes/<work>.json                    a document's records or final failure; create-only
    outcomes/<work>.<attempt>.json          the same after `docai batch retry`; the highest attempt counts
    ledger/<recipe>/<run>-<part>.jsonl      which listed item has which outcome, a line each
    attempts/<recipe>/<work>/<task>.<code>.<random>     tries that are no outcome; append-only
    pages/<recipe>/<work>/<key>/<number>    pages of a document on its way; removed when it has its outcome
    answers/<recipe>/<work>/<key>/<number>  what a model said about them, likewise
    claims/<recipe>/<chunk>                 which run works at which part of the listing
    beats/<recipe>/<run>                    runs that live, and how far they are

`work` is a hash of content, schema and pipeline, `recipe` one of schema and pipeline: what is asked for
otherwise has other names, so that there is never a mix.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time

from docai.types import SourceItem

DIGEST_BYTES = 16


def digest_item(item: SourceItem) -> bytes:
    """16 bytes that stand for one state of one key."""
    text = f"{item.size}\n{item.version}\n{item.uri}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def name_recipe(*parts: object) -> str:
    """16 hex digits for what decides an outcome beside the document."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def name_run() -> str:
    """Runs sort by the time at which they began."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + "-" + secrets.token_hex(4)


def name_work(key: str) -> str:
    """The hex of an outcome's key (`sha256:…`)."""
    return key.rpartition(":")[2]


def name_failure(recipe: str, item: SourceItem) -> str:
    """The name of work on an item whose bytes cannot be had."""
    return hashlib.sha256(recipe.encode() + digest_item(item)).hexdigest()


def outcome_key(work: str, attempt: int = 0) -> str:
    return f"outcomes/{work}.{attempt}.json" if attempt else f"outcomes/{work}.json"


def job_key(recipe: str) -> str:
    return f"jobs/{recipe}.json"


def ledger_prefix(recipe: str) -> str:
    return f"ledger/{recipe}/"


def ledger_key(recipe: str, run: str, part: int) -> str:
    return f"{ledger_prefix(recipe)}{run}-{part:06d}.jsonl"


def attempts_prefix(recipe: str) -> str:
    return f"attempts/{recipe}/"


def attempt_key(recipe: str, work: str, task: str, code: str) -> str:
    return f"{attempts_prefix(recipe)}{work}/{task}.{code}.{secrets.token_hex(6)}"


def kept_prefix(kind: str, recipe: str, work: str) -> str:
    """`kind`: `pages` or `answers`."""
    return f"{kind}/{recipe}/{work}/"


def name_key(key: str) -> str:
    """A reading's or a question's key is long and of any characters, so its hash stands in names."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def kept_key(kind: str, recipe: str, work: str, key: str, name: str) -> str:
    """`key`: as `name_key` gives it."""
    return f"{kept_prefix(kind, recipe, work)}{key}/{name}"


def claims_prefix(recipe: str) -> str:
    return f"claims/{recipe}/"


def beats_prefix(recipe: str) -> str:
    return f"beats/{recipe}/"
