"""Scalar formulas over arrays to statements, sums and products in operations of two operands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import sympy as sp

from symdl.core.errors import UnsupportedOperation
from symdl.core.operations import operation_of
from symdl.core.programs import Operand
from symdl.core.symbols import function, symbol

from .array_values import Builder

_SIZE = function("size")


@dataclass(frozen=True)
class Formulas:
    """Lowers formulas whose symbols stand for values of a program; other symbols are scalars."""

    builder: Builder
    values: Mapping[sp.Symbol, str]
    slopes: frozenset[sp.Symbol] = frozenset()
    """Those that are derivatives at a kinked function: where one is 0, so are its products."""

    def of(self, expr: sp.Basic) -> Operand:
        """The value of a formula; a formula without arrays is a scalar operand as it stands.

        Raises :class:`UnsupportedOperation` for a head outside of the operation table.
        """
        if expr in self.values:
            return self.values[expr]
        if self._is_scalar(expr):
            return expr
        if isinstance(expr, sp.Add):
            return self._sum(expr)
        if isinstance(expr, sp.Mul):
            return self._product(expr.args)
        if isinstance(expr, sp.Pow) and not isinstance(expr, sp.exp):
            return self._power(*expr.args)
        if isinstance(expr, sp.Piecewise):
            return self._pieces(expr)
        return self._function(expr)

    def _is_scalar(self, expr: sp.Basic) -> bool:
        return expr.free_symbols.isdisjoint(self.values)

    def _operation(self, operation: str, *operands: Operand) -> str:
        return self.builder.operation(operation, *operands)

    def _sum(self, expr: sp.Add) -> Operand:
        scalar = sp.Add(*(term for term in expr.args if self._is_scalar(term)))
        arrays = [term for term in expr.args if not self._is_scalar(term)]
        if scalar == -1 and len(arrays) == 1 and isinstance(arrays[0], sp.exp):
            return self._operation("expm1", self.of(arrays[0].args[0]))
        taken = [self.of(-term) for term in arrays if term.could_extract_minus_sign()]
        added = [self.of(term) for term in arrays if not term.could_extract_minus_sign()]
        if not added and scalar == 0:
            return self._operation("negate", self._chained("add", taken))
        last = scalar if added else sp.Integer(0)
        first = self._chained("add", added) if added else scalar
        total = reduce(lambda rest, term: self._operation("subtract", rest, term), taken, first)
        return total if last == 0 else self._operation("add", total, last)

    def _chained(self, operation: str, operands: list[Operand]) -> Operand:
        return reduce(lambda a, b: self._operation(operation, a, b), operands)

    def _product(self, factors: Sequence[sp.Expr]) -> Operand:
        """Numerators over denominators, what has fewer axes first."""
        slope = next((factor for factor in factors if factor in self.slopes), None)
        others = [f for f in factors if not f.is_Symbol and not self._is_scalar(f)]
        if slope is None or not others:
            return self._quotient(factors)
        zero = self.of(sp.Eq(slope, 0))
        return self._operation("where", zero, sp.Integer(0), self._quotient(factors))

    def _quotient(self, factors: Sequence[sp.Expr]) -> Operand:
        factors = self._scaled_first(factors)
        scale = self._scale_among(factors)
        over: list[Operand] = []
        under: list[Operand] = []
        scalar = sp.Integer(1)
        for factor in self._exponential_scaled(self._powers_divided(factors), scale):
            base, exponent = factor.as_base_exp() if isinstance(factor, sp.Expr) else (factor, sp.Integer(1))
            if isinstance(factor, str) or factor == scale:
                over.append(factor)
            elif self._is_scalar(factor):
                scalar *= factor
            elif not isinstance(factor, sp.exp) and exponent.could_extract_minus_sign():
                under.append(self.of(base**-exponent))
            else:
                over.append(self.of(factor))
        times, by = scalar.as_numer_denom()
        if under and by.is_number:
            under, by = [self._scaled(under, by)], sp.Integer(1)
        top = self._scaled(over, times)
        quotient = self._operation("divide", top, self._multiplied(under)) if under else top
        return quotient if by == 1 else self._operation("divide", quotient, by)

    def _exponential_scaled(self, factors: list[Operand], scale: sp.Expr | None) -> list[Operand]:
        """An exponential with a power of two in one operation, which overflows only where their product does."""
        found = next((f for f in factors if isinstance(f, sp.exp) and not self._is_scalar(f)), None)
        if scale is None or found is None:
            return factors
        value = self._operation("scaled_exp", self.of(found.args[0]), scale)
        return [value, *(factor for factor in factors if factor not in (found, scale))]

    def _powers_divided(self, factors: Sequence[sp.Expr]) -> list[Operand]:
        """``a^2/b`` as a (a/b) and ``a^2/b^2`` as (a/b)^2, which overflow only where they have to."""
        scalars = [factor for factor in factors if self._is_scalar(factor)]
        factors = [*scalars, *_with_powers_joined([f for f in factors if f not in scalars])]
        over, under = self._whole_powers(factors, 1), self._whole_powers(factors, -1)
        if not over or not under or max(*over.values(), *under.values()) < 2:
            return list(factors)
        base, count = max(over.items(), key=lambda item: item[1])
        divisor, times = max(under.items(), key=lambda item: item[1])
        rest = [f for f in factors if f not in (base**count, divisor**-times)]
        quotient = self._operation("divide", self.of(base), self.of(divisor))
        common = min(count, times)
        ratio: Operand = quotient
        for _ in range(times - common):
            ratio = self._operation("divide", ratio, self.of(divisor))
        return [*rest, base ** (count - common), *[quotient] * (common - 1), ratio]

    def _whole_powers(self, factors: Sequence[sp.Expr], sign: int) -> dict[sp.Expr, int]:
        """Bases of whole powers of arrays, above the line (1) or below (-1)."""
        found: dict[sp.Expr, int] = {}
        for factor in factors:
            base, exponent = factor.as_base_exp()
            whole = exponent.is_Integer and exponent * sign > 0
            if whole and not self._is_scalar(factor) and not isinstance(factor, sp.exp):
                found[base] = abs(int(exponent))
        return found

    def _scaled_first(self, factors: Sequence[sp.Expr]) -> Sequence[sp.Expr]:
        """A sum divided by a number of entries, its terms scaled by a power of two, lest the sum overflow."""
        count = sp.Mul(*(factor for factor in factors if self._is_scalar(factor)))
        large = [f for f in factors if isinstance(f, sp.Add | sp.Pow | sp.exp) and not self._is_scalar(f)]
        sums = [factor for factor in large if isinstance(factor, sp.Add)]
        if self.builder.wide or len(sums) > 1 or not large or not is_number_of_entries(1 / count):
            return factors
        scale = symbol(self.builder.operation("scale", number_of_entries(1 / count), shape=()))
        if not sums:
            return [*factors, scale, 1 / scale]
        scaled = sp.Add(*(term * scale for term in sums[0].args))
        return [*(scaled if factor is sums[0] else factor for factor in factors), 1 / scale]

    def _scale_among(self, factors: Sequence[sp.Expr]) -> sp.Expr | None:
        """The power of two among the factors."""
        scales = (f for f in factors if isinstance(f, sp.Symbol) and self.builder.bases.get(f.name) == "scale")
        return next(scales, None)

    def _scaled(self, factors: list[Operand], scalar: sp.Expr) -> Operand:
        if not factors:
            return scalar
        if scalar == -1:
            return self._operation("negate", self._multiplied(factors))
        return self._multiplied(factors if scalar == 1 else [*factors, scalar])

    def _multiplied(self, factors: list[Operand]) -> Operand:
        ordered = sorted(factors, key=lambda f: sum(d is not None for d in self.builder.stretched(f)))
        return reduce(lambda a, b: self._operation("multiply", b, a), ordered)

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> Operand:
        if exponent.could_extract_minus_sign():
            return self._product((base**exponent,))
        if exponent == sp.Rational(1, 2):
            return self._operation("sqrt", self.of(base))
        if exponent.is_Integer and not self._is_scalar(base):
            return self._whole_power(self.of(base), int(exponent))
        return self._operation("power", self.of(base), self.of(exponent))

    def _whole_power(self, base: Operand, exponent: int) -> Operand:
        if exponent == 1:
            return base
        half = self._operation("square", self._whole_power(base, exponent // 2))
        return self._operation("multiply", half, base) if exponent % 2 else half

    def _function(self, expr: sp.Basic) -> Operand:
        (first, *_) = expr.args
        if isinstance(expr, sp.log) and isinstance(first, sp.Add) and sp.Integer(1) in first.args:
            return self._operation("log1p", self.of(first - 1))
        operands = [self.of(argument) for argument in expr.args]
        if len(operands) > 2:
            return self._chained(operation_of(expr), operands)
        return self._operation(operation_of(expr), *operands)

    def _pieces(self, expr: sp.Piecewise) -> Operand:
        *pieces, (value, last) = expr.args
        if last != sp.true:
            raise UnsupportedOperation(f"{expr} has no value outside of its branches")
        result = self.of(value)
        for branch, condition in reversed(pieces):
            result = self._operation("where", self.of(condition), self.of(branch), result)
        return result


def _with_powers_joined(factors: Sequence[sp.Expr]) -> list[sp.Expr]:
    """``b^e/b`` as b^(e - 1)."""
    joined: dict[sp.Expr, sp.Expr] = {}
    for factor in factors:
        base, exponent = (factor, sp.Integer(1)) if isinstance(factor, sp.exp) else factor.as_base_exp()
        joined[base] = joined.get(base, sp.Integer(0)) + exponent
    return [base**exponent for base, exponent in joined.items()]


def is_number_of_entries(expr: sp.Expr) -> bool:
    """Whether a scalar is a positive rational number times sizes of axes."""
    rational, sizes = expr.as_coeff_Mul()
    return bool(
        rational.is_Rational
        and rational > 0
        and sizes != 1
        and all(isinstance(f, _SIZE) for f in sp.Mul.make_args(sizes))
    )


def number_of_entries(expr: sp.Expr) -> sp.Expr:
    """An integer times sizes of axes that is no less than such a scalar."""
    rational, sizes = expr.as_coeff_Mul()
    return sp.ceiling(rational) * sizes
