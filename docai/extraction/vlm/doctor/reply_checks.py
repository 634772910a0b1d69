"""How the server replies: is a JSON schema held to, does white space run on, are log probabilities told."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator

from docai.extraction.vlm.doctor.findings import Finding
from docai.extraction.vlm.doctor.remedies import forbid_white_space
from docai.extraction.vlm.doctor.string_page import choose_tile_size, draw_string_page
from docai.extraction.vlm.doctor.subject import LINES, READ, Subject
from docai.extraction.vlm.trial import Trial
from docai.llm.chat import ChatRequest, ImagePart, Message
from docai.llm.faults import SCHEMA_IGNORED
from docai.llm.salvage import find_loop, parse_reply

_TEMPERATURES = (0.0, 0.4, 0.8)
_TOKENS = 500


def list_reply_findings(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """What the trial has shown about schemas and log probabilities."""
    form = subject.client.settings.schema_form
    if trial.grammar is False:
        subject.grammar = False
        yield Finding("schema", "problem", SCHEMA_IGNORED.message, SCHEMA_IGNORED.hint, {"form": form})
    elif trial.grammar is None:
        message = "the trial's reply was empty, so whether schemas are held to is not known"
        remedy = "turn thinking off in the server, if it is on"
        yield Finding("schema", "note", message, remedy, {"form": form})
    else:
        message = f"replies are held to a JSON schema ({form}) of {trial.fields or len(LINES)} fields"
        yield Finding("schema", "ok", message, facts={"form": form, "fields": trial.fields})
    if trial.logprobs:
        yield Finding("logprobs", "ok", "log probabilities come with replies")
    else:
        yield Finding(
            "logprobs",
            "note",
            "the server tells no log probabilities: confidences rest on the page's own proof alone",
            "a server that tells them (vLLM, llama.cpp) makes confidences sharper",
        )


async def check_loops(subject: Subject) -> AsyncIterator[Finding]:
    """Whether constrained replies end, at the temperatures that retries use."""
    if not subject.grammar:
        return
    page = draw_string_page(*choose_tile_size(subject.profile), 1)
    verdicts: Counter[str] = Counter()
    for temperature in _TEMPERATURES:
        request = ChatRequest(
            (Message("user", (ImagePart(page.data), READ)),),
            json_schema=LINES,
            schema_name="lines",
            max_tokens=_TOKENS,
            temperature=temperature,
            seed=1,
        )
        reply = await subject.ask(request)
        verdict = find_loop(reply.text) or parse_reply(reply.text, reply.finish_reason).verdict
        verdicts[verdict] += 1
    facts = dict(verdicts)
    bad = {name: n for name, n in verdicts.items() if name != "complete"}
    if not bad:
        yield Finding("loops", "ok", f"{len(_TEMPERATURES)} of {len(_TEMPERATURES)} replies end", facts=facts)
    elif "whitespace" in bad:
        message = f"{bad['whitespace']} of {len(_TEMPERATURES)} replies run on in white space (vllm#40080)"
        yield Finding("loops", "problem", message, forbid_white_space(subject.dialect), facts)
    else:
        told = ", ".join(f"{n} {name}" for name, n in bad.items())
        message = f"of {len(_TEMPERATURES)} replies {told}: pages will cost retries"
        yield Finding("loops", "note", message, "is it the instruction-tuned model?", facts)
