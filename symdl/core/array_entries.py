r"""Array expressions entry by entry: formulas with indices, as text and LaTeX.

Main result: :func:`entry`. Entries count from 1, as in mathematics (in code from 0). A chain is
written as a recurrence over its levels, apart from the formula that uses its last one.

>>> from symdl.core.arrays import array
>>> W, x = array("W", "out", "in"), array("x", "in")
>>> found = entry(W @ x)
>>> found.text, found.latex
('sum(W[i, j]*x[j], j, 1, in)', '\\sum_{j=1}^{\\mathrm{in}} W_{i,j} x_{j}')
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import sympy as sp

from .activations import Activation
from .array_graph import graph, inputs_of
from .array_places import Gather, Window
from .array_text import shown
from .arrays import (
    ArgMax,
    Array,
    ArrayExpr,
    Constant,
    Contract,
    Map,
    Reduce,
    Repeat,
    ScalarFunction,
    Scatter,
    Select,
    Slope,
)
from .chains import Final
from .dimensions import Dimension
from .printing import latex_name, to_latex, to_text
from .symbols import function, symbol

_LETTERS = "ijklmnpqrsuvw"
_SIZE = type(Dimension("n").size)
Indices = tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Entry:
    """The entry of an array at ``indices``; ``where`` are the recurrences of its chains."""

    expr: sp.Expr
    indices: tuple[sp.Symbol, ...]
    where: tuple[tuple[sp.Expr, sp.Expr], ...]
    names: Mapping[sp.Symbol, str]

    @property
    def text(self) -> str:
        """The entry in plain text."""
        return to_text(self.expr)

    @property
    def latex(self) -> str:
        """The entry in LaTeX."""
        return to_latex(self.expr, self.names)


def entry(expr: ArrayExpr) -> Entry:
    """The entry of ``expr`` at indices i, j, ... (none for a scalar)."""
    writer = _Writer(_letters(expr))
    indices = tuple(next(writer.letters) for _ in expr.dimensions)
    found = writer.of(expr, indices)
    return Entry(found, indices, tuple(writer.where), writer.names)


def _letters(expr: ArrayExpr) -> Iterator[sp.Symbol]:
    """Index letters that name nothing in the expression."""
    taken = {a.name for a in inputs_of(expr)} | {str(s) for node in graph(expr) for s in _symbols(node)}
    numbered = (f"{letter}{round}" for round in count(1) for letter in _LETTERS)
    names = (name for source in (_LETTERS, numbered) for name in source)
    return (symbol(name) for name in names if name not in taken)


def _symbols(node: ArrayExpr) -> set[sp.Symbol]:
    match node:
        case Final(chain=chain):
            return {symbol(chain.index)}
        case Constant(value=value):
            return set(value.free_symbols)
        case Map(function=sp.Lambda() as formula):
            return set(formula.free_symbols)
    return set()


@dataclass
class _Writer:
    """Entries, each once; symbols that stand for entries are noted with their LaTeX."""

    letters: Iterator[sp.Symbol]
    names: dict[sp.Symbol, str] = field(default_factory=dict)
    where: list[tuple[sp.Expr, sp.Expr]] = field(default_factory=list)
    brackets: dict[sp.Symbol, sp.Expr] = field(default_factory=dict)
    holders: dict[ArrayExpr, tuple[str, str]] = field(default_factory=dict)
    known: dict[tuple[ArrayExpr, Indices], sp.Expr] = field(default_factory=dict)

    def of(self, node: ArrayExpr, at: Indices) -> sp.Expr:
        """The entry of a node."""
        if (node, at) not in self.known:
            self.known[node, at] = self._of(node, at)
        return self.known[node, at]

    def _of(self, node: ArrayExpr, at: Indices) -> sp.Expr:
        match node:
            case Array(name=name):
                return self._indexed(*self.holders.get(node, (name, latex_name(name))), at)
            case Constant(value=value):
                return self._sized(value)
            case Contract():
                return self._contraction(node, at)
            case Map(function=scalar):
                return self._applied(scalar, [self.of(operand, at) for operand in node.operands])
            case Repeat(axis=axis):
                return self.of(node.operands[0], _without(at, axis))
            case Reduce() | ArgMax():
                return self._reduced(node, at)
            case Select(axis=axis):
                return self.of(node.operands[0], _with(at, axis, self._place(node.operands[1], at)))
            case Scatter(axis=axis):
                rest = _without(at, axis)
                return self._equal(at[axis], self._place(node.operands[1], rest)) * self.of(node.operands[0], rest)
            case Final():
                return self._chain(node, at)
            case Gather(operands=(table, index)):
                return self.of(table, (self._place(index, at[: index.rank]), *at[index.rank :]))
            case Window(axis=axis, steps=steps) if steps.padding == 0:
                moved = steps.stride * (at[axis] - 1) + steps.dilation * (at[axis + 1] - 1) + 1
                return self.of(node.operands[0], (*at[:axis], self._sized(sp.expand(moved)), *at[axis + 2 :]))
        return self._opaque(shown(node), rf"\mathrm{{{type(node).__name__.lower()}}}", at)

    def _opaque(self, text: str, latex: str, at: Indices) -> sp.Expr:
        return self._indexed(f"({text})" if at else text, latex, at)

    def _indexed(self, text: str, latex: str, at: Indices) -> sp.Expr:
        if not at:
            return self._named(text, latex)
        marks = ",".join(to_latex(index, self.names) for index in at)
        return self._named(f"{text}[{', '.join(map(to_text, at))}]", f"{latex}_{{{marks}}}")

    def _named(self, text: str, latex: str) -> sp.Symbol:
        made = symbol(text)
        self.names[made] = latex
        return made

    def _size(self, dimension: Dimension) -> sp.Symbol:
        return self._named(
            str(dimension), latex_name(dimension.name) + (f"_{{{dimension.level}}}" * bool(dimension.level))
        )

    def _sized(self, value: sp.Expr) -> sp.Expr:
        """``value`` with ``size(n)`` written n."""
        sizes = value.atoms(_SIZE) if value.has(sp.core.function.AppliedUndef) else ()
        return value.xreplace({s: self._named(str(s.args[0]), latex_name(str(s.args[0]))) for s in sizes})

    def _place(self, index: ArrayExpr, at: Indices) -> sp.Expr:
        """The place that an integer array names; a constant counts from 0."""
        found = self.of(index, at)
        return found + 1 if found.is_Integer else found

    def _equal(self, left: sp.Expr, right: sp.Expr) -> sp.Expr:
        """Iverson's bracket: 1 where the two are equal, else 0."""
        if left == right:
            return sp.Integer(1)
        latex = f"[{to_latex(left, self.names)} = {to_latex(right, self.names)}]"
        bracket = self._named(f"[{to_text(left)} = {to_text(right)}]", latex)
        self.brackets[bracket] = left
        return bracket

    def _applied(self, scalar: ScalarFunction, arguments: list[sp.Expr]) -> sp.Expr:
        if isinstance(scalar, sp.Lambda):
            return self._sized(scalar.expr).xreplace(dict(zip(scalar.variables, arguments, strict=True)))
        name = scalar.activation.name + "'" * scalar.order if isinstance(scalar, Slope) else scalar.name
        if isinstance(scalar, Activation):
            arguments = [*arguments, *(p.symbol for p in scalar.parameters if p.default is None)]
        return function(name)(*arguments)

    def _contraction(self, node: Contract, at: Indices) -> sp.Expr:
        inputs, _, output = node.subscripts.partition("->")
        bound: dict[str, sp.Expr] = {}
        product: sp.Expr = sp.Integer(1)
        for letter, index in zip(output, at, strict=True):
            product *= self._equal(bound[letter], index) if letter in bound else sp.Integer(1)
            bound.setdefault(letter, index)
        summed: list[tuple[sp.Symbol, Dimension]] = []
        for letters, factor in zip(inputs.split(","), node.operands, strict=True):
            for letter, dimension in zip(letters, factor.dimensions, strict=True):
                if letter not in bound:
                    summed.append((next(self.letters), dimension))
                    bound[letter] = summed[-1][0]
            product *= self.of(factor, tuple(bound[letter] for letter in letters))
        return self._sum(product, summed)

    def _sum(self, body: sp.Expr, over: list[tuple[sp.Symbol, Dimension]]) -> sp.Expr:
        for index, dimension in reversed(over):
            brackets = [s for s in body.as_ordered_factors() if s in self.brackets and self.brackets[s] == index]
            rest = body / brackets[0] if brackets else body
            picked = brackets and not _depends(rest, index)
            body = rest if picked else sp.Sum(body, (index, 1, self._size(dimension)))
        return body

    def _reduced(self, node: Reduce | ArgMax, at: Indices) -> sp.Expr:
        index, operand = next(self.letters), node.operands[0]
        body = self.of(operand, _with(at, node.axis, index))
        kind = node.kind if isinstance(node, Reduce) else "argmax"
        if kind == "sum":
            return self._sum(body, [(index, operand.dimensions[node.axis])])
        latex = to_latex(body, self.names)
        enclosed = rf"\left({latex}\right)" if body.is_Add else latex
        name = r"\arg\max" if kind == "argmax" else rf"\{kind}"
        return self._named(f"{kind}({to_text(body)}, {index})", f"{name}_{{{index}}} {enclosed}")

    def _chain(self, node: Final, at: Indices) -> sp.Expr:
        scan = node.chain
        carry, latex = scan.carry.name, latex_name(scan.carry.name)
        self.holders[scan.carry] = f"{carry}[{scan.index}]", f"{latex}^{{({scan.index})}}"
        for holder, source in scan.families:
            self.holders[holder] = f"{_name(source)}[{scan.index}]", f"{latex_name(_name(source))}^{{({scan.index})}}"
        indices = tuple(next(self.letters) for _ in at)
        levels = (("0", scan.start), (f"{scan.index} + 1", scan.body))
        for level, body in levels:
            left = self._indexed(f"{carry}[{level}]", f"{latex}^{{({level})}}", indices)
            self.where.append((left, self.of(body, indices)))
        return self._indexed(f"{carry}[{scan.depth}]", f"{latex}^{{({latex_name(scan.depth)})}}", at)


def _depends(expr: sp.Expr, index: sp.Symbol) -> bool:
    """Whether an entry in ``expr`` is taken at ``index``."""
    return any(re.search(rf"\b{index}\b", s.name) for s in expr.free_symbols)


def _name(node: ArrayExpr) -> str:
    return node.name if isinstance(node, Array) else shown(node)


def _with(at: Indices, axis: int, index: sp.Expr) -> Indices:
    return (*at[:axis], index, *at[axis:])


def _without(at: Indices, axis: int) -> Indices:
    return (*at[:axis], *at[axis + 1 :])
