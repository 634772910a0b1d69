"""What is done and what is not: items, pages, outcomes and runs in `<workspace>/.docai/docai.db`."""

from docai.workspace.keys import failure_key, outcome_key
from docai.workspace.outcomes import MemoryOutcomeStore, StoredOutcome
from docai.workspace.workspace import Workspace, find_workspace, open_workspace

__all__ = [
    "MemoryOutcomeStore",
    "StoredOutcome",
    "Workspace",
    "failure_key",
    "find_workspace",
    "open_workspace",
    "outcome_key",
]
