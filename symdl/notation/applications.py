"""Side by side: what is an application, what a product, what a power."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp

from symdl.core import Belongs, Definition, ReadError, function, symbol

from .conditions import is_condition
from .functions import FUNCTIONS, plainly_positive
from .names import name_of
from .scope import library_defaults, library_definitions
from .syntax import (
    Addition,
    Bracketed,
    Call,
    Combined,
    Conditional,
    DerivativeOf,
    Juxtaposed,
    Listing,
    Name,
    Node,
    Number,
    Placeholder,
    Relation,
    Scripted,
    walk,
)
from .tokens import OPERATOR_NAMES, did_you_mean

if TYPE_CHECKING:
    from .elaborator import Elaborator

_TRANSPOSE = frozenset({"T", "top"})


def juxtaposed(maker: Elaborator, node: Juxtaposed) -> sp.Expr:
    """Applications where the head is a function, products otherwise."""
    sequence = maker.indexed_name(node)
    if sequence is not None:
        return sequence
    value: sp.Expr = sp.Integer(1)
    items = list(node.items)
    while items:
        head = items.pop(0)
        if items and _is_of_vectors(maker, head, items[0]):
            factor = _component(maker, head, *_parts(items.pop(0)))
        elif items and _is_bracket(items[0]) and (name := _applied_name(maker, head, items[0])):
            factor = apply(maker, name, head, items.pop(0))
        elif items and _indicates(maker, head, items[0]):
            factor = indicator(maker, items.pop(0))
        elif items and (of_set := _indicator_of_set(maker, head, items[0])) is not None:
            factor = of_set
            items.pop(0)
        else:
            factor = maker.expression(head)
        value = maker.arithmetic.multiply(value, factor)
    return value


_ONES = (Number("1"), Name("1"), Name("1", ("bb",)), Name("1", ("bold",)), Name("1", ("bold", "bb")))
_INDICATORS = (*_ONES, *(Name(letter, font) for letter in ("I", "chi") for font in ((), ("bb",), ("bold",))))


def _is_of_vectors(maker: Elaborator, head: Node, bracket: Node) -> bool:
    """Whether a name before ``(z)_i`` is a function of vectors: z carries the index of a sum, or it is a word."""
    component = component_of_value(bracket)
    if component is None or not isinstance(head, Name) or not maker.profile.arrays:
        return False
    vectors = all(name_of(item) in maker.families for item in component[0].items)
    return vectors or head.base in OPERATOR_NAMES or f"{name_of(head)}_vector" in maker.scope.definitions


def _parts(bracket: Node) -> tuple[Bracketed, Node]:
    found = component_of_value(bracket)
    assert found is not None
    return found


def _indicates(maker: Elaborator, head: Node, argument: Node) -> bool:
    """Whether ``head`` before ``argument`` says 1 where the argument holds."""
    if not isinstance(argument, Bracketed) or head not in _INDICATORS:
        return False
    return len(argument.items) == 1 and is_condition(argument.items[0]) and name_of(head) not in maker.scope.definitions


def _indicator_of_set(maker: Elaborator, head: Node, argument: Node) -> sp.Expr | None:
    r"""``\mathbf 1_{(0, \infty)}(x)``: 1 in the interval."""
    interval = head.subscript if isinstance(head, Scripted) and head.base in _INDICATORS else None
    if isinstance(interval, Bracketed) and interval.opening == "{" and len(interval.items) == 1:
        interval = interval.items[0]
    if not isinstance(interval, Bracketed) or len(interval.items) != 2 or not isinstance(argument, Bracketed):
        return None
    value, (low, high) = maker.expression(argument), interval.items
    inside = sp.true
    if low != Addition((("-", Name("oo")),)):
        inside &= (sp.Ge if interval.opening == "[" else sp.Gt)(value, maker.expression(low))
    if high != Name("oo"):
        inside &= (sp.Le if interval.closing == "]" else sp.Lt)(value, maker.expression(high))
    return sp.Piecewise((1, inside), (0, True))


def indicator(maker: Elaborator, node: Node) -> sp.Expr:
    """1 where the condition (in brackets or as a subscript) holds, 0 elsewhere."""
    inner = node.items[0] if isinstance(node, Bracketed) and len(node.items) == 1 else node
    if not isinstance(inner, Relation | Combined):
        raise maker.error("an indicator needs its condition", node, "write \\mathbb 1(x > 0)")
    return sp.Piecewise((1, maker.condition(inner)), (0, True))


def subscripted_indicator(maker: Elaborator, node: Scripted) -> sp.Expr | None:
    """``1_{x > 0}``, or None for anything else."""
    condition = node.subscript
    if isinstance(condition, Bracketed) and len(condition.items) == 1:
        condition = condition.items[0]
    if node.base not in _INDICATORS or not isinstance(condition, Relation | Combined) or node.superscript is not None:
        return None
    return indicator(maker, condition)


def positive_part(maker: Elaborator, node: Scripted) -> sp.Expr | None:
    """``(x - 1)^+`` and ``[x]_+``, and ``x^+`` for an argument; None for anything else."""
    scripts = [script for script in (node.subscript, node.superscript) if script is not None]
    whole = isinstance(node.base, Bracketed) and len(node.base.items) == 1
    argument = isinstance(node.base, Name) and name_of(node.base) in maker.bound
    if scripts != [Name("plus")] or node.primes or not (whole or argument):
        return None
    return sp.Max(0, maker.expression(node.base))


def primed_names(node: Node) -> frozenset[str]:
    """Names that bear primes before a bracket: they are functions."""
    found = set()
    for part in walk(node):
        if isinstance(part, DerivativeOf) and isinstance(part.argument, Juxtaposed):
            found.add(_derived_function(part))
        if isinstance(part, Juxtaposed):
            for head, bracket in zip(part.items, part.items[1:], strict=False):
                if isinstance(head, Scripted) and head.primes and _is_bracket(bracket):
                    found.add(name_of(replace(head, primes=0, superscript=None)) or name_of(head.base) or "")
    return frozenset(found - {""})


def _derived_function(node: DerivativeOf) -> str:
    r"""The f of ``\frac{df(x)}{dx}``: a name before a bracket that holds the variable alone."""
    assert isinstance(node.argument, Juxtaposed)
    head, bracket, *rest = node.argument.items
    alone = isinstance(bracket, Bracketed) and bracket.items == (node.variables[0][0],) and not rest
    return (name_of(head) or "") if alone and isinstance(head, Name) else ""


def _is_bracket(node: Node) -> bool:
    bare = node.base if isinstance(node, Scripted) else node
    return isinstance(bare, Bracketed) and bare.opening in {"(", "["}


def _applied_name(maker: Elaborator, head: Node, bracket: Node) -> str | None:
    """The name of the function that ``head`` is before a bracket, or None for a factor."""
    name, candidate = _known_name(maker, head)
    if name is None and candidate is not None and _counts(maker, bracket):
        return candidate
    if name is None and candidate is not None and _has_bar(bracket):
        raise maker.error(f"{candidate}(a | b) has no definition here", head, f"define {candidate} where it is used")
    if name is None and isinstance(head, Name) and head.base in OPERATOR_NAMES and maker.profile.arrays:
        raise maker.error(f"{head.base} is no function of numbers here", head, "define it, or write it out")
    primed = isinstance(head, Scripted) and head.primes > 0
    if name is None and candidate is not None and (maker.profile.brackets_apply or primed):
        raise _unknown(maker, candidate, head, bracket)
    return name


def _known_name(maker: Elaborator, head: Node) -> tuple[str | None, str | None]:
    """The name of a known function, and the name that would be one if it were known."""
    bare = replace(head, superscript=None, primes=0) if isinstance(head, Scripted) else head
    if isinstance(bare, Scripted) and bare.subscript is None:
        bare = bare.base
    name = name_of(bare)
    if name is None or maker.scope.is_function(name):
        return name, name
    if name in maker.scope.variables or name in maker.scope.definitions or name in maker.bound:
        return None, None
    if name in maker.profile.functions or name in library_definitions():
        return maker.profile.functions.get(name, name), name
    return None, name


def _counts(maker: Elaborator, bracket: Node) -> bool:
    r"""Whether the bracket holds the index of a sum alone: ``\sum_x p(x)``."""
    return isinstance(bracket, Bracketed) and len(bracket.items) == 1 and name_of(bracket.items[0]) in maker.ranges


def _has_bar(bracket: Node) -> bool:
    return isinstance(bracket, Bracketed) and any(isinstance(item, Conditional) for item in bracket.items)


def _unknown(maker: Elaborator, name: str, head: Node, bracket: Node) -> ReadError:
    known = [*FUNCTIONS, *library_definitions(), *maker.scope.definitions, *maker.scope.opaque]
    otherwise = f"say that it is one: given '{name} function', or write {name}*(...) for a product"
    return maker.error(f"unknown function {name}", head, did_you_mean(name, known, otherwise))


def apply(maker: Elaborator, name: str, head: Node, bracket: Node) -> sp.Expr:
    """A function of the scope, the profile or the library, applied to what is in the bracket."""
    component = component_of_value(bracket)
    if component is not None:
        return _component(maker, head, *component)
    inner = bracket.base if isinstance(bracket, Scripted) else bracket
    assert isinstance(inner, Bracketed)
    items = arguments_in(inner)
    arguments = tuple(maker.expression(item) for item in items if not isinstance(item, Placeholder))
    if len(arguments) != len(items):
        raise maker.error(f"{name} has a dot for its argument", bracket, "write the argument")
    definition = maker.scope.definitions.get(name) or library_definitions().get(name)
    if name in maker.scope.opaque and name not in maker.scope.definitions:
        definition = None
    if definition is not None:
        arguments = _complete(maker, definition, arguments, bracket)
        maker.use(definition)
        name = definition.function
    primes = head.primes if isinstance(head, Scripted) else 0
    value = derivative_at(maker, name, arguments, primes, head) if primes else function(name)(*arguments)
    for script in (head, bracket):
        if isinstance(script, Scripted) and script is bracket and (script.subscript or script.primes):
            raise maker.error("a component of a function's value is no scalar formula", script, "write it out")
        if isinstance(script, Scripted) and script.superscript is not None:
            value = _power_of_value(maker, value, script)
    return value


def arguments_in(bracket: Bracketed) -> tuple[Node, ...]:
    r"""The arguments in a bracket; what stands behind a bar follows: ``p(y \mid x)``, ``\mathrm{KL}(p \| q)``."""
    found: list[Node] = []
    for item in bracket.items:
        parts = (item.body, item.given) if isinstance(item, Conditional) else (item,)
        found += [entry for part in parts for entry in (part.items if isinstance(part, Listing) else (part,))]
    return tuple(found)


def component_of_value(node: Node) -> tuple[Bracketed, Node] | None:
    r"""The bracket and the index of ``(z)_i`` behind a function: ``\sigma(z)_i`` is a component of a vector."""
    if not isinstance(node, Scripted) or node.subscript is None or node.superscript is not None or node.primes:
        return None
    alone = isinstance(node.base, Bracketed) and node.base.opening == "(" and name_of(node.subscript) is not None
    return (node.base, node.subscript) if alone and isinstance(node.base, Bracketed) else None


def _component(maker: Elaborator, head: Node, bracket: Bracketed, index: Node) -> sp.Expr:
    """A component of the value of a function of vectors, which is another function than that of numbers."""
    name = f"{name_of(head)}_vector"
    arguments = tuple(maker.expression(item) for item in (*bracket.items, index))
    definition = maker.scope.definitions.get(name)
    if definition is not None and definition.arguments[:-1] == arguments[:-1]:
        maker.use(definition)
    elif name_of(head) is None or not maker.profile.arrays:
        raise maker.error("a component of a function's value is no scalar formula", bracket, "write it out")
    return function(name)(*arguments)


def _complete(
    maker: Elaborator, definition: Definition, arguments: tuple[sp.Expr, ...], node: Node
) -> tuple[sp.Expr, ...]:
    """The arguments with the defaults of parameters that are left out."""
    wanted, name = len(definition.arguments), definition.function
    defaults = library_defaults().get(name, ())
    missing = wanted - len(arguments)
    if definition == library_definitions().get(name) and 0 < missing <= len(defaults):
        filled = [value for value in defaults[-missing:] if isinstance(value, sp.Rational)]
        arguments = (*arguments, *filled)
    if len(arguments) != wanted:
        listed = ", ".join(map(str, definition.arguments))
        raise maker.error(f"{name} takes {wanted} argument(s), not {len(arguments)}", node, f"write {name}({listed})")
    return arguments


def derivative_at(maker: Elaborator, name: str, arguments: tuple[sp.Expr, ...], order: int, node: Node) -> sp.Expr:
    """``f'`` at a point: an unevaluated derivative, substituted where the point is no symbol."""
    point, *rest = arguments
    if point.is_Symbol and point not in set().union(*(other.free_symbols for other in rest)):
        return sp.Derivative(function(name)(*arguments), (point, order))
    free = symbol("u")
    return sp.Subs(sp.Derivative(function(name)(free, *rest), (free, order)), free, point)


