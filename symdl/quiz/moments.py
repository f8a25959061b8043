r"""Expectations, variances and covariances of quantities that have no law here: what linearity alone says of them.

``\operatorname{Var}(X)`` is read as ``E[X^2] - E[X]^2``, and an expectation of a polynomial is taken term by term.
Capitals are random where there are some, else what the expectation is over, else every letter; the others are
constants. What is left, ``E[X^2]`` or ``E[\log X]``, is a quantity that may have any value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from hashlib import sha1

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Compare, Given, function, symbol
from symdl.notation.names import is_statistic, name_of
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Component,
    Conditional,
    Expectation,
    Juxtaposed,
    Name,
    Node,
    Number,
    Relation,
    Root,
    Scripted,
    rewritten,
    walk,
)

from .binding import is_unnamed

EXPECTED = "expectation"
"""How the names of the functions begin that stand for expectations."""

_OVER = re.compile(rf"{EXPECTED}(?:_of_([a-z]+))?(?:_\w+)?")
_GIVEN_MEAN = re.compile(
    r"\s*(?:\\mathbb\s*\{?E\}?|\\operatorname\{E\}|\\mathrm\{E\}|E)\s*[\[(]([A-Z])[\])]\s*=\s*([^=]+)"
)
_GIVEN_VARIANCE = re.compile(
    r"\s*(?:\\(?:operatorname|mathrm|text)\{Var\}|Var)\s*(?:\\left)?[\[(]([A-Z])(?:\\right)?[\])]\s*=\s*([^=]+)"
)
_MOMENT_NAME = re.compile(r"(mean|square)of([A-Z])")
SPEAKING = frozenset({"E", "V", "Var", "var", "Cov", "cov", "Std"})
_COUNTS = frozenset("NKMD")
_RANDOM = frozenset("XYZUVWRST")
_NOISE = frozenset({"epsilon", "varepsilon", "xi"})
_MOST_OPERATIONS, _MOST_POWER, _MOST_WORDS = 60, 6, 8


def speaks_of_moments(parts: Iterable[Node]) -> bool:
    """Whether expectations stand among the nodes, and none that a rule keeps from step to step, ``E[g^2]_t``."""
    found, words = False, 0
    for part in parts:
        words += isinstance(part, Expectation) or (isinstance(part, Name) and part.base in SPEAKING)
        if isinstance(part, Scripted) and part.subscript is not None and is_statistic(part.base):
            return False
        found = found or isinstance(part, Expectation) or (isinstance(part, Name) and part.base in SPEAKING)
        found = found or (isinstance(part, Component) and isinstance(part.base, Name) and part.base.base[-1:] == "E")
    return found and words <= _MOST_WORDS


def as_moment(given: str) -> str:
    r"""An assumption on a mean or a variance as one on a name; any other text as it is.

    >>> as_moment(r"\mathbb{E}[X] = \mu")
    '\\operatorname{meanofX} = \\mu'
    """
    mean, variance = _GIVEN_MEAN.fullmatch(given), _GIVEN_VARIANCE.fullmatch(given)
    if mean is not None:
        return rf"\operatorname{{meanof{mean[1]}}} = {mean[2]}"
    if variance is None:
        return given
    square, first = rf"\operatorname{{squareof{variance[1]}}}", rf"\operatorname{{meanof{variance[1]}}}"
    return rf"{square} = {variance[2]} + {first}^2"


def of_moments(entry: Given) -> Given:
    """An assumption with the symbols of moments for the names of :func:`as_moment`."""
    if not isinstance(entry, Compare) or not isinstance(entry.lhs, sp.Expr) or not isinstance(entry.rhs, sp.Expr):
        return entry
    free = entry.lhs.free_symbols | entry.rhs.free_symbols
    names = {s: found for s in free if (found := _MOMENT_NAME.fullmatch(s.name))}
    table = {s: symbol(f"E[{m[2]}]" if m[1] == "mean" else f"E[{m[2]}^2]") for s, m in names.items()}
    return Compare(entry.lhs.xreplace(table), entry.relation, entry.rhs.xreplace(table)) if table else entry


def with_moments(node: Node) -> Node:
    """The tree with expectations, variances and covariances as applications of a name."""
    return rewritten(node, lambda part: _moment_of(part) or part)


def _moment_of(node: Node) -> Node | None:
    match node:
        case Expectation(over, argument) if argument is not None and is_unnamed(over):
            return None if _is_conditional(argument) else _mean(argument, over)
        case Component(Name() as head, index) if (word := _word(head)) is not None:
            return word(index)
        case Component(Name(base, ()), index) if len(base) == 2 and base[0].islower() and base[1] == "E":
            return Juxtaposed((Name(base[0]), Bracketed((_mean(index),))))
        case Juxtaposed(items) if len(items) > 1:
            return _among(items)
    return None


def _among(items: tuple[Node, ...]) -> Node | None:
    """A product with the words before brackets put in; None where there are none."""
    found: list[Node] = []
    rest = list(items)
    changed = False
    while rest:
        head = rest.pop(0)
        word = _word(head) if isinstance(head, Name) and rest and isinstance(rest[0], Bracketed) else None
        if word is not None and isinstance(head, Name) and _applies(head, rest[0]):
            bracket = rest.pop(0)
            assert isinstance(bracket, Bracketed)
            found.append(Bracketed((word(*bracket.items),)))
            changed = True
        else:
            found.append(head)
    return (found[0] if len(found) == 1 else Juxtaposed(tuple(found))) if changed else None


def _applies(head: Name, bracket: Node) -> bool:
    if _is_conditional(bracket) or not isinstance(bracket, Bracketed):
        return False
    if len(bracket.items) != (2 if head.base.lower() == "cov" else 1):
        return False
    capitals = any(isinstance(part, Name) and _RANDOM & {*part.base} for part in walk(bracket))
    return bracket.opening == "[" or len(head.base) > 1 or capitals


def _is_conditional(node: Node) -> bool:
    return any(isinstance(part, Conditional) for part in walk(node))


Word = Callable[..., Node]


def _word(head: Name) -> Word | None:
    if head == Name("V", ("bb",)):
        return _variance
    return _WORDS.get(head.base) if head.decorations in ((), ("bb",)) else None


def _mean(argument: Node, over: Node | None = None) -> Node:
    variable = name_of(over.first) if isinstance(over, Relation) else name_of(over) if isinstance(over, Name) else None
    name = EXPECTED
    if variable and variable.isalpha() and variable.islower():
        name += f"_of_{variable}"
    if over is not None:
        name += f"_{sha1(repr(over).encode()).hexdigest()[:8]}"
    inner = argument.items[0] if isinstance(argument, Bracketed) and len(argument.items) == 1 else argument
    return Juxtaposed((Name(name), Bracketed((inner,))), start=argument.start, end=argument.end)


def _variance(argument: Node) -> Node:
    inner = Bracketed((argument,))
    two = Number("2")
    square = _mean(Scripted(inner, None, two))
    return Bracketed((Addition((("+", square), ("-", Scripted(Bracketed((_mean(argument),)), None, two)))),))


def _covariance(first: Node, second: Node) -> Node:
    both = _mean(Juxtaposed((Bracketed((first,)), Bracketed((second,)))))
    apart = Juxtaposed((Bracketed((_mean(first),)), Bracketed((_mean(second),))))
    return Bracketed((Addition((("+", both), ("-", apart))),))


def _deviation(argument: Node) -> Node:
    return Root(_variance(argument))


_WORDS: dict[str, Word] = {"E": _mean, "Var": _variance, "var": _variance, "Cov": _covariance, "cov": _covariance}
_WORDS["Std"] = _deviation

# As expressions


def linear(*sides: sp.Expr) -> tuple[sp.Expr, ...]:
    """The sides with their expectations taken term by term.

    >>> X, a, mean = symbol("X"), symbol("a"), function("expectation")
    >>> linear(mean(a * X + 2))
    (E[X]*a + 2,)
    """
    calls = {call for side in sides for call in side.atoms(AppliedUndef) if _OVER.fullmatch(call.func.__name__)}
    if not calls:
        return sides
    names = {name for call in calls for name in _names(call.args[0])}
    capitals = frozenset(filter(_is_capital, names)) or frozenset(filter(_is_estimate, names))
    return tuple(
        side.replace(
            lambda e: isinstance(e, AppliedUndef) and _OVER.fullmatch(e.func.__name__), lambda e: _taken(e, capitals)
        )
        for side in sides
    )


def _names(expr: sp.Expr) -> set[str]:
    return {s.name for s in expr.free_symbols} | {call.func.__name__ for call in expr.atoms(AppliedUndef)}


def _is_capital(name: str) -> bool:
    letter = name.split("_")[0]
    return len(letter) == 1 and letter.isupper() and letter not in _COUNTS


def _is_estimate(name: str) -> bool:
    return "_hat" in name or "_bar" in name


def has_moments(expr: sp.Expr) -> bool:
    """Whether expectations are left in an expression."""
    return any(name.startswith("E[") for name in _names(expr))


def _taken(call: AppliedUndef, capitals: frozenset[str]) -> sp.Expr:
    """One expectation by linearity."""
    found = _OVER.fullmatch(call.func.__name__)
    over = frozenset({found[1]}) if found is not None and found[1] else frozenset()
    argument = call.args[0]
    powers = [power.exp for power in argument.atoms(sp.Pow) if power.base.is_Add]
    if argument.count_ops() <= _MOST_OPERATIONS and all(e.is_Integer and abs(e) <= _MOST_POWER for e in powers):
        argument = sp.expand(argument)

    def is_random(expr: sp.Expr) -> bool:
        names = {name for name in _names(expr) if not name.startswith("E[")}
        return bool(names & (capitals | over | _NOISE)) if capitals or over else bool(names)

    return sp.Add(*(_term(call, term, is_random) for term in sp.Add.make_args(argument)))


def _term(call: AppliedUndef, term: sp.Expr, is_random: Callable[[sp.Expr], bool]) -> sp.Expr:
    constants: list[sp.Expr] = []
    random: list[sp.Expr] = []
    for factor in sp.Mul.make_args(term):
        (random if is_random(factor) else constants).append(factor)
    rest = sp.Mul(*random)
    if len(random) == 1 and isinstance(rest, sp.Sum):
        return sp.Mul(*constants) * sp.Sum(_term(call, rest.function, is_random), *rest.limits)
    return sp.Mul(*constants) * (_moment(call, rest) if random else sp.Integer(1))


def _moment(call: AppliedUndef, quantity: sp.Expr) -> sp.Expr:
    """``E[X^2]`` as a symbol, as a function of the indices in it."""
    indices = sorted({s for inner in quantity.atoms(AppliedUndef) for s in inner.free_symbols}, key=str)
    places = {index: symbol(f"@{number}") for number, index in enumerate(indices)}
    over = call.func.__name__.removeprefix(EXPECTED)
    name = f"E[{str(quantity.xreplace(places)).replace('**', '^')}]{over}"
    return function(name)(*indices) if indices else symbol(name)
