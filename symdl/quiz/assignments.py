"""Updates written as assignments in the notation of sequences: what stands on the right is old until it is assigned."""

from __future__ import annotations

from collections.abc import Sequence

from symdl.core import Compare, function, symbol
from symdl.core.optimizers import STEP
from symdl.matching.lines import Line, name_of, sequences

Equation = tuple[Line, tuple[Compare, ...]]
"""One equation in sequence notation, and where its right side is defined."""


def fed(equations: Sequence[Equation]) -> frozenset[str]:
    """The sequences that no equation defines, such as gradients."""
    used = {name_of(value) for line, _ in equations for value in sequences(line.expr)}
    return frozenset(used - {line.target for line, _ in equations})


def in_steps(equations: list[Equation], inputs: frozenset[str]) -> list[Equation]:
    """Assignments as equations at step t, the names in ``inputs`` as values at t; others as they are.

    ``v <- a v + g, w <- w - v`` is ``v(t) = a v(t-1) + g, w(t) = w(t-1) - v(t)``; exchanged, the second takes
    ``v(t-1)``. A name that is assigned twice keeps its assignments.

    >>> v, w = symbol("v"), symbol("w")
    >>> for line, _ in in_steps([(Line("v", None, 2 * v), ()), (Line("w", None, w - v), ())], frozenset()):
    ...     print(line)
    v(t) = 2*v(t - 1)
    w(t) = -v(t) + w(t - 1)
    """
    targets = [line.target for line, _ in equations]
    if len(set(targets)) < len(targets) or any(line.shift is not None for line, _ in equations):
        return equations
    found: list[Equation] = []
    for number, (line, needs) in enumerate(equations):
        values = {symbol(name): function(name)(STEP) for name in inputs | set(targets[:number])}
        values |= {symbol(name): function(name)(STEP - 1) for name in targets[number:]}
        conditions = tuple(Compare(c.lhs.xreplace(values), c.relation, c.rhs.xreplace(values)) for c in needs)
        found.append((Line(line.target, 0, line.expr.xreplace(values), line.origin), conditions))
    return found
