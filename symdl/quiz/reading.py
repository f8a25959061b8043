"""The text of an answer to its syntax trees, and the context in which two texts are bound together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

import sympy as sp

from symdl.core import Compare, InputError, Question, ReadError
from symdl.notation.array_signs import TRACES, spread, wants_arrays
from symdl.notation.given import Assumptions, read_given
from symdl.notation.names import name_of
from symdl.notation.profile import DEEP_LEARNING, PLAIN, Profile
from symdl.notation.scope import Scope, library_definitions
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Call,
    Component,
    DerivativeOf,
    Expectation,
    Extremum,
    Fraction,
    Gradient,
    Juxtaposed,
    Name,
    Node,
    Norm,
    Product,
    Scripted,
    Summation,
    children,
    rewritten,
)
from symdl.notation.text import read_text
from symdl.notation.tokens import GREEK

from .binding import OPAQUE, VARIANTS, bound, differs, with_small_counts
from .divergences import DIVERGENCE, DIVERGENCES, with_divergences
from .dress import numbered, undressed
from .entries import is_written_out
from .equations import on_one_line
from .matrices import worked_out
from .moments import EXPECTED, SPEAKING, as_moment, of_moments, speaks_of_moments, with_moments
from .norms import given_of_norms
from .runs import letters_apart

_PROFILES = {profile.name: profile for profile in (DEEP_LEARNING, PLAIN)}
_FUNCTION_LETTERS = frozenset(
    [
        "floor",
        "ceil",
        "round",
        "factorial",
        "Gamma",
        "f",
        "g",
        "h",
        "F",
        "G",
        "H",
        "L",
        "J",
        "p",
        "q",
        "Q",
        "V",
        "ell",
        "phi",
        "psi",
        "Phi",
        "Psi",
        "varphi",
        "L_cal",
        "J_cal",
    ]
)
_ARRAY_WORDS = frozenset({"top", "intercal", *TRACES})
_OF_MOMENTS = {Expectation, Component}
_MOST_DEPTH = 120
_LONGEST_RUN = 3
_OR = re.compile(r"\\text\s*\{\s*or\s*\}|\\(?:lor|vee|cup)(?![A-Za-z])|(?<=[\s)\]\d])or(?=[\s(])|[∨∪]")
_EITHER_SIGN = re.compile(r"\\pm(?![A-Za-z])|±")


@dataclass(frozen=True)
class Context:
    """What a question declares, read once."""

    ready: Assumptions
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        """The notation profile with what ``given`` declares."""
        return self.ready.profile


@dataclass(frozen=True)
class Reading:
    """One text as trees.

    ``applied`` are names that stand before a bracket, with whether a bracket holds a formula that may be a factor;
    ``bare`` those that stand elsewhere; ``opaque`` the names that were given to what has no scalar value of its
    own, such as ``p(y | x)``; ``notes`` the words beside the formula.
    ``alternatives`` says that the trees are joined by ``or``.
    """

    text: str
    nodes: tuple[Node, ...]
    applied: Mapping[str, bool]
    bare: frozenset[str]
    opaque: frozenset[str]
    arrays: bool
    sums: bool
    notes: tuple[str, ...] = ()
    alternatives: bool = False


@lru_cache(maxsize=1024)
def context_of(question: Question) -> Context:
    """The context that a question declares. Raises :class:`ReadError` and :class:`InputError`."""
    if question.profile not in _PROFILES:
        remedy = f"one of {', '.join(_PROFILES)}"
        raise InputError(f"no notation profile is called {question.profile!r}", remedy=remedy)
    given = [undressed(entry)[0] if "$" in entry else entry for entry in question.given]
    given = [as_moment(entry if "\\" in entry else numbered(entry)) for entry in given]
    profile = _PROFILES[question.profile]
    entries = [part for entry in given for part in (given_of_norms(entry, profile) or (entry,))]
    ready = read_given(entries, profile, Scope(variables=frozenset(map(numbered, question.names))))
    ready = replace(ready, entries=tuple(map(of_moments, ready.entries)))
    return Context(ready, dict(question.aliases))


def read(text: str, context: Context) -> Reading:
    """The trees of one text; ``or``, unions and plus-minus make alternatives. Raises :class:`ReadError`."""
    bare, syntax = undressed(on_one_line(text))
    pieces = _alternatives(bare)
    parsed = [read_text(piece, syntax) for piece in pieces]
    if not all(part.statements for part in parsed):
        raise ReadError("there is no formula to read", text=bare[:200], remedy="write a formula")
    statements = tuple(node for part in parsed for node in part.statements)
    notes = [note.text for part in parsed for note in part.notes]
    return reading_of(bare, statements, context, notes, alternatives=len(pieces) > 1)


def _alternatives(text: str) -> list[str]:
    r"""The text in pieces at ``or`` and ``\cup``, and once with each sign of a single plus-minus."""
    pieces = [piece.strip() for piece in _OR.split(text)] if _OR.search(text) else [text]
    marks = _EITHER_SIGN.findall(text)
    if len(pieces) == 1 and len(marks) == 1:
        return [_EITHER_SIGN.sub(sign, text) for sign in "+-"]
    return pieces


def reading_of(
    text: str, statements: tuple[Node, ...], context: Context, notes: Sequence[str] = (), *, alternatives: bool = False
) -> Reading:
    """The reading of statements that have been parsed already."""
    shapes = context.ready.shapes
    nodes = tuple(letters_apart(node, shapes) for node in statements) if shapes else tuple(statements)
    parts = [part for node in nodes for part in _walk_shallow(node, text)]
    if any(map(is_written_out, parts)):
        nodes = tuple(worked_out(node, shapes) for node in nodes)
        parts = [part for node in nodes for part in _walk_shallow(node, text)]
    words = {part.base for part in parts if type(part) is Name}
    kinds = {type(part) for part in parts}
    if (not SPEAKING.isdisjoint(words) or kinds & _OF_MOMENTS) and speaks_of_moments(parts):
        nodes = tuple(with_moments(node) for node in nodes)
        parts = [part for node in nodes for part in _walk_shallow(node, text)]
    if not DIVERGENCES.isdisjoint(words):
        nodes = tuple(with_divergences(node) for node in nodes)
        parts = [part for node in nodes for part in _walk_shallow(node, text)]
    if any(differs(part, context.aliases) for part in parts):
        nodes = tuple(bound(node, context.aliases) for node in nodes)
        parts = [part for node in nodes for part in _walk_shallow(node, text)]
    applied, bare = _uses(parts)
    opaque = frozenset(part.base for part in parts if isinstance(part, Name) and part.base.startswith(OPAQUE))
    expected = any(name.startswith(EXPECTED) for name in applied)
    arrays = (bool(shapes) or context.profile.arrays) and not opaque and not expected
    arrays = arrays and any(_hints_at_arrays(part, shapes) for part in parts)
    arrays = arrays and any(_wants_arrays(node, context) for node in nodes)
    sums = any(isinstance(part, Summation | Extremum) for part in parts)
    notes_said = tuple(word for note in notes if (word := note.strip().lower()))
    return Reading(text, nodes, applied, bare, opaque, arrays, sums, notes_said, alternatives)


def _walk_shallow(node: Node, text: str) -> list[Node]:
    """All nodes; raises :class:`ReadError` for a formula nested too deep."""
    found, level = [], [node]
    for _ in range(_MOST_DEPTH):
        found += level
        level = [child for parent in level for child in children(parent)]
        if not level:
            return found
    raise ReadError("a formula nested too deep", text=text[:200], remedy="write it with fewer brackets")


def _wants_arrays(node: Node, context: Context) -> bool:
    """Whether a formula can only be about arrays, capitals that count left aside where nothing is declared."""
    shapes = context.ready.shapes
    wanted = wants_arrays(spread(node, context.profile), shapes)
    if not wanted or shapes:
        return wanted
    told = {s.name for entry in context.ready.entries if isinstance(entry, Compare) for s in _symbols_of(entry)}
    small = spread(with_small_counts(node), context.profile)
    return wants_arrays(rewritten(small, lambda part: _as_number(part, told)) if told else small, shapes)


def _symbols_of(entry: Compare) -> set[sp.Symbol]:
    """The numbers that a relation is about."""
    sides = [side for side in (entry.lhs, entry.rhs) if isinstance(side, sp.Expr)]
    return {free for side in sides for free in side.free_symbols}


def _as_number(node: Node, told: set[str]) -> Node:
    """A capital that ``given`` knows as a number under a name that no matrix has."""
    capital = isinstance(node, Name) and node.base in told and node.base[:1].isupper()
    return replace(node, base=f"{node.base.lower()}number") if capital and isinstance(node, Name) else node


def _hints_at_arrays(part: Node, shapes: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a part is one of those without which no formula is about arrays: a capital, a norm, a bold letter."""
    if isinstance(part, Name):
        return part.base[:1].isupper() or part.base in _ARRAY_WORDS or bool(part.decorations) or part.base in shapes
    if isinstance(part, Product):
        return any(operator == "otimes" for operator, _ in part.rest)
    return isinstance(part, Norm) or (bool(shapes) and name_of(part) in shapes)


