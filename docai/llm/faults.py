"""Errors of the client library, of HTTP and of TLS as docai's own: the only place where they are translated.

Classes are known by name, because the library's HTTP client has two names (httpx, and httpx2 since 3.0);
what a server says in words decides between the causes of one status.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

from docai.errors import ConfigError, DocaiError, ServiceError


class Fault(NamedTuple):
    """`kind` decides whether trying again may help; `hint` is the remedy."""

    kind: type[DocaiError]
    code: str
    message: str
    hint: str


NO_SERVER = Fault(
    ServiceError, "no-server", "nothing answers there", "start the server, or correct --base-url"
)
UNKNOWN_HOST = Fault(ServiceError, "unknown-host", "that host has no address", "correct --base-url")
CERTIFICATE = Fault(
    ConfigError,
    "certificate",
    "the server's certificate is not trusted (self-signed, expired, or for another name)",
    "give the certificate, or that of the authority which signed it, with --ca-file (DOCAI_CA_FILE)",
)
LOST = Fault(
    ServiceError,
    "connection-lost",
    "the server closed the connection",
    "see the server's log; it may have restarted",
)
TIMEOUT = Fault(
    ServiceError,
    "timeout",
    "no reply in time",
    "see the server's log: it hangs, or has more to do than docai's share; engine.timeout_s of a pipeline "
    "file allows more",
)
GARBLED = Fault(
    ServiceError,
    "garbled-reply",
    "the reply cannot be read",
    "is there a proxy that changes what passes through it?",
)
BAD_URL = Fault(ConfigError, "bad-url", "that is no address of a server", "it looks like http://host:8000/v1")
NOT_A_SERVER = Fault(
    ConfigError,
    "not-a-model-server",
    "there is no chat completion at this address",
    "the address mostly ends in /v1",
)
KEY = Fault(
    ConfigError,
    "wrong-key",
    "the server refuses the key",
    "put the key that it was started with into DOCAI_API_KEY",
)
NO_KEY = Fault(
    ConfigError, "no-key", "the client has no key", "set DOCAI_API_KEY; servers without keys take any"
)
REDIRECTS = Fault(
    ConfigError,
    "redirects",
    "the server sends requests elsewhere",
    "give that address as --base-url if you trust it",
)
PROXY = Fault(
    ServiceError,
    "proxy",
    "the proxy on the way cannot be used",
    "check the proxy, or go around it with NO_PROXY",
)
PROXY_CUT = Fault(
    ServiceError,
    "proxy-cut",
    "a proxy gave up waiting for the reply",
    "raise its read timeout (nginx: proxy_read_timeout), or send smaller tiles",
)
BUSY = Fault(
    ServiceError,
    "overloaded",
    "the server has too much to do",
    "docai sends fewer requests at once and waits",
)
DOWN = Fault(ServiceError, "unavailable", "the server is not ready", "wait until it has loaded its model")
BROKEN = Fault(ServiceError, "server-error", "the server failed", "see its log")
TEXT_ONLY = Fault(
    ConfigError,
    "text-only-model",
    "the model cannot see images",
    "serve a vision model; llama.cpp needs --mmproj as well",
)
CONTEXT = Fault(
    ConfigError,
    "context-too-small",
    "the request is longer than the server's context",
    "serve with a larger --max-model-len (llama.cpp: -c, Ollama: num_ctx)",
)
IMAGES = Fault(
    ConfigError,
    "too-many-images",
    "the server takes fewer images a request",
    "serve with --limit-mm-per-prompt '{\"image\":8}'",
)
SCHEMA = Fault(
    ConfigError,
    "schema-refused",
    "the server cannot hold a reply to this schema",
    "ask for fewer fields at once, or without lengths and patterns",
)
SCHEMA_IGNORED = Fault(
    ConfigError,
    "schema-ignored",
    "the server does not hold replies to a JSON schema",
    "serve with vLLM, llama.cpp or Ollama, whose grammars do; or let docai go by words alone with "
    "engine: {grammar: none} in a pipeline file",
)
NO_MODEL = Fault(
    ConfigError, "no-such-model", "the server has no such model", "choose one that it serves with --model"
)
TOO_LARGE = Fault(
    ConfigError,
    "request-too-large",
    "the request is larger than the way to the server allows",
    "raise the proxy's limit (nginx: client_max_body_size)",
)
REFUSED = Fault(
    ConfigError, "bad-request", "the server refuses the request", "docai doctor shows what it can do"
)
MISUSED = Fault(ServiceError, "client-error", "the client library was used wrongly", "please report this")

BY_CLASS: dict[str, Fault] = {
    # httpx and httpx2
    "ConnectTimeout": NO_SERVER,
    "ReadTimeout": TIMEOUT,
    "WriteTimeout": TIMEOUT,
    "PoolTimeout": TIMEOUT,
    "TimeoutException": TIMEOUT,
    "ConnectError": NO_SERVER,
    "ReadError": LOST,
    "WriteError": LOST,
    "CloseError": LOST,
    "NetworkError": LOST,
    "RemoteProtocolError": LOST,
    "LocalProtocolError": BAD_URL,
    "ProtocolError": LOST,
    "ProxyError": PROXY,
    "UnsupportedProtocol": BAD_URL,
    "InvalidURL": BAD_URL,
    "DecodingError": GARBLED,
    "TooManyRedirects": REDIRECTS,
    "CookieConflict": MISUSED,
    "StreamError": MISUSED,
    "SSEError": GARBLED,
    # openai
    "APITimeoutError": TIMEOUT,
    "APIConnectionError": LOST,
    "APIResponseValidationError": GARBLED,
    "LengthFinishReasonError": GARBLED,
    "ContentFilterFinishReasonError": GARBLED,
    "SubjectTokenProviderError": KEY,
    "WebSocketConnectionClosedError": LOST,
    "WebSocketQueueFullError": MISUSED,
    "InvalidWebhookSignatureError": MISUSED,
    "OpenAIError": NO_KEY,
}
BY_STATUS: dict[int, Fault] = {
    401: KEY,
    403: KEY,
    404: NOT_A_SERVER,
    405: NOT_A_SERVER,
    408: TIMEOUT,
    413: TOO_LARGE,
    425: DOWN,
    429: BUSY,
    502: DOWN,
    503: DOWN,
    504: PROXY_CUT,
    524: PROXY_CUT,
}
_BY_WORDS: tuple[tuple[re.Pattern[str], Fault], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), fault)
    for pattern, fault in (
        (r"at most \d+ image|limit-mm-per-prompt|too many images", IMAGES),
        (
            r"not a multimodal model|not support(ed)? (image|vision|multimodal)|image input is not supported"
            r"|image_url.{0,40}(not supported|unsupported)|unsupported content part|mmproj"
            r"|multimodal.{0,30}not supported|only text (content|input)|missing data required for image",
            TEXT_ONLY,
        ),
        (
            r"context (length|size|window)|exceed_context_size|maximum model length|max_model_len"
            r"|too long to fit|longer than the maximum|num_ctx",
            CONTEXT,
        ),
        (r"model.{0,200}(does not exist|not found|not exist)|no such model|unknown model", NO_MODEL),
        (
            r"grammar|json_?schema|response_format|structured.?output|guided|xgrammar|outlines|llguidance",
            SCHEMA,
        ),
    )
)


def _codes(*faults: Fault) -> frozenset[str]:
    return frozenset(fault.code for fault in faults)


RETRIED = _codes(NO_SERVER, UNKNOWN_HOST, LOST, TIMEOUT, GARBLED, PROXY, PROXY_CUT, BUSY, DOWN, BROKEN)
"""Codes that trying again may cure."""
PATIENT = _codes(NO_SERVER, UNKNOWN_HOST, BUSY, DOWN)
"""Of these, the ones that no request causes itself: tried until time is up, not a number of times."""
AWAY = _codes(NO_SERVER, UNKNOWN_HOST, LOST, DOWN)
"""Codes that mean that the server itself may be gone."""
OVERLOAD = _codes(TIMEOUT, PROXY_CUT, BUSY, DOWN, LOST)
"""Codes after which fewer requests should be under way."""
SLOW = _codes(TIMEOUT, PROXY_CUT)
"""Codes that cost a whole time-out each."""
PAGE_FAULTS = _codes(TIMEOUT, PROXY_CUT, BROKEN, GARBLED, LOST, REFUSED)
"""Codes that one page may cause; the client has tried several times already."""


def translate(error: BaseException, *, base_url: str, model: str = "") -> DocaiError:
    """docai's error for one of the client library's; its own errors pass as they are."""
    if isinstance(error, DocaiError):
        return error
    fault = find_fault(error)
    told = _read_words(error)
    parts = [f"{base_url}: {fault.message}"]
    if fault is NO_MODEL and model:
        parts = [f"{base_url}: the server has no model {model!r}"]
    if told:
        parts.append(f"it says: {told[:300]}")
    return fault.kind(fault.code, "; ".join(parts), stage="extraction", hint=fault.hint)


def find_fault(error: BaseException) -> Fault:
    """What an error of the client library, of HTTP, TLS or a socket means."""
    status = getattr(error, "status_code", None)
    if status is None:
        status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int) and status >= 300:
        return _find_by_status(status, _read_words(error))
    causes = list(_list_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return CERTIFICATE
        if isinstance(cause, socket.gaierror) or "Name or service not known" in str(cause):
            return UNKNOWN_HOST
        if isinstance(cause, ConnectionRefusedError):
            return NO_SERVER
    # The deepest known cause says most: APIConnectionError is only its wrapping.
    for cause in reversed(causes):
        for kind in type(cause).__mro__:
            if fault := BY_CLASS.get(kind.__name__):
                return fault
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return TIMEOUT
    return LOST if any(isinstance(cause, OSError) for cause in causes) else MISUSED


def _find_by_status(status: int, words: str) -> Fault:
    # llama.cpp and proxies before other servers answer 500 for what is wrong with the request.
    if status in (400, 404, 413, 422, 500, 501):
        for pattern, fault in _BY_WORDS:
            if pattern.search(words[:2000]):
                return fault
    if found := BY_STATUS.get(status):
        return found
    if status < 400:
        return REDIRECTS
    return BROKEN if status >= 500 else REFUSED


def _list_causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(12):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _read_words(error: BaseException) -> str:
    """The server's own words, out of OpenAI's error object where there is one; proxies answer in HTML."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        nested = body.get("error")
        inner = nested if isinstance(nested, dict) else body
        text = " ".join(str(inner[key]) for key in ("message", "detail", "type") if inner.get(key))
        return text or str(nested or "")
    if isinstance(body, str) and body:
        return " ".join(re.sub(r"<[^<>]{0,300}>", " ", body[:4000]).split())
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    return f"go to {headers['location']}" if "location" in headers else ""


def read_image_limit(error: DocaiError) -> int | None:
    """How many images the server takes a request, from a `too-many-images` error's own words."""
    found = re.search(r"at most (\d{1,4}) image", error.message, re.IGNORECASE)
    return int(found.group(1)) if found else None


def read_context_limit(error: DocaiError) -> int | None:
    """The server's context in tokens, from a `context-too-small` error's own words."""
    found = re.search(
        r"(?:maximum (?:context|model) length (?:is |of )|context length |n_ctx\D{1,4})(\d{2,8})",
        error.message,
    )
    return int(found.group(1)) if found else None
