"""Functions far out where they decay: found where they do, and accurate down to the least numbers."""

import pytest
import sympy as sp

from symdl.codegen.accuracy import DTYPES, measure, truth
from symdl.codegen.decays import decays
from symdl.codegen.halves import Style
from symdl.codegen.kernels import Function, Plan
from symdl.codegen.modules import compiled
from symdl.core import symbol

x = symbol("x")
DECAYING = (
    x * sp.tanh(sp.exp(x)),
    sp.diff(x * sp.tanh(sp.exp(x)), x),
    x**2 * sp.log(1 + sp.exp(-x / 2)),
    sp.tanh(sp.exp(-(x**2))),
)


def shape(expr):
    return [(d.direction, [float(c) for c in d.coefficients], float(d.rate), d.degree) for d in decays(expr, x)]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (DECAYING[0], [(-1, [0, 1], 1, 1)]),
        (DECAYING[1], [(-1, [1, 1], 1, 1)]),
        (DECAYING[2], [(1, [0, 0, 1], 0.5, 1)]),
        (DECAYING[3], [(-1, [1], 1, 2), (1, [1], 1, 2)]),
        (1 - sp.tanh(3 * x), [(1, [2], 6, 1)]),
    ],
)
def test_the_leading_term_is_found(expr, expected):
    assert shape(expr) == expected


@pytest.mark.parametrize(
    "expr", [1 / (1 + x**2), sp.erfc(x), sp.tanh(x), sp.exp(-sp.sqrt(1 + x**2)), sp.Integer(0) * x]
)
def test_what_does_not_decay_so_has_none(expr):
    assert shape(expr) == []


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("expr", [DECAYING[0], DECAYING[3]])
def test_the_last_digits_are_right_where_products_underflow(expr, dtype):
    exact = truth(expr, x, dtype, 400)
    worst = {}
    for far in (False, True):
        plan = Plan(cells=False, far=far, compensated=True, wide=dtype == "float32")
        worst[far] = measure(compiled(Function(expr, x), dict.fromkeys(DTYPES, plan)), exact, (None, None)).worst
    assert worst[True] <= 4
    assert worst[True] <= worst[False]


def test_without_care_they_are_lost():
    exact = truth(DECAYING[0], x, "float64", 400)
    plain = compiled(Function(DECAYING[0], x), dict.fromkeys(DTYPES, Plan(cells=False)))
    assert measure(plain, exact, (None, None)).worst > 100


def test_sizes_last_cannot_overflow_with_a_numerator():
    sigma = 1 / (1 + sp.exp(-x))
    expr = x * sp.tanh(sp.log(1 + sigma))
    code = compiled(Function(expr, x), dict.fromkeys(DTYPES, Plan(style=Style(fraction=True, last=True))))
    exact = truth(expr, x, "float64", 300)
    assert measure(code, exact.within(float("inf")), (None, None)).failures == 0
