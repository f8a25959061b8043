r"""Derivatives by a component of a vector: ``\partial p_i / \partial z_j = p_i(\delta_{ij} - p_j)``, and chains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.calculus.components import DELTA, derivative_by_component, with_plain_sums
from symdl.core import Claim, Compare, Evidence, ReadError, SymdlError, Verdict, function, symbol
from symdl.notation.elaborate import elaborate
from symdl.notation.names import name_of
from symdl.notation.syntax import DerivativeOf, Name, Node, Relation, Scripted

from .assessments import Assessment, decided
from .claims import chain_assessment
from .context import Context
from .formulas import Formula

_INDEXED = re.compile(r"(?P<base>.+)_(?:\{)?(?P<index>[a-z])(?:\})?$")
_TWICE = re.compile(r"(?P<base>.+)_\{?(?P<first>[ijklmnrsuc]),?(?P<second>[ijklmnrsuc])\}?$")
_INDICES = "ijklmnrsuc"
_SIZE = 3


@dataclass(frozen=True)
class _Families:
    """The components and scalars that the text has defined before a formula, each with its index."""

    bodies: Mapping[str, tuple[sp.Symbol | None, sp.Expr]]

    def written_out(self, expr: sp.Expr) -> sp.Expr:
        """An expression with every component that has a definition replaced by it."""
        for _ in range(len(self.bodies) + 1):
            table = {part: self._body(part) for part in expr.atoms(AppliedUndef, sp.Symbol) if self._has(part)}
            if not table:
                break
            expr = _fresh(expr.xreplace(table))
        return expr

    def _has(self, part: sp.Basic) -> bool:
        return _head(part) in self.bodies and (self.bodies[_head(part)][0] is None) == isinstance(part, sp.Symbol)

    def _body(self, part: sp.Basic) -> sp.Expr:
        index, body = self.bodies[_head(part)]
        return body if index is None else body.xreplace({index: part.args[0]})


def _head(part: sp.Basic) -> str:
    return part.func.__name__ if isinstance(part, AppliedUndef) else str(part)


def _fresh(expr: sp.Expr) -> sp.Expr:
    """The expression with an index of its own for every sum."""
    if not expr.args:
        return expr
    args = [_fresh(arg) if isinstance(arg, sp.Expr) else arg for arg in expr.args]
    if not isinstance(expr, sp.Sum):
        return expr.func(*args)
    ((bound, low, high),) = expr.limits
    own = sp.Dummy(str(bound), integer=True)
    return sp.Sum(args[0].xreplace({bound: own}), (own, low, high))


def assess_component(formula: Formula, context: Context) -> Assessment | None:
    """A derivative by a component of a vector, with the steps of its chain; None for any other formula."""
    node = formula.node
    head = node.first if isinstance(node, Relation) and set(node.relations) == {"="} else None
    if not isinstance(node, Relation) or not isinstance(head, DerivativeOf) or head.argument is None:
        return None
    vector, index = _component(head)
    if index is None:
        return None
    try:
        families = _families(context, formula)
        first = _slope(_read(head.argument, context, formula, families), vector, index)
        sides = [first, *(_read(side, context, formula, families) for side in node.sides[1:])]
        sides = [_without_plain_deltas(with_plain_sums(sp.expand(side))) for side in sides]
    except SymdlError:
        return None
    known = {part.func.__name__ for side in sides for part in side.atoms(AppliedUndef)}
    plain = all(len(part.args) == 1 for side in sides for part in side.atoms(AppliedUndef) if _head(part) == vector)
    if vector not in known | {"delta"} or not plain or any(side.has(sp.Derivative) for side in sides):
        return None
    links = tuple(Compare(left, "=", right) for left, right in pairwise(sides))
    verdicts = [_verdict(link) for link in links]
    if any(verdict.refuted for verdict in verdicts):
        verdicts = [_under_one(link, verdict, vector) for link, verdict in zip(links, verdicts, strict=True)]
    assessment = chain_assessment("derivative", links, verdicts, "DER001", "this is not the derivative")
    return replace(assessment, read_as=" ".join(formula.tex.split()))


def _without_plain_deltas(expr: sp.Expr) -> sp.Expr:
    """The expression where a delta of two equal indices is one."""
    return expr.xreplace({delta: sp.Integer(1) for delta in expr.atoms(DELTA) if len(set(delta.args)) == 1})


def _component(head: DerivativeOf) -> tuple[str, sp.Symbol | None]:
    r"""The vector and the index of ``\partial z_j``."""
    ((variable, order), *others) = head.variables
    if others or order != 1 or not isinstance(variable, Scripted) or variable.superscript is not None:
        return "", None
    script, base = variable.subscript, name_of(variable.base)
    if not isinstance(script, Name) or len(script.base) != 1 or script.base not in _INDICES or base is None:
        return "", None
    return base, symbol(script.base)


def _families(context: Context, formula: Formula) -> _Families:
    """What the text defines before a formula: ``p_i = ...`` by its index, ``L = ...`` as it is."""
    bodies: dict[str, tuple[sp.Symbol | None, sp.Expr]] = {}
    for definition in context.named_values(formula):
        indexed = _INDEXED.fullmatch(definition.function)
        body = _fresh(_components(definition.body))
        if indexed is not None and indexed["index"] in _INDICES:
            bodies[indexed["base"]] = (symbol(indexed["index"]), body)
        else:
            bodies[definition.function] = (None, body)
    return _Families(bodies)


def _read(node: Node, context: Context, formula: Formula, families: _Families) -> sp.Expr:
    """A side in components, with what is defined written out and derivatives by components taken."""
    read = elaborate(node, context.profile, context.scope(formula), text=formula.span).expr
    slopes, hidden = {}, {}
    for part in read.atoms(sp.Derivative):
        body, by = part.expr, part.variables[0]
        found = _INDEXED.fullmatch(str(by))
        if found is None or part.derivative_count != 1:
            raise ReadError("a derivative by no component", text=formula.span, position=node.start)
        inner = _components(symbol(body.func.__name__) if isinstance(body, AppliedUndef) else body)
        hidden[part] = sp.Dummy("slope", real=True)
        slopes[hidden[part]] = _slope(families.written_out(_fresh(inner)), found["base"], symbol(found["index"]))
    return families.written_out(_fresh(_components(read.xreplace(hidden)).xreplace(slopes)))


def _slope(expr: sp.Expr, vector: str, index: sp.Symbol) -> sp.Expr:
    return derivative_by_component(expr, vector, index)


def _components(expr: sp.Expr) -> sp.Expr:
    """``p_i`` as ``p(i)`` and ``x_{ij}`` as ``x(i, j)``."""
    table: dict[sp.Basic, sp.Expr] = {}
    for part in expr.free_symbols:
        twice, found = _TWICE.fullmatch(str(part)), _INDEXED.fullmatch(str(part))
        if twice is not None:
            table[part] = function(twice["base"])(symbol(twice["first"]), symbol(twice["second"]))
        elif found is not None and found["index"] in _INDICES:
            table[part] = function(found["base"])(symbol(found["index"]))
    return expr.xreplace(table)


def _verdict(link: Compare, labels: Mapping[sp.Basic, sp.Expr] | None = None) -> Verdict:
    """Proved where it holds for equal and for different indices, refuted by an instance with three components.

    ``labels`` are values that components of an instance have.
    """
    if len(_free_indices(link)) > 2:
        return Verdict(Claim(link), "UNDECIDED", (Evidence("components", "", "more than two indices"),))
    cases = [_as_scalars(case) for case in _cases(link)]
    verdicts = [decided(Claim(case)) for case in cases]
    if all(verdict.proved for verdict in verdicts):
        detail = "for equal and for different indices, sums as quantities of their own"
        return Verdict(Claim(link), "PROVED", (Evidence("components", "", detail), *verdicts[0].evidence))
    for instance in _instances(link):
        found = decided(Claim(_substituted(instance, labels or {})))
        if found.refuted:
            return Verdict(Claim(link), "REFUTED", found.evidence)
    reason = Evidence("components", "", "neither proved for all sizes nor refuted with three components")
    return Verdict(Claim(link), "UNDECIDED", (reason,))


def _cases(link: Compare) -> Iterator[Compare]:
    """The comparison with every delta zero, and with its two indices equal and every delta one."""
    deltas = sorted(link.lhs.atoms(DELTA) | link.rhs.atoms(DELTA), key=str)
    free = _free_indices(link)
    yield _substituted(link, dict.fromkeys(deltas, sp.Integer(0)))
    if len(free) == 2:
        equal = {free[0]: free[1]}
        yield _substituted(_substituted(link, dict.fromkeys(deltas, sp.Integer(1))), equal)


def _free_indices(link: Compare) -> list[sp.Symbol]:
    """The indices of components that no sum binds."""
    components = link.lhs.atoms(AppliedUndef) | link.rhs.atoms(AppliedUndef)
    found = {arg for part in components for arg in part.args if isinstance(arg, sp.Symbol)}
    return sorted((arg for arg in found if not isinstance(arg, sp.Dummy)), key=str)


def _substituted(link: Compare, table: Mapping[sp.Basic, sp.Expr]) -> Compare:
    return Compare(link.lhs.xreplace(table), link.relation, link.rhs.xreplace(table))


def _as_scalars(link: Compare) -> Compare:
    """Components and sums as quantities of their own; sums that differ by their index alone are one."""
    sums = {part: part.function.xreplace({part.limits[0][0]: symbol("index")}) for part in _sums(link)}
    names = {body: symbol(f"S_{n}") for n, body in enumerate(sorted(set(sums.values()), key=str))}
    hidden = _substituted(link, {part: names[body] for part, body in sums.items()})
    entries = hidden.lhs.atoms(AppliedUndef) | hidden.rhs.atoms(AppliedUndef)
    return _substituted(hidden, {e: symbol(f"{e.func.__name__}_{'_'.join(map(str, e.args))}") for e in entries})


def _sums(link: Compare) -> set[sp.Sum]:
    return set(link.lhs.atoms(sp.Sum) | link.rhs.atoms(sp.Sum))


def _instances(link: Compare) -> Iterator[Compare]:
    """The comparison for three components, at different and at equal indices."""
    free = _free_indices(link)
    for places in ((1, 2, 3), (1, 1, 1)):
        at = {index: sp.Integer(place) for index, place in zip(free, places, strict=False)}
        sums = {
            part: sp.Add(*(part.function.xreplace({part.limits[0][0]: sp.Integer(c)}) for c in range(1, _SIZE + 1)))
            for part in _sums(link)
        }
        written = _substituted(_substituted(link, sums), {**at, symbol("n"): sp.Integer(_SIZE)})
        deltas = written.lhs.atoms(DELTA) | written.rhs.atoms(DELTA)
        plain = _substituted(written, {d: sp.Integer(int(d.args[0] == d.args[1])) for d in deltas})
        entries = plain.lhs.atoms(AppliedUndef) | plain.rhs.atoms(AppliedUndef)
        yield _substituted(plain, {e: symbol(f"{e.func.__name__}_{'_'.join(map(str, e.args))}") for e in entries})


def _under_one(link: Compare, verdict: Verdict, vector: str) -> Verdict:
    """The verdict where the components of another vector, labels say, add up to one."""
    if verdict.proved:
        return verdict
    sums = [part for part in _sums(link) if isinstance(part.function, AppliedUndef)]
    names = sorted({part.function.func.__name__ for part in sums} - {vector})
    if not names:
        return verdict
    table = {part: sp.Integer(1) for part in sums if part.function.func.__name__ in names}
    last = {symbol(f"{name}_3"): 1 - symbol(f"{name}_1") - symbol(f"{name}_2") for name in names}
    found = _verdict(_substituted(link, table), last)
    given = Evidence("components", "", f"where the components of {', '.join(names)} add up to one")
    return replace(found, claim=verdict.claim, evidence=(given, *found.evidence))