def _uses(parts: list[Node]) -> tuple[dict[str, bool], frozenset[str]]:
    """Names before brackets, and names that stand alone."""
    applied: dict[str, bool] = {}
    neutral: list[Node] = []
    bare = {}
    for part in parts:
        if isinstance(part, Juxtaposed):
            for head, after in pairwise(part.items):
                name = _applicable(head)
                bracket = after.base if isinstance(after, Scripted) else after
                if name and isinstance(bracket, Bracketed) and bracket.opening == "(":
                    compound = len(bracket.items) == 1 and _is_compound(bracket.items[0])
                    applied[name] = applied.get(name, False) or compound
                    neutral += [head, *children(head)]
        elif isinstance(part, DerivativeOf | Gradient) and part.argument is not None:
            neutral.append(part.argument)
        elif isinstance(part, Call):
            neutral.append(part.function)
    skipped = {id(node) for node in neutral}
    for part in parts:
        if id(part) not in skipped and (name := name_of(part)) and isinstance(part, Name):
            bare[name] = True
            if 1 < len(part.base) <= _LONGEST_RUN and part.base.isalpha() and part.base not in GREEK:
                bare |= dict.fromkeys(part.base, True)
    return applied, frozenset(bare)


def _applicable(head: Node) -> str | None:
    if isinstance(head, Scripted) and head.subscript is None:
        head = head.base
    return name_of(head) if isinstance(head, Name | Scripted) else None


