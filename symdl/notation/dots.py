r"""Sums with dots, ``1 + b + \dots + b^{t-1}``, where the terms that are shown say what the others are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

_FIRST = (0, 1, 2)


def sum_of(shown: Sequence[sp.Expr], last: sp.Expr) -> sp.Sum | None:
    """The sum whose first terms are ``shown`` and whose last one is ``last``; None where they do not settle it.

    A part of the last term that counts becomes the index, if the terms at its first values are those shown.

    >>> from symdl.core import symbol
    >>> b, n = symbol("b"), symbol("n")
    >>> sum_of([sp.Integer(1), b], b ** (n - 1))
    Sum(b**k, (k, 0, n - 1))
    >>> sum_of([sp.Integer(1), sp.Integer(4)], n**2)
    Sum(k**2, (k, 1, n))
    >>> sum_of([b, n], n**2) is None
    True
    """
    if len(shown) < 2:
        return None
    index = sp.Symbol("k", real=True)
    for count in _counters(last):
        term = last.xreplace({count: index})
        if index in last.free_symbols or not index.is_Symbol:
            continue
        for first in _FIRST:
            values = [term.xreplace({index: sp.Integer(first + place)}) for place in range(len(shown))]
            if all(value == term_shown for value, term_shown in zip(values, shown, strict=True)):
                return sp.Sum(term, (index, sp.Integer(first), count))
    return None


def _counters(last: sp.Expr) -> Iterator[sp.Expr]:
    """The parts of a term that may count: a symbol plus a number, then a symbol."""
    parts = list(sp.preorder_traversal(last))
    yield from (p for p in parts if isinstance(p, sp.Add) and len(p.args) == 2 and p.args[0].is_Integer)
    yield from (p for p in parts if isinstance(p, sp.Symbol))
