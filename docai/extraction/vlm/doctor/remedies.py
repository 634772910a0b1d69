"""The flag that cures a finding, in each server's own words."""

from __future__ import annotations

from docai.llm.forms import Dialect

_BUDGET = {
    "vllm": "serve with --mm-processor-kwargs '{{\"max_soft_tokens\":{0}}}'",
    # Its micro-batch must hold a whole image, or the server aborts (unslothai/unsloth#10683, read, not run).
    "llama.cpp": "serve with --image-max-tokens {0} -b 2048 -ub 2048",
    # ollama#17154, open when this was written.
    "ollama": "Ollama fixes Gemma 4's images at 280 tokens: take vLLM or llama.cpp for small print",
}
_CONTEXT = {
    "vllm": "serve with --max-model-len 32768",
    "llama.cpp": "serve with -c 32768 (times the number of slots, -np)",
    "ollama": "start Ollama with OLLAMA_CONTEXT_LENGTH=32768",
}
_IMAGES = {"vllm": "serve with --limit-mm-per-prompt '{\"image\":8}'"}
_PARALLEL = {
    "vllm": "raise --max-num-seqs, or give it more memory with --gpu-memory-utilization",
    "llama.cpp": "serve with -np 4 or more (and that much more context, -c)",
    "ollama": "start Ollama with OLLAMA_NUM_PARALLEL=4",
}
_WHITE_SPACE = {
    "vllm": 'serve with --structured-outputs-config \'{"backend":"xgrammar","disable_any_whitespace":true}\'',
}


def raise_budget(dialect: Dialect, tokens: int) -> str:
    """More tokens an image."""
    found = _BUDGET.get(dialect)
    return found.format(tokens) if found else f"give the server a budget of {tokens} tokens an image"


def lengthen_context(dialect: Dialect) -> str:
    return _CONTEXT.get(dialect, "serve the model with a context of 32,768 tokens")


def allow_images(dialect: Dialect) -> str:
    return _IMAGES.get(dialect, "let the server take 8 images a request")


def allow_parallel(dialect: Dialect) -> str:
    return _PARALLEL.get(dialect, "let the server work on several requests at once")


def forbid_white_space(dialect: Dialect) -> str:
    return _WHITE_SPACE.get(dialect, "use a server whose grammar allows no white space between JSON's parts")
