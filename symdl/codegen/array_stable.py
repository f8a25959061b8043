"""Stable forms of what is built on sums of exponentials: softmax, its logarithm, cross-entropy.

The structure is recognised in normal forms, whatever the item is called. Every exponential and every
sum of them is divided by the exponential of the maximum; differences that cancel (``log sum exp z -
z_y``, ``softmax z`` minus a one in component y) become nodes that are computed without cancellation.
Each rewrite is an identity of real numbers: :func:`meaning` gives the plain formula of each node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import sympy as sp

from symdl.core.arrays import ArrayExpr, Map, Reduce, Repeat, Scatter, Select, apply, constant, repeat, scatter, select
from symdl.core.symbols import symbol

from .array_normal import Atoms, Formula, Normaliser
from .array_scaling import with_powers_outside, with_scaled_rows

_SCALE = symbol("_scale")
"""The exponential of the maximum, which has to cancel."""
DEPTH = sp.Integer(64)
"""exp(-64) is a normal float, and so are two factors of any exponential above the least float: nothing is lost."""
Kind: TypeAlias = Literal["powers", "near", "far", "log_softmax", "log_sum", "surprise", "residual"]


@dataclass(frozen=True, eq=False, repr=False)
class Exponentials(ArrayExpr):
    """A node over exponentials of z along an axis, with m the maximum and S the sum of exp(z - m).

    powers: exp(z - m), the product of near: exp(max(z - m, -64)) and far, the rest;
    log_softmax: z - m - log S; log_sum: m + log S; surprise: log S + m - z_y;
    residual: exp(z - m), but in component y minus the sum of the others.
    """

    kind: Kind = field(kw_only=True)
    axis: int = field(kw_only=True)


def stabilise(*exprs: ArrayExpr) -> tuple[tuple[ArrayExpr, ...], dict[ArrayExpr, str]]:
    """The normal forms of expressions with stable nodes, and the labels of nodes."""
    plain = Normaliser(rewrite=with_powers_outside)
    forms = [plain.of(expr) for expr in with_scaled_rows(exprs)]
    stable = Normaliser(rewrite=_rewritten)
    results = tuple(stable.of(form) for form in forms)
    labels = {stable.done[node]: label for node, label in plain.labels.items() if node in stable.done}
    return results, labels


def meaning(node: Exponentials) -> ArrayExpr:
    """The plain formula of a stable node."""
    z, axis = node.operands[0], node.axis
    top = z.max(axis)
    shifted = z - repeat(top, axis, z.dimensions[axis])
    powers = apply(sp.exp, shifted)
    log_sum = apply(sp.log, powers.sum(axis))
    match node.kind:
        case "powers":
            return powers
        case "near":
            return apply(sp.exp, apply(lambda x: sp.Max(x, -DEPTH), shifted))
        case "far":
            return apply(sp.exp, apply(lambda x: x - sp.Max(x, -DEPTH), shifted))
        case "log_softmax":
            return shifted - repeat(log_sum, axis, z.dimensions[axis])
        case "log_sum":
            return top + log_sum
        case "surprise":
            return log_sum - select(shifted, node.operands[1], axis)
    rows = node.operands[1].dimensions
    hot = scatter(constant(1, *rows), node.operands[1], axis, z.dimensions[axis])
    return powers - hot * repeat(powers.sum(axis), axis, z.dimensions[axis])


@dataclass(frozen=True)
class _SumOfExponentials:
    """An atom that is the sum of exp(exponent) over an axis, or that sum repeated along it."""

    name: sp.Symbol
    exponent: ArrayExpr
    axis: int
    repeated: bool


def _rewritten(normaliser: Normaliser, body: sp.Expr, atoms: Atoms) -> Formula:
    found = list(_sums_of_exponentials(normaliser, atoms))
    if not found:
        return body, atoms
    atoms = dict(atoms)
    body = _split_logarithms(body, {total.name for total in found})
    for total in found:
        rewrite = _Rewrite(normaliser, atoms, total)
        body = rewrite.shifted(rewrite.differences(rewrite.on_support(body)))
        if total.repeated:
            body = rewrite.in_two_steps(rewrite.residuals(body))
    return body, atoms


def _sums_of_exponentials(normaliser: Normaliser, atoms: Atoms) -> Iterator[_SumOfExponentials]:
    for name, node in atoms.items():
        repeated = isinstance(node, Repeat)
        core = node.operands[0] if isinstance(node, Repeat) else node
        if not isinstance(core, Reduce) or core.kind != "sum" or not isinstance(core.operands[0], Map):
            continue
        if isinstance(node, Repeat) and node.axis != core.axis:
            continue
        inner, arguments = normaliser.formula(core.operands[0])
        if isinstance(inner, sp.exp):
            yield _SumOfExponentials(name, normaliser.map(inner.args[0], arguments), core.axis, repeated)


def _split_logarithms(body: sp.Expr, positive: set[sp.Symbol]) -> sp.Expr:
    """``log(a*b)`` as ``log(a) + log(b)`` where all factors are exponentials or sums of them."""

    def split(argument: sp.Expr) -> sp.Expr:
        factors = sp.Mul.make_args(argument)
        if all(isinstance(f, sp.exp) or f.as_base_exp()[0] in positive for f in factors):
            return sp.Add(*map(_logarithm, factors))
        return sp.log(argument)

    return body.replace(sp.log, split)


def _logarithm(factor: sp.Expr) -> sp.Expr:
    if isinstance(factor, sp.exp):
        return factor.args[0]
    base, exponent = factor.as_base_exp()
    return exponent * sp.log(base)


@dataclass
class _Rewrite:
    """The rewrites of a formula for one sum of exponentials; ``atoms`` gains the stable nodes."""

    normaliser: Normaliser
    atoms: Atoms
    total: _SumOfExponentials

    def _atom(self, node: ArrayExpr) -> sp.Symbol:
        """The symbol of a node, which becomes an atom."""
        for name, known in self.atoms.items():
            if known is node:
                return name
        name = symbol(f"_e{len(self.atoms)}")
        self.atoms[name] = node
        return name

    def _exponentials(self, kind: Kind, *operands: ArrayExpr) -> ArrayExpr:
        dimensions = operands[0].dimensions
        if kind in ("log_sum", "surprise"):
            dimensions = (*dimensions[: self.total.axis], *dimensions[self.total.axis + 1 :])
        return self.normaliser.node(Exponentials(dimensions, operands, kind=kind, axis=self.total.axis))

    def _as_formula(self, node: ArrayExpr) -> sp.Expr:
        """A node as an expression in the symbols of the atoms."""
        body, arguments = self.normaliser.formula(node)
        return body.xreplace({name: self._atom(argument) for name, argument in arguments.items()})

    def _repeated(self, node: ArrayExpr) -> ArrayExpr:
        axis = self.total.axis
        return self.normaliser.repeat(node, axis, self.total.exponent.dimensions[axis])

    def on_support(self, body: sp.Expr) -> sp.Expr:
        """Factors of a one-hot array, as their values in the hot component."""
        hot = self._hot()
        if not hot or not self.total.repeated:
            return body
        terms = []
        for term in sp.Add.make_args(sp.expand(body)):
            name = next((h for h in hot if h in term.free_symbols and h not in (term / h).free_symbols), None)
            terms.append(term if name is None else name * self._selected(term / name, self.atoms[name].operands[1]))
        return sp.Add(*terms)

    def _selected(self, body: sp.Expr, index: ArrayExpr) -> sp.Expr:
        plain = Normaliser(known=self.normaliser.known)
        one = plain.constant(sp.Integer(1), self.total.exponent.dimensions)
        node = plain.map(body * symbol("_one"), {**self.atoms, symbol("_one"): one})
        return self._as_formula(self._repeated(plain.select(node, index, self.total.axis)))

    def _hot(self) -> list[sp.Symbol]:
        return [s for s, a in self.atoms.items() if isinstance(a, Scatter) and a.axis == self.total.axis]

    def differences(self, body: sp.Expr) -> sp.Expr:
        """``log(sum)`` and its differences with exponents."""
        if not body.has(sp.log(self.total.name)):
            return body
        exponent = self.total.exponent
        log_sum = self._atom(self._here(self._exponentials("log_sum", exponent)))
        body = body.xreplace({sp.log(self.total.name): log_sum})
        if self.total.repeated:
            value = self._atom(self._exponentials("log_softmax", exponent))
            body = self._absorbed(body, log_sum, log_sum - self._as_formula(exponent), -value)
        for index in self._indices():
            chosen = self._as_formula(self._chosen(exponent, index))
            value = self._atom(self._here(self._exponentials("surprise", exponent, index)))
            body = self._absorbed(body, log_sum, log_sum - chosen, value)
        return body

    def _here(self, node: ArrayExpr) -> ArrayExpr:
        """A value of a row in the sizes of the formula."""
        return self._repeated(node) if self.total.repeated else node

    def _chosen(self, node: ArrayExpr, index: ArrayExpr) -> ArrayExpr:
        return self._here(self.normaliser.select(node, index, self.total.axis))

    def _indices(self) -> list[ArrayExpr]:
        """The indices by which components are selected along the axis."""
        rows = (a.operands[0] if isinstance(a, Repeat) else a for a in list(self.atoms.values()))
        return list(dict.fromkeys(a.operands[1] for a in rows if isinstance(a, Select) and a.axis == self.total.axis))

    def _absorbed(self, body: sp.Expr, lost: sp.Symbol, difference: sp.Expr, value: sp.Expr) -> sp.Expr:
        """``body`` with its multiple of ``difference`` as that of ``value``, where this removes ``lost``."""
        factor = sp.diff(body, lost)
        if factor == 0 or lost in factor.free_symbols:
            return body
        rest = sp.expand(body - factor * difference)
        if lost in rest.free_symbols or sp.count_ops(rest) >= sp.count_ops(body):
            return body
        return rest + factor * value

    def shifted(self, body: sp.Expr) -> sp.Expr:
        """Exponentials over their sum, both divided by the exponential of the maximum."""
        if self.total.name not in body.free_symbols:
            return body
        powers = self._exponentials("powers", self.total.exponent)
        summed = self._atom(self._here(self.normaliser.sum(powers, self.total.axis)))
        pairs = [(self.total.exponent, powers)] if self.total.repeated else []
        pairs += [(self._chosen(self.total.exponent, i), self._chosen(powers, i)) for i in self._indices()]
        result = body.xreplace({self.total.name: summed * _SCALE} | self._weighted_sums(powers))
        for exponent, power in pairs:
            result = _over_top(result, self._as_formula(exponent), self._atom(power))
        return body if _SCALE in sp.expand(result).free_symbols else result.xreplace({_SCALE: sp.Integer(1)})

    def in_two_steps(self, body: sp.Expr) -> sp.Expr:
        """An exponential times an array as two factors: the exponential alone would underflow too early."""
        power = self._atom(self._exponentials("powers", self.total.exponent))
        factors = sp.Mul.make_args(body)
        if power not in factors or not any(factor.is_Symbol and factor != power for factor in factors):
            return body
        near, far = (self._atom(self._exponentials(kind, self.total.exponent)) for kind in ("near", "far"))
        return body / power * near * far

    def _weighted_sums(self, powers: ArrayExpr) -> dict[sp.Symbol, sp.Expr]:
        """Sums of multiples of the exponential, as those of its power times that of the maximum."""
        found: dict[sp.Symbol, sp.Expr] = {}
        for name, node in list(self.atoms.items()):
            core = node.operands[0] if isinstance(node, Repeat) and node.axis == self.total.axis else node
            if isinstance(core, Reduce) and core.kind == "sum" and core.axis == self.total.axis:
                summed = self._weighted_sum(core, powers)
                if summed is not None:
                    found[name] = _SCALE * self._atom(self._repeated(summed) if node is not core else summed)
        return found

    def _weighted_sum(self, node: Reduce, powers: ArrayExpr) -> ArrayExpr | None:
        body, atoms = self.normaliser.formula(node.operands[0])
        names = {inner: name for name, inner in atoms.items()}
        exponent, arguments = self.normaliser.formula(self.total.exponent)
        if isinstance(body, sp.exp) or not set(arguments.values()) <= set(names):
            return None
        exponent = exponent.xreplace({name: names[inner] for name, inner in arguments.items()})
        power = symbol("_power")
        rest = _over_top(body, exponent, power) / _SCALE
        if _SCALE in rest.free_symbols:
            return None
        return self.normaliser.sum(self.normaliser.map(rest, {**atoms, power: powers}), node.axis)

    def residuals(self, body: sp.Expr) -> sp.Expr:
        """softmax minus a one-hot array."""
        powers = self._exponentials("powers", self.total.exponent)
        summed = self._repeated(self.normaliser.sum(powers, self.total.axis))
        for hot in self._hot():
            value = self._exponentials("residual", self.total.exponent, self.atoms[hot].operands[1])
            over = self._atom(summed)
            body = self._absorbed(body, hot, hot - self._atom(powers) / over, -self._atom(value) / over)
        return body


def _over_top(body: sp.Expr, exponent: sp.Expr, power: sp.Symbol) -> sp.Expr:
    """Exponentials of multiples of an exponent, by its power and the exponential of the maximum."""

    def divided(argument: sp.Expr) -> sp.Expr:
        for count in (1, -1, 2, -2):
            rest = sp.expand(argument - count * exponent)
            if rest.free_symbols.isdisjoint(exponent.free_symbols):
                return (power * _SCALE) ** count * sp.exp(rest)
        return sp.exp(argument)

    return body.replace(sp.exp, divided)