def _is_compound(node: Node) -> bool:
    return isinstance(node, Addition | Product | Juxtaposed | Fraction) or not isinstance(
        node, Name | Scripted | Component
    )


def with_letters_of(gold: Reading, own: Reading, context: Context) -> Reading:
    r"""The answer with ``\varepsilon`` as ``\epsilon`` where the right answer writes it so, and the other way round."""
    table = {}
    here, there = ({*reading.bare, *reading.applied} for reading in (own, gold))
    for one, other in VARIANTS.items():
        for mine, asked in ((one, other), (other, one)):
            if mine in here and asked not in here and asked in there and mine not in there:
                table[mine] = asked
    if not table:
        return own
    nodes = tuple(bound(node, table) for node in own.nodes)
    return reading_of(own.text, nodes, context, own.notes, alternatives=own.alternatives)


def functions_of(context: Context, *readings: Reading) -> frozenset[str]:
    """The names that are functions in all of the texts: before a bracket wherever they stand.

    A letter that usually is a function is one before any bracket; another one only where each of its brackets
    holds a name alone.
    """
    scope, profile = context.ready.scope, context.profile
    if not any(reading.applied for reading in readings):
        return frozenset()
    known = {*scope.variables, *scope.definitions, *scope.opaque, *profile.functions, *library_definitions()}
    known |= profile.constants.keys()
    bare = frozenset().union(*(reading.bare for reading in readings))
    found = set()
    for name in {name for reading in readings for name in reading.applied} - known - bare:
        compound = any(reading.applied.get(name, False) for reading in readings)
        if name in _FUNCTION_LETTERS or name == DIVERGENCE or name.startswith(EXPECTED) or not compound:
            found.add(name)
    return frozenset(found)
