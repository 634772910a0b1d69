"""`openai`'s client as two verbs that raise docai's own errors. It is imported when the first one is made."""

from __future__ import annotations

import asyncio
import ssl
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from docai.errors import ConfigError, DocaiError
from docai.llm.faults import translate
from docai.llm.retry import read_retry_after
from docai.llm.settings import ClientSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class RequestFailed(Exception):
    """A request's error, and how many seconds the server asks to wait (None: it does not say)."""

    def __init__(self, error: DocaiError, after_s: float | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after_s = after_s


class Transport:
    """Connections to one server. Raises `ConfigError` for an address or a file that cannot be."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._base = settings.base_url.rstrip("/")
        self._openai = _make_openai(settings)

    async def post_chat(self, body: dict[str, Any], timeout_s: float, model: str) -> str:
        """The text of a chat completion. Raises `RequestFailed`."""
        return await self.post("/chat/completions", body, timeout_s, model)

    async def post(self, path: str, body: dict[str, Any], timeout_s: float, model: str) -> str:
        """The text of a reply to what is posted below `/v1`. Raises `RequestFailed`."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._openai.post(
                    path, cast_to=str, body=body, options={"timeout": self._limit(timeout_s)}
                )
        except Exception as foreign:
            raise self._fail(foreign, model) from None

    async def get_models(self, timeout_s: float = 10.0) -> str:
        """The text of `/models`. Raises `RequestFailed`."""
        return await self._get(f"{self._base}/models", timeout_s)

    async def get_metrics(self, timeout_s: float = 5.0) -> str:
        """The text of `/metrics`, which lies beside `/v1`. Raises `RequestFailed`."""
        return await self.get_beside("/metrics", timeout_s)

    async def get_beside(self, path: str, timeout_s: float = 10.0) -> str:
        """The text of an address that lies beside `/v1`. Raises `RequestFailed`."""
        return await self._get(f"{self._base.removesuffix('/v1')}{path}", timeout_s)

    async def close(self) -> None:
        await self._openai.close()

    async def _get(self, url: str, timeout_s: float) -> str:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._openai.get(url, cast_to=str, options={"timeout": self._limit(timeout_s)})
        except Exception as foreign:
            raise self._fail(foreign, "") from None

    def _limit(self, timeout_s: float) -> Any:
        """A server that is not there is known long before a reply is late."""
        import openai

        return openai.Timeout(timeout_s, connect=min(timeout_s, self._settings.connect_s))

    def _fail(self, foreign: Exception, model: str) -> RequestFailed:
        headers = getattr(getattr(foreign, "response", None), "headers", None)
        after_s = None if headers is None else read_retry_after(headers)
        return RequestFailed(translate(foreign, base_url=self._settings.base_url, model=model), after_s)


def _make_openai(settings: ClientSettings) -> AsyncOpenAI:
    import openai

    options: dict[str, Any] = {
        # A page goes to the address that the user named and to no other.
        "follow_redirects": False,
        # A proxy for the way outside must not get what stays on this machine.
        "trust_env": not is_loopback(settings.base_url),
    }
    if settings.ca_file is not None:
        try:
            options["verify"] = ssl.create_default_context(cafile=str(settings.ca_file))
        except OSError as error:
            raise ConfigError(
                "certificate",
                f"{settings.ca_file}: {error.strerror or error}",
                stage="extraction",
                hint="give a PEM file with the authority's certificate",
            ) from None
    try:
        client = openai.AsyncOpenAI(
            base_url=settings.base_url,
            # Without one the library would take whatever key the environment holds.
            api_key=settings.api_key or "none",
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(**options),
        )
    except Exception as foreign:
        raise translate(foreign, base_url=settings.base_url) from None
    # These two it takes from the environment; another service's account is none of this server's business.
    client.organization = client.project = None
    return client


def is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
