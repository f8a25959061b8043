"""The formulas that say how quantities change from step to step, as equations of update rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sympy as sp

from symdl.core import STEP, ReadError, function, symbol, to_text
from symdl.matching.lines import GRADIENT, Line, name_of, sequences
from symdl.notation.elaborate import Elaborated, compare, elaborate
from symdl.notation.indices import TIME_NAMES, Indexed, indexed, time_names
from symdl.notation.names import name_of as spelled
from symdl.notation.syntax import Name, Node, Relation, Scripted, Summation, walk
from symdl.prover.rewriting import substitute

from .context import Context
from .formulas import Formula
from .statements import kind_of
from .trees import with_gradients

_HIDDEN = sp.Dummy("gradient", real=True)


@dataclass(frozen=True)
class RuleLine:
    """A formula as an equation of a rule.

    ``bare`` says that it may as well be a plain definition, ``assigns`` that it is written as an
    assignment, which may use the value that it replaces, ``averages`` that a mean over examples was read
    as the gradient.
    """

    formula: Formula
    line: Line
    elaborated: Elaborated
    bare: bool = False
    assigns: bool = False
    averages: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """Everything that the right side uses: sequences and symbols."""
        return _names(self.line.expr)

    def uses_new_value_of(self, other: RuleLine) -> bool:
        """Whether it is built on what ``other`` computes in the same step; in text order where steps have no index."""
        name, shift = other.line.target, other.line.shift
        if name == self.line.target or name not in self.outer_names:
            return False
        if shift is None:
            return self.formula.number > other.formula.number
        values = [value for value in sequences(self.outside) if name_of(value) == name]
        return any((value.args[0] - STEP - shift).is_nonnegative for value in values)

    @property
    def stands_still(self) -> bool:
        """Whether it leaves the old value as it is when one of its constants is zero, as a learning rate does."""
        constants = self.outside.free_symbols - {STEP, _HIDDEN}
        return (
            self.uses_itself
            and not self.outside.has(sp.Derivative)
            and any(substitute(self.outside, {c: sp.Integer(0)}) == self.old for c in constants)
        )

    @property
    def uses_gradient(self) -> bool:
        """Whether a gradient stands in it."""
        return bool(self.line.expr.has(GRADIENT))

    @cached_property
    def outside(self) -> sp.Expr:
        """The right side with its gradients, and so the points where they are taken, hidden."""
        return self.line.expr.replace(GRADIENT, lambda _: _HIDDEN)

    @cached_property
    def outer_names(self) -> frozenset[str]:
        """Everything that the right side uses outside the points of gradients."""
        return _names(self.outside)

    @property
    def old(self) -> sp.Expr:
        """The value of what the equation defines before the step."""
        shift = self.line.shift
        return symbol(self.line.target) if shift is None else function(self.line.target)(STEP + shift - 1)

    @property
    def uses_itself(self) -> bool:
        """Whether the old value of what it defines stands in it."""
        return bool(self.outside.has(self.old))

    @property
    def adds_to_itself(self) -> bool:
        """Whether it is the old value plus something."""
        return self.old in sp.Add.make_args(self.outside)

    @property
    def read_as(self) -> str:
        """The equation as it was understood."""
        line = self.line
        head = line.target if line.shift is None else str(function(line.target)(STEP + line.shift))
        return f"{head} = {to_text(line.expr)}"


def _names(expr: sp.Expr) -> frozenset[str]:
    used = {name_of(value) for value in sequences(expr)}
    return frozenset(used | {str(s) for s in expr.free_symbols - {STEP, _HIDDEN}})


@dataclass(frozen=True)
class RuleLines:
    """Every equation of a document that can be part of a rule, starts, values, and what was not read.

    ``from_zero`` are the names whose start stands at index 0.
    """

    lines: tuple[RuleLine, ...]
    starts: Mapping[str, sp.Expr]
    values: Mapping[str, sp.Expr]
    errors: Mapping[int, ReadError]
    from_zero: frozenset[str] = frozenset()

    @cached_property
    def gradients(self) -> frozenset[str]:
        """The names that some equation gives to the gradient at the parameters."""
        return frozenset(
            line.line.target for line in self.lines if line.line.expr.func == GRADIENT and any(_points(line))
        )

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names that gradients are taken by."""
        found = {g.variable for line in self.lines for g in line.elaborated.gradients if g.variable}
        return frozenset(found or {name for line in self.lines for name in _points(line)})


def _points(line: RuleLine) -> Iterator[str]:
    """Names of gradients' points that are one name."""
    for gradient in line.elaborated.gradients:
        names = [str(value.func.__name__) for value in sequences(gradient.point)]
        yield from names if len(names) == 1 else []
        yield from [str(gradient.point)] if gradient.point.is_Symbol else []


