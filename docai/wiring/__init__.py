"""The only room that names concrete classes; it imports them inside functions, so that each command loads
what it uses and nothing else."""

from __future__ import annotations

from docai.wiring.job import Job
from docai.wiring.parts import WorkerSpec, make_chooser, make_page_image
from docai.wiring.prepare import extract, find_or_make_workspace, prepare_job

__all__ = [
    "Job",
    "WorkerSpec",
    "extract",
    "find_or_make_workspace",
    "make_chooser",
    "make_page_image",
    "prepare_job",
]
