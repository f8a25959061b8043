"""The correct statements of the mutation score, each with a reference that was written by hand in mpmath."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import mpmath as mp
from mutation_trees import Notation, Tree, tex

Function = Callable[..., Any]


@dataclass(frozen=True)
class Statement:
    """``before`` and then a claim: ``head = tree``. ``truth`` is what the tree must equal, at any values."""

    name: str
    notation: Notation
    before: str
    head: str
    tree: Tree
    truth: Function
    symbols: tuple[str, ...]
    functions: Mapping[str, Function] = field(default_factory=dict)
    positive: bool = False

    def text(self, tree: Tree) -> str:
        """The document with ``tree`` in the place of the right side."""
        claim = self.notation.shown(f"{self.head} = {tex(tree, self.notation)}")
        return f"{self.before}{claim}.\n"


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


X = "x"
FX = ("call", "f", X)
ONE_MINUS_F = ("-", 1, FX)
SIGMOID = ("/", 1, ("+", 1, ("exp", ("neg", X))))
FUNCTIONS: dict[str, tuple[Tree, Function, Tree]] = {
    "sigmoid": (SIGMOID, _sigmoid, ("*", FX, ONE_MINUS_F)),
    "tanh": (("tanh", X), mp.tanh, ("-", 1, ("^", FX, 2))),
    "softplus": (
        ("log", ("+", 1, ("exp", X))),
        lambda x: mp.log(1 + mp.exp(x)),
        ("/", 1, ("+", 1, ("exp", ("neg", X)))),
    ),
    "swish": (
        ("/", X, ("+", 1, ("exp", ("neg", X)))),
        lambda x: x * _sigmoid(x),
        ("+", FX, ("/", ("-", 1, FX), ("+", 1, ("exp", ("neg", X))))),
    ),
    "gaussian": (("exp", ("neg", ("^", X, 2))), lambda x: mp.exp(-(x**2)), ("neg", ("*", ("*", 2, X), FX))),
    "squareplus": (
        ("/", ("+", X, ("sqrt", ("+", ("^", X, 2), 4))), 2),
        lambda x: (x + mp.sqrt(x**2 + 4)) / 2,
        ("/", ("+", 1, ("/", X, ("sqrt", ("+", ("^", X, 2), 4)))), 2),
    ),
    "log cosh": (("log", ("cosh", X)), lambda x: mp.log(mp.cosh(x)), ("tanh", X)),
    "cauchy": (
        ("/", 1, ("+", 1, ("^", X, 2))),
        lambda x: 1 / (1 + x**2),
        ("neg", ("*", ("*", 2, X), ("^", FX, 2))),
    ),
}
IDENTITIES: dict[str, tuple[Tree, Function, Tree]] = {
    "tanh by the sigmoid": (
        ("tanh", X),
        mp.tanh,
        ("-", ("/", 2, ("+", 1, ("exp", ("neg", ("*", 2, X))))), 1),
    ),
    "cosh and sinh": (("^", ("cosh", X), 2), lambda x: mp.cosh(x) ** 2, ("+", 1, ("^", ("sinh", X), 2))),
    "double argument": (
        ("sinh", ("*", 2, X)),
        lambda x: mp.sinh(2 * x),
        ("*", ("*", 2, ("sinh", X)), ("cosh", X)),
    ),
    "softplus minus": (
        ("log", ("+", 1, ("exp", X))),
        lambda x: mp.log(1 + mp.exp(x)),
        ("+", X, ("log", ("+", 1, ("exp", ("neg", X))))),
    ),
}
S = ("call", "sigma", "z")
SQUARE = ("/", ("^", ("-", "y", "z"), 2), 2)
LOSSES: dict[str, tuple[Tree, Function, Tree, bool]] = {
    "squared error": (SQUARE, lambda y, z: -(y - z), ("-", "z", "y"), False),
    "squared error of a sigmoid": (
        ("/", ("^", ("-", "y", S), 2), 2),
        lambda y, z: -(y - _sigmoid(z)) * _sigmoid(z) * (1 - _sigmoid(z)),
        ("*", ("*", ("-", S, "y"), S), ("-", 1, S)),
        False,
    ),
    "cross-entropy": (
        ("-", ("neg", ("*", "y", ("log", S))), ("*", ("-", 1, "y"), ("log", ("-", 1, S)))),
        lambda y, z: _sigmoid(z) - y,
        ("-", S, "y"),
        False,
    ),
    "poisson": (
        ("-", ("exp", "z"), ("*", "y", "z")),
        lambda y, z: mp.exp(z) - y,
        ("-", ("exp", "z"), "y"),
        False,
    ),
    "log-cosh": (
        ("log", ("cosh", ("-", "z", "y"))),
        lambda y, z: mp.tanh(z - y),
        ("tanh", ("-", "z", "y")),
        False,
    ),
}

NOTATIONS = (
    Notation("plain", {"f": "f", "sigma": r"\sigma"}),
    Notation(
        "blocks",
        {"f": "g", "x": "z", "z": "a", "y": "t", "sigma": r"\sigma"},
        r"\dfrac{%s}{%s}",
        r" \cdot ",
        display=("\n$$", "$$\n"),
    ),
    Notation(
        "leibniz", {"f": "h", "sigma": r"\sigma"}, derivative=r"\frac{d}{d%(x)s} %(f)s(%(x)s)", exponential=r"\exp(%s)"
    ),
    Notation(
        "ratio", {"f": "S", "z": "u", "sigma": r"\sigma"}, derivative=r"\frac{d%(f)s}{d%(x)s}", display=(r"\(", r"\)")
    ),
    Notation(
        "tall",
        {"f": r"\phi", "y": "y", "sigma": r"\sigma"},
        brackets=(r"\left(", r"\right)"),
        derivative=r"\frac{\mathrm{d} %(f)s(%(x)s)}{\mathrm{d} %(x)s}",
        exponential=r"\mathrm{e}^{%s}",
    ),
    Notation("partials", {"f": "F", "x": "v", "sigma": r"\sigma"}, derivative=r"\frac{\partial %(f)s}{\partial %(x)s}"),
    Notation(
        "over",
        {"f": r"\psi", "x": "s", "z": "s", "sigma": r"\sigma"},
        "{%s \\over %s}",
        r" \times ",
        exponential=r"\exp\left(%s\right)",
    ),
    Notation(
        "slashes", {"f": "f", "x": "a", "z": "o", "sigma": r"\sigma"}, r"\tfrac{%s}{%s}", r"\,", (r"\big(", r"\big)")
    ),
    Notation(
        "capitals",
        {"f": "G", "x": "X", "z": r"\hat{y}", "sigma": r"\sigma"},
        display=("\n\\[", "\\]\n"),
        derivative="%(f)s^{\\prime}(%(x)s)",
    ),
    Notation(
        "decorated",
        {"f": r"\varphi", "x": r"\xi", "z": r"\eta", "y": r"\tau", "sigma": r"\sigma"},
        r"\frac{%s}{%s}",
        " * ",
    ),
)


def statements() -> Iterator[Statement]:
    """Every statement in every notation."""
    for notation in NOTATIONS:
        yield from _derivatives(notation)
        yield from _identities(notation)
        yield from _gradients(notation)


def _derivatives(notation: Notation) -> Iterator[Statement]:
    f, x = notation.letter("f"), notation.letter("x")
    for name, (body, function, slope) in FUNCTIONS.items():
        head = tex(("call", "f", "x"), notation)
        before = f"Let {notation.shown(f'{head} = {tex(body, notation)}')} be given. Its derivative is "
        yield Statement(
            f"derivative of {name}",
            notation,
            before,
            notation.derivative % {"f": f, "x": x},
            slope,
            lambda x, function=function: mp.diff(function, x),
            ("x",),
            {"f": function},
        )


def _identities(notation: Notation) -> Iterator[Statement]:
    for name, (left, function, right) in IDENTITIES.items():
        yield Statement(name, notation, "It is known that ", tex(left, notation), right, function, ("x",))


def _gradients(notation: Notation) -> Iterator[Statement]:
    for name, (body, slope, gradient, positive) in LOSSES.items():
        loss = notation.shown(f"L = {tex(body, notation)}")
        head = notation.partial % ("L", notation.letter("z"))
        before = f"Let {loss} be the loss. Then "
        yield Statement(
            f"gradient of {name}", notation, before, head, gradient, slope, ("y", "z"), {"sigma": _sigmoid}, positive
        )
