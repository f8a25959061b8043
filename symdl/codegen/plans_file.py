"""Committed plans: what was chosen and measured for the library, keyed by the formula itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

from .accuracy import DTYPES
from .choosing import Choice
from .committed_data import read_entries
from .kernels import Core, Plan

PATH = Path(__file__).with_name("plans.json")
MARGIN = 0.5
"""What is added to the worst error that was measured, for points that were not."""


@dataclass(frozen=True)
class Bound:
    """Plans by dtype, and the error that they stay within, in whole ULP; ``near_roots`` in eps of the terms.

    ``elsewhere`` is the bound at the other values of the parameters that were measured.
    """

    plans: Mapping[str, Plan]
    ulp: Mapping[str, float]
    near_roots: int
    sound: bool
    elsewhere: Mapping[str, float] = field(default_factory=dict)
    cores: Mapping[str, Core] = field(default_factory=dict)
    """Shorter code by dtype for arguments of usual size, at the default values of the parameters."""

    @property
    def is_accurate_everywhere(self) -> bool:
        """Whether every error has a bound, next to roots too."""
        return self.sound and self.near_roots >= 0 and all(ulp >= 0 for ulp in self.ulp.values())

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        single, double = (self.plans[dtype].to_json() for dtype in DTYPES)
        plans = {"plan": single} if single == double else {"plans": dict(zip(DTYPES, (single, double), strict=True))}
        return plans | {
            "ulp": dict(self.ulp),
            "near_roots": self.near_roots,
            "sound": self.sound,
            **({"elsewhere": dict(self.elsewhere)} if self.elsewhere else {}),
            **({"cores": {dtype: core.to_json() for dtype, core in self.cores.items()}} if self.cores else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bound:
        """The bound that :meth:`to_json` wrote."""
        rows = data.get("plans") or dict.fromkeys(DTYPES, data.get("plan", {}))
        plans = {dtype: Plan.from_json(row) for dtype, row in rows.items()}
        cores = {dtype: Core.from_json(row) for dtype, row in data.get("cores", {}).items()}
        return cls(plans, data["ulp"], data["near_roots"], data["sound"], data.get("elsewhere", {}), cores)


def bound(choice: Choice) -> Bound:
    """What was measured, rounded up with a margin for points that were not sampled."""
    near = max(accuracy.near_roots for accuracy in choice.reached.values())
    ulp = {dtype: _rounded_up(choice.usual[dtype].worst) for dtype in DTYPES}
    elsewhere = {dtype: _rounded_up(choice.reached[dtype].worst) for dtype in DTYPES}
    return Bound(
        choice.plans, ulp, _rounded_up(near) if near else 0, choice.sound, elsewhere if elsewhere != ulp else {}
    )


def _rounded_up(error: float) -> int:
    """Whole ULP; -1 where the error has no bound."""
    return ceil(error + MARGIN) if error < 2**60 else -1


@lru_cache(maxsize=1)
def committed() -> dict[str, Bound]:
    """The bounds by formula."""
    return read_entries(PATH, Bound.from_json)


def write(bounds: Mapping[str, Bound]) -> None:
    """Write the file anew, sorted."""
    data = {key: bounds[key].to_json() for key in sorted(bounds)}
    PATH.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    committed.cache_clear()
