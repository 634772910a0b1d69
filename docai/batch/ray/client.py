"""One client of a model server for all stations: an actor holds it, and with it the server's limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from docai.errors import DocaiError, ServiceError
from docai.llm.chat import ChatRequest, Reply
from docai.llm.client import ServerClient
from docai.llm.forms import SchemaForm
from docai.llm.server import ServerInfo
from docai.llm.settings import ClientSettings


@dataclass(frozen=True, slots=True)
class Described:
    """The server as the client found it when it started."""

    name: str
    info: ServerInfo
    limit: int


class ClientActor:
    """Holds the client. What it raises comes back as a value, for Ray would wrap it."""

    def __init__(self, make: Callable[[], ServerClient]) -> None:
        self._client = make()

    async def start(self) -> Described | DocaiError:
        try:
            await self._client.start()
        except DocaiError as error:
            return error
        return self._describe()

    async def describe(self) -> Described:
        return self._describe()

    async def complete(self, request: ChatRequest, form: SchemaForm) -> tuple[Reply, int] | DocaiError:
        """The reply, and how many requests may be under way now. `form`: how the grammar is told, as the
        asker's trial found out."""
        settings = self._client.settings
        if settings.schema_form != form:
            self._client.settings = replace(settings, schema_form=form)
        try:
            reply = await self._client.complete(request)
        except DocaiError as error:
            return error
        return reply, self._client.limiter.limit

    async def wait_room(self, ahead: int) -> None:
        await self._client.wait_room(ahead)

    def _describe(self) -> Described:
        return Described(self._client.name, self._client.info, self._client.limiter.limit)


@dataclass(slots=True)
class _Limit:
    limit: int = 1
    in_flight: int = 0


class RemoteClient:
    """Satisfies `ServerClient` from any process of the cluster: its own `settings`, the rest the actor's."""

    def __init__(self, actor: Any, settings: ClientSettings) -> None:
        self._actor = actor
        self.settings = settings
        self.name = settings.model or ""
        self.info = ServerInfo("openai", (), {})
        self.limiter = _Limit()

    async def start(self) -> ServerInfo:
        """The server as the actor found it."""
        described = await self._call(self._actor.describe.remote())
        self.name, self.info, self.limiter.limit = described.name, described.info, described.limit
        return self.info

    async def close(self) -> None:
        """The actor lives on, for others."""

    async def complete(self, request: ChatRequest) -> Reply:
        self.limiter.in_flight += 1
        try:
            reply, self.limiter.limit = await self._call(
                self._actor.complete.remote(request, self.settings.schema_form)
            )
        finally:
            self.limiter.in_flight -= 1
        answer: Reply = reply
        return answer

    async def wait_room(self, ahead: int = 2) -> None:
        """With nothing of its own on the way a station need not ask the actor whether there is room."""
        if self.limiter.in_flight:
            await self._call(self._actor.wait_room.remote(ahead))

    async def _call(self, ticket: Any) -> Any:
        """Raises what the client raised, or `ServiceError` `ray-client-lost` where its actor is gone."""
        import ray

        try:
            result = await ticket
        except ray.exceptions.RayError as error:
            raise ServiceError(
                "ray-client-lost",
                f"the process that asks the model is gone: {type(error).__name__}",
                stage="extraction",
                hint="run again to go on",
            ) from error
        if isinstance(result, DocaiError):
            raise result
        return result


@dataclass(frozen=True, slots=True)
class ClientHandle:
    """Picklable; calling it gives a client that asks through the actor."""

    actor: Any

    def __call__(self, settings: ClientSettings, tell: Callable[[str], None]) -> RemoteClient:
        return RemoteClient(self.actor, settings)


def hold_client(ray: Any, make: Callable[[], ServerClient]) -> ClientHandle:
    """An actor that holds the one client, started. Raises `ServiceError` or `ConfigError` as its `start`."""
    actor = ray.remote(num_cpus=0, max_concurrency=10_000)(ClientActor).remote(make)
    described = ray.get(actor.start.remote())
    if isinstance(described, DocaiError):
        ray.kill(actor)
        raise described
    return ClientHandle(actor)
