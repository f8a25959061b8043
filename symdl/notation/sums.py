r"""Sums and products: their index, its range, and the quantities that carry the index.

A name that bears the index of a sum is a function of it, everywhere in the statement: in
``\frac{e^{z_j}}{\sum_k e^{z_k}}`` both are values of ``z``. An index without a stated range runs from 1 to
``n``, or to the ``m`` of a factor ``1/m``; all such sums of a statement have one range. A sum without an index
runs over examples:
each name that stands in such sums alone has one value an example.

>>> from .latex import parse
>>> from .elaborate import elaborate
>>> elaborate(parse(r"\frac{e^{z_j}}{\sum_k e^{z_k}}")).read_as
'exp(z(j))/sum(exp(z(k)), k, 1, n)'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp

from symdl.core import Belongs, Compare, Given, function, symbol

from .names import name_of
from .syntax import (
    Bracketed,
    Component,
    DerivativeOf,
    Extremum,
    Fraction,
    Juxtaposed,
    Listing,
    Name,
    Node,
    Number,
    Product,
    Relation,
    Scripted,
    Summation,
    children,
    walk,
)

if TYPE_CHECKING:
    from .elaborator import Elaborator

_COUNTS = frozenset("nNmMBKT")
_EXAMPLES = ("i", "k", "j", "s", "r")


def summation(maker: Elaborator, node: Summation) -> sp.Expr:
    """A finite sum or product over an index; ``s <= t`` counts from 1."""
    if node.index is None:
        return _over_examples(maker, node)
    names = [name_of(index) for index in _indices(node)]
    found = [name for name in names if name]
    if len(found) != len(names) or len({*found}) != len(found):
        raise maker.error("a sum needs its index", node, "write \\sum_{i=1}^{n}")
    ranges = [(symbol(name), *_bounds(maker, node, name)) for name in found]
    return _total(maker, node, tuple(ranges))


def _indices(node: Summation | Extremum) -> tuple[Node, ...]:
    index = node.index
    return index.items if isinstance(index, Listing) else () if index is None else (index,)


def _total(maker: Elaborator, node: Summation, ranges: tuple[tuple[sp.Expr, ...], ...]) -> sp.Expr:
    outer, names = set(maker.bound), {str(index) for index, *_ in ranges}
    maker.bound |= names
    maker.ranges.update({str(index): (lower, upper) for index, lower, upper in ranges})
    for _, _, upper in ranges:
        count = _counted(upper)
        if count is not None and str(count) not in outer and not maker.profile.assumptions(str(count)):
            maker.assumptions[Belongs(count, "positive integer")] = None
    body = maker.guarded(node.body, sp.true)
    apart = _apart(node)
    if apart is not None:
        body = sp.Piecewise((body, maker.condition(apart)), (1 if node.kind == "prod" else 0, True))
    maker.bound.clear()
    maker.bound.update(outer)
    return (sp.Sum if node.kind == "sum" else sp.Product)(body, *reversed(ranges))


def _counted(upper: sp.Expr) -> sp.Symbol | None:
    """The symbol ``n`` of the end ``n`` or ``n - 1`` of a sum."""
    free = upper.free_symbols
    return next(iter(free)) if len(free) == 1 and (upper - next(iter(free))).is_Integer else None


def _apart(node: Summation) -> Relation | None:
    """The condition of ``j \\ne i``."""
    condition = node.condition
    return condition if isinstance(condition, Relation) and condition.relations == ("!=",) else None


def _bounds(maker: Elaborator, node: Summation, name: str) -> tuple[sp.Expr, sp.Expr]:
    if node.lower is not None and node.upper is not None:
        return maker.expression(node.lower), maker.expression(node.upper)
    condition = node.condition
    if node.lower is None and (condition is None or _apart(node) is not None):
        return sp.Integer(1), maker.expression(node.upper) if node.upper is not None else _count(maker, name)
    if isinstance(condition, Relation) and len(condition.rest) == 1 and name_of(condition.first) == name:
        relation, bound = condition.rest[0]
        if relation in {"<=", "<"}:
            return sp.Integer(1), maker.expression(bound) - int(relation == "<")
    if isinstance(condition, Relation) and len(condition.rest) == 2 and set(condition.relations) <= {"<", "<="}:
        low, high = maker.expression(condition.sides[0]), maker.expression(condition.sides[2])
        below, above = condition.relations
        return low + int(below == "<"), high - int(above == "<")
    raise maker.error("the range of the sum is not stated", node, f"write \\sum_{{{name}=1}}^{{n}}")


def _count(maker: Elaborator, index: str) -> sp.Expr:
    """How many values an index has whose range is not written."""
    taken = maker.profile.constants.keys() | maker.bound | {index}
    return symbol(maker.count or next(name for name in ("n", "N", f"n_{index}") if name not in taken))


def _over_examples(maker: Elaborator, node: Summation) -> sp.Expr:
    """A sum without an index: over examples, which the names that stand in such sums alone vary with."""
    if maker.example is not None or (maker.sequences and not maker.varying):
        raise maker.error("a sum needs its index", node, "write \\sum_{i=1}^{n}")
    used = {name for part in walk(node) if (name := name_of(part))}
    letter = next(letter for letter in (*_EXAMPLES, "example") if letter not in used and letter not in maker.bound)
    maker.example = letter
    ends = (maker.expression(node.lower), maker.expression(node.upper)) if node.lower and node.upper else None
    total = _total(maker, node, ((symbol(letter), *(ends or (sp.Integer(1), _count(maker, letter)))),))
    maker.example = None
    return total


# What a statement as a whole says about its sums


def families(node: Node, time: frozenset[str] = frozenset()) -> frozenset[str]:
    """The names that carry the index of a sum somewhere in the statement; sums over ``time`` are left out."""
    found = set()
    for part in walk(node):
        if isinstance(part, Summation | Extremum):
            bound = {name for index in _indices(part) if (name := name_of(index)) and name not in time}
            for inner in walk(part.body):
                member = _member(inner, bound if _unranged(part) else set()) or _member(_without_power(inner), set())
                if member is not None and any(name_of(argument) in bound for argument in _leaves(member[1])):
                    found.add(member[0])
    return frozenset(found)


def _without_power(node: Node) -> Node:
    return replace(node, superscript=None) if isinstance(node, Scripted) else node


def raised(node: Node) -> frozenset[str]:
    """The indices of sums without a stated range, which may stand above a name: ``\\sum_i y^i``."""
    sums = (part for part in walk(node) if isinstance(part, Summation | Extremum) and _unranged(part))
    return frozenset(name for part in sums for index in _indices(part) if (name := name_of(index)))


def _unranged(node: Summation | Extremum) -> bool:
    return not isinstance(node, Summation) or node.lower is None


def _leaves(arguments: tuple[Node, ...]) -> Iterator[Node]:
    for argument in arguments:
        yield from walk(argument)


def _member(node: Node, raised: set[str] | frozenset[str]) -> tuple[str, tuple[Node, ...]] | None:
    """The name and the indices of ``x_i``, ``x_{ij}``, ``x^{(i)}_j``, ``x[i]``, and of ``x^i``."""
    if isinstance(node, Component):
        base = name_of(node.base) if isinstance(node.base, Name) else None
        return (base, _split(node.index)) if base else None
    if not isinstance(node, Scripted) or not isinstance(node.base, Name) or node.primes:
        return None
    upper, arguments = node.superscript, _split(node.subscript) if node.subscript is not None else ()
    if isinstance(upper, Bracketed) and upper.opening in {"(", "["} and len(upper.items) == 1:
        arguments = (*arguments, *_split(upper.items[0]))
    elif upper is not None and name_of(upper) in raised:
        arguments = (*arguments, upper)
    elif upper is not None:
        return None
    base = name_of(node.base)
    return (base, arguments) if base and arguments else None


def _split(script: Node) -> tuple[Node, ...]:
    """The indices in a script: those between commas, and the letters of ``ij``."""
    if isinstance(script, Listing):
        return script.items
    if isinstance(script, Juxtaposed) and all(isinstance(item, Name | Number) for item in script.items):
        return script.items
    if isinstance(script, Name) and len(script.base) == 2 and script.end - script.start == 2 and not script.decorations:
        return tuple(Name(letter, start=script.start + n) for n, letter in enumerate(script.base))
    return (script,)


def member(maker: Elaborator, node: Node) -> sp.Expr | None:
    """The value of a name that carries the index of a sum; None for any other name."""
    if not maker.families:
        return None
    found = _member(node, maker.raised)
    if found is None or found[0] not in maker.families:
        return None
    arguments = [maker.expression(argument) for argument in found[1]]
    for place, argument in enumerate(arguments):
        if argument.is_Symbol:
            maker.places.setdefault((found[0], place), {})[str(argument)] = maker.ranges.get(str(argument))
    return function(found[0])(*arguments)


def within_range(maker: Elaborator) -> tuple[Given, ...]:
    """That an index which no sum binds is one of those that the sum beside it goes over."""
    found: dict[Given, None] = {}
    for indices in maker.places.values():
        known = next((bounds for bounds in indices.values() if bounds is not None), None)
        for name in [name for name, bounds in indices.items() if bounds is None and known is not None]:
            assert known is not None
            if not {str(free) for bound in known for free in bound.free_symbols} & {*maker.ranges, name}:
                found[Belongs(symbol(name), "integer")] = None
                found[Compare(symbol(name), ">=", known[0])] = None
                found[Compare(symbol(name), "<=", known[1])] = None
    return tuple(found)


def varying(node: Node) -> frozenset[str]:
    """The names that stand nowhere but in sums without an index."""
    inside: set[str] = set()
    outside: set[str] = set()
    _sort_names(node, inside, outside, within=False)
    return frozenset(inside - outside)


def _sort_names(node: Node, inside: set[str], outside: set[str], within: bool) -> None:
    name = name_of(node)
    if name is not None:
        (inside if within else outside).add(name)
        return
    if isinstance(node, DerivativeOf):
        outside.update(filter(None, (name_of(variable) for variable, _ in node.variables)))
    for part in children(node):
        _sort_names(part, inside, outside, within or (isinstance(node, Summation) and node.index is None))


def count_name(node: Node) -> str | None:
    """The ``n`` of a factor ``1/n``, where there is one such letter."""
    found = set()
    for part in walk(node):
        if isinstance(part, Fraction):
            found |= _letters(part.denominator)
        elif isinstance(part, Product):
            found |= {letter for operator, operand in part.rest if operator == "/" for letter in _letters(operand)}
    return next(iter(found)) if len(found) == 1 else None


def _letters(node: Node) -> set[str]:
    factors = node.items if isinstance(node, Juxtaposed) else (node,)
    plain = {name for factor in factors if (name := name_of(factor))}
    numbers = all(isinstance(factor, Number) or name_of(factor) for factor in factors)
    return plain & _COUNTS if numbers and len(plain) == 1 else set()
