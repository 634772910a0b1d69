"""What a Qdrant server, or what stands in its place, answers instead: as docai's own errors, in one place."""

from __future__ import annotations

import re
from typing import Any

from docai.errors import ConfigError, DocaiError, ServiceError
from docai.index.space import STAGE

_FULL = re.compile(r"no space left|disk full|not enough disk|out of disk|out of memory|storage is full", re.I)
_TLS = re.compile(r"certificate|\bssl\b|\btls\b", re.I)
_KEY_STATUS, _BUSY_STATUS, _FULL_STATUS = frozenset((401, 403)), frozenset((429,)), frozenset((507,))
_GATEWAY_STATUS = frozenset((502, 503, 504))
_TIMEOUTS = frozenset(("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout"))


def translate(error: Exception, place: str) -> DocaiError:
    """A client library's error as docai's. `place`: the server's address, without key.

    ServiceError (3, may pass): `index-server-down`, `index-server-busy`, `index-server-full`,
    `index-server-failed`; ConfigError (2): `index-server-key`, `index-server-certificate`,
    `index-server-refused`, `not-qdrant`.
    """
    name = type(error).__name__
    if name == "UnexpectedResponse":
        return _translate_reply(error, place)
    if name == "ResourceExhaustedResponse":
        return _busy(place)
    if name == "ResponseHandlingException":
        return _translate_transport(getattr(error, "source", error), place)
    if isinstance(error, OSError):
        return _down(place, str(error))
    if isinstance(error, (AssertionError, AttributeError)) or "JSON" in name:
        return _no_qdrant(place, f"its reply is not Qdrant's ({error})")
    return _refused(place, f"{name}: {error}")


def _translate_reply(error: Any, place: str) -> DocaiError:
    status = int(error.status_code or 0)
    content = bytes(error.content or b"")[:4000].decode("utf-8", "replace")
    said = _read_message(content)
    if status in _KEY_STATUS:
        return ConfigError(
            "index-server-key",
            f"{place} refuses the key ({status})" if said else f"{place} refuses to answer without a key",
            stage=STAGE,
            hint="give the server's API key: DOCAI_QDRANT_API_KEY",
        )
    if status in _FULL_STATUS or _FULL.search(content):
        return ServiceError(
            "index-server-full",
            f"{place} has no room left: {said}",
            stage=STAGE,
            hint="make room on the server, then run the same command again: what is done is kept",
        )
    if status in _BUSY_STATUS:
        return _busy(place)
    if status in _GATEWAY_STATUS:
        return _down(place, f"{status} {error.reason_phrase}")
    if status >= 500:
        return ServiceError(
            "index-server-failed",
            f"{place} failed ({status}): {said}",
            stage=STAGE,
            hint="see the server's log",
        )
    if not content.lstrip().startswith("{") or 300 <= status < 400:
        return _no_qdrant(place, f"it answers {status} {error.reason_phrase}")
    return _refused(place, f"({status}) {said}")


def _translate_transport(source: BaseException, place: str) -> DocaiError:
    name, text = type(source).__name__, str(source)
    if name == "ValidationError" or "JSON" in name:
        return _no_qdrant(place, "its reply is not Qdrant's")
    if _TLS.search(text):
        if "WRONG_VERSION_NUMBER" in text or "record layer" in text:
            return _no_qdrant(place, "it does not speak TLS: http:// instead of https://?")
        return ConfigError(
            "index-server-certificate",
            f"the certificate of {place} is not trusted: {text}",
            stage=STAGE,
            hint="give the authority's certificate, or a certificate for that name",
        )
    if name in _TIMEOUTS:
        return _down(place, "no reply in time")
    if name in ("UnsupportedProtocol", "InvalidURL", "LocalProtocolError"):
        return ConfigError(
            "bad-url", f"{place} is no address: {text}", stage=STAGE, hint="such as http://localhost:6333"
        )
    return _down(place, text or name)


def _read_message(content: str) -> str:
    """What Qdrant says: `{"status": {"error": "…"}}`."""
    found = re.search(r'"error"\s{0,9}:\s{0,9}"((?:[^"\\]|\\.){0,400})', content)
    return found[1] if found else content[:200].strip()


def _down(place: str, why: str) -> ServiceError:
    return ServiceError(
        "index-server-down",
        f"no Qdrant answers at {place}: {why}",
        stage=STAGE,
        hint="start the server or correct the address; without one, docai keeps its index in the workspace",
    )


def _busy(place: str) -> ServiceError:
    return ServiceError(
        "index-server-busy", f"{place} takes no more requests", stage=STAGE, hint="try again later"
    )


def _no_qdrant(place: str, why: str) -> ConfigError:
    return ConfigError(
        "not-qdrant",
        f"there is no Qdrant at {place}: {why}",
        stage=STAGE,
        hint="the address of its REST interface is wanted, such as http://localhost:6333",
    )


def _refused(place: str, why: str) -> ConfigError:
    return ConfigError(
        "index-server-refused",
        f"{place} refuses the request: {why}",
        stage=STAGE,
        hint="the server's limits (strict mode) or its version (1.16 or later) may be the cause",
    )
