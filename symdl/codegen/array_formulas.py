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
        added += [scalar] if scalar != 0 else []
        if not added:
            return self._operation("negate", self._chained("add", taken))
        return reduce(lambda total, term: self._operation("subtract", total, term), taken, self._chained("add", added))

    def _chained(self, operation: str, operands: list[Operand]) -> Operand:
        return reduce(lambda a, b: self._operation(operation, a, b), operands)

    def _product(self, factors: Sequence[sp.Expr]) -> Operand:
        """Numerators over denominators, what has fewer axes first."""
        factors = self._scaled_first(factors)
        over: list[Operand] = []
        under: list[Operand] = []
        scalar = sp.Integer(1)
        for factor in factors:
            base, exponent = factor.as_base_exp()
            if self._is_scalar(factor):
                scalar *= factor
            elif not isinstance(factor, sp.exp) and exponent.could_extract_minus_sign():
                under.append(self.of(base**-exponent))
            else:
                over.append(self.of(factor))
        times, by = scalar.as_numer_denom()
        top = self._scaled(over, times)
        return top if by == 1 and not under else self._operation("divide", top, self._scaled(under, by))

    def _scaled_first(self, factors: Sequence[sp.Expr]) -> Sequence[sp.Expr]:
        """A sum divided by a number of entries, its terms scaled by a power of two, lest the sum overflow."""
        count = sp.Mul(*(factor for factor in factors if self._is_scalar(factor)))
        sums = [factor for factor in factors if isinstance(factor, sp.Add) and not self._is_scalar(factor)]
        whole = 1 / count
        if len(sums) != 1 or not is_number_of_entries(whole):
            return factors
        scale = symbol(self.builder.operation("scale", whole, shape=()))
        scaled = sp.Add(*(term * scale for term in sums[0].args))
        return [*(scaled if factor is sums[0] else factor for factor in factors), 1 / scale]

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


def is_number_of_entries(expr: sp.Expr) -> bool:
    """Whether a scalar is a positive integer times sizes of axes."""
    whole, sizes = expr.as_coeff_Mul()
    return bool(
        whole.is_Integer and whole > 0 and sizes != 1 and all(isinstance(f, _SIZE) for f in sp.Mul.make_args(sizes))
    )
