r"""Formulas of algorithms as functions of an environment: quantities by name and time, read by the notation.

Each quantity (``\widehat{v_t}``, ``g^{ave}_{t-1}``, ``\beta_2``) is put aside with its name and its time, and
what is left, an expression in plain symbols, is read by :mod:`symdl.notation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, fmpq
from numpy.typing import NDArray

from symdl.core import ReadError, UndefinedValue, symbol
from symdl.notation.elaborate import elaborate
from symdl.notation.latex import parse
from symdl.numerics.ball import compiled, number

Array = NDArray[Any]
NAN = arb("nan")
_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Phi",
    "Psi",
    "Omega",
]
_HATS = "widehat|widetilde|hat|tilde|bar"
_SCRIPT = r"\s*[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\?[A-Za-z]+|\d|\*)"
_ONE_SCRIPT = r"\s*[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|[A-Za-z0-9*])"
_LETTER = "|".join(
    (
        r"[A-Za-z]+(?:\\_[A-Za-z]+)+",
        r"\\Delta\s*(?:\\[a-z]+|[A-Za-z])(?![A-Za-z])",
        r"\\(?:text|mathrm)\{[a-z]+\}",
        rf"\\(?:{'|'.join(_GREEK)})(?![A-Za-z])",
        r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])",
    )
)
_QUANTITY = re.compile(rf"(?:\\(?:{_HATS})\s*\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}|{_LETTER})(?:{_ONE_SCRIPT})*")
_FUNCTIONS = (
    (re.compile(r"\\(?:textbf|mathbf|boldsymbol|textit|mathit)\s*\{([^{}]*)\}"), r"\1"),
    (
        re.compile(
            r"(?:\\(?:mathrm|text|operatorname)\s*\{\s*(min|max|sign|abs)\s*\}|(?<![\\A-Za-z])(min|max|sign)(?=\s*\())"
        ),
        r"\\operatorname{\1\2}",
    ),
    (re.compile(r"\\(?:odot|circ)(?![a-z])|\*"), r"\\cdot "),
)
_REDUCED = re.compile(r"\\?(?:operatorname|text|mathrm)?\{?(RMS|dim)\}?\s*\(")
_GRADIENT = re.compile(r"\\nabla\s*(?:_\{?\\?[a-z]+(?:_\{[^{}]*\})?\}?)?\s*[A-Za-z](?:_\{?t\}?)?\s*\(([^()]*)\)")
_COLLECTED = re.compile(r"\\(sum|prod)\s*_\{\s*(\\?[a-z]+)\s*=\s*(\d)\s*\}\s*\^\s*(?:\{([^{}]*)\}|(t))\s*")


@dataclass(frozen=True)
class Quantity:
    """A name, and how far its time is from the step; ``time`` is None for what has none, ``index`` a bound letter."""

    name: str
    time: int | None = None
    index: str = ""


@dataclass
class Environment:
    """What is known at a step: values by name and absolute time, and indices of sums that are running."""

    step: int = 0
    values: dict[tuple[str, int | None], Array] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)

    def place(self, quantity: Quantity) -> tuple[str, int | None]:
        """The key of a quantity at this step."""
        if quantity.index:
            return quantity.name, self.bound[quantity.index] + (quantity.time or 0)
        return quantity.name, None if quantity.time is None else self.step + quantity.time

    def value(self, quantity: Quantity) -> Array:
        """The value. Raises :class:`ReadError` for what nothing has defined."""
        key = self.place(quantity)
        found = self.values.get(key, self.values.get((quantity.name, None)))
        if found is None:
            raise ReadError(f"nothing gives {quantity.name} at this point", text=quantity.name)
        return found


Reading = Callable[[Environment], Array]


def quantity_of(text: str, indices: frozenset[str] = frozenset()) -> tuple[Quantity, str]:
    r"""The quantity that a decorated letter is, and the power that stands above it.

    >>> quantity_of(r"\widehat{v_t}"), quantity_of("g^2_t")
    ((Quantity(name='widehat v', time=0, index=''), ''), (Quantity(name='g', time=0, index=''), '2'))
    """
    hat = re.match(rf"\\({_HATS})\s*\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}", text)
    if hat is not None:
        inner, _ = quantity_of(hat.group(2), indices)
        head, rest = Quantity(f"{hat.group(1)} {inner.name}", inner.time, inner.index), text[hat.end() :]
    else:
        letter = re.match(_LETTER, text)
        if letter is None:
            raise ReadError("this is no quantity", text=text)
        head, rest = Quantity(re.sub(r"\\(?:text|mathrm)(?=\{)|[\\{}\s]", "", letter.group())), text[letter.end() :]
    name, time, index, power = head.name, head.time, head.index, ""
    for mark, content in _scripts(rest):
        timed = _time(content, indices)
        if mark == "_" and timed is not None:
            label, time, index = timed
            name += label
        elif mark == "_" or re.fullmatch(r"[A-Za-z]{2,}", content):
            name += "_" + re.sub(r"[\\{}\s]", "", content)
        elif re.fullmatch(r"\([a-z]\)", content):
            continue
        else:
            power = content
    return Quantity(name, time, index), power


def _scripts(text: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(_ONE_SCRIPT, text):
        script = match.group().strip()
        yield script[0], script[1:].strip().removeprefix("{").removesuffix("}").strip()


def _time(content: str, indices: frozenset[str]) -> tuple[str, int, str] | None:
    """What a subscript says of time: a label before it, a shift, and the letter of a running index."""
    match = re.fullmatch(r"(?:(\d)_|(\d),)?\{?(t|\\?[a-z]+)\s*([+-]\s*\d+)?\}?", content)
    if match is None or (match.group(3) != "t" and match.group(3).replace("\\", "") not in indices):
        return None
    label = match.group(1) or match.group(2)
    letter = match.group(3).replace("\\", "")
    shift = int((match.group(4) or "0").replace(" ", ""))
    return f"_{label}" if label else "", shift, "" if letter == "t" else letter


@lru_cache(maxsize=4096)
def reading_of(text: str, indices: frozenset[str] = frozenset()) -> Reading:
    """LaTeX as a function of the environment. Raises :class:`ReadError` for what cannot be read."""
    for pattern, plain in _FUNCTIONS:
        text = pattern.sub(plain, text)
    aside: list[Reading] = []
    text = _GRADIENT.sub(lambda match: _put(aside, lambda env: env.value(Quantity("gradient", 0))), text)
    text = _collected(text, aside, indices)
    text = _reduced(text, aside, indices)
    text = _with_quantities(text, aside, indices)
    tree = parse(text)
    expr = elaborate(tree, text=text).expr
    return _evaluator(expr, tuple(aside))


def _put(aside: list[Reading], reading: Reading) -> str:
    aside.append(reading)
    return f"{{Q_{{{len(aside) - 1}}}}}"


def _with_quantities(text: str, aside: list[Reading], indices: frozenset[str]) -> str:
    """Every quantity put aside, powers left; a quantity before a bracket is multiplied by it."""

    def replaced(match: re.Match[str]) -> str:
        if match.group().startswith("Q_{"):
            return match.group()
        quantity, power = quantity_of(match.group(), indices)
        name = _put(aside, _getter(quantity))
        above = f"^{{{_with_quantities(power, aside, indices)}}}" if power else ""
        times = r" \cdot " if re.match(r"\s*\(", match.string[match.end() :]) else " "
        return f"{name}{above}{times}"

    kept = re.split(r"(\\operatorname\{[a-z]+\}|\\begin\{cases\}|\\end\{cases\})", text)
    return "".join(part if part.startswith("\\operatorname") else _QUANTITY.sub(replaced, part) for part in kept)


def _getter(quantity: Quantity) -> Reading:
    if quantity == Quantity("t"):
        return lambda env: np.asarray(fmpq(env.step), object)
    return lambda env: env.value(quantity)


def _collected(text: str, aside: list[Reading], indices: frozenset[str]) -> str:
    """Sums and products over time, each put aside."""
    match = _COLLECTED.search(text)
    if match is None:
        return text
    end = _term_end(text, match.end())
    letter = match.group(2).replace("\\", "")
    term = reading_of(text[match.end() : end], indices | {letter})
    last = reading_of(match.group(4) or match.group(5), indices)
    first, product = int(match.group(3)), match.group(1) == "prod"

    def collected(env: Environment) -> Array:
        total: Any = np.asarray(fmpq(1 if product else 0), object)
        for index in range(first, int(float(arb(last(env).item()))) + 1):
            inner = term(Environment(env.step, env.values, {**env.bound, letter: index}))
            total = total * inner if product else total + inner
        return np.asarray(total, object)

    return _collected(text[: match.start()] + _put(aside, collected) + " " + text[end:], aside, indices)


def _term_end(text: str, start: int) -> int:
    """Where the term of a sum ends: after a bracket or a quantity, with its power."""
    if text[start : start + 1] == "(":
        end = _closing(text, start) + 1
        power = re.match(_ONE_SCRIPT, text[end:])
        return end + (power.end() if power else 0)
    match = _QUANTITY.match(text, start)
    if match is None:
        raise ReadError("the term of a sum cannot be read", text=text, position=start)
    return match.end()


def _closing(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise ReadError("a bracket is not closed", text=text, position=start)


def _reduced(text: str, aside: list[Reading], indices: frozenset[str]) -> str:
    """The root mean square and the number of dimensions of an array, each put aside."""
    match = _REDUCED.search(text)
    if match is None:
        return text
    end = _closing(text, match.end() - 1)
    inner = reading_of(text[match.end() : end], indices)
    reading = (lambda env: _root_mean_square(inner(env))) if match.group(1) == "RMS" else _dimensions(inner)
    return _reduced(text[: match.start()] + _put(aside, reading) + " " + text[end + 1 :], aside, indices)


def _root_mean_square(values: Array) -> Array:
    squares = [arb(value) ** 2 for value in values.ravel()]
    return np.asarray((sum(squares, arb(0)) / len(squares)).sqrt(), object)


def _dimensions(inner: Reading) -> Reading:
    return lambda env: np.asarray(fmpq(inner(env).ndim), object)


def _evaluator(expr: sp.Expr, aside: tuple[Reading, ...]) -> Reading:
    symbols = tuple(sorted(expr.free_symbols, key=str))
    known = {symbol(f"Q_{index}"): reading for index, reading in enumerate(aside)}
    unknown = [str(s) for s in symbols if s not in known]
    if unknown:
        raise ReadError(f"nothing gives {', '.join(unknown)}", text=str(expr))
    function = compiled(expr, symbols)

    def one(*values: Any) -> Any:
        try:
            return function(*(number(value) if arb(value).is_finite() else _undefined() for value in values))
        except UndefinedValue:
            return NAN

    if not symbols:
        return lambda env: np.asarray(function(), object)
    mapped = np.frompyfunc(one, len(symbols), 1)
    return lambda env: np.asarray(mapped(*(known[s](env) for s in symbols)), object)


def _undefined() -> Any:
    raise UndefinedValue("an operand has no value")