def _power_of_value(maker: Elaborator, value: sp.Expr, node: Scripted) -> sp.Expr:
    """``f^2(x)`` and ``f(x)^2``; ``f^{-1}(x)`` could be the inverse and is refused."""
    superscript = node.superscript
    assert superscript is not None
    negative = isinstance(superscript, Addition) and superscript.terms[0][0] == "-"
    if negative and not _is_bracket(node):
        raise maker.error("^{-1} on a function is its inverse or its reciprocal", node, "write 1/f(x) or arctanh(x)")
    return power(maker, value, superscript, node)


def power(maker: Elaborator, base: sp.Expr, superscript: Node, node: Node) -> sp.Expr:
    """``base`` to the power of ``superscript``, with where that is defined."""
    if isinstance(superscript, Name) and superscript.base in _TRANSPOSE and not superscript.decorations:
        raise maker.error("a transpose belongs to a matrix", superscript, "write scalar components")
    exponent = maker.expression(superscript)
    if exponent.is_integer is not True and not _is_whole(maker, exponent):
        if base != sp.E and not plainly_positive(base):
            maker.require(base, ">=" if exponent.is_positive else ">", node)
    elif exponent.is_nonnegative is not True and not _starts_at_one(maker, exponent):
        maker.require(base, "!=", node)
    return maker.arithmetic.power(base, exponent, node)


