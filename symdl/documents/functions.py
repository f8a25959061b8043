"""Functions that a document defines: which known one each is, its kinks, and what its name claims."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import combinations, permutations

import sympy as sp

from symdl.calculus.kinks import Kink, kinks
from symdl.core import (
    Activation,
    Claim,
    Compare,
    DefinitionError,
    Finding,
    Parameter,
    UndefinedValue,
    UnsupportedDerivative,
    UnsupportedOperation,
    Verdict,
    to_latex,
    to_text,
)
from symdl.library import ACTIVATIONS
from symdl.matching.rules import identifier
from symdl.notation.names import name_of
from symdl.notation.syntax import Relation, walk
from symdl.notation.tokens import GREEK
from symdl.numerics.ball import evaluate
from symdl.prover.rewriting import substitute

from .assessments import Assessment, decided, information, verdict_findings
from .context import Context, DefinedFunction
from .sources import left_side

_POINTS = tuple(sp.Rational(*pair) for pair in ((-5, 2), (-1, 3), (2, 7), (7, 3)))
_PARAMETERS = tuple(sp.Rational(*pair) for pair in ((1, 3), (2, 5), (3, 7)))

_CALLED = re.compile(
    r"(?:^(?:the\s+)?|\bthe\s+)([A-Za-z][\w -]*?)(?:\s+(?:activation|function))*(?:\s*\([^)]*\))?\s+"
    r"(?:is|reads|is (?:given|defined) (?:by|as))\s*:?\s*$",
    re.IGNORECASE,
)
_FAR = 1000
_HEADING = re.compile(r"^#+ [^\n]*")
_BARE = re.compile(
    r"^\W*(?:(?:it|this|the (?:function|activation|unit|formula))\b)?\s*(?:is\b)?\s*"
    r"(?:(?:defined|given) (?:as|by))?\s*:?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Known:
    """A library activation that a definition equals, in the definition's own symbols."""

    item: Activation
    renamed: Activation
    verdict: Verdict


@dataclass(frozen=True)
class ReadActivation:
    """A definition as an activation, the known one that it equals, and its kinks.

    Where it equals none, ``named`` is the known one that the text calls it, in its own symbols, and
    ``against_name`` the verdict on that.
    """

    source: DefinedFunction
    activation: Activation
    known: Known | None
    kinks: tuple[Kink, ...]
    named: Activation | None = None
    against_name: Verdict | None = None

    @property
    def refuted(self) -> bool:
        """Whether the formula is not that of the function that the text names."""
        return self.against_name is not None and self.against_name.refuted


def read_activation(source: DefinedFunction, context: Context) -> ReadActivation | None:
    """The definition as an activation; None for a function of several arguments or outside the class."""
    if len(source.definition.arguments) != 1:
        return None
    (argument,) = source.definition.arguments
    expr = source.expr
    free = sorted(expr.free_symbols - {argument}, key=str)
    domains = {s: context.given(source.formula, {s}) for s in free}
    parameters = tuple(Parameter(s, identifier(str(s)), None, domains[s]) for s in free)
    try:
        activation = Activation(_name(source, context), argument, expr, parameters)
        known = _known(activation)
        if known is not None:
            activation = _as_known(activation, known)
        read = ReadActivation(source, activation, known, _kinks(activation))
        return read if known is not None else _held_to_name(read)
    except (DefinitionError, UnsupportedOperation):
        return None


def _kinks(activation: Activation) -> tuple[Kink, ...]:
    try:
        return kinks(replace(activation, slope_at={}))
    except (UnsupportedDerivative, UnsupportedOperation, DefinitionError):
        return ()


