"""Optimizers of libraries, run as state machines: which update rule each one is, and where it departs from its word.

Main results: :func:`audit`, :func:`subjects`, :func:`audit_json`, :func:`audit_text`.
"""

from .audit import Audit, AuditedItem, audit, audit_libraries
from .findings import AuditFinding
from .libraries import Subject, subjects
from .output import audit_json, audit_text, without_known

__all__ = [
    "Audit",
    "AuditFinding",
    "AuditedItem",
    "Subject",
    "audit",
    "audit_json",
    "audit_libraries",
    "audit_text",
    "subjects",
    "without_known",
]
