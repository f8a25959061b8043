"""A small language of formulas for the mutation score: written in many notations, and valued by mpmath.

A tree is a symbol (a string), a number (an int), or a tuple of an operation and its parts:
``("+", a, b)``, ``("-", a, b)``, ``("neg", a)``, ``("*", a, b)``, ``("/", a, b)``, ``("^", a, b)``,
``("exp", a)``, ``("log", a)``, ``("sqrt", a)``, ``("tanh", a)``, ``("call", "f", a)``.
Nothing here comes from symdl: it is what symdl is held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import mpmath as mp

Tree = Any
Values = Mapping[str, Any]

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": mp.exp,
    "log": mp.log,
    "sqrt": mp.sqrt,
    "tanh": mp.tanh,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "sign": mp.sign,
}
_TWINS = {"tanh": "sinh", "sinh": "cosh", "cosh": "sinh", "exp": "cosh", "log": "exp"}


@dataclass(frozen=True)
class Notation:
    """How an author writes: names by what they stand for, and the shapes of fractions, products and brackets."""

    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    fraction: str = r"\frac{%s}{%s}"
    times: str = " "
    brackets: tuple[str, str] = ("(", ")")
    exponential: str = "e^{%s}"
    derivative: str = "%(f)s'(%(x)s)"
    partial: str = r"\frac{\partial %s}{\partial %s}"
    display: tuple[str, str] = ("$", "$")
    steps: str = "t"
    gradient: str = "g_t"
    assigns: str = "="
    hat: str = r"\hat{%s}"

    def letter(self, symbol: str) -> str:
        """How a symbol is written."""
        return self.names.get(symbol, symbol)

    def shown(self, formula: str) -> str:
        """A formula between its delimiters."""
        opening, closing = self.display
        return f"{opening}{formula}{closing}"


def value(tree: Tree, at: Values, functions: Mapping[str, Callable[[Any], Any]]) -> Any:
    """The value of a tree."""
    if isinstance(tree, str):
        return at[tree]
    if isinstance(tree, int):
        return mp.mpf(tree)
    operation, *parts = tree
    if operation == "call":
        return functions[parts[0]](value(parts[1], at, functions))
    numbers = [value(part, at, functions) for part in parts]
    match operation:
        case "+":
            return numbers[0] + numbers[1]
        case "-":
            return numbers[0] - numbers[1]
        case "neg":
            return -numbers[0]
        case "*":
            return numbers[0] * numbers[1]
        case "/":
            return numbers[0] / numbers[1]
        case "^":
            return numbers[0] ** numbers[1]
    return _FUNCTIONS[operation](*numbers)


def mutants(tree: Tree, symbols: tuple[str, ...]) -> Iterator[Tree]:
    """The tree with one token changed: a sign, a number, a symbol, a function or an exponent."""
    if isinstance(tree, str):
        yield from (other for other in symbols if other != tree)
    elif isinstance(tree, int):
        yield from (other for other in (tree + 1, tree - 1) if other >= 0)
    else:
        yield from _at_root(tree)
        start = 2 if tree[0] == "call" else 1
        for place in range(start, len(tree)):
            for changed in mutants(tree[place], symbols):
                yield (*tree[:place], changed, *tree[place + 1 :])


def _at_root(tree: Tree) -> Iterator[Tree]:
    operation, *parts = tree
    if operation in ("+", "-"):
        yield ("-" if operation == "+" else "+", *parts)
    elif operation == "*":
        yield ("+", *parts)
    elif operation == "/":
        yield ("*", *parts)
    elif operation == "neg" or (operation == "^" and isinstance(parts[1], int)):
        yield parts[0]
    elif operation in _TWINS:
        yield (_TWINS[operation], *parts)
    elif operation == "sqrt":
        yield parts[0]


def tex(tree: Tree, notation: Notation) -> str:
    """The formula in LaTeX, as the author writes it."""
    if isinstance(tree, str):
        return notation.letter(tree)
    if isinstance(tree, int):
        return str(tree)
    operation, *parts = tree
    if operation == "call":
        return f"{notation.letter(parts[0])}{_bracketed(parts[1], notation)}"
    if operation == "exp":
        return notation.exponential % tex(parts[0], notation)
    if operation == "sqrt":
        return rf"\sqrt{{{tex(parts[0], notation)}}}"
    if operation == "sign":
        return rf"\operatorname{{sign}}{_bracketed(parts[0], notation)}"
    if operation in _FUNCTIONS:
        return rf"\{operation}{_bracketed(parts[0], notation)}"
    return _operation(operation, parts, notation)


def _operation(operation: str, parts: list[Tree], notation: Notation) -> str:
    if operation == "/":
        return notation.fraction % tuple(tex(part, notation) for part in parts)
    if operation == "^":
        return f"{_base(parts[0], notation)}^{{{tex(parts[1], notation)}}}"
    if operation == "neg":
        return f"-{_factor(parts[0], notation)}"
    if operation == "*":
        first, second = (_factor(part, notation) for part in parts)
        times = r" \cdot " if second[0].isdigit() else notation.times
        return f"{first}{times}{second}"
    left, right = parts
    second = _bracketed(right, notation) if _is(right, "+", "-", "neg") else tex(right, notation)
    return f"{tex(left, notation)} {operation} {second}"


def _is(tree: Tree, *operations: str) -> bool:
    return isinstance(tree, tuple) and tree[0] in operations


def _factor(tree: Tree, notation: Notation) -> str:
    if _is(tree, "+", "-", "neg"):
        return _bracketed(tree, notation)
    return tex(tree, notation)


def _base(tree: Tree, notation: Notation) -> str:
    if isinstance(tree, int) or (isinstance(tree, str) and "^" not in notation.letter(tree)):
        return tex(tree, notation)
    return _bracketed(tree, notation)


def _bracketed(tree: Tree, notation: Notation) -> str:
    opening, closing = notation.brackets
    return f"{opening}{tex(tree, notation)}{closing}"
