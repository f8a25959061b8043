"""Kinds of answers: how each is recognised in the right answer, and how two of a kind are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy as sp

from symdl.calculus.derivatives import evaluate as worked_out
from symdl.core import Kind, Question, ReadError, symbol
from symdl.notation.indices import is_recurrence
from symdl.notation.names import name_of
from symdl.notation.scope import library_definitions
from symdl.notation.syntax import (
    Bracketed,
    DerivativeOf,
    Integral,
    Listing,
    Matrix,
    Name,
    Node,
    Product,
    Relation,
    walk,
)
from symdl.notation.tokens import FUNCTION_NAMES

from .binding import OPAQUE
from .builders import builder_of, same_solutions
from .collections import (
    infinite,
    interval_of,
    is_builder,
    is_whole_line,
    same_interval,
    same_matrix,
    same_set,
    same_space,
    same_tuple,
    space_of,
    values_of,
)
from .divergences import DIVERGENCE
from .entries import array_of
from .equality import Side, same_function
from .expressions import Pair, equal, sides
from .growth import order_of, same_order
from .inequalities import interval_said
from .labels import Label, label_of, same_label, split
from .limits import same_limit
from .moments import EXPECTED
from .numbers import same_number
from .reading import Reading
from .relations import same_relations
from .results import Result, all_of, right, undecided, wrong
from .updates import same_update

_KNOWN = frozenset({*FUNCTION_NAMES, *FUNCTION_NAMES.values(), *library_definitions()})
_ASSIGNMENTS = frozenset({":=", "<-"})


def kind_of(reading: Reading) -> Kind:
    """The kind of a right answer that declares none."""
    node = reading.nodes[0]
    if reading.alternatives:
        intervals = all(interval_of(part) is not None for part in reading.nodes)
        return "set" if values_of(reading) is not None and not intervals else "relation"
    if len(reading.nodes) > 1:
        return _kind_of_several(reading)
    label, values, relation = split(node)
    if isinstance(node, Relation) and (relation in _ASSIGNMENTS or is_recurrence(node)):
        return "update"
    if (
        is_builder(node) is not None
        or builder_of(reading) is not None
        or (isinstance(node, Relation) and label is None)
    ):
        return "relation"
    return _kind_of_value(values[-1])


def _kind_of_several(reading: Reading) -> Kind:
    if any(isinstance(node, Relation) and is_recurrence(node) for node in reading.nodes):
        return "update"
    if any(isinstance(node, Relation) and set(node.relations) & _ASSIGNMENTS for node in reading.nodes):
        return "update"
    return "set" if values_of(reading) is not None else "relation"


def _kind_of_value(value: Node) -> Kind:
    if isinstance(value, Matrix):
        return "matrix"
    if isinstance(value, Listing):
        return "tuple"
    if isinstance(value, Bracketed) and len(value.items) > 1:
        nested = all(isinstance(item, Bracketed) and item.opening == "[" for item in value.items)
        plain = "interval" if interval_of(value) is not None else "tuple"
        return "set" if value.opening == "{" else "matrix" if nested else plain  # type: ignore[return-value]
    return "expression"


def same_expression(question: Question, pair: Pair) -> Result:
    """Equal values, under labels that name the same; equations may also agree as such."""
    solutions = same_solutions(pair)
    if solutions is not None:
        return solutions
    gold_label, gold, _ = split(pair.gold.nodes[0])
    own_label, own, _ = _split_own(pair, gold)
    if len(pair.own.nodes) > 1:
        return wrong("several formulas where one is asked for")
    if is_whole_line(gold[-1]) and is_whole_line(own[-1]):
        return right("identical", "all numbers")
    if isinstance(gold[-1], Product) and array_of(gold[-1].first) is not None:
        return undecided("a product of vectors that has several meanings")
    if isinstance(own[-1], Listing) or (isinstance(own[-1], Bracketed) and len(own[-1].items) > 1):
        return wrong("several values where one is asked for")
    if any(isinstance(node, Relation) for node in own):
        return wrong("a relation where a value is asked for")
    result = all_of(_same_value(pair, gold[-1], value) for value in _judged(own_label, own, gold[-1], gold_label))
    if result.grade == "RIGHT" and _derives_another(pair, gold[-1]):
        return wrong("the derivative on the left side is another function")
    if result.grade == "RIGHT":
        return _under_labels(_label_asked(question, gold_label), own_label, result)
    return _as_equations(pair, gold_label, own_label) or result


def _derives_another(pair: Pair, gold: Node) -> bool:
    """Whether the left side of an answer is a derivative worked out of known names, and not what is asked for."""
    node = pair.own.nodes[0]
    first = node.first if isinstance(node, Relation) else None
    if not isinstance(first, DerivativeOf) or first.argument is None or name_of(first.argument) is not None:
        return False
    if not _names(first) <= _names(gold) | {name_of(variable) for variable, _ in first.variables}:
        return False
    try:
        return equal(pair, gold, first).grade == "WRONG"
    except ReadError:
        return False


def _judged(label: Label | None, own: tuple[Node, ...], gold: Node, asked: Label | None) -> tuple[Node, ...]:
    """The members of a chain without the steps on the way that bear names which neither its end nor the gold bears.

    Two sides alone, ``x^2 = 1``, are an equation, unless the first says a quantity: ``Var(X) = p - p^2``.
    """
    if len(own) == 1:
        return own
    known = _names(gold) | _names(own[-1]) | ({asked.of} if asked else set())
    steps = own[:-1]
    if label is None and len(own) == 2:
        steps = tuple(step for step in steps if not any(name.startswith(_QUANTITIES) for name in _names(step)))
        return (*steps, own[-1])
    return (*(member for member in steps if _names(member) <= known), own[-1])


_QUANTITIES = (EXPECTED, OPAQUE, DIVERGENCE)


def _names(node: Node) -> frozenset[str]:
    return frozenset(part.base for part in walk(node) if isinstance(part, Name) and part.base not in _KNOWN)


def _same_value(pair: Pair, gold: Node, own: Node) -> Result:
    """Equal, or of the same order of growth where that is what both say."""
    asked, given = order_of(gold), order_of(own)
    if asked is not None and given is not None:
        return same_order(pair, asked, given)
    limit = same_limit(pair, gold, own)
    if limit is not None:
        return limit
    ends = infinite(gold), infinite(own)
    if any(ends):
        return (
            right("identical", "the same infinity") if ends[0] == ends[1] else wrong("one is infinite, the other not")
        )
    if isinstance(gold, Integral) and gold.upper is None:
        return _same_primitive(pair, gold, own)
    if isinstance(own, Integral) and own.upper is None:
        return _primitive_asked(pair, gold, own)
    spaces = space_of(gold), space_of(own)
    if spaces[0] is not None and spaces[1] is not None:
        return same_space(pair, spaces[0], spaces[1])
    return equal(pair, gold, own)


def _same_primitive(pair: Pair, gold: Integral, own: Node) -> Result:
    """An integral without bounds: any function with the integrand as its derivative."""
    if isinstance(own, Integral) and own.upper is None:
        alike = gold.variable == own.variable
        return equal(pair, gold.body, own.body) if alike else undecided("integrals over other variables")
    integrand, primitive = sides(pair, gold.body, own)
    slope = worked_out(sp.Derivative(primitive.expr, symbol(name_of(gold.variable) or "x")))
    return same_function(integrand, replace(primitive, expr=slope), sampling=pair.sampling)


def _primitive_asked(pair: Pair, gold: Node, own: Integral) -> Result:
    """An integral without bounds where a function with a free constant is asked for: the same family."""
    primitive, integrand = sides(pair, gold, own.body)
    constants = primitive.expr.free_symbols & {symbol(letter) for letter in _CONSTANTS}
    free = [c for c in constants - integrand.expr.free_symbols if sp.diff(primitive.expr, c).is_Rational]
    if not any(sp.diff(primitive.expr, constant) != 0 for constant in free):
        return undecided("an integral without bounds is a function up to a constant")
    return _slope_is(primitive, integrand, own, pair)


_CONSTANTS = "CcKk"


def _as_equations(pair: Pair, gold: Label | None, own: Label | None) -> Result | None:
    """The comparison of ``y = 2x + 1`` with ``2y = 4x + 2``; None where the left sides are what is asked for."""
    both = all(isinstance(reading.nodes[0], Relation) for reading in (pair.gold, pair.own))
    names = all(label is None or label.kind == "name" for label in (gold, own))
    return same_relations(pair) if both and names and gold != own else None


def _split_own(pair: Pair, gold: tuple[Node, ...]) -> tuple[Label | None, tuple[Node, ...], str]:
    """The label and the values of an answer; ``3 = x`` is labelled on the right."""
    node = pair.own.nodes[0]
    label, own, relation = split(node)
    if label is None and isinstance(node, Relation) and set(node.relations) == {"="}:
        turned = label_of(node.sides[-1])
        if turned is not None and node.sides[-1] not in gold:
            return turned, node.sides[:-1], "="
    return label, own, relation


def _label_asked(question: Question, gold: Label | None) -> Label | None:
    if not question.label or gold is not None:
        return gold
    from symdl.notation.text import read_text

    from .dress import undressed

    text, syntax = undressed(question.label)
    return label_of(read_text(text, syntax).statements[0])


def _under_labels(gold: Label | None, own: Label | None, result: Result) -> Result:
    same = same_label(gold, own) if gold is not None and own is not None else True
    if same:
        return result
    reason = "the left side names something else than what is asked for"
    return wrong(reason) if same is False else undecided(reason)


def _antiderivative_said(pair: Pair, own: Integral) -> Result:
    """An integral without bounds where an antiderivative is asked for: by its integrand."""
    primitive, integrand = sides(pair, split(pair.gold.nodes[0])[1][-1], own.body)
    return _slope_is(primitive, integrand, own, pair)


def _slope_is(primitive: Side, integrand: Side, own: Integral, pair: Pair) -> Result:
    slope = worked_out(sp.Derivative(primitive.expr, symbol(name_of(own.variable) or "x")))
    return same_function(replace(primitive, expr=slope), integrand, sampling=pair.sampling)


def same_antiderivative(question: Question, pair: Pair) -> Result:
    """Equal up to a constant: the derivatives are the same function, on the same domain."""
    variable = symbol(question.wrt or "x")
    answer = split(pair.own.nodes[0])[1][-1]
    if isinstance(answer, Integral) and answer.upper is None and name_of(answer.variable) == variable.name:
        return _antiderivative_said(pair, answer)
    gold, own = sides(pair, split(pair.gold.nodes[0])[1][-1], split(pair.own.nodes[0])[1][-1])
    slopes = [worked_out(sp.Derivative(side.expr, variable)) for side in (gold, own)]
    result = same_function(
        Side(slopes[0], gold.conditions, gold.given), Side(slopes[1], own.conditions, own.given), sampling=pair.sampling
    )
    return wrong("its derivative is another function", result.witness, "witness") if result.grade == "WRONG" else result


def _same_tuple(question: Question, pair: Pair) -> Result:
    return same_tuple(pair)


def _same_interval(question: Question, pair: Pair) -> Result:
    """By its ends; written as inequalities, by what it holds."""
    by_inequalities = isinstance(pair.gold.nodes[0], Relation)
    own = pair.own.nodes[0]
    if isinstance(split(own)[1][-1], Matrix):
        return same_tuple(pair)
    said = (
        interval_of(own) is not None or is_whole_line(own) or (interval_said(own) is not None and not by_inequalities)
    )
    if len(pair.own.nodes) == 1 and said:
        return same_interval(pair)
    return same_relations(pair) if by_inequalities else wrong("an interval is asked for")


def _same_relation(question: Question, pair: Pair) -> Result:
    """As sets where one is listed, as statements else."""
    return same_solutions(pair) or same_relations(pair)


COMPARISONS: Mapping[Kind, Callable[[Question, Pair], Result]] = {
    "expression": same_expression,
    "number": lambda question, pair: same_number(pair, question.tolerance),
    "interval": _same_interval,
    "set": lambda question, pair: same_solutions(pair) or same_set(pair),
    "tuple": _same_tuple,
    "matrix": lambda question, pair: same_matrix(pair),
    "relation": _same_relation,
    "antiderivative": same_antiderivative,
    "update": lambda question, pair: same_update(pair),
    "code": same_expression,
}
"""How the right answer and the given one are compared, by kind."""


def require_comparable(kind: Kind) -> Callable[[Question, Pair], Result]:
    """The comparison of a kind. Raises :class:`ReadError` for a kind that is not compared as formulas."""
    if kind not in COMPARISONS:
        raise ReadError(f"answers of the kind {kind} are no formulas")
    return COMPARISONS[kind]
