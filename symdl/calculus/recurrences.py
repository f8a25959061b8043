"""Linear recurrences: closed forms, moving averages, and what a bias correction has to do.

Main results: :func:`closed_form`, :func:`moving_average`, :func:`bias_correction_claim`.

Source: Kingma and Ba, Adam, ICLR 2015, Section 3 (initialization bias correction).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Claim, Compare, DefinitionError, Given, InputError, Recurrence, Source, function, symbol


@dataclass(frozen=True)
class MovingAverage:
    """``x(t) = decay x(t - 1) + weight input`` with ``weight = 1 - decay``."""

    decay: sp.Expr
    weight: sp.Expr
    input: sp.Expr

    def bias_factor(self, index: sp.Expr) -> sp.Expr:
        """The sum of all weights after ``index`` steps from 0: the factor on a constant input.

        >>> d, t = symbol("d"), symbol("t")
        >>> MovingAverage(d, 1 - d, symbol("g")).bias_factor(t)
        1 - d**t
        """
        return 1 - self.decay**index


def unrolled(recurrence: Recurrence, steps: int) -> tuple[sp.Expr, ...]:
    """The values x(0), x(1), ..., x(steps), each written in the starting value and the inputs.

    Raises :class:`InputError` for a negative number of steps.

    >>> d, t = symbol("d"), symbol("t")
    >>> unrolled(Recurrence("x", t, sp.Integer(1), d * function("x")(t - 1)), 3)
    (1, d, d**2, d**3)
    """
    if steps < 0:
        raise InputError(f"{steps} steps cannot be taken", remedy="give 0 or more")
    values = [recurrence.start]
    previous = sp.Dummy("previous", real=True)
    rule = recurrence.next.xreplace({_previous(recurrence): previous})
    for step in range(1, steps + 1):
        values.append(rule.subs(recurrence.index, step).xreplace({previous: values[-1]}))
    return tuple(values)


def closed_form(recurrence: Recurrence) -> sp.Expr | None:
    """x(t) as an expression in t, or None outside the class.

    The class is ``x(t) = a x(t-1) + sum_i c_i q_i^t`` with a, c_i, q_i free of t and a not 0:
    ``x(t) = a^t x(0) + sum_i c_i q_i (q_i^t - a^t) / (q_i - a)``, and ``c_i t a^t`` where q_i = a.
    It holds for t = 0, 1, 2, ... wherever no denominator vanishes.

    >>> d, g, t = symbol("d"), symbol("g"), symbol("t")
    >>> closed_form(Recurrence("x", t, sp.Integer(0), d * function("x")(t - 1) + (1 - d) * g))
    g*(1 - d**t)
    """
    linear = _linear(recurrence)
    if linear is None:
        return None
    factor, rest = linear
    powers = _powers(rest, recurrence.index)
    if factor == 0 or factor.has(recurrence.index) or powers is None:
        return None
    terms = [_summed(factor, base, weight, recurrence.index) for base, weight in powers.items()]
    return sp.Add(recurrence.start * factor**recurrence.index, *terms)


def moving_average(recurrence: Recurrence) -> MovingAverage | None:
    """The moving average that ``recurrence`` is, or None.

    Also ``x + tau (g - x)`` is one, with decay ``1 - tau``. With a decay that is a number the input
    has to have the coefficient 1, since any rest is a multiple of ``1 - decay``.

    >>> d, g, t = symbol("d"), symbol("g"), symbol("t")
    >>> moving_average(Recurrence("G", t, sp.Integer(0), d * function("G")(t - 1) + (1 - d) * g**2))
    MovingAverage(decay=d, weight=1 - d, input=g**2)
    """
    linear = _linear(recurrence)
    if linear is None or linear[0] in (0, 1) or linear[0].has(recurrence.index):
        return None
    decay, rest = linear
    average = sp.cancel(rest / (1 - decay))
    symbols = decay.free_symbols
    if average == 0 or sp.fraction(average)[1].free_symbols & symbols:
        return None
    if not symbols and average.as_coeff_Mul()[0] != 1:
        return None
    return MovingAverage(decay, sp.expand(1 - decay), average)


def bias_correction_claim(
    recurrence: Recurrence, corrected: sp.Expr, name: str = "", source: Source | None = None
) -> Claim:
    """Under a constant input the corrected average equals that input.

    ``corrected`` is written in ``function(recurrence.function)(index)``. Inputs that depend on the
    index (``g(t)``) become constants of the same name; every symbol that is a decay, in the
    recurrence or as the base of a power of the index in ``corrected``, is given in (0, 1), the
    index as a positive integer. Raises :class:`DefinitionError` when the recurrence is no moving
    average.

    >>> d, g, t = symbol("d"), symbol("g"), symbol("t")
    >>> average = Recurrence("M", t, sp.Integer(0), d * function("M")(t - 1) + (1 - d) * g)
    >>> print(bias_correction_claim(average, function("M")(t) / (1 - d**t)).statement)
    M(t)/(1 - d^t) = g
    """
    average = moving_average(recurrence)
    if average is None:
        raise DefinitionError(f"{recurrence} is no moving average", remedy="write it as d x(t-1) + (1-d) input")
    constant = _constant_input(recurrence, average)
    steady = Recurrence(
        recurrence.function,
        recurrence.index,
        recurrence.start,
        average.decay * _previous(recurrence) + average.weight * constant,
    )
    divisor = sp.fraction(corrected)[1]
    defined = (Compare(divisor, "!=", sp.Integer(0)),) if divisor != 1 else ()
    given: list[Given] = [steady, Belongs(recurrence.index, "positive integer")]
    for decay in sorted(average.decay.free_symbols | _decays(corrected, recurrence.index), key=str):
        given += [Compare(decay, ">", sp.Integer(0)), Compare(decay, "<", sp.Integer(1))]
    return Claim(Compare(corrected, "=", constant, defined), tuple(given), name, source)


def _previous(recurrence: Recurrence) -> sp.Expr:
    return function(recurrence.function)(recurrence.index - 1)


def _linear(recurrence: Recurrence) -> tuple[sp.Expr, sp.Expr] | None:
    """a and b of ``x(t) = a x(t-1) + b``."""
    previous = sp.Dummy("previous", real=True)
    rule = recurrence.next.xreplace({_previous(recurrence): previous})
    polynomial = rule.as_poly(previous)
    if polynomial is None or polynomial.degree() > 1 or _mentions(rule, recurrence.function):
        return None
    return polynomial.coeff_monomial(previous), polynomial.coeff_monomial(1)


def _mentions(expr: sp.Expr, name: str) -> bool:
    return any(node.func.__name__ == name for node in expr.atoms(AppliedUndef))


def _powers(expr: sp.Expr, index: sp.Symbol) -> dict[sp.Expr, sp.Expr] | None:
    """``expr`` as ``{q: c}``, the sum of ``c q^index``; None if it is no such sum."""
    weights: dict[sp.Expr, sp.Expr] = defaultdict(lambda: sp.Integer(0))
    for term in sp.Add.make_args(sp.expand(expr)):
        weight, varying = term.as_independent(index, as_Add=False)
        base = sp.Integer(1)
        for factor in sp.Mul.make_args(varying):
            split = _power_of_index(factor, index)
            if split is None:
                return None
            base, weight = base * split[0], weight * split[1]
        weights[base] += weight
    return dict(weights)


def _power_of_index(factor: sp.Expr, index: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """``factor`` as (q, c) with ``factor = c q^index``."""
    if not factor.has(index):
        return sp.Integer(1), factor
    base, exponent = factor.as_base_exp()
    line = exponent.as_poly(index)
    if base.has(index) or line is None or line.degree() != 1:
        return None
    return base ** line.coeff_monomial(index), base ** line.coeff_monomial(1)


def _summed(factor: sp.Expr, base: sp.Expr, weight: sp.Expr, index: sp.Symbol) -> sp.Expr:
    """The sum over s = 1, ..., t of ``factor^(t - s) weight base^s``."""
    gap = sp.expand(base - factor)
    if gap == 0:
        return weight * index * factor**index
    return sp.cancel(weight * base / gap) * (base**index - factor**index)


def _constant_input(recurrence: Recurrence, average: MovingAverage) -> sp.Expr:
    varying = [node for node in average.input.atoms(AppliedUndef) if node.has(recurrence.index)]
    constant = average.input.xreplace({node: symbol(node.func.__name__) for node in varying})
    if constant.has(recurrence.index):
        raise DefinitionError(f"the input of {recurrence} changes with {recurrence.index} by itself")
    return constant


def _decays(corrected: sp.Expr, index: sp.Symbol) -> set[sp.Symbol]:
    return {s for power in corrected.atoms(sp.Pow) if power.exp.has(index) for s in power.base.free_symbols}
