"""Everything docai raises on purpose: one root, three kinds, each with its exit code.

A message says what went wrong, in which document and page, and what to do about it.
"""

from __future__ import annotations


class DocaiError(Exception):
    """Root of docai's own errors.

    `code` is a stable slug for scripts (`password-needed`), `stage` the room that failed
    (`sources`, `pages`, `reading`, `extraction`, `grounding`, `workspace`), `hint` the way out.
    """

    exit_code: int = 1
    retryable: bool = False

    def __init__(
        self,
        code: str,
        message: str,
        *,
        document: str | None = None,
        page: int | None = None,
        stage: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.document = document
        self.page = page
        self.stage = stage
        self.hint = hint

    def __str__(self) -> str:
        where = self.document or ""
        if self.page is not None:
            where = f"{where}, page {self.page}" if where else f"page {self.page}"
        parts = [p for p in (where, self.stage, self.message) if p]
        text = ": ".join(parts)
        return f"{text} ({self.hint})" if self.hint else text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not pickle by themselves; workers send these home.
        state = {k: getattr(self, k) for k in ("document", "page", "stage", "hint")}
        return (_rebuild, (type(self), self.code, self.message, state))


def _rebuild(kind: type[DocaiError], code: str, message: str, state: dict[str, object]) -> DocaiError:
    return kind(code, message, **state)  # type: ignore[arg-type]


class ConfigError(DocaiError):
    """The command, a schema, a pipeline file or a workspace cannot be used as given."""

    exit_code = 2


def missing_extra(told: str, extra: str, stage: str, otherwise: str = "") -> ConfigError:
    """That something needs an extra which is not installed. `otherwise`: a second way out, for the hint."""
    hint = f"pip install 'docai[{extra}]'" + (f", or {otherwise}" if otherwise else "")
    return ConfigError("extra-missing", told, stage=stage, hint=hint)


class DocumentError(DocaiError):
    """One document (or one of its pages) cannot be processed; the others go on."""

    exit_code = 1


class ServiceError(DocaiError):
    """A service that the user configured does not answer as it should; trying again may help."""

    exit_code = 3
    retryable = True
