r"""Formulas with vectors, read for vectors of one entry: a claim that fails there fails as a claim for all sizes.

At size one a transpose changes nothing, a norm is an absolute value and a gradient a derivative. A sum
without a range over ``j`` of terms that each hold their own ``x_j`` has, by ``x_j``, the derivative of
its term; only such sums are rewritten. Nothing is ever proved this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from symdl.core import ReadError
from symdl.notation.array_signs import is_bold, is_matrix, is_transpose
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Absolute,
    Bracketed,
    DerivativeOf,
    Fraction,
    Gradient,
    Juxtaposed,
    Name,
    Node,
    Norm,
    Number,
    Relation,
    Scripted,
    Summation,
    rewritten,
    walk,
)

from .assessments import Assessment, information
from .claims import assess_derivative, assess_restated
from .context import Context
from .formulas import Formula
from .statements import kind_of

_IDENTITIES = (Name("I"), Name("I", ("bold",)), Name("1", ("bold",)))
_DIAGONALS = (Name("Lambda"), Name("Lambda", ("bold",)), Name("Sigma"), Name("Sigma", ("bold",)))


def at_size_one(formulas: tuple[Formula, ...]) -> Callable[[Formula], Formula]:
    """How each formula of a document reads for vectors of one entry."""
    arguments = dict(_arguments(formulas))
    return lambda formula: _rewritten(formula, arguments)


def _arguments(formulas: tuple[Formula, ...]) -> Iterator[tuple[str, Node]]:
    """The argument of each function of one argument that a formula defines."""
    for formula in formulas:
        head = formula.node.first if isinstance(formula.node, Relation) else None
        if isinstance(head, Juxtaposed) and len(head.items) == 2:
            function, bracket = head.items
            if isinstance(function, Name) and isinstance(bracket, Bracketed) and len(bracket.items) == 1:
                yield function.base, bracket.items[0]


def _rewritten(formula: Formula, arguments: Mapping[str, Node]) -> Formula:
    if formula.node is None:
        return formula

    vectors = _vectors(formula.node)

    def change(node: Node) -> Node:
        plain = isinstance(node, Scripted) and is_transpose(node) and node.base in vectors
        return node.base if isinstance(node, Scripted) and plain else _scalar(node, arguments)

    matrices = {part for part in walk(formula.node) if is_matrix(part) or part in _DIAGONALS} - set(_IDENTITIES)

    def identity(node: Node) -> Node:
        return Number("1", start=node.start, end=node.end) if node in _IDENTITIES else node

    node = rewritten(formula.node, change)
    node = rewritten(node, identity) if matrices else node
    return formula if node is formula.node else replace(formula, node=node)


def _vectors(node: Node) -> frozenset[Node]:
    """Small Latin letters with a T above, beside matrices: ``u^T A u``."""
    parts = list(walk(node))
    if not any(is_matrix(part) and part != Name("T") for part in parts):
        return frozenset()
    transposed = [part.base for part in parts if isinstance(part, Scripted) and is_transpose(part)]
    return frozenset(b for b in transposed if isinstance(b, Name) and b.base.islower() and len(b.base) == 1)


def _scalar(node: Node, arguments: Mapping[str, Node]) -> Node:
    """One part of a formula for vectors of one entry."""
    if isinstance(node, Scripted) and _is_transposed(node):
        return node.base
    if isinstance(node, Norm):
        return Absolute(node.body, start=node.start, end=node.end)
    if isinstance(node, Scripted) and isinstance(node.base, Absolute) and node.subscript == Number("2"):
        return replace(node, subscript=None) if node.superscript is not None else node.base
    if isinstance(node, Summation) and node.kind == "sum" and _is_over_entries(node):
        return Bracketed((node.body,), start=node.start, end=node.end)
    if isinstance(node, Gradient) and node.argument is not None and node.order is None:
        return _derivative(node, arguments)
    return node


def _is_transposed(node: Scripted) -> bool:
    """A transpose by a sign of its own, or by a T on a matrix or a bold letter: ``gamma^T`` is a power."""
    by_letter = isinstance(node.superscript, Name) and node.superscript.base == "T"
    return is_transpose(node) and (not by_letter or is_matrix(node.base) or is_bold(node.base) or _brackets(node.base))


def _brackets(node: Node) -> bool:
    """A bracket with a matrix or a bold letter in it."""
    return isinstance(node, Bracketed) and any(is_matrix(part) or is_bold(part) for part in walk(node))


def _is_over_entries(node: Summation) -> bool:
    """A sum over an index without a range, with nothing summed inside."""
    bare = node.index is not None and node.lower is None and node.upper is None and node.condition is None
    return bare and not any(isinstance(part, Summation) for part in walk(node.body))


def _derivative(node: Gradient, arguments: Mapping[str, Node]) -> Node:
    """The gradient of a function of one argument as its derivative."""
    call = node.argument
    head = call.items[0] if isinstance(call, Juxtaposed) and len(call.items) == 2 else call
    name = name_of(head) if head is not None else None
    lettered = isinstance(call, Scripted) and isinstance(call.base, Name)
    if name is None and call is not None and node.variable is not None and not lettered:
        return DerivativeOf(call, ((node.variable, 1),), start=node.start, end=node.end)
    if name is None or name not in arguments or call is None:
        return node
    argument = arguments[name]
    if call is head:
        call = Juxtaposed((head, Bracketed((argument,))), start=node.start, end=node.end)
    if not isinstance(call, Juxtaposed) or call.items[1] != Bracketed((argument,)):
        return node
    return DerivativeOf(call, ((argument, 1),), start=node.start, end=node.end)


@dataclass(frozen=True)
class SizeOne:
    """The formulas of a document as they stand and for vectors of one entry, and what is in force there."""

    written: tuple[Formula, ...]
    formulas: tuple[Formula, ...]
    context: Context

    def judged(self, formula: Formula) -> Assessment | None:
        """A derivative, or a function written anew, that fails, or that holds at size one; None for all others."""
        small = self.formulas[formula.number]
        if small.node is None or not _is_separate(small, self.context) or not self.has_one_sum(small):
            return None
        kind = kind_of(small.node, self.context.letters.sequences)
        assess = {"derivative": assess_derivative, "function": assess_restated}.get(kind)
        try:
            found = assess(small, self.context) if assess is not None else None
        except ReadError:
            return None
        if found is None or found.outcome not in ("refuted", "proved"):
            return None
        return found if found.outcome == "refuted" else _not_for_all_sizes(found)

    def mended(self, formula: Formula, assessment: Assessment) -> Assessment:
        """A refutation without a repair with the one that serves for vectors of one entry."""
        wrong = [f for f in assessment.findings if f.severity == "error"]
        if not wrong or assessment.elsewhere or any(f.fix is not None or f.code == "SYM002" for f in wrong):
            return assessment
        found = self.judged(formula)
        if found is None or found.outcome != "refuted":
            return assessment
        kept = tuple(f for f in assessment.findings if f.severity != "error")
        return replace(assessment, findings=(*kept, *found.findings), elsewhere=found.elsewhere)

    def has_one_sum(self, formula: Formula) -> bool:
        """Whether what a formula refers to sums once: the sum of a mean inside another sum depends on every entry."""
        sources = [self.written[source.number] for source in self.context.sources(formula)]
        nodes = [node for source in sources if source.node is not None for node in walk(source.node)]
        below = (part for node in nodes if isinstance(node, Fraction) for part in walk(node.denominator))
        sums = [node for node in nodes if isinstance(node, Summation)]
        return len(sums) <= 1 and not any(isinstance(part, Summation) for part in below)


def _not_for_all_sizes(found: Assessment) -> Assessment:
    """What holds at size one is not decided for the others."""
    note = information("EQN003", "not decided: it holds for vectors of one entry; other sizes were not tried")
    return Assessment(found.role, "undecided", found.read_as, findings=(note,))


def _is_separate(formula: Formula, context: Context) -> bool:
    """Whether a derivative is by a quantity that stands in the formulas that it can refer to."""
    node = formula.node
    if not isinstance(node, Relation) or not isinstance(node.first, DerivativeOf):
        return True
    wanted = {variable for variable, _ in node.first.variables}
    present = {part for source in context.sources(formula) for part in walk(source.node or node)}
    return wanted <= present | set(walk(node.first.argument or node))
