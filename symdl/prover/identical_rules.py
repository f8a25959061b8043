"""Two update rules that are one, but for the names of what they keep."""

from __future__ import annotations

import sympy as sp

from symdl.core import THETA, Claim, Evidence, Optimizer, SameRun

METHOD = "renaming"


def by_renaming(claim: Claim) -> Evidence | None:
    """Two rules whose states, evaluations and assignments are the same under one renaming.

    >>> from symdl import library
    >>> by_renaming(Claim(SameRun(library.sgd, library.gradient_descent))).detail
    'the same assignments'
    """
    statement = claim.statement
    if not isinstance(statement, SameRun):
        return None
    names = _renaming(statement.left, statement.right)
    if names is None or not _maps(statement.left, statement.right, names):
        return None
    pairs = statement.observed or ((THETA, THETA),)
    if any(names.get(left, left) != right for left, right in pairs):
        return None
    changed = ", ".join(f"{old} is {new}" for old, new in names.items() if old != new)
    return Evidence(METHOD, "SymPy's structural equality", changed or "the same assignments", len(statement.left.step))


def _renaming(left: Optimizer, right: Optimizer) -> dict[sp.Symbol, sp.Symbol] | None:
    """What is assigned and evaluated on the left to the same on the right, in their order."""
    if len(left.evaluations) != len(right.evaluations) or len(left.step) != len(right.step):
        return None
    pairs = [(THETA, THETA)]
    pairs += [(a.symbol, b.symbol) for a, b in zip(left.evaluations, right.evaluations, strict=True)]
    pairs += [(a.symbol, b.symbol) for a, b in zip(left.step, right.step, strict=True)]
    names = dict(pairs)
    one_to_one = len(set(names.values())) == len(names) == len(set(pairs))
    return names if one_to_one else None


def _maps(left: Optimizer, right: Optimizer, names: dict[sp.Symbol, sp.Symbol]) -> bool:
    """Whether the renaming turns the left rule into the right one; hyper-parameters keep their names."""
    constants = {p.symbol for rule in (left, right) for p in rule.hyper}
    if constants & (names.keys() | set(names.values())):
        return False
    states = {names.get(s.symbol, s.symbol): s.start.xreplace(names) for s in left.state}
    return (
        states == {s.symbol: s.start for s in right.state}
        and all(
            a.point.xreplace(names) == b.point and a.quantity == b.quantity
            for a, b in zip(left.evaluations, right.evaluations, strict=True)
        )
        and all(a.expr.xreplace(names) == b.expr for a, b in zip(left.step, right.step, strict=True))
    )
