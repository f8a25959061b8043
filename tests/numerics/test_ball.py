import threading
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from flint import arb, ctx, fmpq
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import BudgetExceeded, InputError, UnboundSymbol, UndefinedValue, UnsupportedOperation, function, symbol
from symdl.core.operations import OPERATIONS
from symdl.numerics import ball
from symdl.numerics.ball_operations import BALL, EXACT_BITS

x, y = symbol("x"), symbol("y")
POINTS = [
    Fraction(a, b) for a, b in ((-7, 2), (-1, 1), (-2, 3), (-1, 9), (0, 1), (1, 7), (4, 9), (1, 1), (5, 2), (8, 1))
]


def test_the_ball_column_is_complete():
    assert BALL.keys() == OPERATIONS.keys()


def sympy_value(meaning):
    """SymPy's own value of a constant: a truth value, a 60-digit real, or None where it has none."""
    if meaning in (sp.true, sp.false):
        return bool(meaning)
    if meaning.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
        return None
    value = meaning.evalf(60)
    return value if value.is_real else None


def cases(name):
    arity = OPERATIONS[name].arity
    if name == "where":
        return [(condition, Fraction(1, 3), Fraction(2)) for condition in (True, False)]
    if arity == 1:
        return [(a,) for a in POINTS]
    return [(a, b) for a in POINTS for b in POINTS]


def as_sympy(value):
    return sp.sympify(value) if isinstance(value, bool) else sp.Rational(value.numerator, value.denominator)


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_in_balls_agrees_with_its_meaning(name):
    for arguments in cases(name):
        expected = sympy_value(sp.sympify(OPERATIONS[name].meaning(*map(as_sympy, arguments))))
        operands = [a if isinstance(a, bool) else ball.number(a) for a in arguments]
        with ball.precision(160):
            if expected is None:
                with pytest.raises(UndefinedValue):
                    BALL[name](*operands)
            elif isinstance(expected, bool):
                assert BALL[name](*operands) is expected
            else:
                value = arb(BALL[name](*operands))
                assert value.rel_accuracy_bits() > 140 or value.is_zero()
                assert abs(value - arb(str(expected))) < arb(10) ** -40, (name, arguments)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_ball_operand_gives_a_ball_that_holds_the_exact_value(name):
    if name == "where":
        return
    for arguments in cases(name):
        with ball.precision(100):
            try:
                exact = BALL[name](*map(ball.number, arguments))
                wide = BALL[name](*(arb(ball.number(a)) + arb(0, 1e-9) for a in arguments))
            except UndefinedValue:
                continue
            if isinstance(exact, bool):
                assert wide in (exact, None)
            else:
                assert not arb(wide).is_finite() or arb(wide).overlaps(arb(exact)), (name, arguments)


rationals = st.fractions(min_value=-50, max_value=50, max_denominator=1000)


@given(rationals, rationals)
def test_rational_expressions_stay_exact(a, b):
    value = ball.compiled((x - y) ** 3 / (1 + x**2) + sp.Max(x, y) - sp.Abs(x), (x, y))(ball.number(a), ball.number(b))
    exact = (a - b) ** 3 / (1 + a**2) + max(a, b) - abs(a)
    assert isinstance(value, fmpq)
    assert Fraction(int(value.p), int(value.q)) == exact


@given(st.floats(-700, 700))
def test_enclosures_are_as_narrow_as_asked(a):
    value = ball.enclose(sp.exp(-x) / (1 + sp.exp(-x)) ** 2, {x: a}, relative_bits=120)
    assert value.rel_accuracy_bits() >= 120
    with ball.precision(300):
        half = (arb(a) / 2).cosh()
        assert value.overlaps(1 / (4 * half * half))


def test_guards_are_decided_exactly_at_rational_points():
    expr = sp.Piecewise((sp.sin(x) / x, sp.Ne(x, 0)), (7, True))
    assert ball.evaluate(expr, {x: 0}) == 7
    assert ball.evaluate(sp.Piecewise((1, sp.Eq(x, sp.Rational(1, 3))), (2, True)), {x: Fraction(1, 3)}) == 1


def test_an_undecided_guard_gives_the_hull_of_its_branches():
    expr = sp.Piecewise((sp.Integer(1), x > 0), (sp.Integer(5), True))
    value = ball.evaluate(expr, {x: arb(0, 0.1)})
    assert 1 in value
    assert 5 in value
    assert value.upper() < 6


def test_a_branch_without_value_under_an_undecided_guard_is_unknown():
    value = ball.evaluate(sp.Piecewise((sp.sqrt(-1 - x**2), x > 0), (5, True)), {x: arb(0, 0.1)})
    assert not value.is_finite()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (sp.And(x > 0, x < 2), 1),
        (sp.Or(x < 0, x > 2), 2),
        (sp.Not(sp.And(x > 0, x < 2), evaluate=False), 2),
        (sp.Ne(x, 1), 2),
    ],
)
def test_connectives_of_guards(condition, expected):
    assert ball.evaluate(sp.Piecewise((1, condition), (2, True)), {x: 1}) == expected


def test_a_conjunction_is_false_where_one_part_is_certainly_false():
    guard = sp.And(x > 0, y > 0)
    assert ball.evaluate(sp.Piecewise((1, guard), (2, True)), {x: arb(0, 0.1), y: -1}) == 2


