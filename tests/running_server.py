"""What runs as long as a test holds it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class RunningServer(ABC):
    """Entering it starts it, leaving it stops it, however the block ends."""

    @abstractmethod
    def start(self) -> None:
        """Return when it may be asked."""

    @abstractmethod
    def stop(self) -> None:
        """Return when nothing of it is left."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
