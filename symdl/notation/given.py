r"""Strings of ``given`` to assumptions.

Relations and chains (``0 < k < 1``), definitions (``\sigma(x) = \frac{1}{1+e^{-x}}``, ``a = 2``),
recurrences with their start (``m(t) = b*m(t-1) + 1`` and ``m(0) = 0``), and phrases: ``x real``,
``x positive``, ``t positive integer``, ``n integer``, ``f function``, ``W matrix(m, n)``, ``Q symmetric matrix(n, n)``,
``A symmetric`` or ``A = A^T``.
Names may share a phrase:
``x, y real``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import sympy as sp

from symdl.core import Belongs, Compare, Definition, Given, ReadError, Recurrence, array, symbol

from .array_signs import is_transpose, spelled
from .door import admit_relation
from .elaborate import compare, define, elaborate
from .indices import indexed, is_recurrence
from .names import name_of
from .profile import NameKind, Profile
from .scope import Scope
from .syntax import Bracketed, Juxtaposed, Listing, Node, Number, Relation, Scripted
from .text import read_text

GivenText: TypeAlias = str | Given | sp.Basic
"""What may be written as one assumption."""

_PHRASE = re.compile(
    r"(?P<names>.+?)\s+(?:(?:is|are)\s+)?(?:an?\s+)?"
    r"(?P<symmetric>symmetric\s+)?(?P<kind>real|positive\s+integer|integer|positive|nonnegative|negative|function|matrix|vector|array)s?"
    r"(?P<rest>\s*\(.*\))?\s*"
)
_SYMMETRIC = re.compile(r"(?P<names>.+?)\s+(?:(?:is|are)\s+)?symmetric\s*")
_INTEGERS: dict[str, NameKind] = {"integer": "integer", "positive integer": "positive integer"}
_RANKS = {"matrix": 2, "vector": 1, "array": 0}
_BOUNDS = {"positive": ">", "negative": "<", "nonnegative": ">="}


@dataclass(frozen=True)
class Assumptions:
    """What ``given`` amounts to: the entries for a claim, and how names are read with them in force."""

    entries: tuple[Given, ...]
    profile: Profile
    scope: Scope = field(default_factory=Scope)
    shapes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def adding(self, *entries: Given) -> Assumptions:
        """These and more; definitions come into the scope."""
        definitions = [entry for entry in entries if isinstance(entry, Definition)]
        return replace(self, entries=(*self.entries, *entries), scope=self.scope.define(*definitions))


def read_given(given: Iterable[GivenText], profile: Profile, scope: Scope | None = None) -> Assumptions:
    r"""The assumptions in order; phrases and recurrences are in force everywhere.

    Raises :class:`ReadError` for what is no assumption.

    >>> from symdl.notation.profile import PLAIN
    >>> found = read_given(["0 < k < 1", "t positive integer", r"\sigma(x) = \frac{1}{1+e^{-x}}"], PLAIN)
    >>> [str(entry) for entry in found.entries]
    ['t positive integer', '0 < k', 'k < 1', 'sigma(x) = 1/(1 + exp(-x))']
    """
    entries = (given,) if isinstance(given, str | sp.Basic) else tuple(given)
    ready = Assumptions((), profile, scope or Scope())
    relations: list[tuple[str, Relation]] = []
    for entry in entries:
        phrase = _PHRASE.fullmatch(entry) if isinstance(entry, str) else None
        symmetric = _SYMMETRIC.fullmatch(entry) if isinstance(entry, str) and phrase is None else None
        if symmetric is not None:
            ready = _with_symmetric(ready, _names(symmetric["names"]))
        elif phrase is not None:
            ready = _with_phrase(ready, phrase)
        elif isinstance(entry, str):
            relations.extend((entry, relation) for relation in _relations(entry))
        elif isinstance(entry, sp.Basic):
            ready = ready.adding(*admit_relation(entry))
        else:
            ready = ready.adding(entry)
    ready, rest = _with_recurrences(ready, relations)
    for text, relation in rest:
        name = _own_transpose(relation)
        ready = _with_symmetric(ready, (name,)) if name else _with_relation(ready, text, relation)
    return ready


def _own_transpose(relation: Relation) -> str | None:
    """The matrix of ``A = A^T``, else None."""
    turned = [is_transpose(side) for side in relation.sides]
    bare = [side.base if isinstance(side, Scripted) and is_transpose(side) else side for side in relation.sides]
    equal = relation.relations == ("=",) and sorted(turned) == [False, True] and bare[0] == bare[1]
    return name_of(bare[0]) if equal else None


def _with_symmetric(ready: Assumptions, names: Iterable[str]) -> Assumptions:
    """The assumptions with matrices that are their own transposes; undeclared ones are square."""
    for name in names:
        sizes = ready.shapes.get(name, (f"{spelled(name)}_size",) * 2)
        matrix = array(spelled(name), *sizes)
        ready = replace(ready, shapes={**ready.shapes, name: sizes}).adding(Compare(matrix, "=", matrix.T))
    return ready


def _relations(text: str) -> Iterator[Relation]:
    for statement in read_text(text).statements:
        if not isinstance(statement, Relation):
            remedy = "write a relation, a definition, or a phrase: x real, t positive integer, f function"
            raise ReadError(f"'{text}' is no assumption", text=text, position=statement.start, remedy=remedy)
        yield statement


def _with_phrase(ready: Assumptions, phrase: re.Match[str]) -> Assumptions:
    """The assumptions with ``x, y real`` and the like."""
    kind = re.sub(r"\s+", " ", phrase["kind"])
    names = tuple(_names(phrase["names"]))
    if phrase["symmetric"] and kind != "matrix":
        raise ReadError(f"a {kind} is not symmetric", text=phrase.string, remedy="write Q symmetric matrix(n, n)")
    if kind in _RANKS:
        sizes = _sizes(phrase, kind)
        ready = replace(ready, shapes={**ready.shapes, **dict.fromkeys(names, sizes)})
        return ready.adding(*(_symmetric(name, sizes, phrase) for name in names)) if phrase["symmetric"] else ready
    if kind == "function":
        return replace(ready, scope=ready.scope.with_functions(names))
    kinds = dict.fromkeys(names, _INTEGERS.get(kind, "real"))
    scope = replace(ready.scope, variables=ready.scope.variables | set(names))
    ready = replace(ready, profile=ready.profile.extend(kinds=kinds), scope=scope)
    return ready.adding(*(_entry(name, kind) for name in names))


def _symmetric(name: str, sizes: tuple[str, ...], phrase: re.Match[str]) -> Compare:
    """That a matrix is its own transpose."""
    if len(sizes) != 2 or len(set(sizes)) > 1:
        message = f"a symmetric matrix has one size, not {' and '.join(sizes)}"
        raise ReadError(message, text=phrase.string, position=phrase.start("kind"), remedy="write Q matrix(n, n)")
    matrix = array(spelled(name), *sizes)
    return Compare(matrix, "=", matrix.T)


def _sizes(phrase: re.Match[str], kind: str) -> tuple[str, ...]:
    """The sizes in ``W matrix(m, n)``; without any, sizes that bear the name of the array.

    A number is a size under a name of its own, ``matrix(n, 1)`` is a column: a vector.
    """
    written = tuple(size.strip() for size in (phrase["rest"] or "").strip(" ()").split(",") if size.strip())
    rank = _RANKS[kind] or len(written)
    if not written and rank:
        first = phrase["names"].split(",")[0].strip().lstrip("\\")
        written = tuple(f"{first}_{axis}" for axis in ("rows", "columns")[:rank])
    if len(written) != rank or not rank or not all(size.isidentifier() or _is_count(size) for size in written):
        message = f"a {kind} has {rank or 'at least 1'} sizes, and each is a name or a number"
        remedy = "write W matrix(m, n), x vector(n), A array(b, m, n)"
        raise ReadError(message, text=phrase.string, position=phrase.start("kind"), remedy=remedy)
    column = kind == "matrix" and written[1] == "1" and written[0] != "1"
    if "1" in written[: 1 if column else None]:
        remedy = "write x vector(n) and x^T for a row, and a number as a number"
        raise ReadError("an array with a size of 1", text=phrase.string, position=phrase.start("kind"), remedy=remedy)
    return tuple(f"size_{size}" if _is_count(size) else size for size in (written[:1] if column else written))


def _is_count(size: str) -> bool:
    return size.isascii() and size.isdigit() and size[0] != "0"


def _entry(name: str, kind: str) -> Given:
    relation = _BOUNDS.get(kind)
    if relation is not None:
        return Compare(symbol(name), ">" if relation == ">" else "<" if relation == "<" else ">=", sp.Integer(0))
    if kind == "real":
        return Belongs(symbol(name), "real")
    return Belongs(symbol(name), "integer" if kind == "integer" else "positive integer")


def _names(text: str) -> Iterator[str]:
    for statement in read_text(text).statements:
        for item in statement.items if isinstance(statement, Listing) else (statement,):
            name = name_of(item)
            if name is None:
                raise ReadError(f"'{text}' is no name", text=text, position=item.start, remedy="write x, y real")
            yield name


Texts = list[tuple[str, Relation]]


def _with_recurrences(ready: Assumptions, relations: Texts) -> tuple[Assumptions, Texts]:
    """The assumptions with the recurrences among ``relations``, and the other relations."""
    rules = {_base(relation.first): (text, relation) for text, relation in relations if is_recurrence(relation)}
    if not rules:
        return ready, relations
    scope = replace(ready.scope, sequences=ready.scope.sequences | set(rules)).with_functions(rules)
    ready = replace(ready, scope=scope)
    starts = {name: entry for entry in relations if (name := _started(entry[1])) in rules}
    for name, (text, relation) in rules.items():
        if name not in starts:
            message = f"the recurrence of {name} has no start"
            raise ReadError(message, text=text, remedy=f"add given '{name}(0) = 0'")
        ready = ready.adding(_recurrence(ready, name, text, relation, starts[name]))
    used = [*rules.values(), *starts.values()]
    return ready, [entry for entry in relations if entry not in used]


def _base(node: Node) -> str:
    found = indexed(node, {"t", "s", "tau", "k", "n"})
    return found.base if found else ""


def _started(relation: Relation) -> str | None:
    """The name in ``m(0) = 0`` or ``m_0 = 0``."""
    node = relation.first
    if isinstance(node, Juxtaposed) and len(node.items) == 2 and isinstance(node.items[1], Bracketed):
        return name_of(node.items[0]) if node.items[1].items == (Number("0"),) else None
    found = indexed(node)
    return found.base if found and found.is_absolute and found.offset == 0 else None


def _recurrence(
    ready: Assumptions, name: str, text: str, relation: Relation, start: tuple[str, Relation]
) -> Recurrence:
    """The recurrence in core's form: ``name(index)`` from ``name(index - 1)``."""
    (link,), _ = compare(relation, ready.profile, ready.scope, sequences=True, text=text)
    begin = elaborate(start[1].rest[0][1], ready.profile, ready.scope, sequences=True, text=start[0]).expr
    time = link.lhs.args[0]
    index = next(iter(time.free_symbols))
    following = link.rhs.xreplace({index: index - (time - index)})
    return Recurrence(name, index, begin, following)


def _with_relation(ready: Assumptions, text: str, relation: Relation) -> Assumptions:
    """The assumptions with a definition or the links of a chain."""
    found = define(_as_constant(ready, relation), ready.profile, ready.scope, text=text)
    if found is not None and found[0].function not in {*ready.scope.opaque, *ready.scope.variables}:
        definition, body = found
        return ready.adding(*body.given, definition)
    sequences = bool(ready.scope.sequences)
    links, result = compare(relation, ready.profile, ready.scope, sequences=sequences, text=text)
    return ready.adding(*links, *result.given)


def _as_constant(ready: Assumptions, relation: Relation) -> Relation:
    """``a = 2`` as the definition ``a := 2`` of a constant, where the right side is a number."""
    number = isinstance(relation.rest[0][1], Number) and relation.relations == ("=",)
    fresh = name_of(relation.first) not in ready.profile.constants
    return Relation(relation.first, ((":=", relation.rest[0][1]),)) if number and fresh else relation
