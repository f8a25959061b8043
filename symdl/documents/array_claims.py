"""Claims about matrices and vectors: equations and gradients for all sizes, and products whose sizes do not fit."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import sympy as sp

from symdl.core import Claim, Compare, Evidence, Finding, ReadError, Witness
from symdl.core.findings import Role
from symdl.notation.array_signs import is_bold, is_matrix, spread, wants_arrays
from symdl.notation.arrays import compare_arrays
from symdl.notation.names import name_of
from symdl.notation.shapes import ShapeError
from symdl.notation.syntax import Addition, Bracketed, DerivativeOf, Gradient, Node, Number, Relation, walk

from .assessments import Assessment, decided
from .claims import chain_assessment, one_set_of_names
from .conditions import in_condition, is_assumed
from .context import Context, surrounds
from .formulas import Formula
from .shapes import Shapes
from .statements import kind_of
from .trees import rewritten

_EQUAL = frozenset({"=", ":="})


@dataclass(frozen=True)
class ArrayClaims:
    """What the formulas of a document claim about arrays, whose sizes it may declare."""

    context: Context
    shapes: Shapes
    formulas: tuple[Formula, ...]

    def assessed(self, formula: Formula, first: Assessment) -> Assessment:
        """The first opinion on a formula, or what is known of it as an equation about arrays.

        A definition is asked for sizes that do not fit alone, and so is what has been decided.
        """
        node, shapes = self.written_out(formula, _with_whole_gradient(formula.node)), self.shapes.at(formula)
        if not isinstance(node, Relation) or not set(node.relations) <= _EQUAL or first.outcome == "refuted":
            return first
        if not wants_arrays(spread(node, self.context.profile), shapes):
            return first
        try:
            links = compare_arrays(node, self.context.profile, self.context.scope(formula), shapes, formula.span)
        except ShapeError as error:
            return _mismatch(first, error) if _declared(node, shapes) else first
        except ReadError:
            return first
        same_rank = all(link.lhs.rank == link.rhs.rank for link in links)
        if first.outcome not in ("unread", "noted", "undecided", "proved") or not same_rank:
            return first
        if first.outcome == "proved" and _applies_capital(node, self.context.visible(formula)):
            return first
        return self.decided(formula, node, links) or Assessment("assumption", "noted", first.read_as)

    def written_out(self, formula: Formula, node: Node | None) -> Node | None:
        """A claim with what the text has defined before written in its place; a definition as it is."""
        if not isinstance(node, Relation) or kind_of(node) not in ("equation", "derivative"):
            return node
        first = node.first
        by = first.variable if isinstance(first, Gradient) else None
        by = first.variables[0][0] if isinstance(first, DerivativeOf) else by
        values = {name: body for name, body in self.values(formula) if by is None or name != name_of(by)}

        def change(part: Node) -> Node | None:
            body = values.get(name_of(part) or "")
            return Bracketed((body,), start=part.start, end=part.end) if body is not None else None

        return rewritten(node, change)

    def values(self, formula: Formula) -> Iterator[tuple[str, Node]]:
        """What names stand for that the topic of a formula, or one around it, has defined before it."""
        for other in self.formulas[: formula.number]:
            node = other.node
            if isinstance(node, Relation) and surrounds(other.topic, formula.topic) and kind_of(node) == "constant":
                yield name_of(node.first) or "", node.rest[0][1]

    def decided(self, formula: Formula, node: Relation, links: tuple[Compare, ...]) -> Assessment | None:
        """The outcome of the links, where they are claims and no conditions."""
        is_gradient = isinstance(node.first, Gradient | DerivativeOf)
        verdicts = [decided(Claim(link)) for link in links]
        role: Role = "derivative" if is_gradient else "identity"
        code, message = ("DER001", "this is not the gradient") if is_gradient else ("EQN001", "the sides are not equal")
        if any(verdict.refuted for verdict in verdicts):
            conditional = self.shapes.symmetric or in_condition(formula) or is_assumed(formula)
            if conditional or node.rest[0][1] == Number("0") or not (is_gradient or one_set_of_names(node)):
                return None
        return chain_assessment(role, links, verdicts, code, message)


def _with_whole_gradient(node: Node | None) -> Node | None:
    r"""``\nabla_x \frac12 x^\top A x - b^\top x = ...`` with the gradient of all that stands on the left."""
    left = node.first if isinstance(node, Relation) else None
    if not isinstance(node, Relation) or not isinstance(left, Addition):
        return node
    sign, head = left.terms[0]
    others = [part for _, term in left.terms[1:] for part in walk(term)]
    if sign != "+" or not isinstance(head, Gradient) or head.argument is None or head.order is not None:
        return node
    if name_of(head.argument) is not None or any(isinstance(part, Gradient | DerivativeOf) for part in others):
        return node
    whole = replace(left, terms=(("+", head.argument), *left.terms[1:]))
    return replace(node, first=replace(head, argument=whole, end=left.end))


def _applies_capital(node: Node, functions: Collection[str]) -> bool:
    """Whether a capital is a function that the text has defined for numbers: ``G'(X) = -2 X G(X)``."""
    return any(is_matrix(part) and name_of(part) in functions for part in walk(node))


def _declared(node: Node, shapes: dict[str, tuple[str, ...]]) -> bool:
    """Whether the sizes of every array in a formula are declared."""
    arrays = {name_of(part) for part in walk(node) if is_matrix(part) or is_bold(part)}
    return arrays - {"R"} <= set(shapes)


def _mismatch(first: Assessment, error: ShapeError) -> Assessment:
    """The assessment of a formula in which sizes do not fit, with sizes at which it has no value."""
    left, right = error.sizes
    witness = Witness(((left, sp.Integer(2)), (right, sp.Integer(3))), f"size {left}", f"size {right}")
    message = f"{error.message}: {left} against {right}, by the sizes that the text declares"
    evidence = Evidence("sizes", "the declared sizes", message, witness=witness)
    findings = (*(f for f in first.findings if f.code != "READ001"), Finding("SYM002", "error", message))
    role: Role = "identity" if first.outcome == "unread" else first.role
    return replace(first, role=role, outcome="refuted", witness=witness, evidence=(evidence,), findings=findings)
