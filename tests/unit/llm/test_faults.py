"""Every error of the client library and of its HTTP client has a meaning, a code and a remedy."""

from __future__ import annotations

import importlib
import socket
import ssl
from types import ModuleType, SimpleNamespace

import openai
import openai._exceptions
import pytest

from docai.errors import ConfigError, DocaiError, ServiceError
from docai.llm import faults
from docai.llm.faults import BY_CLASS, find_fault, read_context_limit, read_image_limit, translate


def http_library() -> ModuleType:
    """The one that the installed `openai` stands on: httpx, or httpx2 since 3.0."""
    base = openai.DefaultAsyncHttpxClient.__mro__[1]
    return importlib.import_module(base.__module__.partition(".")[0])


def error_classes() -> list[type[BaseException]]:
    http = http_library()
    found = []
    for module in (openai, http, importlib.import_module("openai._exceptions")):
        for thing in list(vars(module).values()):
            # Not `isinstance`: the library's lazy attributes would make a client of their own to answer it.
            public = issubclass(type(thing), type) and not thing.__name__.startswith("_")
            if public and issubclass(thing, Exception) and not issubclass(thing, Warning):
                found.append(thing)
    return sorted(set(found), key=lambda kind: (kind.__module__, kind.__name__))


def bare(kind: type[BaseException], **attributes: object) -> BaseException:
    """An instance without its constructor, whose arguments differ from class to class."""
    error = kind.__new__(kind)
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def test_there_are_classes_to_map() -> None:
    names = {kind.__name__ for kind in error_classes()}
    assert {
        "APITimeoutError",
        "BadRequestError",
        "ConnectError",
        "RemoteProtocolError",
        "InvalidURL",
    } <= names
    assert len(names) > 35


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_error_class_is_unmapped(kind: type[BaseException]) -> None:
    status = getattr(kind, "status_code", None)
    if isinstance(status, int):
        error: BaseException = bare(kind, body=None, message="", status_code=status)
    elif issubclass(kind, openai.APIStatusError) or kind.__name__ == "HTTPStatusError":
        error = bare(kind, body=None, message="", status_code=502)
    else:
        # The library's root means a client without a key; a class that only inherits from it has no meaning.
        names = [base.__name__ for base in kind.__mro__ if base is kind or base is not openai.OpenAIError]
        roots = {"HTTPError", "RequestError", "TransportError", "APIError"}
        assert kind.__name__ in roots or any(name in BY_CLASS for name in names), f"{kind} has no meaning"
        error = bare(kind, body=None, message="")
    translated = translate(error, base_url="http://gpu/v1")
    assert isinstance(translated, ServiceError | ConfigError)
    assert translated.code
    assert translated.hint


