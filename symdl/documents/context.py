"""What is in force at a formula: the functions defined before it, and the assumptions about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp

from symdl.core import Claim, Compare, Definition, Given, ReadError
from symdl.notation.elaborate import Elaborated, compare, define, elaborate
from symdl.notation.names import name_of
from symdl.notation.profile import DEEP_LEARNING, Profile
from symdl.notation.scope import Scope, library_definitions
from symdl.notation.syntax import Relation, walk

from .blocks import MASK, Topic
from .conditions import is_assumed
from .formulas import Formula
from .statements import Letters, applied_names, arguments_of, bare_names, kind_of, variables_of

_JOINED = re.compile(r"[,;]?\s*\b(and|but|while|whereas)\b", re.IGNORECASE)


@dataclass(frozen=True)
class DefinedFunction:
    """A function that a formula defines, with what reading its body brought to light."""

    formula: Formula
    definition: Definition
    body: Elaborated

    @property
    def expr(self) -> sp.Expr:
        """The body with every other definition written out."""
        return self.body.unfolded


@dataclass(frozen=True)
class Assumption:
    """Relations that a formula states as assumed, and the formula next to it that they are about."""

    formula: Formula
    relations: tuple[Compare, ...]
    about: int


def _as_it_is(formula: Formula) -> Formula:
    return formula


@dataclass(frozen=True)
class Context:
    """The functions and assumptions of a document, in order, how it uses its letters, and what names mean.

    ``applied`` are the names that each section applies as functions, ``prepare`` is what was done to each
    formula after it was read.
    """

    letters: Letters
    functions: tuple[DefinedFunction, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    values: tuple[tuple[Formula, Definition], ...] = ()
    profile: Profile = DEEP_LEARNING
    applied: Mapping[tuple[int, ...], frozenset[str]] = field(default_factory=dict)
    prepare: Callable[[Formula], Formula] = _as_it_is

    def named_values(self, formula: Formula) -> tuple[Definition, ...]:
        """What names stand for that the topic of a formula, or one around it, has defined before it."""
        return tuple(d for f, d in self.values if f.number < formula.number and surrounds(f.topic, formula.topic))

    @cached_property
    def _seen(self) -> dict[tuple[int, tuple[int, ...]], dict[str, DefinedFunction]]:
        """What was visible at formulas that were asked for."""
        return {}

    def visible(self, formula: Formula) -> dict[str, DefinedFunction]:
        """The functions that a formula can refer to, by name.

        Those of its own topic and of the topics around it, the latest first; a function that the document
        defines once is known everywhere after that.
        """
        place = (formula.number, formula.topic.path)
        if place not in self._seen:
            self._seen[place] = self._visible(formula)
        return self._seen[place]

    def _visible(self, formula: Formula) -> dict[str, DefinedFunction]:
        earlier = [f for f in self.functions if f.formula.number < formula.number]
        names = Counter(f.definition.function for f in self.functions)
        return {
            f.definition.function: f
            for f in earlier
            if surrounds(f.formula.topic, formula.topic) or names[f.definition.function] == 1
        }

    def sources(self, formula: Formula) -> tuple[Formula, ...]:
        """The formulas of the definitions that a formula can refer to, the latest first."""
        values = [f for f, _ in self.values if f.number < formula.number and surrounds(f.topic, formula.topic)]
        found = {f.number: f for f in (*(v.formula for v in self.visible(formula).values()), *values)}
        return tuple(found[number] for number in sorted(found, reverse=True))

    def replacing(self, changed: Formula) -> Context:
        """The context with the definition of one formula read from another text; raises :class:`ReadError`."""
        functions = tuple(_function(changed, self) if f.formula.number == changed.number else f for f in self.functions)
        values = tuple(
            v for f, d in self.values for v in (_value(changed, self) if f.number == changed.number else ((f, d),))
        )
        return replace(self, functions=functions, values=values)

    def scope(self, formula: Formula) -> Scope:
        """The scope that a formula is read in."""
        visible = {n: f.definition for n, f in self.visible(formula).items() if not self._is_letter(n, f, formula)}
        bare = bare_names(formula.node) if formula.node is not None else frozenset()
        known = {*visible, *self.profile.functions, *library_definitions()}
        return Scope(visible, self.letters.functions - known - bare, frozenset(), self.letters.sequences)

    def _is_letter(self, name: str, function: DefinedFunction, formula: Formula) -> bool:
        """Whether the name of a function stands for a number here.

        As a variable of the formula; or without a bracket, in a section that never applies it and that is
        not the one where it was defined.
        """
        node, section = formula.node, formula.topic.section
        if node is None or name in applied_names(node):
            return node is not None and name in arguments_of(node)
        elsewhere = function.formula.topic.section != section and name not in self.applied.get(section, frozenset())
        return name in variables_of(node) or (elsewhere and any(name_of(part) == name for part in walk(node)))

    def given(self, formula: Formula, symbols: Iterable[sp.Symbol]) -> tuple[Compare, ...]:
        """What is assumed of ``symbols`` at a formula.

        An assumption holds for the formula next to it; about symbols that are no function's argument it
        holds in its whole topic, but where another is made of them.
        """
        wanted = set(symbols)
        own = {s for a in self.assumptions if a.about == formula.number for r in a.relations for s in _free(r)}
        arguments = {a for f in self.functions for a in f.definition.arguments}
        return tuple(
            relation
            for assumption in self.assumptions
            for relation in assumption.relations
            if (free := _free(relation)) <= wanted
            and (
                assumption.about == formula.number
                or (surrounds(assumption.formula.topic, formula.topic) and not free & (arguments | own))
            )
        )

    def claim(self, formula: Formula, statement: Compare, elaborated: Elaborated, name: str = "") -> Claim:
        """A statement of a formula as a claim, under everything that is in force there."""
        symbols = statement.lhs.free_symbols | statement.rhs.free_symbols
        for definition in elaborated.definitions:
            symbols = symbols | definition.body.free_symbols
        given: tuple[Given, ...] = (
            *elaborated.definitions,
            *elaborated.assumptions,
            *self.given(formula, symbols),
        )
        return Claim(statement, tuple(dict.fromkeys(given)), name)


def _free(relation: Compare) -> set[sp.Symbol]:
    return set(relation.lhs.free_symbols | relation.rhs.free_symbols)


def surrounds(outer: Topic, inner: Topic) -> bool:
    """Whether ``inner`` is ``outer`` or lies inside it."""
    return inner.path[: len(outer.path)] == outer.path


def read_context(
    formulas: tuple[Formula, ...],
    letters: Letters,
    profile: Profile = DEEP_LEARNING,
    prepare: Callable[[Formula], Formula] = _as_it_is,
) -> tuple[Context, dict[int, ReadError]]:
    """The functions and assumptions of a document, and the definitions that could not be read."""
    applied: dict[tuple[int, ...], frozenset[str]] = {}
    for formula in formulas:
        names = applied_names(formula.node) - arguments_of(formula.node) if formula.node is not None else frozenset()
        applied[formula.topic.section] = applied.get(formula.topic.section, frozenset()) | names
    context, errors = Context(letters, profile=profile, applied=applied, prepare=prepare), {}
    for formula in formulas:
        if formula.node is None:
            continue
        kind = kind_of(formula.node)
        try:
            if kind == "function":
                context = replace(context, functions=(*context.functions, _function(formula, context)))
            elif kind == "assumption" or (kind == "inequality" and is_assumed(formula)):
                context = replace(context, assumptions=(*context.assumptions, _assumption(formula, context)))
            elif kind == "constant":
                context = replace(context, values=(*context.values, *_value(formula, context)))
        except ReadError as error:
            errors[formula.number] = error
    return context, errors


def _value(formula: Formula, context: Context) -> Iterator[tuple[Formula, Definition]]:
    """What a name stands for; nothing where the right side cannot be read, which its own assessment says."""
    assert isinstance(formula.node, Relation)
    name = name_of(formula.node.first)
    try:
        body = elaborate(formula.node.rest[0][1], context.profile, context.scope(formula), text=formula.span)
    except ReadError:
        return
    if name is not None:
        yield formula, Definition(name, (), body.expr)


def _function(formula: Formula, context: Context) -> DefinedFunction:
    assert isinstance(formula.node, Relation)
    first = Relation(formula.node.first, formula.node.rest[:1], start=formula.node.start, end=formula.node.end)
    scope = context.scope(formula)
    defined = define(
        first, context.profile, Scope(scope.definitions, scope.opaque, sequences=scope.sequences), text=formula.span
    )
    if defined is None:
        raise ReadError("no function is defined here", text=formula.span, position=formula.node.start)
    return DefinedFunction(formula, *defined)


def _assumption(formula: Formula, context: Context) -> Assumption:
    assert isinstance(formula.node, Relation)
    links, _ = compare(formula.node, context.profile, context.scope(formula), text=formula.span)
    return Assumption(formula, links, formula.number + (-1 if _qualifies_what_precedes(formula) else 1))


def _qualifies_what_precedes(formula: Formula) -> bool:
    """Whether a condition is about the formula before it: "A for C", but not "A, and for C, B"."""
    words = formula.before.rpartition(MASK)[2] if MASK in formula.before else None
    joined = words is not None and _JOINED.match(words) is not None and formula.after.lstrip(" ,:").startswith(MASK)
    return words is not None and not joined
