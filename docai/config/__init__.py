"""Settings from the environment and pipeline files. Read by `wiring` and `cli` alone, once."""

from docai.config.files import describe_pipeline, list_pipelines, load_pipeline, pipeline_for_folder
from docai.config.sections import (
    EngineSection,
    IndexSection,
    LimitsSection,
    OutputsSection,
    PagesSection,
    Pipeline,
    PriceSection,
    ReadingSection,
    VerificationSection,
)
from docai.config.settings import Settings

__all__ = [
    "EngineSection",
    "IndexSection",
    "LimitsSection",
    "OutputsSection",
    "PagesSection",
    "Pipeline",
    "PriceSection",
    "ReadingSection",
    "Settings",
    "VerificationSection",
    "describe_pipeline",
    "list_pipelines",
    "load_pipeline",
    "pipeline_for_folder",
]