def _is_whole(maker: Elaborator, exponent: sp.Expr) -> bool:
    """Whether the profile makes every symbol of a polynomial exponent an integer."""
    whole = {entry.symbol for entry in maker.assumptions if isinstance(entry, Belongs) and entry.domain != "real"}
    whole |= {symbol(index) for index in maker.ranges if index in maker.bound}
    symbols = {free: sp.Symbol(f"n{k}", integer=True) for k, free in enumerate(sorted(whole, key=str))}
    return exponent.xreplace(symbols).is_integer is True


def _starts_at_one(maker: Elaborator, exponent: sp.Expr) -> bool:
    """Whether the exponent is never negative, its positive integers counting from 1."""
    counts = {entry.symbol for entry in maker.assumptions if isinstance(entry, Belongs) and "positive" in entry.domain}
    symbols = {free: sp.Symbol(f"n{k}", integer=True, nonnegative=True) + 1 for k, free in enumerate(counts)}
    return all(end.xreplace(symbols).is_nonnegative is True for end in _ends(maker, exponent))


def _ends(maker: Elaborator, exponent: sp.Expr) -> list[sp.Expr]:
    """An exponent at the ends of the ranges of the sums around it, between which it lies if it is linear."""
    ends = [exponent]
    for name, bounds in maker.ranges.items():
        index = symbol(name)
        if name in maker.bound and exponent.diff(index).is_number:
            ends = [sp.expand(end.subs(index, bound)) for end in ends for bound in bounds]
    return ends


