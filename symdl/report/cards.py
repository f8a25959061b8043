"""From an item to its card: what follows from the value, from committed data and from the prover.

Main result: :func:`card`. Nothing is measured here; error bounds are those of the generated code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

import sympy as sp

from symdl import library
from symdl.calculus.derivatives import activation_derivative, domain, parameter_derivative
from symdl.calculus.kinks import Kink, kinks, smoothness
from symdl.calculus.reverse import gradient
from symdl.codegen import generate
from symdl.codegen.text import formula
from symdl.core import (
    THETA,
    Activation,
    Array,
    ArrayExpr,
    Claim,
    DefinitionError,
    Layer,
    Loss,
    Optimizer,
    Parameter,
    Properties,
    SymdlError,
    Verdict,
    to_latex,
    to_text,
)
from symdl.core.array_entries import Entry, entry
from symdl.core.array_graph import graph
from symdl.core.chains import Collected, Final
from symdl.core.printing import latex_name
from symdl.library import Item
from symdl.library.optimizers import FAMILIES
from symdl.matching.families import recognise
from symdl.prover import decide, explain, ledger
from symdl.prover.discovery import with_properties
from symdl.prover.properties import property_claims
from symdl.prover.rewriting import domain_conditions
from symdl.prover.serial import claim_to_json

from .card_data import Card, Constant, Convention, Formula, Input, KinkRow, PropertyRow
from .curves import curve
from .routines import routines

_GENERATED = Path(__file__).parent.parent / "generated"
_LONGEST = 1200
_Found = TypeVar("_Found")


def card(item: Item) -> Card:
    """The card of an activation, a loss, a layer or an update rule.

    What cannot be worked out (a kink that is not located, code that cannot be made) is a note on the
    card. Raises :class:`DefinitionError` for anything else.

    >>> from symdl.library import leaky_relu
    >>> shown = card(leaky_relu)
    >>> shown.kinks[0].interval, shown.kinks[0].declared, shown.domain
    (('k', '1'), 'k', 'every real x')
    """
    if isinstance(item, Activation):
        return _activation(item)
    if isinstance(item, Loss | Layer):
        return _array_item(item)
    if isinstance(item, Optimizer):
        return _update_rule(item)
    raise DefinitionError(f"{item!r} is not an item that has a card")


def source_code(item: Item) -> str:
    """The module of an item: the committed one for an item of the library, else generated now."""
    return generate(item).source


def module_path(item: Item) -> Path | None:
    """Where the committed module of a library item is; None for any other value."""
    path = _GENERATED / f"{item.name}.py"
    return path if any(item is known for known in library.ITEMS) and path.is_file() else None


def _activation(item: Activation) -> Card:
    notes: list[str] = []
    slope = _unless_refused(lambda: activation_derivative(item), "derivative", notes)
    found = _unless_refused(lambda: kinks(item), "kinks", notes) or ()
    order = _unless_refused(lambda: smoothness(item), "smoothness", notes)
    shown = _unless_refused(lambda: curve(item), "curve", notes)
    known = _unless_refused(lambda: with_properties(item), "properties", notes) or item
    argument = to_text(item.argument)
    made = Card(
        item.name,
        "activation",
        (_equation(item.name, argument, item.expr),),
        domain=_where_defined(item),
        parameters=_constants(item.parameters),
        derivative=(
            *(() if slope is None else (_equation(f"{item.name}'", argument, slope),)),
            *_by_learned(item, notes),
        ),
        kinks=tuple(map(_kink, found)),
        declared=_declared(known.properties),
        properties=_unless_refused(lambda: _properties(known), "properties", notes) or (),
        smoothness="" if order is None else _smoothness(order),
        curve=shown,
    )
    return _completed(made, item, notes)


def _by_learned(item: Activation, notes: list[str]) -> Iterator[Formula]:
    """The derivatives by the parameters that are trained."""
    for parameter in (p for p in item.parameters if p.learned):
        found = _unless_refused(
            partial(parameter_derivative, item, parameter), f"derivative by {parameter.name}", notes
        )
        if found is not None:
            name, argument = f"d {item.name}/d {parameter.symbol}", to_text(item.argument)
            left = rf"\frac{{\partial {latex_name(item.name)}}}{{\partial {to_latex(parameter.symbol)}}}"
            yield Formula(f"{name}({argument}) = {to_text(found)}", f"{left}({argument}) = {to_latex(found)}")


def _array_item(item: Loss | Layer) -> Card:
    learned = item.learned if isinstance(item, Layer) else ()
    notes: list[str] = []
    made = Card(
        item.name,
        "loss" if isinstance(item, Loss) else "layer",
        _array_formulas(item.name, latex_name(item.name), entry(item.expr)),
        parameters=_constants(item.parameters),
        inputs=tuple(_input(a, a in learned) for a in (*item.inputs, *learned)),
        derivative=tuple(_gradients(item, (*item.inputs, *learned), notes)),
    )
    return _completed(made, item, notes)


def _update_rule(item: Optimizer) -> Card:
    family, conventions = _family(item)
    starts = (
        Formula(f"{s.symbol} = {to_text(s.start)}", _assigned(s.symbol, "=", s.start), "start") for s in item.state
    )
    asked = (
        Formula(
            f"{e.symbol} = {e.quantity} at {to_text(e.point)}",
            rf"{to_latex(e.symbol)} = \nabla L\left({to_latex(e.point)}\right)",
            e.quantity,
        )
        for e in item.evaluations
    )
    steps = (
        Formula(f"{a.symbol} <- {formula(a.expr)}", _assigned(a.symbol, r"\leftarrow", a.expr), "step")
        for a in item.step
    )
    made = Card(
        item.name,
        "update rule",
        (*starts, *asked, *steps),
        parameters=_constants(item.hyper),
        inputs=(Input(str(THETA), ()),),
        family=family,
        conventions=conventions,
    )
    return _completed(made, item, [])


def _assigned(symbol: sp.Symbol, sign: str, expr: sp.Expr) -> str:
    """An assignment in LaTeX: hats as hats, what is subtracted last."""
    hats = {
        s: rf"\hat{{{s.name.removesuffix('_hat')}}}" for s in {symbol, *expr.free_symbols} if s.name.endswith("_hat")
    }
    if not isinstance(expr, sp.Add):
        return f"{to_latex(symbol, hats)} {sign} {to_latex(expr, hats)}"
    terms = sorted(expr.args, key=lambda term: (term.could_extract_minus_sign(), sp.default_sort_key(term)))
    first, *rest = (to_latex(term, hats) for term in terms)
    joined = "".join(f" {part}" if part.startswith("-") else f" + {part}" for part in rest)
    return f"{to_latex(symbol, hats)} {sign} {first}{joined}"


def _completed(made: Card, item: Item, notes: list[str]) -> Card:
    """The card with what every card has: the code with its bounds, other names, the source, notes."""
    code = _unless_refused(lambda: source_code(item), "code", notes)
    path = module_path(item)
    return replace(
        made,
        module=f"symdl/generated/{path.name}" if path else "",
        routines=routines(code) if code else (),
        also_called=() if isinstance(item, Optimizer) else item.also_called,
        source=str(item.source) if item.source else "",
        notes=tuple(notes),
    )


def _unless_refused(work: Callable[[], _Found], what: str, notes: list[str]) -> _Found | None:
    """The result, or None and a note of why there is none."""
    try:
        return work()
    except SymdlError as error:
        notes.append(f"{what}: {str(error).splitlines()[0]}")
        return None


def _equation(name: str, argument: str, expr: sp.Expr) -> Formula:
    left = latex_name(name.rstrip("'")) + "'" * name.count("'")
    return Formula(f"{name}({argument}) = {to_text(expr)}", rf"{left}({argument}) = {to_latex(expr)}")


def _constants(parameters: Sequence[Parameter]) -> tuple[Constant, ...]:
    return tuple(
        Constant(
            p.name,
            str(p.symbol),
            "" if p.default is None else str(p.default),
            " and ".join(map(str, p.domain)) or "any real number",
            p.learned,
        )
        for p in parameters
    )


def _kink(kink: Kink) -> KinkRow:
    low, high = kink.clarke
    declared = "" if kink.declared is None else to_text(kink.declared)
    point, left, right = map(to_text, (kink.point, kink.left, kink.right))
    return KinkRow(point, left, right, (to_text(low), to_text(high)), declared, kink.jump)


def _smoothness(order: float) -> str:
    if order == float("inf"):
        return "has derivatives of every order"
    if order < 0:
        return "has a jump"
    return "continuous, not everywhere differentiable" if order == 0 else f"{order} times continuously differentiable"


def _declared(found: Properties | None) -> tuple[str, ...]:
    """What an item is said to be, in words; what it does not say is left out."""
    if found is None:
        return ()
    limits = (
        (found.lower, "not bounded below", "at least {}"),
        (found.upper, "not bounded above", "at most {}"),
        (found.lipschitz, "not Lipschitz continuous", "Lipschitz continuous with the constant {}"),
    )
    rows = [
        none if bound.is_infinite else some.format(to_text(bound)) for bound, none, some in limits if bound is not None
    ]
    kinds = ((found.monotone, "neither increasing nor decreasing"), (found.convex, "neither convex nor concave"))
    rows += [neither if kind == "neither" else str(kind) for kind, neither in kinds if kind is not None]
    return (*rows, *((f"given {', '.join(map(str, found.given))}",) if found.given else ()))


def _properties(item: Activation) -> tuple[PropertyRow, ...]:
    """The claims that an item makes, with the verdicts of the ledger; what is not there is decided now."""
    return tuple(_property(item, claim) for claim in property_claims(item))


def _property(item: Activation, claim: Claim) -> PropertyRow:
    stored = _ledger().get(claim.name)
    known = stored is not None and claim_to_json(stored.claim) == claim_to_json(claim)
    verdict = stored if stored is not None and known else explain(decide(claim))
    name = claim.name.removeprefix(f"{item.name}_").replace("_", " ")
    return PropertyRow(name, str(claim), verdict.outcome, verdict.idea)


@lru_cache(maxsize=1)
def _ledger() -> Mapping[str, Verdict]:
    return ledger.read()


def _where_defined(item: Activation) -> str:
    """Where the formula has a value: the conditions that the prover does not see to hold everywhere."""
    branches = [branch for piece in item.expr.atoms(sp.Piecewise) for branch, _ in piece.args]
    conditions = dict.fromkeys(c for expr in (item.expr, *branches) for c in domain_conditions(expr))
    given = domain(item)
    needed = [str(c) for c in conditions if not decide(Claim(c, given)).proved]
    argument = to_text(item.argument)
    return f"{argument} with {' and '.join(sorted(needed))}" if needed else f"every real {argument}"


def _input(array: Array, learned: bool) -> Input:
    return Input(array.name, tuple(map(str, array.dimensions)), learned, array.integer)


def _array_formulas(name: str, latex: str, found: Entry) -> tuple[Formula, ...]:
    marks = ", ".join(map(str, found.indices))
    left = (f"{name}[{marks}]", f"{latex}_{{{marks}}}") if marks else (name, latex)
    rows = [Formula(f"{left[0]} = {found.text}", f"{left[1]} = {found.latex}")]
    for place, expr in found.where:
        shown = f"{to_latex(place, found.names)} = {to_latex(expr, found.names)}"
        rows.append(Formula(f"{to_text(place)} = {to_text(expr)}", shown, "where"))
    return tuple(rows)


def _gradients(item: Loss | Layer, arrays: Sequence[Array], notes: list[str]) -> Iterator[Formula]:
    """The gradient of a loss by each input; of a layer, what reverse mode makes of the gradient of its output."""
    seed = None if isinstance(item, Loss) else Array(item.expr.dimensions, name="upstream")
    for array in arrays:
        if array.integer:
            continue
        found = _unless_refused(partial(gradient, item.expr, array, seed), f"gradient by {array.name}", notes)
        if found is not None:
            yield from _gradient_formula(item, array, found, notes)


def _gradient_formula(item: Loss | Layer, array: Array, found: ArrayExpr, notes: list[str]) -> Iterator[Formula]:
    if any(isinstance(node, Final | Collected) for node in graph(found)):
        notes.append(f"gradient by {array.name}: a chain that runs back over the levels; see the code")
        return
    (row,) = _array_formulas(f"{array.name}_gradient", rf"\nabla {latex_name(array.name)}", entry(found))
    if len(row.text) > _LONGEST:
        notes.append(f"gradient by {array.name}: {len(row.text)} characters long; see the code")
        return
    yield row


def _family(item: Optimizer) -> tuple[str, tuple[Convention, ...]]:
    """The family that a rule belongs to, and its place on each axis."""
    found = recognise(item)
    if found is None:
        return "", ()
    family = next(f for f in FAMILIES if f.name == found.family)
    here = found.variant.member.conventions
    rows = tuple(
        Convention(axis, here[axis], tuple(choice for choice in choices if choice != here[axis]))
        for axis, choices in family.axes.items()
    )
    return family.name + (f", {found.variant.note}" if found.variant.note else ""), rows
