"""What was measured of update rules in code, for their docstrings: that of the library is committed.

An entry is found by the digest of the rule in Python's names, so a changed rule is measured anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from symdl.core.couplings import is_coupled
from symdl.core.digests import digest

from .committed_data import read_entries
from .coupled_tests import coupled_exact_run, coupled_measured, coupled_tests
from .optimizer_source import OptimizerCode
from .optimizer_tests import exact_run, measured, optimizer_tests

PATH = Path(__file__).with_name("rule_measures.json")
Row: TypeAlias = dict[str, Any]


def with_measures(code: OptimizerCode) -> OptimizerCode:
    """``code`` with the error of its float64 run, its singular hyper-parameters and its example.

    Raises :class:`UndefinedValue` for a rule that has no exact run.
    """
    row = committed().get(key(code))
    if row is None:
        return measured_now(code)
    return replace(code, **row)


def measured_now(code: OptimizerCode) -> OptimizerCode:
    """``code`` as it is measured, whatever is committed."""
    if is_coupled(code.optimizer):
        return coupled_measured(code, coupled_exact_run(code))
    return measured(code, exact_run(code))


def rule_tests(code: OptimizerCode) -> str:
    """The test file of a rule that was measured."""
    if is_coupled(code.optimizer):
        return coupled_tests(code, coupled_exact_run(code))
    return optimizer_tests(code, exact_run(code))


def key(code: OptimizerCode) -> str:
    """The name of a rule and the digest of what it does."""
    rule = code.optimizer
    return f"{rule.name} {digest(rule.hyper, rule.state, rule.evaluations, rule.step)}"


def row(code: OptimizerCode) -> Row:
    """What is committed of a rule that was measured."""
    return {"error": code.error, "singular": list(code.singular), "example": list(code.example)}


@lru_cache(maxsize=1)
def committed() -> dict[str, Row]:
    """What was measured of the library."""
    return read_entries(PATH, _read)


def _read(row: Row) -> Row:
    return {"error": float(row["error"]), "singular": tuple(row["singular"]), "example": tuple(row["example"])}


def write(rows: Mapping[str, Row]) -> None:
    """Write the file anew, sorted."""
    PATH.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    committed.cache_clear()
