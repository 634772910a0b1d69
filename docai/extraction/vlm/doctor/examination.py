"""All checks of a model server, in the order in which each makes the next one possible."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from docai.errors import ConfigError, DocaiError
from docai.extraction.vlm.doctor.findings import Finding, make_failure
from docai.extraction.vlm.doctor.limit_checks import check_context, check_images
from docai.extraction.vlm.doctor.ramp import MOST_AT_ONCE, check_parallel
from docai.extraction.vlm.doctor.reply_checks import check_loops, list_reply_findings
from docai.extraction.vlm.doctor.sight_checks import check_sight
from docai.extraction.vlm.doctor.subject import LINES, Subject
from docai.extraction.vlm.doctor.traps import find_traps
from docai.extraction.vlm.trial import Trial, try_fields, try_forms, try_server
from docai.imaging.profiles import find_profile
from docai.llm.client import OpenAIClient
from docai.llm.faults import AWAY
from docai.llm.retry import RetryPolicy
from docai.llm.settings import ClientSettings
from docai.schema import Field

REQUEST_S = 120.0
"""Longest wait for one reply: the whole examination is a few dozen of them, most of one token."""

Check = Callable[[Subject], AsyncIterator[Finding]]
_CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("images", "images a request", check_images),
    ("context", "length of the context", check_context),
    ("sight", "what the model sees", check_sight),
    ("loops", "whether replies end", check_loops),
    ("parallel", "requests at once", check_parallel),
)


def make_settings(settings: ClientSettings) -> ClientSettings:
    """The same server with less patience: what an examination would wait for is a finding."""
    return replace(
        settings, timeout_s=REQUEST_S, away_s=0.0, retry=RetryPolicy(attempts=2), in_flight=MOST_AT_ONCE
    )


async def examine(
    client: OpenAIClient, fields: Sequence[Field], step: Callable[[str], None]
) -> list[Finding]:
    """Examine the server of a client that has been started. `fields`: whose grammar is tried; `step` is told
    what is being done. Ends early where the server sees no images or goes away."""
    context = client.info.context_tokens.get(client.name)
    subject = Subject(client, find_profile(client.name), await client.read_version(), context)
    findings = [describe_server(subject)]
    step("images and schemas")
    try:
        trial = await _try_out(subject, fields, findings)
    except DocaiError as error:
        check = "images" if error.code == "text-only-model" else "trial"
        return [*findings, make_failure(check, error)]
    budget = trial.infer_budget(subject.profile)
    if budget is not None:
        subject.profile = find_profile(client.name, budget)
    findings += find_traps(subject.dialect, subject.version, subject.model, subject.profile)
    findings += list_reply_findings(subject, trial)
    for name, told, check_all in _CHECKS:
        step(told)
        try:
            findings += [finding async for finding in check_all(subject)]
        except DocaiError as error:
            findings.append(make_failure(name, error))
            if error.code in AWAY:
                break
    return findings


def describe_server(subject: Subject) -> Finding:
    """Which server and model answer."""
    version = f" {subject.version}" if subject.version else ""
    served = subject.client.info.models
    others = (
        f"; it also serves {', '.join(m for m in served if m != subject.model)}" if len(served) > 1 else ""
    )
    facts = {
        "dialect": subject.dialect,
        "version": subject.version,
        "model": subject.model,
        "models": list(served),
        "profile": subject.profile.name,
    }
    return Finding("server", "ok", f"{subject.dialect}{version} serves {subject.model}{others}", facts=facts)


async def _try_out(subject: Subject, fields: Sequence[Field], findings: list[Finding]) -> Trial:
    """The trial of `docai extract`; where that would refuse the schema, what is left of it."""
    try:
        return await try_forms(subject.client, fields)
    except ConfigError as error:
        if error.code == "schema-ignored":
            return await try_fields(subject.client, fields)
        if error.code != "schema-refused":
            raise
        findings.append(make_failure("schema-size", error))
        return await try_server(subject.client, LINES)
