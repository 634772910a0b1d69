"""Requests in each dialect and back, replies as docai's own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.errors import ConfigError, ServiceError
from docai.llm.chat import ChatRequest, ImagePart, Message, count_images
from docai.llm.forms import find_dialect, read_reply, read_request, write_body
from docai.llm.metrics import Load, read_load
from docai.llm.server import choose_model, read_models

SCHEMA = {"type": "object", "properties": {"claims": {"type": "array"}}}
REQUEST = ChatRequest(
    messages=(
        Message("system", ("You read pages.",)),
        Message("user", (ImagePart(b"\x89PNG1"), ImagePart(b"\xff\xd8", "image/jpeg"), "What is here?")),
    ),
    json_schema=SCHEMA,
    temperature=0.2,
    max_tokens=99,
    logprobs=True,
    seed=5,
)


def test_vllm_gets_its_schema_and_no_thinking() -> None:
    body = write_body(REQUEST, "gemma", "vllm")
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["messages"][0] == {"role": "system", "content": "You read pages."}
    parts = body["messages"][1]["content"]
    assert [p["type"] for p in parts] == ["image_url", "image_url", "text"]
    assert parts[0]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert (body["logprobs"], body["seed"], body["max_tokens"]) == (True, 5, 99)


def test_dialects_differ_where_servers_do() -> None:
    assert write_body(REQUEST, "m", "ollama")["reasoning_effort"] == "none"
    plain = write_body(REQUEST, "m", "openai")
    assert "chat_template_kwargs" not in plain
    assert "reasoning_effort" not in plain
    old = write_body(REQUEST, "m", "llama.cpp", "json_object")
    assert old["response_format"] == {"type": "json_object", "schema": SCHEMA}
    assert write_body(REQUEST, "m", "vllm", "structured_outputs")["structured_outputs"] == {"json": SCHEMA}
    assert "response_format" not in write_body(REQUEST, "m", "vllm", "none")


@given(
    st.lists(
        st.builds(
            Message,
            st.sampled_from(["system", "user", "assistant"]),
            st.lists(st.text() | st.builds(ImagePart, st.binary(max_size=20)), min_size=1, max_size=4).map(
                tuple
            ),
        ),
        max_size=3,
    ).map(tuple),
    st.booleans(),
    st.sampled_from(["vllm", "llama.cpp"]),
)
def test_a_body_says_all_that_was_asked(messages: tuple[Message, ...], held: bool, dialect: str) -> None:
    request = ChatRequest(messages, SCHEMA if held else None, thinking=True, seed=1)
    back = read_request(json.loads(json.dumps(write_body(request, "m", dialect))))  # type: ignore[arg-type]
    assert back.json_schema == request.json_schema
    assert (back.thinking, back.seed, back.max_tokens) == (True, 1, request.max_tokens)
    assert count_images(back) == count_images(request)
    for given_, found in zip(request.messages, back.messages, strict=True):
        if all(isinstance(part, str) for part in given_.parts):
            assert found.parts == ("\n\n".join(str(part) for part in given_.parts),)
        else:
            assert found.parts == given_.parts


def test_replies_are_read() -> None:
    body = {
        "model": "m",
        "choices": [
            {
                "finish_reason": "length",
                "message": {"content": '{"a"'},
                "logprobs": {
                    "content": [{"token": "{", "logprob": -0.5, "bytes": [123]}, {"token": "ö", "logprob": 0}]
                },
            }
        ],
        "usage": {
            "prompt_tokens": 4564,
            "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 64},
        },
    }
    reply = read_reply(json.dumps(body), 1.5)
    assert (reply.text, reply.finish_reason, reply.seconds) == ('{"a"', "length", 1.5)
    assert (reply.usage.prompt_tokens, reply.usage.cached_tokens) == (4564, 64)
    assert reply.logprobs is not None
    assert reply.logprobs[0] == (b"{", -0.5)
    assert reply.logprobs[1].data == "ö".encode()


def test_a_refusal_is_told_apart() -> None:
    body = {"choices": [{"finish_reason": "stop", "message": {"content": None, "refusal": "No."}}]}
    reply = read_reply(json.dumps(body), 0)
    assert (reply.text, reply.finish_reason, reply.logprobs) == ("No.", "refusal", None)


@pytest.mark.parametrize("text", ["", "<html>", "[]", "{}", '{"choices": []}', '{"choices": [1]}'])
def test_what_is_no_reply_is_said_so(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        read_reply(text, 0)
    assert caught.value.code == "garbled-reply"


def test_servers_are_told_apart_by_their_models() -> None:
    vllm = {"data": [{"id": "google/gemma-4-12B-it", "owned_by": "vllm", "max_model_len": 32768}]}
    info = read_models(vllm)
    assert (info.dialect, info.context_tokens) == ("vllm", {"google/gemma-4-12B-it": 32768})
    cpp = read_models({"data": [{"id": "g.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 4096}}]})
    assert (cpp.dialect, cpp.context_tokens["g.gguf"]) == ("llama.cpp", 4096)
    assert find_dialect({"data": [{"id": "gemma4:12b", "owned_by": "library"}]}) == "ollama"
    assert find_dialect({}) == "openai"


def test_the_model_is_chosen_or_the_choice_is_shown() -> None:
    one = read_models({"data": [{"id": "A/Gemma"}]})
    two = read_models({"data": [{"id": "A/Gemma"}, {"id": "b:latest"}]})
    assert choose_model(one, None, "u") == "A/Gemma"
    assert choose_model(two, "a/gemma", "u") == "A/Gemma"
    assert choose_model(two, "b", "u") == "b:latest"
    for info, wanted, code in (
        (two, None, "choose-model"),
        (two, "c", "no-such-model"),
        (read_models({}), None, "no-such-model"),
    ):
        with pytest.raises(ConfigError) as caught:
            choose_model(info, wanted, "u")
        assert caught.value.code == code
        assert caught.value.hint


def test_load_is_summed_over_engines() -> None:
    text = """# HELP vllm:num_requests_running Number of requests
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 4.0
vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
vllm:num_preemptions_total{engine="0"} 1e0
process_open_fds 12
"""
    assert read_load(text) == Load(7, 2, 1)
    assert read_load("llamacpp:requests_processing 1\nllamacpp:requests_deferred 5\n") == Load(1, 5)
    assert read_load("vllm:num_requests_running nonsense\n<html>") is None
    assert read_load("") is None
