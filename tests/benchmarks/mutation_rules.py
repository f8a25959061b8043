"""Update rules of the mutation score, each with step functions that were written by hand.

A rule is lines ``target = tree``; ``old m`` in a tree is the value before the step. The references run on
numbers alone, one for each convention under which the rule goes by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mpmath as mp
from mutation_trees import Notation, Tree, tex, value

G = "g"
Lines = tuple[tuple[str, Tree], ...]
Step = Callable[[dict[str, Any], Any, int], None]


@dataclass(frozen=True)
class Rule:
    """A named rule, its lines, its constants, and what it must do in a step under some convention."""

    name: str
    lines: Lines
    constants: tuple[str, ...]
    states: tuple[str, ...]
    references: tuple[Step, ...]


def _average(decay: str, state: str, new: Tree) -> Tree:
    return ("+", ("*", decay, f"old {state}"), ("*", ("-", 1, decay), new))


def _moved(change: Tree) -> Tree:
    return ("-", "old p", change)


def _descend(v: dict[str, Any], g: Any, t: int) -> None:
    v["p"] -= v["rate"] * g


def _displacement(v: dict[str, Any], g: Any, t: int) -> None:
    v["m"] = v["b1"] * v["m"] - v["rate"] * g
    v["p"] += v["m"]


def _velocity(v: dict[str, Any], g: Any, t: int) -> None:
    v["m"] = v["b1"] * v["m"] + g
    v["p"] -= v["rate"] * v["m"]


def _mean_velocity(v: dict[str, Any], g: Any, t: int) -> None:
    v["m"] = v["b1"] * v["m"] + (1 - v["b1"]) * g
    v["p"] -= v["rate"] * v["m"]


def _adagrad(inside: bool) -> Step:
    def step(v: dict[str, Any], g: Any, t: int) -> None:
        v["m"] += g**2
        v["p"] -= v["rate"] * g / _root(v["m"], v["eps"], inside)

    return step


def _rmsprop(inside: bool) -> Step:
    def step(v: dict[str, Any], g: Any, t: int) -> None:
        v["m"] = v["b1"] * v["m"] + (1 - v["b1"]) * g**2
        v["p"] -= v["rate"] * g / _root(v["m"], v["eps"], inside)

    return step


def _adam(inside: bool, corrected: bool = True) -> Step:
    def step(v: dict[str, Any], g: Any, t: int) -> None:
        v["m"] = v["b1"] * v["m"] + (1 - v["b1"]) * g
        v["s"] = v["b2"] * v["s"] + (1 - v["b2"]) * g**2
        one, two = (1 - v["b1"] ** t, 1 - v["b2"] ** t) if corrected else (1, 1)
        v["p"] -= v["rate"] * (v["m"] / one) / _root(v["s"] / two, v["eps"], inside)

    return step


def _root(square: Any, epsilon: Any, inside: bool) -> Any:
    return mp.sqrt(square + epsilon) if inside else mp.sqrt(square) + epsilon


_SLOWED = (
    ("m", _average("b1", "m", G)),
    ("s", _average("b2", "s", ("^", G, 2))),
    ("m hat", ("/", "m", ("-", 1, ("^", "b1", "t")))),
    ("s hat", ("/", "s", ("-", 1, ("^", "b2", "t")))),
)
RULES = (
    Rule("Gradient descent", (("p", _moved(("*", "rate", G))),), ("rate",), (), (_descend,)),
    Rule(
        "Momentum",
        (("m", ("+", ("*", "b1", "old m"), G)), ("p", _moved(("*", "rate", "m")))),
        ("rate", "b1"),
        ("m",),
        (_velocity, _displacement, _mean_velocity),
    ),
    Rule(
        "AdaGrad",
        (("m", ("+", "old m", ("^", G, 2))), ("p", _moved(("/", ("*", "rate", G), ("+", ("sqrt", "m"), "eps"))))),
        ("rate", "eps"),
        ("m",),
        (_adagrad(False), _adagrad(True)),
    ),
    Rule(
        "RMSProp",
        (
            ("m", _average("b1", "m", ("^", G, 2))),
            ("p", _moved(("/", ("*", "rate", G), ("sqrt", ("+", "m", "eps"))))),
        ),
        ("rate", "b1", "eps"),
        ("m",),
        (_rmsprop(True), _rmsprop(False)),
    ),
    Rule(
        "Adam",
        (*_SLOWED, ("p", _moved(("/", ("*", "rate", "m hat"), ("+", ("sqrt", "s hat"), "eps"))))),
        ("rate", "b1", "b2", "eps"),
        ("m", "s"),
        (_adam(False), _adam(True), _adam(False, False), _adam(True, False)),
    ),
)
NOTATIONS = (
    Notation(
        "papers",
        {"p": r"\theta", "m": "m", "s": "v", "rate": r"\alpha", "b1": r"\beta_1", "b2": r"\beta_2", "eps": r"\epsilon"},
    ),
    Notation(
        "bold",
        {
            "p": r"\mathbf{x}",
            "m": r"\mathbf{v}",
            "s": r"\mathbf{s}",
            "rate": r"\eta",
            "b1": r"\beta_1",
            "b2": r"\beta_2",
            "eps": r"\epsilon",
            "g": r"\mathbf{g}",
        },
        display=("$$", "$$"),
    ),
    Notation(
        "rate epsilon",
        {"p": r"\theta", "m": "s", "s": "r", "rate": r"\epsilon", "b1": r"\rho_1", "b2": r"\rho_2", "eps": r"\delta"},
        steps="",
        assigns=r"\leftarrow",
    ),
    Notation(
        "capitals",
        {"p": "W", "m": "V", "s": "S", "rate": r"\lambda", "b1": r"\gamma", "b2": r"\kappa", "eps": r"\varepsilon"},
        hat=r"\widehat{%s}",
    ),
    Notation(
        "nabla",
        {
            "p": "w",
            "m": "u",
            "s": "q",
            "rate": r"\eta",
            "b1": r"\mu",
            "b2": r"\nu",
            "eps": r"\epsilon",
            "g": r"\nabla L(w_{t-1})",
        },
        steps="t",
    ),
    Notation(
        "next",
        {"p": "x", "m": "m", "s": "n", "rate": r"\tau", "b1": "a", "b2": "b", "eps": "c"},
        steps="t",
        display=(r"\(", r"\)"),
    ),
    Notation(
        "steps k",
        {"p": "x", "m": "y", "s": "z", "rate": r"\alpha", "b1": r"\beta", "b2": r"\gamma", "eps": r"\delta"},
        steps="k",
        display=("\n\\[", "\\]\n"),
    ),
    Notation(
        "odot",
        {"p": r"\phi", "m": r"\mu", "s": r"\nu", "rate": r"\gamma", "b1": r"\zeta", "b2": r"\xi", "eps": r"\epsilon"},
        r"\dfrac{%s}{%s}",
        r" \cdot ",
    ),
    Notation(
        "arrows",
        {"p": "p", "m": "m", "s": "v", "rate": "r", "b1": "b", "b2": "c", "eps": r"\epsilon"},
        steps="",
        assigns=r"\gets",
    ),
    Notation(
        "tall",
        {
            "p": r"\boldsymbol{\theta}",
            "m": r"\boldsymbol{m}",
            "s": r"\boldsymbol{v}",
            "rate": r"\eta",
            "b1": r"\beta_1",
            "b2": r"\beta_2",
            "eps": r"\epsilon",
            "g": r"\boldsymbol{g}",
        },
        brackets=(r"\left(", r"\right)"),
    ),
)


def text(rule: Rule, lines: Lines, notation: Notation) -> str:
    """The document that states a rule."""
    assigns = notation.assigns if not notation.steps else "="
    shown = [
        notation.shown(f"{_written(target, notation)} {assigns} {_line(tree, notation)}") for target, tree in lines
    ]
    return f"## {rule.name}\n" + ", ".join(shown) + ".\n"


def _line(tree: Tree, notation: Notation) -> str:
    names = {**notation.names, **{leaf: _written(leaf, notation) for leaf in _leaves(tree)}}
    return tex(tree, Notation(**{**notation.__dict__, "names": names}))


def _leaves(tree: Tree) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, tuple):
        for part in tree[1:]:
            yield from _leaves(part)


def _written(leaf: str, notation: Notation) -> str:
    """A quantity with its step: ``m``, ``old m``, ``m hat``, the gradient, a constant."""
    base = leaf.removeprefix("old ").removesuffix(" hat")
    letter = notation.letter(base)
    letter = notation.hat % letter if leaf.endswith(" hat") else letter
    if base in ("rate", "b1", "b2", "eps"):
        return letter
    if base == "t":
        return notation.steps or "t"
    if not notation.steps or (base == "g" and "nabla" in letter):
        return letter
    return f"{letter}_{{{notation.steps}-1}}" if leaf.startswith("old ") else f"{letter}_{notation.steps}"


SLOPES = tuple(mp.mpf(n) / 7 for n in (5, -9, 11, 3, -8, 13))
CONSTANTS = {"rate": mp.mpf(3) / 10, "b1": mp.mpf(7) / 10, "b2": mp.mpf(17) / 20, "eps": mp.mpf(1) / 9}


def reference_run(rule: Rule, step: Step) -> list[Any]:
    """The parameter after each step of a reference."""
    values = {**CONSTANTS, "p": mp.mpf(1) / 3, "m": mp.mpf(0), "s": mp.mpf(0)}
    places = []
    for number, slope in enumerate(SLOPES, 1):
        step(values, slope + values["p"] / 2, number)
        places.append(values["p"])
    return places


def run(rule: Rule, lines: Lines, constants: Mapping[str, Any] = CONSTANTS) -> list[Any] | None:
    """The parameter after each step of some lines; None where they have no real value."""
    values: dict[str, Any] = {**constants, "p": mp.mpf(1) / 3, **dict.fromkeys(rule.states, mp.mpf(0))}
    places = []
    for number, slope in enumerate(SLOPES, 1):
        at = {**values, **{f"old {name}": values[name] for name in ("p", *rule.states)}}
        at |= {"g": slope + values["p"] / 2, "t": mp.mpf(number)}
        try:
            for target, tree in lines:
                at[target] = value(tree, at, {})
        except (ZeroDivisionError, KeyError):
            return None
        if any(isinstance(at[name], mp.mpc) or not mp.isfinite(at[name]) for name in ("p", *rule.states)):
            return None
        values |= {name: at[name] for name in ("p", *rule.states)}
        places.append(values["p"])
    return places
