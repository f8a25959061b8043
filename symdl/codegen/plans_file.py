"""Committed plans: what was chosen and measured for the library, keyed by the formula itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

from .accuracy import DTYPES
from .choosing import Choice
from .kernels import Plan

PATH = Path(__file__).with_name("plans.json")
_MARGIN = 0.5


@dataclass(frozen=True)
class Bound:
    """A plan, and the error that it stays within, in whole ULP by dtype; ``near_roots`` in eps."""

    plan: Plan
    ulp: Mapping[str, int]
    near_roots: int
    sound: bool

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "plan": self.plan.to_json(),
            "ulp": dict(self.ulp),
            "near_roots": self.near_roots,
            "sound": self.sound,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bound:
        """The bound that :meth:`to_json` wrote."""
        return cls(Plan.from_json(data["plan"]), data["ulp"], data["near_roots"], data["sound"])


def bound(choice: Choice) -> Bound:
    """What was measured, rounded up with a margin for points that were not sampled."""
    near = max(accuracy.near_roots for accuracy in choice.reached.values())
    ulp = {dtype: _rounded_up(choice.reached[dtype].worst) for dtype in DTYPES}
    return Bound(choice.plan, ulp, _rounded_up(near) if near else 0, choice.sound)


def _rounded_up(error: float) -> int:
    """Whole ULP; -1 where the error has no bound."""
    return ceil(error + _MARGIN) if error < 2**60 else -1


@lru_cache(maxsize=1)
def committed() -> dict[str, Bound]:
    """The bounds by formula."""
    data = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    return {key: Bound.from_json(value) for key, value in data.items()}


def write(bounds: Mapping[str, Bound]) -> None:
    """Write the file anew, sorted."""
    data = {key: bounds[key].to_json() for key in sorted(bounds)}
    PATH.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    committed.cache_clear()
