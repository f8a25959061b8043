"""Documents -> statements with line and column -> findings and repairs."""

from .check import CheckedDocument, check_document, check_file, check_text

__all__ = ["CheckedDocument", "check_document", "check_file", "check_text"]
