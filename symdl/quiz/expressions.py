"""Two formulas bound together: as scalars, as sums with common indices, or as arrays."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from symdl.core import ArrayExpr, Claim, Compare, ReadError
from symdl.notation.array_signs import Shapes, spread
from symdl.notation.arrays import compare_arrays, read_array
from symdl.notation.elaborate import compare, elaborate
from symdl.notation.profile import Profile
from symdl.notation.results import Elaborated
from symdl.notation.scope import Scope
from symdl.notation.syntax import Node, Relation
from symdl.prover import decide

from .abbreviations import written_out
from .components import componentwise
from .divergences import as_sums
from .equality import Side, same_function
from .factors import out_of_order
from .integrals import integrated, to_the_end
from .inverses import asks_for_square
from .meanings import delta_cases, gaussian, is_elementary, of_fixed_meaning, rounded
from .moments import EXPECTED, has_moments, linear
from .positive import without_bases
from .ranges import counted, has_symbol_below, sized
from .reading import Reading
from .residues import by_remainders
from .results import Result, all_of, of_verdict, right, undecided, wrong
from .scoped import Pair, bind
from .series import END, closed, endless, ranged_alike

_IDENTITY = "I"

__all__ = ["Pair", "bind", "equal", "scalar", "sides"]


def equal(pair: Pair, gold: Node, own: Node) -> Result:
    """Whether two formulas of the pair are the same. Raises :class:`ReadError` for what cannot be read."""
    result = _equal_values(pair, gold, own)
    if _by_components(pair) or any(name.startswith(EXPECTED) for name in (*pair.gold.applied, *pair.own.applied)):
        return result
    capitals = any(not name.islower() for name in (*pair.gold.bare, *pair.gold.applied))
    if result.grade != "RIGHT" or not capitals or gold == own:
        return result
    return out_of_order(pair, gold, own) or result


def _by_components(pair: Pair) -> bool:
    """Whether one formula is written with sums over components, and not both with arrays."""
    return (pair.gold.sums or pair.own.sums) and not (pair.gold.arrays and pair.own.arrays)


def _equal_values(pair: Pair, gold: Node, own: Node) -> Result:
    if gold == own and not pair.gold.arrays:
        scalar(pair, gold, pair.gold)
        return right("identical", "the same formula")
    if _by_components(pair):
        gold, own = componentwise(gold), componentwise(own)
        pair = replace(pair, gold=replace(pair.gold, sums=True))
    elif pair.gold.arrays or pair.own.arrays:
        result = _equal_arrays(pair, gold, own)
        if result is not None:
            return result
    if pair.gold.sums or pair.own.sums:
        gold, own = ranged_alike(*sized(endless(gold), endless(own), _shapes(pair)))
    if any("int" in reading.text or "∫" in reading.text for reading in (pair.gold, pair.own)):
        gold, own = to_the_end(gold), to_the_end(own)
    first, second = map(written_out, sides(pair, gold, own))
    if is_elementary(first.expr) and is_elementary(second.expr):
        return _unless_opaque(pair, same_function(first, second, sampling=pair.sampling))
    first, second = as_sums(*(integrated(closed(side)) for side in (first, second)))
    if not has_symbol_below(first, second):
        return _of_known_meanings(pair, first, second)
    terms = counted(first, second)
    result = undecided("sums between symbols") if terms is None else same_function(*terms)
    if result.grade != "UNDECIDED":
        return _unless_opaque(pair, result)
    result = _of_known_meanings(pair, first, second)
    return undecided("a sum between symbols may be empty") if result.grade == "WRONG" else result


def _of_known_meanings(pair: Pair, first: Side, second: Side) -> Result:
    """Whether two expressions are the same with what names such as ``floor`` and ``Phi`` mean to everybody."""
    result = _same_cases(pair, first, second)
    undefined = result.grade != "RIGHT" and "Phi" not in pair.scope.definitions
    meant = gaussian(first.expr, second.expr) if undefined else None
    if meant is not None:
        return _same_cases(pair, replace(first, expr=meant[0]), replace(second, expr=meant[1]))
    if result.grade == "WRONG" and END in first.expr.free_symbols | second.expr.free_symbols:
        return undecided("sums without end are compared by their terms alone")
    if result.grade == "WRONG" and of_fixed_meaning(rounded(first.expr), rounded(second.expr)):
        remainders = tuple(by_remainders(first, second))
        if remainders and all_of(_same_cases(pair, *sides) for sides in remainders).grade == "RIGHT":
            return right("remainders", f"the same for each of {len(remainders)} remainders")
        return undecided("roundings are compared by their letters alone")
    return _unless_opaque(pair, result)


def _unless_opaque(pair: Pair, result: Result) -> Result:
    """A result, but for a difference between quantities that have no definition."""
    if result.grade == "WRONG" and pair.gold.opaque != pair.own.opaque:
        return undecided("quantities that have no definition here stand in it in different ways")
    return result


def _same_cases(pair: Pair, first: Side, second: Side) -> Result:
    """Whether two expressions are the same, whether their indices agree or not."""
    one, other = linear(rounded(first.expr), rounded(second.expr))
    if has_moments(one) or has_moments(other):
        sides_now = (replace(first, expr=one), replace(second, expr=other))
        first, second = (written_out(replace(s, given=(*s.given, *pair.given))) for s in sides_now)
        one, other = first.expr, second.expr
    result = all_of(
        same_function(replace(first, expr=left), replace(second, expr=right), sampling=pair.sampling)
        for left, right in delta_cases(one, other)
    )
    if result.grade == "WRONG" and has_moments(one) != has_moments(other):
        return undecided("what is said of its law is not known")
    return result


def scalar(pair: Pair, node: Node, reading: Reading) -> Side:
    """One formula as an expression."""
    found = _elaborated(pair, node, reading)
    return Side(found.expr, found.conditions, tuple(dict.fromkeys((*pair.given, *found.given))))


def sides(pair: Pair, gold: Node, own: Node) -> tuple[Side, Side]:
    """Both formulas as expressions; together where there are sums, whose indices they share."""
    if not (pair.gold.sums or pair.own.sums):
        return scalar(pair, gold, pair.gold), scalar(pair, own, pair.own)
    joint = Relation(gold, (("=", own),))
    (link,), found = compare(joint, pair.profile, pair.scope, text=pair.own.text)
    given = tuple(dict.fromkeys((*pair.given, *found.given)))
    alone = [_conditions(pair, node, reading) for node, reading in ((gold, pair.gold), (own, pair.own))]
    conditions = [without_bases(found, (link.lhs, link.rhs), given) for found in alone]
    together = tuple(c for c in link.defined if c not in {*conditions[0], *conditions[1]})
    return Side(link.lhs, conditions[0] + together, given), Side(link.rhs, conditions[1] + together, given)


def _conditions(pair: Pair, node: Node, reading: Reading) -> tuple[Compare, ...]:
    return _elaborated(pair, node, reading).conditions


def _elaborated(pair: Pair, node: Node, reading: Reading) -> Elaborated:
    """One side as SymPy has it; that of the right answer is remembered."""
    if reading is pair.gold:
        return _remembered(node, pair.profile, pair.scope, reading.text)
    return elaborate(node, pair.profile, pair.scope, text=reading.text)


@lru_cache(maxsize=2048)
def _remembered(node: Node, profile: Profile, scope: Scope, text: str) -> Elaborated:
    return elaborate(node, profile, scope, text=text)


def _equal_arrays(pair: Pair, gold: Node, own: Node) -> Result | None:
    """The verdict on two arrays; None where the right answer is about numbers after all."""
    link = None
    for first, second in sorted(((gold, own), (own, gold)), key=repr):
        joint = Relation(first, (("=", second),))
        try:
            (link,) = compare_arrays(joint, pair.profile, pair.scope, _shapes(pair), pair.own.text)
        except ReadError as problem:
            misfit = problem
        else:
            break
    if link is None:
        return _misfit(pair, gold, own, misfit)
    relations = tuple(entry for entry in pair.given if isinstance(entry, Compare))
    result = of_verdict(decide(Claim(link, relations)))
    square = asks_for_square(pair, gold, own) if result.grade == "RIGHT" else None
    if square is not None:
        return wrong(f"the inverse of {square} is there for a square {square} alone")
    identities = [_IDENTITY in reading.bare and _IDENTITY not in _shapes(pair) for reading in (pair.gold, pair.own)]
    if result.grade == "WRONG" and any(identities):
        return undecided("I is not declared, and could be the identity: declare its sizes, or write the product out")
    return result


def _misfit(pair: Pair, gold: Node, own: Node, problem: ReadError) -> Result | None:
    """What it means that two formulas are no arrays of one shape; None where they may be about numbers."""
    read = [array(pair, node, reading) is not None for node, reading in ((gold, pair.gold), (own, pair.own))]
    if not any(read):
        return None
    reason = f"the sizes do not fit: {problem.message}"
    if all(read):
        return wrong(reason) if _shapes(pair) else undecided(reason)
    other = own if read[0] else gold
    if _shapes(pair) and _fits_without_sizes(pair, other):
        return wrong(reason)
    if read[1]:
        return None
    raise ReadError(problem.message, text=pair.own.text, position=0, remedy=problem.remedy)


def _fits_without_sizes(pair: Pair, node: Node) -> bool:
    """Whether it is only the declared sizes that make a product of an answer impossible."""
    shapes = {name: tuple(f"{name}{axis}" for axis in range(len(sizes))) for name, sizes in _shapes(pair).items()}
    for loose in (shapes, dict.fromkeys(_shapes(pair), ("n", "n"))):
        try:
            read_array(spread(node, pair.profile), pair.profile, pair.scope, loose, pair.own.text)
        except ReadError:
            continue
        return True
    return False


def _shapes(pair: Pair) -> Shapes:
    return pair.context.ready.shapes


def array(pair: Pair, node: Node, reading: Reading) -> ArrayExpr | None:
    """A formula alone as an array, None where it is none."""
    try:
        return read_array(spread(node, pair.profile), pair.profile, pair.scope, pair.context.ready.shapes, reading.text)
    except ReadError:
        return None
