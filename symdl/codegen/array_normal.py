"""A normal form of array expressions, in which structure can be recognised.

Formulas are fused into one over their atoms, repetitions and selections stand inside them, factors
that do not vary along an axis are taken out of its sums, transposes are folded into contractions,
and equal nodes are one node. Nothing here changes the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeAlias

import sympy as sp

from symdl.core.array_graph import graph
from symdl.core.arrays import (
    Array,
    ArrayExpr,
    Constant,
    Contract,
    Map,
    Reduce,
    Repeat,
    Scatter,
    Select,
)
from symdl.core.chains import Chain, Collected, Final, collected, final
from symdl.core.dimensions import Dimension
from symdl.core.symbols import symbol

Atoms: TypeAlias = dict[sp.Symbol, ArrayExpr]
Formula: TypeAlias = tuple[sp.Expr, Atoms]
"""A scalar expression with the array that each of its symbols stands for."""


def atom(position: int) -> sp.Symbol:
    """The symbol of an atom of a formula."""
    return symbol(f"_{position}")


@dataclass
class Normaliser:
    """Builds normal nodes out of normal nodes; ``rewrite`` may replace a formula by an equal one."""

    rewrite: Callable[[Normaliser, sp.Expr, Atoms], Formula] = lambda _, body, atoms: (body, atoms)
    done: dict[ArrayExpr, ArrayExpr] = field(default_factory=dict)
    known: dict[tuple[object, ...], ArrayExpr] = field(default_factory=dict)
    labels: dict[ArrayExpr, str] = field(default_factory=dict)

    def of(self, expr: ArrayExpr) -> ArrayExpr:
        """The normal form of an expression."""
        for node in graph(expr):
            if node not in self.done:
                result = self._normal(node, tuple(self.done[operand] for operand in node.operands))
                self.done[node] = result
                if node.label:
                    self.labels.setdefault(result, node.label)
        return self.done[expr]

    def node(self, node: ArrayExpr) -> ArrayExpr:
        """The one node that is equal to ``node``."""
        values = [getattr(node, f.name) for f in fields(node) if f.name != "label"]
        return self.known.setdefault((type(node), *values), node)

    def _normal(self, node: ArrayExpr, operands: tuple[ArrayExpr, ...]) -> ArrayExpr:
        match node:
            case Map(function=sp.Lambda() as formula):
                return self.map(formula.expr, dict(zip(formula.variables, operands, strict=True)))
            case Contract(subscripts=subscripts):
                return self.contract(subscripts, operands, node.dimensions)
            case Reduce(kind="sum", axis=axis):
                return self.sum(operands[0], axis)
            case Repeat(axis=axis):
                return self.repeat(operands[0], axis, node.dimensions[axis])
            case Select(axis=axis):
                return self.select(operands[0], operands[1], axis)
            case Scatter(axis=axis):
                return self.scatter(operands[0], operands[1], axis, node.dimensions[axis])
            case Final(chain=scan):
                return self.node(final(self._chain(scan, operands)))
            case Collected(chain=scan, node=inner):
                return self.node(collected(self._chain(scan, operands), self.of(inner)))
        return self.node(replace(node, operands=operands))

    def _chain(self, scan: Chain, operands: tuple[ArrayExpr, ...]) -> Chain:
        for holder in scan.holders:
            self.done[holder] = holder
        families = tuple(zip((holder for holder, _ in scan.families), operands[1:], strict=True))
        return replace(scan, start=operands[0], families=families, body=self.of(scan.body))

    def map(self, body: sp.Expr, arguments: Atoms) -> ArrayExpr:
        """A formula; formulas and constants among its arguments are put in."""
        model = next(iter(arguments.values()))
        inner: dict[ArrayExpr, sp.Symbol] = {}
        values = {name: self._inlined(argument, inner) for name, argument in arguments.items()}
        fused, atoms = self.rewrite(self, body.xreplace(values), {name: node for node, name in inner.items()})
        used = {node: name for name, node in atoms.items() if name in fused.free_symbols}
        names = {name: atom(i) for i, name in enumerate(used.values())}
        fused = fused.xreplace(names)
        if not used:
            return self.node(Constant(model.dimensions, value=fused, level=model.level))
        if fused == atom(0):
            return next(iter(used))
        formula = sp.Lambda(tuple(names.values()), fused)
        return self.node(Map(model.dimensions, tuple(used), function=formula, level=model.level))

    def _inlined(self, node: ArrayExpr, atoms: dict[ArrayExpr, sp.Symbol]) -> sp.Expr:
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Map) and isinstance(node.function, sp.Lambda):
            inner = [self._inlined(operand, atoms) for operand in node.operands]
            return node.function.expr.xreplace(dict(zip(node.function.variables, inner, strict=True)))
        return atoms.setdefault(node, symbol(f"_a{len(atoms)}"))

    def formula(self, node: ArrayExpr) -> Formula:
        """A node as a scalar expression over atoms."""
        atoms: dict[ArrayExpr, sp.Symbol] = {}
        body = self._inlined(node, atoms)
        return body, {name: inner for inner, name in atoms.items()}

    def times(self, *factors: ArrayExpr) -> ArrayExpr:
        """The product of nodes of the same sizes."""
        names = {symbol(f"_f{i}"): factor for i, factor in enumerate(factors)}
        return self.map(sp.prod(names), names)

    def constant(self, value: sp.Expr, dimensions: tuple[Dimension, ...]) -> ArrayExpr:
        """An array that is ``value`` everywhere."""
        return self.node(Constant(dimensions, value=value))

    def _each(self, node: ArrayExpr, change: Callable[[ArrayExpr], ArrayExpr]) -> ArrayExpr | None:
        """The formula of a node with each argument changed; None for other nodes."""
        if isinstance(node, Map) and isinstance(node.function, sp.Lambda):
            changed = map(change, node.operands)
            return self.map(node.function.expr, dict(zip(node.function.variables, changed, strict=True)))
        return None

    def repeat(self, node: ArrayExpr, axis: int, dimension: Dimension) -> ArrayExpr:
        """The node repeated along a new axis; of a formula, its arguments."""
        dimensions = (*node.dimensions[:axis], dimension, *node.dimensions[axis:])
        if isinstance(node, Constant):
            return self.constant(node.value, dimensions)
        inside = self._each(node, lambda a: self.repeat(a, axis, dimension))
        return inside or self.node(Repeat(dimensions, (node,), axis=axis))

    def select(self, node: ArrayExpr, index: ArrayExpr, axis: int) -> ArrayExpr:
        """A component; of a formula, that of its arguments."""
        dimensions = (*node.dimensions[:axis], *node.dimensions[axis + 1 :])
        if isinstance(node, Constant):
            return self.constant(node.value, dimensions)
        if isinstance(node, Repeat | Scatter) and node.axis == axis and node.operands[1:] in ((), (index,)):
            return node.operands[0]
        inside = self._each(node, lambda a: self.select(a, index, axis))
        return inside or self.node(Select(dimensions, (node, index), axis=axis))

    def scatter(self, node: ArrayExpr, index: ArrayExpr, axis: int, dimension: Dimension) -> ArrayExpr:
        """The product of the repeated node and of an array with a one in the component."""
        dimensions = (*node.dimensions[:axis], dimension, *node.dimensions[axis:])
        one = self.constant(sp.Integer(1), node.dimensions)
        hot = self.node(Scatter(dimensions, (one, index), axis=axis))
        return self.times(self.repeat(node, axis, dimension), hot)

    def sum(self, node: ArrayExpr, axis: int) -> ArrayExpr:
        """The sum over an axis, of what varies along it."""
        dimension = node.dimensions[axis]
        dimensions = (*node.dimensions[:axis], *node.dimensions[axis + 1 :])
        body, atoms = self.formula(node)
        hot = [name for name, a in atoms.items() if isinstance(a, Scatter) and a.axis == axis]
        terms = sp.Add.make_args(sp.expand(body)) if hot else (body,)
        results = [self._sum_of_term(term, atoms, hot, axis) for term in terms]
        if results == [None]:
            return self.node(Reduce(dimensions, (node,), axis=axis, kind="sum"))
        names = {symbol(f"_s{i}"): result for i, result in enumerate(filter(None, results))}
        rest = sp.Add(*(t for t, result in zip(terms, results, strict=True) if result is None))
        if rest != 0:
            summand = self.map(rest, atoms)
            names[symbol("_rest")] = self.node(Reduce(dimensions, (summand,), axis=axis, kind="sum"))
        if not names:
            return self.constant(sp.Integer(0) * dimension.size, dimensions)
        return self.map(sp.Add(*names), names)

    def _sum_of_term(self, term: sp.Expr, atoms: Atoms, hot: Sequence[sp.Symbol], axis: int) -> ArrayExpr | None:
        """The sum of a term that has a simpler form; None where it has not."""
        for name in hot:
            rest = term / name
            if name in term.free_symbols and name not in rest.free_symbols:
                scattered = atoms[name]
                return self.select(self.map(rest, atoms), scattered.operands[1], axis)
        steady = [f for f in sp.Mul.make_args(term) if all(_is_steady(atoms[s], axis) for s in _in(f, atoms))]
        if not steady or (term in atoms and not _is_steady(atoms[term], axis)):
            return None
        model = next(iter(atoms.values()), None)
        if model is None:
            return None
        return self._taken_out(term, sp.Mul(*steady), atoms, axis, model.dimensions)

    def _taken_out(
        self, term: sp.Expr, outside: sp.Expr, atoms: Atoms, axis: int, full: tuple[Dimension, ...]
    ) -> ArrayExpr:
        """Factors that do not vary along the axis, times the sum of the rest."""
        dimensions = (*full[:axis], *full[axis + 1 :])
        rest = term / outside
        if rest == 1:
            total = self.constant(full[axis].size, dimensions)
        else:
            total = self.node(Reduce(dimensions, (self.map(rest, atoms),), axis=axis, kind="sum"))
        known = {s: atoms[s].operands[0] for s in _in(outside, atoms)}
        one = symbol("_one")
        factor = self.map(outside * one, {**known, one: self.constant(sp.Integer(1), dimensions)})
        return self.times(factor, total)

    def contract(self, subscripts: str, factors: Sequence[ArrayExpr], dimensions: tuple[Dimension, ...]) -> ArrayExpr:
        """A contraction with transposes folded in; a contraction of one factor that only sums is a sum."""
        inputs, output = subscripts.split("->")
        groups = inputs.split(",")
        straight = [_untransposed(g, f) for g, f in zip(groups, factors, strict=True)]
        groups = [group for group, _ in straight]
        factors = tuple(factor for _, factor in straight)
        if len(factors) == 1 and groups[0] == output:
            return factors[0]
        if len(factors) == 1 and _only_sums(groups[0], output):
            result = factors[0]
            for axis in reversed([i for i, letter in enumerate(groups[0]) if letter not in output]):
                result = self.sum(result, axis)
            return result
        if len(factors) == 1 and isinstance(factors[0], Contract) and sorted(output) == sorted(groups[0]):
            return self._transposed(factors[0], groups[0], output, dimensions)
        return self.node(Contract(dimensions, factors, subscripts=f"{','.join(groups)}->{output}"))

    def _transposed(self, node: Contract, group: str, output: str, dimensions: tuple[Dimension, ...]) -> ArrayExpr:
        inputs, inner = node.subscripts.split("->")
        letters = dict(zip(group, inner, strict=True))
        moved = "".join(letters[letter] for letter in output)
        return self.contract(f"{inputs}->{moved}", node.operands, dimensions)


def _untransposed(group: str, factor: ArrayExpr) -> tuple[str, ArrayExpr]:
    """Letters and factor without a transpose in it."""
    if not isinstance(factor, Contract) or len(factor.operands) != 1:
        return group, factor
    inner, outer = factor.subscripts.split("->")
    if sorted(inner) != sorted(outer) or len(set(inner)) < len(inner):
        return group, factor
    letters = dict(zip(outer, group, strict=True))
    return "".join(letters[letter] for letter in inner), factor.operands[0]


def _only_sums(group: str, output: str) -> bool:
    return len(set(group)) == len(group) and "".join(letter for letter in group if letter in output) == output


def _in(expr: sp.Expr, atoms: Atoms) -> Iterable[sp.Symbol]:
    return sorted(expr.free_symbols & set(atoms), key=str)


def _is_steady(node: ArrayExpr, axis: int) -> bool:
    """Whether a node does not vary along an axis."""
    return isinstance(node, Repeat) and node.axis == axis


def normalise(*exprs: ArrayExpr) -> tuple[ArrayExpr, ...]:
    """The normal forms of expressions, with shared nodes shared.

    >>> from symdl.core.arrays import array
    >>> x = array("x", "n")
    >>> normalise((2 * x).sum() - (2 * x).sum())
    (0,)
    """
    normaliser = Normaliser()
    return tuple(normaliser.of(expr) for expr in exprs)


def leaves(expr: ArrayExpr) -> tuple[Array, ...]:
    """The input arrays below a node, through the bodies of chains."""
    return tuple(node for node in graph(expr) if isinstance(node, Array))
