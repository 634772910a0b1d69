"""What a server says about its load, from the Prometheus text of its `/metrics`."""

from __future__ import annotations

from dataclasses import dataclass

# Requests under way, requests that wait, and preemptions where there are any. vLLM names its metrics with a
# colon; SGLang and llama.cpp (with --metrics) publish the same under their own names.
_NAMES: tuple[tuple[str, str, str], ...] = (
    ("vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:num_preemptions_total"),
    ("sglang:num_running_reqs", "sglang:num_queue_reqs", "sglang:num_retracted_reqs"),
    ("llamacpp:requests_processing", "llamacpp:requests_deferred", ""),
)


@dataclass(frozen=True, slots=True)
class Load:
    """`running` requests are worked on, `waiting` ones are queued in the server; `preemptions` counts how
    often one was put back because memory ran out."""

    running: int
    waiting: int
    preemptions: int = 0


def read_load(text: str) -> Load | None:
    """The load summed over engines (data-parallel servers label them), or None if the text tells none."""
    sums: dict[str, float] = {}
    for line in text.splitlines():
        if not line or line[0] == "#":
            continue
        head, _, value = line.rpartition(" ")
        name = head.partition("{")[0].strip()
        if name.startswith(("vllm:", "sglang:", "llamacpp:")):
            try:
                sums[name] = sums.get(name, 0.0) + float(value)
            except ValueError:
                continue
    for running, waiting, preempted in _NAMES:
        if running in sums and waiting in sums:
            return Load(round(sums[running]), round(sums[waiting]), round(sums.get(preempted, 0.0)))
    return None