def plain(name: str) -> str:
    """A name without case, spaces and signs, for comparing.

    >>> plain("Leaky ReLU") == plain("leaky_relu")
    True
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _name(source: DefinedFunction, context: Context) -> str:
    """What the function is called: its own name if it is a word, else the lead of its topic."""
    own = source.definition.function
    is_word = len(own) > 2 and own.split("_")[0] not in GREEK
    spoken = own if is_word else _spoken(source, context) or own
    for item in ACTIVATIONS:
        if plain(spoken) in (plain(item.name), *map(plain, item.also_called)):
            return item.name
    words = re.sub(r"\([^)]*\)", "", spoken).strip()
    return identifier(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words).lower())


def _spoken(source: DefinedFunction, context: Context) -> str:
    """What the words right before a definition call it, or the lead of its topic.

    A heading counts over one function alone, with no words of its own.
    """
    topic, before = source.formula.topic, source.formula.before
    named = _CALLED.search(before)
    if named is not None and any(plain(named[1]) in map(plain, (a.name, *a.also_called)) for a in ACTIVATIONS):
        return named[1]
    if not topic.heading:
        return topic.lead if _leads(source, context) else ""
    here = [f for f in context.functions if f.formula.topic.section == topic.section]
    return topic.lead if len(here) == 1 and _BARE.match(_HEADING.sub("", before)) else ""


def _leads(source: DefinedFunction, context: Context) -> bool:
    """Whether the lead of its topic speaks of this function: of the first there that no other is written with."""
    here = [f for f in context.functions if f.formula.topic == source.formula.topic]
    spoken = [f for f in here if not any(_uses(other, f) for other in here if other != f)]
    return not spoken or source.definition.function == spoken[0].definition.function


def _uses(function: DefinedFunction, helper: DefinedFunction) -> bool:
    node = function.formula.node
    sides = node.sides[1:] if isinstance(node, Relation) else ()
    return any(name_of(part) == helper.definition.function for side in sides for part in walk(side))


def _known(activation: Activation) -> Known | None:
    """The library activation that this one equals, if the prover agrees."""
    for item in ACTIVATIONS:
        for renamed in _renamings(item, activation):
            if _alike(activation, renamed):
                verdict = decided(_same(activation, renamed, domains=True))
                if verdict.proved:
                    return Known(item, renamed, verdict)
    return None


def _renamings(item: Activation, model: Activation) -> list[Activation]:
    """``item`` in the symbols of ``model``, under each order of its parameters; others have their defaults."""
    if len(item.parameters) < len(model.parameters):
        return []
    orders = list(permutations([parameter.symbol for parameter in model.parameters]))
    kept = combinations(item.parameters, len(model.parameters))
    partial = [_at_defaults(item, parameters) for parameters in kept]
    return [_renamed(one, model.argument, order) for one in partial if one is not None for order in orders]


def _at_defaults(item: Activation, kept: tuple[Parameter, ...]) -> Activation | None:
    """``item`` with its other parameters at their defaults; None where one has none."""
    table = {parameter.symbol: parameter.default for parameter in item.parameters if parameter not in kept}
    if not table:
        return item
    if None in table.values():
        return None
    slopes = {sp.sympify(at).xreplace(table): sp.sympify(s).xreplace(table) for at, s in item.slope_at.items()}
    domains = (replace(p, domain=tuple(r for r in p.domain if not _symbols(r) & table.keys())) for p in kept)
    return replace(item, expr=item.expr.xreplace(table), parameters=tuple(domains), slope_at=slopes)


def _symbols(relation: Compare) -> set[sp.Symbol]:
    return set(relation.lhs.free_symbols | relation.rhs.free_symbols)


def _renamed(item: Activation, argument: sp.Symbol, symbols: tuple[sp.Symbol, ...]) -> Activation:
    table = {item.argument: argument, **{p.symbol: s for p, s in zip(item.parameters, symbols, strict=True)}}
    parameters = tuple(
        replace(p, symbol=table[p.symbol], domain=tuple(_moved(relation, table) for relation in p.domain))
        for p in item.parameters
    )
    slopes = {sp.sympify(at).xreplace(table): sp.sympify(slope).xreplace(table) for at, slope in item.slope_at.items()}
    return replace(item, argument=argument, expr=item.expr.xreplace(table), parameters=parameters, slope_at=slopes)


def _moved(relation: Compare, table: dict[sp.Symbol, sp.Symbol]) -> Compare:
    return Compare(relation.lhs.xreplace(table), relation.relation, relation.rhs.xreplace(table))


def _alike(left: Activation, right: Activation) -> bool:
    """Whether the two agree at a few points; most candidates are dismissed here."""
    values = {p.symbol: v for p, v in zip(left.parameters, _PARAMETERS, strict=False)}
    try:
        return all(
            evaluate(left.expr, {**values, left.argument: x}).overlaps(
                evaluate(right.expr, {**values, left.argument: x})
            )
            for x in _POINTS
        )
    except UndefinedValue:
        return False


def _same(left: Activation, right: Activation, domains: bool) -> Claim:
    own = [relation for parameter in left.parameters for relation in parameter.domain]
    usual = [relation for parameter in right.parameters for relation in parameter.domain]
    given = tuple(dict.fromkeys([*own, *(usual if domains and not own else [])]))
    return Claim(Compare(left.expr, "=", right.expr), given, f"{left.name} equals the library's {right.name}")


def _as_known(activation: Activation, known: Known) -> Activation:
    """The activation with the names, defaults and slopes of the known one, and its own expression."""
    return replace(
        activation,
        parameters=known.renamed.parameters,
        slope_at=known.renamed.slope_at,
        source=known.item.source,
        also_called=known.item.also_called,
    )


def assess_function(source: DefinedFunction, read: ReadActivation | None) -> Assessment:
    """The outcome of a definition: defined, unless the name that the text gives it is another function's."""
    read_as = str(source.definition)
    base = Assessment("definition", "defined", read_as, given=tuple(map(str, source.body.assumptions)))
    if read is None:
        return base
    domain = tuple(str(relation) for parameter in read.activation.parameters for relation in parameter.domain)
    base = replace(base, given=tuple(dict.fromkeys((*base.given, *domain))))
    if read.known is not None:
        how = f"equals the known function {read.known.item.name}, {to_text(read.known.renamed.expr)}: proved"
        base = replace(base, evidence=read.known.verdict.evidence).noting(information("DEF003", how))
    elif read.named is not None and read.against_name is not None:
        message = f"the text calls this {read.named.name}, which is {to_text(read.named.expr)}"
        fix = f"{left_side(source.formula)} = {to_latex(read.named.expr)}"
        base = base.judged(read.against_name, *verdict_findings(read.against_name, "FUN001", message, fix))
    return base.noting(*(_kink_finding(kink, read) for kink in read.kinks))