def status_error(status: int, message: object, model: str = "m") -> DocaiError:
    http = http_library()
    request = http.Request("POST", "http://gpu/v1/chat/completions")
    response = http.Response(status, request=request)
    plain = isinstance(message, str) and message.startswith("<")
    body = {"error": {"message": message}} if isinstance(message, str) and not plain else message
    error = openai.APIStatusError(str(message), response=response, body=body)
    return translate(error, base_url="http://gpu/v1", model=model)


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (400, "At most 4 image(s) may be provided in one prompt.", "too-many-images"),
        (400, "You set or defaulted to '{\"image\": 1}' in `--limit-mm-per-prompt`", "too-many-images"),
        (
            400,
            "This model's maximum context length is 4096 tokens. However, you requested 9000",
            "context-too-small",
        ),
        (
            400,
            "The decoder prompt (length 17772) is longer than the maximum model length of 16384.",
            "context-too-small",
        ),
        (
            400,
            "the request exceeds the available context size exceed_context_size_error",
            "context-too-small",
        ),
        (400, "google/gemma-3-270m is not a multimodal model", "text-only-model"),
        (
            500,
            "image input is not supported - hint: if this is unexpected, you may need to need the mmproj",
            "text-only-model",
        ),
        (500, 'Failed to parse messages: Unsupported content part type: "image_url"', "text-only-model"),
        (400, "Model does not support images. Please use a model that does", "text-only-model"),
        (404, "The model `gemma` does not exist.", "no-such-model"),
        (404, "model 'gemma4:12b' not found", "no-such-model"),
        (404, "Not Found", "not-a-model-server"),
        (400, 'Grammar error: Unimplemented keys: ["oneOf"]', "schema-refused"),
        (400, "Invalid schema for response_format", "schema-refused"),
        (400, "temperature must be positive", "bad-request"),
        (401, "Unauthorized", "wrong-key"),
        (403, "Forbidden", "wrong-key"),
        (408, "Request Timeout", "timeout"),
        (413, "<html>413 Request Entity Too Large</html>", "request-too-large"),
        (429, "Too Many Requests", "overloaded"),
        (500, "Internal Server Error", "server-error"),
        (502, "<html>502 Bad Gateway</html>", "unavailable"),
        (503, "Loading model", "unavailable"),
        (504, "<html>504 Gateway Time-out</html>", "proxy-cut"),
        (307, "elsewhere", "redirects"),
    ],
)
def test_what_servers_say(status: int, message: str, code: str) -> None:
    error = status_error(status, message)
    assert error.code == code
    assert error.hint
    assert "http://gpu/v1" in str(error)
    cure = isinstance(error, ServiceError)
    assert cure == (code in faults.RETRIED)


def test_limits_are_read_out_of_errors() -> None:
    assert read_image_limit(status_error(400, "At most 4 image(s) may be provided in one request.")) == 4
    assert read_image_limit(status_error(429, "slow down")) is None
    told = "This model's maximum context length is 12288 tokens. However, you requested 20000 tokens"
    assert read_context_limit(status_error(400, told)) == 12288


def chained(outer: BaseException, *causes: BaseException) -> BaseException:
    error = outer
    for cause in causes:
        error.__cause__ = cause
        error = cause
    return outer


def test_causes_below_the_library_decide() -> None:
    http = http_library()
    request = http.Request("GET", "http://gpu/v1")
    wrapped = openai.APIConnectionError(request=request)
    connect = http.ConnectError("failed")
    refused = chained(wrapped, connect, ConnectionRefusedError(111, "refused"))
    assert find_fault(refused) is faults.NO_SERVER
    unknown = chained(openai.APIConnectionError(request=request), connect, socket.gaierror(-2, "?"))
    assert find_fault(unknown) is faults.UNKNOWN_HOST
    tls = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")
    assert (
        find_fault(chained(openai.APIConnectionError(request=request), http.ConnectError("x"), tls))
        is faults.CERTIFICATE
    )
    late = chained(openai.APITimeoutError(request=request), http.ConnectTimeout("x"), TimeoutError())
    assert find_fault(late) is faults.NO_SERVER
    slow = chained(openai.APITimeoutError(request=request), http.ReadTimeout("x"), TimeoutError())
    assert find_fault(slow) is faults.TIMEOUT
    cut = chained(openai.APIConnectionError(request=request), http.RemoteProtocolError("closed"))
    assert find_fault(cut) is faults.LOST


def test_docais_own_errors_pass() -> None:
    own = ConfigError("x", "y")
    assert translate(own, base_url="u") is own


def test_strange_bodies_do_not_matter() -> None:
    for body in (None, "", "<html>", [], {"error": "text"}, {"detail": "why"}, {"error": {"message": None}}):
        error = bare(openai.APIStatusError, body=body, message="m", status_code=418)
        assert translate(error, base_url="u").code == "bad-request"
    assert find_fault(SimpleNamespace(status_code=503)) is faults.DOWN  # type: ignore[arg-type]


def test_pages_of_proxies_are_read_as_text() -> None:
    error = status_error(
        504, "<html><head><title>504 Gateway Time-out</title></head>\n<body>nginx</body></html>"
    )
    assert error.message.endswith("it says: 504 Gateway Time-out nginx")
