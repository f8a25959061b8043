"""Points between the branches of a definition where it has no value."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symdl.core import to_text


def gaps(expr: sp.Expr, argument: sp.Symbol) -> Iterator[str]:
    """The boundaries of strict conditions that no branch takes in.

    >>> x = sp.Symbol("x", real=True)
    >>> list(gaps(sp.Piecewise((x, x > 0), (0, x < 0)), x))
    ['0']
    """
    for part in expr.atoms(sp.Piecewise):
        conditions = [condition for _, condition in part.args]
        strict = [c for c in conditions if isinstance(c, sp.StrictLessThan | sp.StrictGreaterThan)]
        for place in dict.fromkeys(c.rhs for c in strict if c.lhs == argument and c.rhs.is_number):
            if all(condition.xreplace({argument: place}) == sp.false for condition in conditions):
                yield to_text(place)
