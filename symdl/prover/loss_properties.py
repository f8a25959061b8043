"""What is declared of losses as claims, about the loss of one example with one output (two classes).

Main results: :func:`loss_claims`. A loss that is an average over examples and a sum over outputs is nonnegative, zero
or convex where its terms are. Convex in the prediction: the second derivative along every direction is at least 0;
where there are kinks, the slope also never falls at one.

Source: Boyd and Vandenberghe, Convex optimization, Cambridge University Press 2004, Sections 3.1.4 and 3.2.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import sympy as sp

from symdl.calculus.expansion import expand
from symdl.calculus.kinks import joints
from symdl.calculus.roots import NotLocated, roots_of
from symdl.core import Activation, Claim, Compare, Loss, Not, Parameter, Properties, Statement, symbol
from symdl.core.array_graph import graph

from .properties import property_claims

_ZERO = sp.Integer(0)
_CLASSES = "classes"
_KINKED = (sp.Max, sp.Min, sp.Abs, sp.sign)


def loss_claims(item: Loss) -> tuple[Claim, ...]:
    """The claims that a loss makes: each property that it declares, or that it does not have it.

    >>> from symdl.library.losses import squared_error
    >>> [claim.name for claim in loss_claims(squared_error)]
    ['squared_error_is_nonnegative', 'squared_error_is_zero_at_the_target', 'squared_error_is_convex']
    """
    declared = item.properties
    if declared is None:
        return ()
    single = _of_one_example(item)
    return (
        *_claims(item, "is_nonnegative", declared.nonnegative, single.given, Compare(single.expr, ">=", _ZERO)),
        *_zero_claims(item, declared.zero_at_target, single),
        *_convex_claims(item, declared.convex, single),
    )


@dataclass(frozen=True)
class _Single:
    """A loss of one example: the scalar, what its entries satisfy, and the entries of each input."""

    expr: sp.Expr
    given: tuple[Compare, ...]
    entries: dict[str, list[sp.Symbol]]


def _of_one_example(item: Loss) -> _Single:
    names = {d.name for node in graph(item.expr) for d in node.dimensions}
    sizes = {name: 2 if name == _CLASSES else 1 for name in names}
    labels = {a.name: np.zeros([sizes[d.name] for d in a.dimensions], int) for a in item.inputs if a.integer}
    expr = np.asarray(expand(item.expr, sizes, labels)).item()
    entries = {a.name: list(np.ravel(np.asarray(expand(a, sizes)))) for a in item.inputs if not a.integer}
    given = [relation for parameter in item.parameters for relation in parameter.domain]
    for relation in item.given:
        (name,) = {str(s) for s in (relation.lhs - relation.rhs).free_symbols}
        given += [_with(relation, {symbol(name): entry}) for entry in entries[name]]
    return _Single(expr, tuple(given), entries)


def _with(relation: Compare, values: dict[sp.Symbol, sp.Expr]) -> Compare:
    return Compare(relation.lhs.xreplace(values), relation.relation, relation.rhs.xreplace(values))


def _claims(
    item: Loss, name: str, holds: bool | None, given: tuple[Compare, ...], statement: Statement
) -> Iterator[Claim]:
    if holds is not None:
        words = name if holds else name.replace("is_", "is_not_")
        yield Claim(statement if holds else Not(statement), given, f"{item.name}_{words}", item.source)


def _zero_claims(item: Loss, holds: bool | None, single: _Single) -> Iterator[Claim]:
    if holds is not None:
        first = single.entries[item.inputs[0].name]
        at = dict(zip(first, single.entries[item.inputs[1].name], strict=True))
        given = tuple(dict.fromkeys(_with(relation, at) for relation in single.given))
        yield from _claims(item, "is_zero_at_the_target", holds, given, Compare(single.expr.xreplace(at), "=", _ZERO))


def _convex_claims(item: Loss, holds: bool | None, single: _Single) -> Iterator[Claim]:
    first = single.entries[item.inputs[0].name]
    kinked = any(part.free_symbols & set(first) for part in _deciding(single.expr))
    if holds and kinked and _located(item, single):
        yield from _convex_by_slopes(item, single)
    elif kinked:
        other, middle = ({e: f(e) for e in first} for f in (_other, lambda e: (e + _other(e)) / 2))
        at_middle, at_other = (single.expr.xreplace(values) for values in (middle, other))
        given = tuple(dict.fromkeys((*single.given, *(_with(relation, other) for relation in single.given))))
        yield from _claims(item, "is_convex", holds, given, Compare(at_middle, "<=", (single.expr + at_other) / 2))
    else:
        steps = {entry: symbol(f"direction_{number}") for number, entry in enumerate(first)}
        bend = sum(sp.Derivative(single.expr, a, b) * u * v for a, u in steps.items() for b, v in steps.items())
        yield from _claims(item, "is_convex", holds, single.given, Compare(sp.sympify(bend), ">=", _ZERO))


def _convex_by_slopes(item: Loss, single: _Single) -> Iterator[Claim]:
    for case in _cases(item, single):
        yield from property_claims(case)


def _located(item: Loss, single: _Single) -> bool:
    """Whether the kinks are found and nothing is divided by what may be 0; else convexity is claimed at midpoints."""
    first = set(single.entries[item.inputs[0].name])
    if any(power.exp.could_extract_minus_sign() and power.free_symbols & first for power in single.expr.atoms(sp.Pow)):
        return False
    try:
        return all(joints(case) is not None for case in _cases(item, single))
    except NotLocated:
        return False


def _deciding(expr: sp.Expr) -> Iterator[sp.Basic]:
    """What decides between branches: conditions, and the heads with kinks."""
    yield from expr.atoms(*_KINKED)
    for pieces in expr.atoms(sp.Piecewise):
        yield from (condition for _, condition in pieces.args)


def _other(entry: sp.Symbol) -> sp.Symbol:
    return symbol(f"other_{entry}")


def _cases(item: Loss, single: _Single) -> Iterator[Activation]:
    """The loss of one prediction as a function of that, for all values of the rest or for each of finitely many."""
    (argument,) = single.entries[item.inputs[0].name]
    others = sorted(single.expr.free_symbols - {argument} - {p.symbol for p in item.parameters}, key=str)
    known = {other: found for other in others if (found := _values(other, single.given))}
    rest = [other for other in others if other not in known]
    parameters = (*item.parameters, *(Parameter(o, o.name, None, _domain(o, single.given)) for o in rest))
    convex = Properties(convex="convex")
    for number, values in enumerate(product(*known.values()), 1):
        expr = single.expr.xreplace(dict(zip(known, values, strict=True)))
        name = f"{item.name}_case_{number}" if known else item.name
        yield Activation(name, argument, expr, parameters, properties=convex)


def _domain(entry: sp.Symbol, given: tuple[Compare, ...]) -> tuple[Compare, ...]:
    return tuple(relation for relation in given if entry in (relation.lhs - relation.rhs).free_symbols)


def _values(entry: sp.Symbol, given: tuple[Compare, ...]) -> list[sp.Expr]:
    """The values of an entry that satisfies an equation."""
    equations = (relation.lhs - relation.rhs for relation in _domain(entry, given) if relation.relation == "=")
    return next((roots_of(equation, entry, ()) for equation in equations), [])