@pytest.mark.parametrize(
    ("expr", "at"),
    [
        (sp.log(x), -1),
        (sp.log(x), 0),
        (1 / x, 0),
        (sp.sqrt(x), Fraction(-1, 10**30)),
        (x ** sp.Rational(1, 3), -8),
        (sp.asin(x), 2),
        (sp.acosh(x), 0),
        (sp.atanh(x), 1),
        (x**-2, 0),
        (sp.Piecewise((1, x > 0)), -1),
        (sp.Pow(x, sp.pi), -2),
        (sp.I * x, 1),
    ],
)
def test_undefined_reals_are_refused(expr, at):
    with pytest.raises(UndefinedValue):
        ball.evaluate(expr, {x: at})


@pytest.mark.parametrize("bad", [float("inf"), float("nan"), np.float32("inf"), arb.nan(), "1", None, 1j])
def test_infinities_nans_and_other_things_are_refused(bad):
    with pytest.raises(InputError):
        ball.evaluate(x + 1, {x: bad})


@pytest.mark.parametrize(
    "good", [1, 0.1, np.float32(0.1), np.int64(3), Fraction(1, 3), fmpq(1, 3), arb(2), sp.Rational(1, 3)]
)
def test_every_kind_of_real_number_is_taken(good):
    assert ball.evaluate(x - y, {x: good, y: good}).is_zero()


def test_irrational_constants_are_taken_as_values():
    assert ball.evaluate(x**2, {x: sp.sqrt(2)}).overlaps(arb(2))


def test_unbound_symbols_and_unknown_heads_are_refused_by_name():
    with pytest.raises(UnboundSymbol, match="y"):
        ball.evaluate(x + y, {x: 1})
    with pytest.raises(UnsupportedOperation, match="f"):
        ball.evaluate(function("f")(x), {x: 1})
    with pytest.raises(UnsupportedOperation, match="exact"):
        ball.evaluate(x + sp.Float("0.5"), {x: 1})


@pytest.mark.parametrize(
    ("expr", "at", "sign"),
    [
        (sp.exp(x), -1e300, 1),
        (sp.exp(x), 1e300, 1),
        (sp.sinh(x), -1e300, -1),
        (sp.exp(-sp.exp(x)), 1000.0, 1),
        (sp.erfc(x), 1e200, 1),
        (sp.tanh(x), 1e308, 1),
        (x ** (10**9), 3, 1),
        (x ** (10**30), -1, 1),
        (x ** (10**30), Fraction(2, 3), 1),
    ],
)
def test_enormous_and_vanishing_values_end_fast(expr, at, sign):
    value = ball.enclose(expr, {x: at}, relative_bits=60)
    assert value * sign > 0
    assert value.rel_accuracy_bits() >= 60


def test_a_value_below_the_absolute_bound_ends_the_search():
    value = ball.enclose(1 - sp.tanh(x) ** 2, {x: 1e300}, absolute_bits=1300)
    assert value.abs_upper() < arb(2) ** -1300


def test_an_irrational_zero_exceeds_the_budget():
    with pytest.raises(BudgetExceeded, match="x = 1"):
        ball.enclose(sp.log(sp.exp(x) * (1 + sp.exp(x))) - x - sp.log(1 + sp.exp(x)), {x: 1}, max_bits=2000)


def test_exact_zeros_are_recognised():
    assert ball.enclose(sp.sqrt((1 + x) ** 2) - 1 - x, {x: Fraction(1, 7)}).is_zero()
    assert ball.enclose(sp.Max(sp.exp(x) - 1, 0), {x: 0}).is_zero()


@pytest.mark.parametrize("exponent", [1, 2, 3, 4, 5])
def test_powers_of_wide_balls_are_tight(exponent):
    value = arb(ball.compiled(x**exponent, (x,))(arb(1, 3)))
    low = 0 if exponent % 2 == 0 else (-2) ** exponent
    assert low in value
    assert 4**exponent in value
    assert value.lower() > low - 0.01
    assert value.upper() < 4**exponent + 0.01


def test_huge_rationals_go_on_as_balls():
    assert isinstance(ball.compiled(x**200, (x,))(fmpq(3**200, 7**90)), arb)
    value = ball.compiled(x**2, (x,))(fmpq(2**EXACT_BITS - 1))
    assert isinstance(value, arb)


def test_shared_subexpressions_are_evaluated_once():
    calls = []
    original = BALL["exp"]
    BALL["exp"] = lambda a: calls.append(a) or original(a)
    try:
        fresh = symbol("x_shared")
        ball.evaluate(sp.exp(-fresh) / (1 + sp.exp(-fresh)) ** 2, {fresh: 1})
    finally:
        BALL["exp"] = original
    assert len(calls) == 1


def test_a_tower_of_shared_subexpressions_compiles_in_linear_time():
    expr = x
    for _ in range(60):
        expr = 1 / (1 + expr) + expr
    assert ball.evaluate(expr, {x: sp.pi}).is_finite()


def test_the_precision_is_restored_and_guarded_by_one_lock():
    before = ctx.prec
    seen = []

    def work(bits):
        for _ in range(50):
            with ball.precision(bits):
                arb(2).sqrt().exp()
                seen.append(ctx.prec == bits)

    threads = [threading.Thread(target=work, args=(bits,)) for bits in (80, 200, 500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(ZeroDivisionError), ball.precision(300):
        _ = 1 / 0
    assert all(seen)
    assert ctx.prec == before
