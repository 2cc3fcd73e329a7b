"""Uploaded files: a form streamed to the disk, an archive read without trust, its numbers in chunks."""

from api.uploads.content import Content, read_content
from api.uploads.form import Form, read_form

__all__ = ["Content", "Form", "read_content", "read_form"]
