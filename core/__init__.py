"""Groklab's science and domain: no web framework, no task queue, no environment variables."""
