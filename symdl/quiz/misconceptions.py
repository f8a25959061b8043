"""The misconception behind a wrong answer: the smallest slip that makes it of the right one, found by search.

Candidates are compared in floating point at a few points; what agrees there is put to the comparison that marks
answers, and is told only where that says RIGHT.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import sympy as sp

from symdl.calculus.derivatives import evaluate
from symdl.core import Belongs, Compare, Definition, Given, Mark, Question, SymdlError, symbol
from symdl.matching.misconceptions import MISCONCEPTIONS, Misconception
from symdl.matching.rule_slips import Case
from symdl.matching.sampled import Row, Sampler, agree
from symdl.matching.shape_slips import symbols_of
from symdl.notation.syntax import Bracketed, Listing, Matrix, Node, Relation
from symdl.prover.rewriting import unfold

from .equality import Side, same_function
from .expressions import Pair, sides
from .labels import split
from .marking import answers_to_blanks, pairs_of
from .tree_slips import slip_of_tree

_LONGEST = 2000
_MOST_CANDIDATES = 2500
_MOST_PARTS = 500
_MOST_PROOFS = 3
_REFUSED = (SymdlError, ArithmeticError, ValueError, TypeError, NotImplementedError, RecursionError)
_POINTS = ((0.37, 0.113), (0.83, 0.071), (1.59, 0.217), (-0.71, -0.137), (-2.3, 0.67))
_COUNTS = (3.0, 4.0, 5.0, 6.0, 2.0)


def explained(question: Question, answer: str, mark: Mark) -> Mark:
    r"""The mark with the misconception behind it, where it is WRONG and one is found.

    >>> from .marking import mark_answer
    >>> question = Question(r"\beta v + (1-\beta) g^2")
    >>> answer = r"\beta v + (1-\beta) g"
    >>> explained(question, answer, mark_answer(question, answer)).misconception
    'square or root: a square or a root is missing, or one too many'
    """
    if mark.parts:
        answers = answers_to_blanks(answer)
        parts = tuple(map(explained, question.blanks, answers, mark.parts))
        told = "; ".join(f"{n}: {p.misconception}" for n, p in enumerate(parts, 1) if p.misconception)
        return replace(mark, parts=parts, misconception=told or None)
    if mark.grade != "WRONG" or question.policy.feedback == "grade":
        return mark
    found = misconception(question, answer)
    return replace(mark, misconception=str(found)) if found else mark


def misconception(question: Question, answer: str) -> Misconception | None:
    """The kind of slip that leads from a right answer to this wrong one, None where none is found.

    No slip is looked for in an answer of more than 2,000 characters.
    """
    if len(answer) > _LONGEST:
        return None
    try:
        return next(filter(None, (_of_pair(question, pair) for pair in pairs_of(question, answer))), None)
    except _REFUSED:
        return None


def _of_pair(question: Question, pair: Pair) -> Misconception | None:
    """What explains one right answer; of several values the only one that differs."""
    if len(pair.gold.nodes) == len(pair.own.nodes):
        for gold, own in zip(pair.gold.nodes, pair.own.nodes, strict=True):
            found = slip_of_tree(pair, split(gold)[1][-1], split(own)[1][-1])
            if found:
                return found
    values = [[part for node in reading.nodes for part in _parts(node)] for reading in (pair.gold, pair.own)]
    if len(values[0]) != len(values[1]) or pair.context.ready.shapes:
        return None
    differing = [(gold, own) for gold, own in zip(*values, strict=True) if gold != own]
    return _of_values(question, pair, *differing[0]) if len(differing) == 1 else None


def _parts(node: Node) -> Iterator[Node]:
    """The values of an answer: behind its label, on both sides of an inequality, in a list, tuple or matrix."""
    label, values, _ = split(node)
    for value in values[-1:] if label else values:
        if isinstance(value, Matrix):
            yield from (cell for row in value.rows for cell in row)
        elif isinstance(value, Listing) or (isinstance(value, Bracketed) and len(value.items) > 1):
            yield from value.items
        else:
            yield from value.sides if isinstance(value, Relation) else (value,)


def _of_values(question: Question, pair: Pair, gold: Node, own: Node) -> Misconception | None:
    first, second = sides(pair, gold, own)
    if question.kind == "antiderivative":
        variable = symbol(question.wrt or "x")
        first, second = (replace(s, expr=evaluate(sp.Derivative(s.expr, variable))) for s in (first, second))
    case = _case(first, second)
    if _size(sp.Tuple(case.gold, case.own, case.plain_gold, case.plain_own), {}) > _MOST_PARTS:
        return None
    agreeing = islice(_agreeing(case), _MOST_PROOFS)
    given = tuple(dict.fromkeys((*first.given, *second.given)))
    found = (kind for kind, edited, target in agreeing if _proved(edited, target, second.conditions, given))
    return next(found, None)


def _size(expr: sp.Basic, known: dict[sp.Basic, int]) -> int:
    """How many parts an expression has, repeated ones counted again."""
    if expr not in known:
        known[expr] = 1 + sum(_size(arg, known) for arg in expr.args)
    return known[expr]


def _proved(edited: sp.Expr, target: sp.Expr, conditions: tuple[Compare, ...], given: tuple[Given, ...]) -> bool:
    """Whether two expressions are the same function where the given answer has a value."""
    first, second = Side(edited, conditions, given), Side(target, conditions, given)
    return edited == target or same_function(first, second).grade == "RIGHT"


def _case(gold: Side, own: Side) -> Case:
    given = (*gold.given, *own.given)
    definitions = {entry.function: entry for entry in given if isinstance(entry, Definition)}
    plain_gold, plain_own = (unfold(side.expr, definitions) for side in (gold, own))
    counts = {e.symbol for e in given if isinstance(e, Belongs) and e.domain != "real"}
    counts |= _bounds(gold.expr) | _bounds(own.expr)
    symbols = symbols_of(sp.Tuple(gold.expr, own.expr, plain_gold, plain_own))
    points = [
        {s: _COUNTS[n] if s in counts else start + step * place for place, s in enumerate(symbols)}
        for n, (start, step) in enumerate(_POINTS)
    ]
    return Case(gold.expr, own.expr, plain_gold, plain_own, Sampler(points, definitions))


def _bounds(expr: sp.Expr) -> set[sp.Basic]:
    """The symbols that bound sums: they count."""
    limits = [limit for total in expr.atoms(sp.Sum, sp.Product) for limit in total.limits]
    return {symbol for _, *ends in limits for end in ends for symbol in end.free_symbols}


def _agreeing(case: Case) -> Iterator[tuple[Misconception, sp.Expr, sp.Expr]]:
    """Pairs that agree at the points: those that are spelled alike first, each lot in the order of the kinds."""
    rows: dict[sp.Expr, Row] = {}
    close = []
    for kind, edited, target in islice(_candidates(case), _MOST_CANDIDATES):
        if target not in rows:
            rows[target] = case.sampler.row(target)
        if edited == target:
            yield kind, edited, target
        elif agree(case.sampler.row(edited), rows[target]):
            if kind.specific:
                yield kind, edited, target
            close.append((kind, edited, target))
    yield from close


def _candidates(case: Case) -> Iterator[tuple[Misconception, sp.Expr, sp.Expr]]:
    for kind in MISCONCEPTIONS:
        for edited, target in kind.pairs(case):
            yield kind, edited, target