def call(maker: Elaborator, node: Call) -> sp.Expr:
    """A function with a fixed meaning."""
    head = node.function
    base = head.base if isinstance(head, Scripted) else head
    name = name_of(base) or ""
    if name not in FUNCTIONS or name in maker.scope.definitions:
        raise maker.error(f"unknown function {name}", node, did_you_mean(name, list(FUNCTIONS), "define it"))
    argument, factors = _bare_argument(maker, node) if node.bare else (node.arguments, ())
    arguments = tuple(maker.expression(item) for item in argument)
    if isinstance(head, Scripted):
        value = _scripted_call(maker, name, arguments, head)
    else:
        value = evaluate(maker, name, arguments, node)
    for factor in factors:
        value = maker.arithmetic.multiply(value, maker.expression(factor))
    return value


def _bare_argument(maker: Elaborator, node: Call) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    r"""How far an argument without brackets reaches: ``\tanh x (1 - x)`` stops before the bracket."""
    (argument,) = node.arguments
    if not isinstance(argument, Juxtaposed):
        return (argument,), ()
    items = argument.items
    for place in range(1, len(items)):
        if _is_bracket(items[place]) and not _known_name(maker, items[place - 1])[0]:
            inner = items[:place]
            return (inner[0] if place == 1 else replace(argument, items=inner),), items[place:]
    return (argument,), ()


def _scripted_call(maker: Elaborator, name: str, arguments: tuple[sp.Expr, ...], head: Scripted) -> sp.Expr:
    r"""``\log_2 x``, ``\tanh^2 x``, ``\tanh'(x)``."""
    if head.primes:
        free = symbol("u")
        point = arguments[0]
        if point.is_Symbol:
            value = sp.Derivative(evaluate(maker, name, arguments, head), (point, head.primes))
        else:
            inner = sp.Derivative(evaluate(maker, name, (free,), head), (free, head.primes))
            value = sp.Subs(inner, free, point)
    else:
        value = evaluate(maker, name, arguments, head)
    if head.subscript is not None:
        if name != "log":
            raise maker.error(f"a subscript on {name}", head.subscript, "leave it out")
        base = maker.expression(head.subscript)
        maker.require(base, ">", head.subscript)
        value = maker.divide(value, sp.log(base), head.subscript)
    return _power_of_value(maker, value, head) if head.superscript is not None else value


def evaluate(maker: Elaborator, name: str, arguments: tuple[sp.Expr, ...], node: Node) -> sp.Expr:
    """A known function of its arguments, with where it is defined."""
    known = FUNCTIONS[name]
    if not arguments or (known.arity and len(arguments) not in known.arity):
        wanted = " or ".join(map(str, known.arity)) or "one or more"
        raise maker.error(f"{name} takes {wanted} argument(s), not {len(arguments)}", node, f"write {name}(x)")
    for expr, relation in known.conditions(*arguments):
        maker.require(expr, relation, node)
    if name == "exp":
        return maker.arithmetic.exponential(arguments[0], node)
    return known.meaning(*arguments)
