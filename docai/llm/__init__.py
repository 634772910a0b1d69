"""The one client for OpenAI-compatible servers."""