def read_rule_lines(formulas: tuple[Formula, ...], context: Context) -> RuleLines:
    """The equations of all rules of a document."""
    parameters = moved_names(formulas)
    lines: list[RuleLine] = []
    starts: dict[str, sp.Expr] = {}
    values: dict[str, sp.Expr] = {}
    errors: dict[int, ReadError] = {}
    from_zero: set[str] = set()
    for formula in formulas:
        kind = kind_of(formula.node, context.letters.sequences) if formula.node is not None else "mention"
        try:
            if kind in ("line", "constant"):
                line = read_line(formula, context, parameters)
                if line.bare and line.line.expr.is_number:
                    values[line.line.target] = line.line.expr
                else:
                    lines.append(line)
            elif kind == "initial":
                starts |= _starts(formula, context)
                from_zero |= {place.base for place in _absolute(formula.node) if place.offset == 0}
        except ReadError as error:
            errors[formula.number] = error
    kept = {line.line.target for line in lines if line.line.shift is None and line.uses_itself}
    first = {name: value for name, value in values.items() if name in kept}
    values = {name: value for name, value in values.items() if name not in kept}
    return RuleLines((*lines, *_displacements(lines)), {**first, **starts}, values, errors, frozenset(from_zero))


def _displacements(lines: list[RuleLine]) -> Iterator[RuleLine]:
    """``Delta theta = ...`` alone says that ``theta`` moves by it."""
    for line in lines:
        name = line.line.target.removeprefix("Delta_")
        section = line.formula.topic.section
        beside = {other.line.target for other in lines if other.formula.topic.section == section}
        if name == line.line.target or name in beside or name in TIME_NAMES:
            continue
        shift = line.line.shift
        if shift is None:
            expr = symbol(name) + symbol(line.line.target)
        else:
            expr = function(name)(STEP + shift) + function(line.line.target)(STEP + shift)
        moved = Line(name, None if shift is None else shift + 1, expr, line.formula.number)
        yield RuleLine(line.formula, moved, line.elaborated)


def moved_names(formulas: tuple[Formula, ...]) -> frozenset[str]:
    """Names that stand on both sides of an equation: ``W = W - a dW``."""
    names = set()
    for formula in formulas:
        node = formula.node
        if not isinstance(node, Relation):
            continue
        place = indexed(node.first, time_names(node))
        if place is not None and any(_is_value_of(part, place.base, node) for part in walk(node.rest[0][1])):
            names.add(place.base)
    return frozenset(names)


def _is_value_of(part: Node, name: str, node: Relation) -> bool:
    place = indexed(part, time_names(node)) if isinstance(part, Name | Scripted) else None
    return place is not None and place.base == name


def read_line(formula: Formula, context: Context, parameters: frozenset[str]) -> RuleLine:
    """One equation of a rule; ``parameters`` are the names that the equations of the document move.

    Raises :class:`ReadError` for what is no such equation.
    """
    node = formula.node
    assert isinstance(node, Relation)
    bare = kind_of(node, context.letters.sequences) == "constant"
    place = indexed(node.first, time_names(node))
    name = place.base if place is not None and place.index is not None else spelled(node.first)
    if name is None:
        raise ReadError("the left side is no name", text=formula.span, position=node.first.start)
    side = with_gradients(node.rest[0][1], parameters)
    equation = replace(node, rest=((node.rest[0][0], side),))
    scope = context.scope(formula)
    scope = replace(scope, variables=scope.variables | {f"d{moved}" for moved in parameters})
    (link,), body = compare(equation, context.profile, scope, sequences=True, text=formula.span)
    letter = place.index if place is not None and place.index is not None else None
    expr = link.rhs.xreplace({symbol(letter): STEP}) if letter else link.rhs
    if place is not None and place.component is not None and place.index is None:
        name = place.base
    bare_names = {s: symbol(_without_component(str(s))) for s in expr.free_symbols if s != STEP}
    shift = place.offset if letter and place else None
    line = Line(_without_component(name), shift, expr.xreplace(bare_names), formula.number)
    averages = any(isinstance(part, Summation) for part in walk(node)) and not link.rhs.has(sp.Sum)
    return RuleLine(formula, line, body, bare, node.relations[0] != "=", averages)


def _without_component(name: str) -> str:
    """``w_j`` and ``G_{j,j}`` without the index of the coordinate."""
    return re.sub(r"_(?:([ij])\1?|\{([ij]),?\2\})$", "", name)


def with_displacement(line: Line, update: Line, lines: tuple[RuleLine, ...]) -> tuple[Line, ...]:
    r"""The equation with ``\Delta w``, where no equation defines it, as the last displacement of ``w``."""
    name, place = f"Delta_{update.target}", symbol(update.target)
    if any(other.line.target == name for other in lines):
        return (line,)
    now, before = function(update.target), symbol(f"{update.target}_before")
    moves = {
        value: now(value.args[0]) - now(value.args[0] - 1) for value in sequences(line.expr) if name_of(value) == name
    }
    moved = replace(line, expr=line.expr.xreplace({**moves, symbol(name): place - before}))
    if line is not update or symbol(name) not in line.expr.free_symbols:
        return (moved,)
    after = symbol(f"{update.target}_after")
    return (
        replace(moved, target=str(after)),
        Line(str(before), None, place, line.origin),
        Line(update.target, None, after, line.origin),
    )


def _starts(formula: Formula, context: Context) -> dict[str, sp.Expr]:
    """``m_0 = v_0 = 0``: each name on the way gets the last value."""
    node = formula.node
    assert isinstance(node, Relation)
    value = elaborate(node.rest[-1][1], context.profile, context.scope(formula), text=formula.span).expr
    return {place.base: value for place in _absolute(node)}


def _absolute(node: Node | None) -> list[Indexed]:
    """The quantities that an equation gives at a numbered step."""
    places = [indexed(side) for side in node.sides[:-1]] if isinstance(node, Relation) else []
    return [place for place in places if place is not None and place.is_absolute]