def _kink_finding(kink: Kink, read: ReadActivation) -> Finding:
    x, f = read.activation.argument, read.source.definition.function
    if kink.jump:
        return information("KINK001", f"{f} jumps at {x} = {to_text(kink.point)}")
    low, high = map(to_text, kink.clarke)
    return information(
        "KINK001",
        f"{f} has a kink at {x} = {to_text(kink.point)}: slope {to_text(kink.left)} on the left, {to_text(kink.right)} "
        f"on the right, so the derivative there is the Clarke interval [{low}, {high}]; no slope is declared",
    )


def _held_to_name(read: ReadActivation) -> ReadActivation:
    """Under the name of a known function stands a formula: do they agree?"""
    for item in ACTIVATIONS:
        if item.name == read.activation.name:
            for renamed in _renamings(item, read.activation):
                if _kinks(renamed) and _meet_far_away(read.activation, renamed):
                    return read
                verdict = decided(_same(read.activation, renamed, domains=True))
                return replace(read, named=renamed, against_name=verdict)
    return read


def _meet_far_away(left: Activation, right: Activation) -> bool:
    """Whether two functions without parameters agree on both sides far from 0, as two cuts of one curve do."""
    for point in (-_FAR, _FAR):
        values = [substitute(f.expr, {f.argument: sp.Integer(point)}) for f in (left, right)]
        if any(value.free_symbols for value in values):
            return False
        try:
            if not evaluate(values[0], {}).overlaps(evaluate(values[1], {})):
                return False
        except UndefinedValue:
            return False
    return True
