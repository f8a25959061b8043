"""Derivatives of scalar expressions: exact off the kinks, silent at them, and step by step.

Main results: :func:`derivative`, :func:`activation_derivative`, :func:`derive`. Where one-sided
derivatives differ the result has no branch: no convention of SymPy's (Heaviside, sign of zero)
stands in for a slope that nobody declared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Activation, BudgetExceeded, Compare, InputError, Parameter, UnsupportedDerivative, to_text

from .cells import Cells, split, value_at
from .roots import NotLocated
from .rules import JUMPING, is_primitive, rule_for
from .signs import is_zero
from .tidy import size, tidy

_MOST_NODES = 20_000
_HIGHEST_ORDER = 100


@dataclass(frozen=True)
class Step:
    """One use of a rule: ``before`` equals ``after``; inner derivatives in ``after`` are still to do."""

    rule: str
    before: sp.Expr
    after: sp.Expr
    note: str = ""


@dataclass(frozen=True)
class Derivation:
    """The derivative of ``expr`` with respect to ``variable``, and the steps that lead to it."""

    expr: sp.Expr
    variable: sp.Symbol
    result: sp.Expr
    steps: tuple[Step, ...]


def derivative(expr: sp.Expr, variable: sp.Symbol, order: int = 1, *, given: Sequence[object] = ()) -> sp.Expr:
    """The derivative of ``expr`` of the given order, exact wherever it exists as a two-sided one.

    Around kinks it is a Piecewise over open cells; a kink belongs to a branch only when the
    one-sided derivatives agree there. ``given`` may bound the other symbols (``0 < k < 1``).
    Raises :class:`UnsupportedDerivative` for an operation without a rule, :class:`InputError` for
    an order below 0, :class:`BudgetExceeded` for a result beyond 20,000 nodes
    or an order beyond 100.

    >>> from symdl.core import symbol, to_text
    >>> x = symbol("x")
    >>> to_text(derivative(sp.Max(x, 0), x)), to_text(derivative(sp.Max(x, 0) ** 2, x))
    ('{1 if x > 0; 0 if x < 0}', '{2*x if x > 0; 0 otherwise}')
    >>> derivative(1 / (1 + sp.exp(-x)), x)
    exp(-x)/(1 + exp(-x))**2
    """
    if order < 0:
        raise InputError(f"there is no derivative of order {order}", remedy="give an order of 0 or more")
    if order > _HIGHEST_ORDER:
        raise BudgetExceeded(f"order {order} is beyond {_HIGHEST_ORDER}", remedy="ask for a lower order")
    expr = evaluate(expr)
    if order == 0:
        return expr
    return _derived(expr, variable, order, given, [])


def activation_derivative(activation: Activation, order: int = 1) -> sp.Expr:
    """The derivative of an activation, with its declared slopes at the kinks (for order 1).

    A kink without a declared slope has no branch. Raises what :func:`derivative` raises.

    >>> from symdl.core import symbol, to_text
    >>> x = symbol("x")
    >>> to_text(activation_derivative(Activation("relu", x, sp.Max(x, 0), slope_at={0: 0})))
    '{1 if x > 0; 0 otherwise}'
    """
    if order != 1 or not activation.slope_at:
        return derivative(activation.expr, activation.argument, order, given=domain(activation))
    expr = evaluate(activation.expr)
    cells = split(expr, activation.argument, domain(activation))
    return _assembled(cells, 1, dict(activation.slope_at), [])


def parameter_derivative(activation: Activation, parameter: Parameter) -> sp.Expr:
    """The derivative of an activation in one of its parameters, exact wherever it exists.

    >>> from symdl.core import symbol, to_text
    >>> x, a = symbol("x"), symbol("a")
    >>> weight = Parameter(a, "weight", learned=True)
    >>> prelu = Activation("prelu", x, sp.Piecewise((x, x > 0), (a * x, True)), (weight,))
    >>> to_text(parameter_derivative(prelu, weight))
    '{0 if x > 0; x otherwise}'
    """
    return derivative(activation.expr, parameter.symbol, given=domain(activation))


def domain(activation: Activation) -> tuple[Compare, ...]:
    """What is given of the parameters of ``activation``."""
    return tuple(relation for parameter in activation.parameters for relation in parameter.domain)


def derive(expr: sp.Expr, variable: sp.Symbol, *, given: Sequence[object] = ()) -> Derivation:
    """The first derivative with its steps, each under the name of its rule.

    ``result`` is that of :func:`derivative`; raises what it raises.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> [step.rule for step in derive(x * sp.exp(-x), x).steps]
    ['product', 'chain', 'constant']
    """
    steps: list[Step] = []
    result = _derived(evaluate(expr), variable, 1, given, steps)
    return Derivation(expr, variable, result, tuple(steps))


def evaluate(expr: sp.Expr) -> sp.Expr:
    """``expr`` with each unevaluated derivative worked out, those of unknown functions left.

    >>> x, w = sp.Symbol("x", real=True), sp.Function("w", real=True)
    >>> evaluate(sp.Derivative(x**3, x, x)), evaluate(sp.Derivative(w(x) ** 2 + x, w(x)))
    (6*x, 2*w(x))
    """
    while (node := next(filter(_to_evaluate, sp.postorder_traversal(expr)), None)) is not None:
        value = node.expr
        for variable, count in node.variable_count:
            value = _by(value, variable, int(count))
        expr = expr.xreplace({node: value})
    return expr


def _by(expr: sp.Expr, variable: sp.Expr, order: int) -> sp.Expr:
    """The derivative by a symbol, or by the value of a sequence: ``w(t)`` is a variable of its own there."""
    if variable.is_Symbol:
        return derivative(expr, variable, order)
    stand_in = sp.Dummy("value", real=True)
    totals = expr.atoms(sp.Sum, sp.Product)
    terms = {total: term for total in totals if (term := _term_with(total, variable)) is not None}
    rest = {total: sp.Dummy("rest", real=True) for total in terms}
    opened = {total: rest[total] + term.xreplace({variable: stand_in}) for total, term in terms.items()}
    moved = expr.xreplace(opened).xreplace({variable: stand_in})
    back = {rest[total]: total - term for total, term in terms.items()}
    return derivative(moved, stand_in, order).xreplace({stand_in: variable}).xreplace(back)


def _term_with(total: sp.Expr, variable: sp.Expr) -> sp.Expr | None:
    """The term of a sum over the values of a sequence in which one of them stands; None for a sum over other things."""
    sequences = [call for call in total.function.atoms(AppliedUndef) if call.func == variable.func]
    if not any(call.free_symbols & {limit[0] for limit in total.limits} for call in sequences):
        return None
    index = total.limits[0][0]
    plain = isinstance(total, sp.Sum) and len(total.limits) == 1 and not total.function.has(sp.Sum, sp.Product)
    if not plain or not all(call.args == (index,) for call in sequences) or len(variable.args) != 1:
        raise UnsupportedDerivative(f"a derivative by one of the values that {to_text(total)} goes over")
    return total.function.xreplace({index: variable.args[0]})


def _to_evaluate(node: sp.Basic) -> bool:
    return isinstance(node, sp.Derivative) and not all(is_primitive(node.expr, v) for v in node.variables)


def _derived(expr: sp.Expr, variable: sp.Symbol, order: int, given: Sequence[object], steps: list[Step]) -> sp.Expr:
    try:
        cells = split(expr, variable, given)
    except NotLocated:
        return orders(expr, variable, order, steps)[-1]
    return _assembled(cells, order, {}, steps)


def orders(expr: sp.Expr, variable: sp.Symbol, order: int, steps: list[Step] | None = None) -> list[sp.Expr]:
    """``expr`` and its derivatives up to ``order``, by the rules alone; ``steps`` collects them."""
    steps = [] if steps is None else steps
    found = [expr]
    for _ in range(order):
        derivations = _Derivations(variable, steps)
        raw = derivations.of(found[-1])
        if size(raw, _MOST_NODES) >= _MOST_NODES:
            raise BudgetExceeded(f"a derivative has more than {_MOST_NODES} nodes", remedy="ask for a lower order")
        if not derivations.keeps_gaps(raw):
            raise UnsupportedDerivative(f"jumps of {to_text(found[-1])} cancel, and they are not located")
        shorter = tidy(raw)
        found.append(shorter if derivations.keeps_gaps(shorter) else raw)
        if found[-1] != raw:
            steps.append(Step("collect terms", raw, found[-1]))
    return found


@dataclass
class _Derivations:
    """First derivatives in one variable, each subexpression once; steps are recorded as they come."""

    variable: sp.Symbol
    steps: list[Step]
    known: dict[sp.Expr, sp.Expr] = field(default_factory=dict)

    def of(self, expr: sp.Expr) -> sp.Expr:
        """The derivative of ``expr``."""
        if expr not in self.known:
            known = _known(expr, self.variable)
            self.known[expr] = self._by_rule(expr) if known is None else known
        return self.known[expr]

    def keeps_gaps(self, result: sp.Expr) -> bool:
        """Whether every jump that was met is still a gap in ``result``, none cancelled away."""
        met = (found for expr, found in self.known.items() if isinstance(expr, JUMPING))
        return all(result.has(gap) for gap in met if isinstance(gap, sp.Piecewise))

    def _by_rule(self, expr: sp.Expr) -> sp.Expr:
        rule = rule_for(expr, self.variable)
        after = rule.combine([_pending(part, self.variable) for part in rule.parts])
        self.steps.append(Step(rule.name, _pending(expr, self.variable), after, rule.note))
        return rule.combine([self.of(part) for part in rule.parts])


def _known(expr: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    """The derivative of the variable and of what is free of it."""
    if expr == variable:
        return sp.Integer(1)
    return None if variable in expr.free_symbols else sp.Integer(0)


def _pending(expr: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    known = _known(expr, variable)
    return sp.Derivative(expr, variable) if known is None else known


_Pieces = list[tuple[sp.Expr, sp.Basic]]


def _assembled(cells: Cells, order: int, declared: Mapping[sp.Expr, sp.Expr], steps: list[Step]) -> sp.Expr:
    """The derivatives of all branches, joined at the points where the derivative exists or is declared."""
    if cells.points:
        steps.append(_splitting(cells))
    ladders = [orders(branch, cells.variable, order, steps) for branch in cells.branches]
    pieces: _Pieces = [(ladders[0][-1], sp.true)]
    for index, point in enumerate(cells.points):
        left, right = ladders[index][-1], ladders[index + 1][-1]
        value = next((slope for at, slope in declared.items() if is_zero(at - point)), None)
        if value is None and _agree(cells, index, ladders):
            value = one_sided(left, cells.variable, point)
        pieces = _joined(pieces, right, cells.variable, point, value)
    return _folded(pieces)


def _splitting(cells: Cells) -> Step:
    pieces: _Pieces = [(_pending(cells.branches[0], cells.variable), sp.true)]
    for point, branch in zip(cells.points, cells.branches[1:], strict=True):
        pieces = _joined(pieces, _pending(branch, cells.variable), cells.variable, point, None)
    places = ", ".join(to_text(point) for point in cells.points)
    before = sp.Derivative(cells.expr, cells.variable)
    return Step("piecewise", before, _folded(pieces), f"split at {cells.variable} = {places}")


def _agree(cells: Cells, index: int, ladders: Sequence[Sequence[sp.Expr]]) -> bool:
    """Whether value and one-sided derivatives of every order in the ladders agree at a point."""
    point = cells.points[index]
    value = value_at(cells.expr, cells.variable, point, cells.given)
    sides = [[one_sided(side, cells.variable, point) for side in ladders[i]] for i in (index, index + 1)]
    pairs = [(value, sides[0][0]), *zip(*sides, strict=True)]
    return all(a is not None and b is not None and is_zero(a - b) for a, b in pairs)


def one_sided(branch: sp.Expr, variable: sp.Symbol, point: sp.Expr) -> sp.Expr | None:
    """The value of a smooth branch at the end of its cell; None where it is not finite."""
    value = branch.subs(variable, point)
    return None if value.has(sp.zoo, sp.nan, sp.oo, -sp.oo) else value


def _joined(pieces: _Pieces, right: sp.Expr, variable: sp.Symbol, point: sp.Expr, value: sp.Expr | None) -> _Pieces:
    """``pieces`` up to ``point``, ``value`` there (None: no value), ``right`` from there on."""
    left = pieces[0][0]
    if value is None:
        if pieces == [(right, sp.true)]:
            return [(right, sp.Ne(variable, point))]
        return [(right, variable > point), (_folded(pieces), variable < point)]
    if is_zero(left.subs(variable, point) - value):
        return pieces if left == right else [(right, variable > point), *pieces]
    if is_zero(right.subs(variable, point) - value):
        return [(right, variable >= point), *pieces]
    return [(right, variable > point), (value, sp.Eq(variable, point)), *pieces]


def _folded(pieces: _Pieces) -> sp.Expr:
    if pieces[0][1] == sp.true:
        return pieces[0][0]
    return sp.Piecewise(*pieces, evaluate=False)
