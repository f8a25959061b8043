"""Losses that a text defines under the name of a known one, for one prediction and one target.

A factor is a convention, and so are sums and means. A definition is refuted only where a small change of
its text makes it the loss that it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import sympy as sp

from symdl.core import Activation, Claim, Compare, Loss, SymdlError, symbol
from symdl.core.array_entries import entry
from symdl.core.array_graph import graph
from symdl.core.arrays import Map
from symdl.library import LOSSES
from symdl.matching.slips import slips
from symdl.numerics.ball import evaluate

from .assessments import Assessment, decided, verdict_findings
from .context import Context, DefinedFunction
from .formulas import Formula
from .repairs import candidates, rewritten, right_sides

_POINTS = (
    (sp.Rational(1, 3), sp.Rational(9, 7)),
    (sp.Rational(-7, 5), sp.Rational(2, 3)),
    (sp.Rational(5, 2), sp.Rational(-4, 3)),
)
_CONSTANTS = (sp.Rational(3, 4), sp.Rational(2, 5))
_MOST_CANDIDATES = 300
_ANOTHER = re.compile(
    r"\b(unlike|than|instead|compar\w+|generali\w+|varia\w+|modif\w+|similar\w*|differ\w*|like|version|our)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ScalarLoss:
    """A loss for one prediction and one target: what it is, in the symbols of its inputs and parameters."""

    loss: Loss
    expr: sp.Expr
    inputs: tuple[sp.Symbol, ...]
    parameters: tuple[sp.Symbol, ...]


@lru_cache(maxsize=1)
def scalar_losses() -> tuple[ScalarLoss, ...]:
    """The losses of the library that work entry by entry."""
    return tuple(found for loss in LOSSES if (found := _scalar(loss)) is not None)


def _scalar(loss: Loss) -> ScalarLoss | None:
    expr = entry(loss.expr).expr
    sums = list(expr.atoms(sp.Sum))
    if len(sums) != 1:
        return None
    expr = expr.xreplace({sums[0]: sums[0].function})
    maps = (node.function for node in graph(loss.expr) if isinstance(node, Map))
    for known in {f.name: f for f in maps if isinstance(f, Activation)}.values():
        body = sp.Lambda(known.argument, known.expr)
        expr = expr.replace(lambda e, n=known.name: getattr(e.func, "__name__", "") == n, lambda e, b=body: b(*e.args))
    expr = expr.xreplace({part: symbol(str(part).partition("[")[0]) for part in expr.free_symbols if "[" in str(part)})
    inputs = tuple(symbol(array.name) for array in loss.inputs)
    parameters = tuple(parameter.symbol for parameter in loss.parameters)
    sizes = expr.free_symbols - {*inputs, *parameters}
    expr = expr.xreplace(dict.fromkeys(sizes, sp.Integer(1)))
    return ScalarLoss(loss, expr, inputs, parameters) if expr.free_symbols == {*inputs, *parameters} else None


def assess_named_loss(source: DefinedFunction, context: Context) -> Assessment | None:
    """Whether a definition under the name of a known loss is that loss; None where there is nothing to say."""
    named = _named(source.formula)
    if named is None or _equal_up_to_factor(source.expr, named) is not None:
        return None
    plain = rewritten(source.formula, source.formula.tex)
    if plain is None or plain.node is None:
        return None
    found = slips(plain.span, right_sides(plain.node), shape_only=False)
    for number, change in enumerate(candidates(plain, found)):
        if number == _MOST_CANDIDATES:
            return None
        meant = _read(change.formula, context)
        renamed = _equal_up_to_factor(meant, named) if meant is not None else None
        if renamed is None or meant is None:
            continue
        verdict = decided(Claim(Compare(source.expr, "=", meant), (), f"{named.loss.name} as it is written"))
        if verdict.refuted:
            message = f"the text calls this {named.loss.name}, which it is under no factor or order of its arguments"
            assessment = Assessment("definition", "defined", str(source.definition))
            return assessment.judged(verdict, *verdict_findings(verdict, "FUN001", message, change.text))
    return None


def _read(formula: Formula, context: Context) -> sp.Expr | None:
    try:
        changed = context.replacing(formula)
    except SymdlError:
        return None
    return next((f.expr for f in changed.functions if f.formula.number == formula.number), None)


def _named(formula: Formula) -> ScalarLoss | None:
    """The one loss that the words before a definition, or its heading, name."""
    words = f"{formula.topic.lead} {formula.before}"
    if _ANOTHER.search(words):
        return None
    found = [known for known in scalar_losses() if any(_says(words, name) for name in _names(known.loss))]
    return found[0] if len(found) == 1 else None


def _names(loss: Loss) -> Iterator[str]:
    yield loss.name.replace("_", " ")
    yield from (name for name in loss.also_called if " " in name or "-" in name or name.istitle())


def _says(words: str, name: str) -> bool:
    bare = re.escape(name.lower().removesuffix(" loss"))
    return re.search(rf"\b{bare.replace('-', '[- ]')}\s+(loss|error)\b", words.lower()) is not None


def _equal_up_to_factor(expr: sp.Expr, known: ScalarLoss) -> sp.Expr | None:
    """The known loss in the symbols of ``expr``, if the two agree at a few points but for a factor."""
    free = sorted(expr.free_symbols, key=str)
    if len(free) == len(known.inputs) + len(known.parameters) - 1:
        known = of_residual(known) or known
    wanted = (*known.inputs, *known.parameters)
    if len(free) != len(wanted):
        return None
    for order in permutations(free):
        renamed = known.expr.xreplace(dict(zip(wanted, order, strict=True)))
        if _proportional(expr, renamed, order[: len(known.inputs)], order[len(known.inputs) :]):
            return renamed
    return None


@lru_cache(maxsize=64)
def of_residual(known: ScalarLoss) -> ScalarLoss | None:
    """A loss of the difference of its two inputs as a function of that; None for any other loss."""
    if len(known.inputs) != 2:
        return None
    first, second = known.inputs
    alone = known.expr.xreplace({second: sp.Integer(0)})
    constants = dict(zip(known.parameters, _CONSTANTS, strict=False))
    for a, b in _POINTS:
        try:
            whole = evaluate(known.expr, {**constants, first: a, second: b})
            if not _close(whole, evaluate(alone, {**constants, first: a - b})):
                return None
        except SymdlError:
            return None
    return ScalarLoss(known.loss, alone, (first,), known.parameters)


def _proportional(
    left: sp.Expr, right: sp.Expr, inputs: tuple[sp.Symbol, ...], constants: tuple[sp.Symbol, ...]
) -> bool:
    ratios = []
    for point in _POINTS:
        values = {**dict(zip(inputs, point, strict=False)), **dict(zip(constants, _CONSTANTS, strict=False))}
        try:
            ratios.append(evaluate(left, values) / evaluate(right, values))
        except (SymdlError, ZeroDivisionError):
            return False
    return all(_close(ratio, ratios[0]) for ratio in ratios)


def _close(left: object, right: object) -> bool:
    return abs(float(left) - float(right)) < 1e-9  # type: ignore[arg-type]
