"""What update rules are made of: their letters, hyper-parameters with domains, and the parts that compose.

A part takes a rule and gives a rule: weight decay in both couplings, a gradient that is clipped by
value or by the norm of the whole list, ascent, a learning rate that follows a schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from symdl.core import STEP, THETA, Assignment, Compare, DefinitionError, Optimizer, Parameter, symbol
from symdl.core.couplings import list_total

g = symbol("g")
eta = symbol("eta")
beta = symbol("beta")
epsilon = symbol("epsilon")
decay = symbol("lambda")

OUTSIDE = "outside the root"
INSIDE = "inside the root"
HAT = "hat"
IN_MAXIMUM = "in the maximum"
CORRECTED = "corrected"
UNCORRECTED = "uncorrected"


def at_least_zero(name: sp.Symbol) -> tuple[Compare, ...]:
    """``name >= 0``."""
    return (Compare(name, ">=", sp.Integer(0)),)


def unit(name: sp.Symbol) -> tuple[Compare, ...]:
    """``0 <= name < 1``."""
    return (*at_least_zero(name), Compare(name, "<", sp.Integer(1)))


def learning_rate(default: str | None = None) -> Parameter:
    """The learning rate eta."""
    return Parameter(eta, "learning_rate", _exact(default), at_least_zero(eta))


def average(name: sp.Symbol, role: str, default: str | None) -> Parameter:
    """A decay of a moving average, in [0, 1)."""
    return Parameter(name, role, _exact(default), unit(name))


def stabiliser(default: str) -> Parameter:
    """epsilon >= 0."""
    return Parameter(epsilon, "epsilon", _exact(default), at_least_zero(epsilon))


def nonnegative(name: sp.Symbol, role: str, default: str | None = None) -> Parameter:
    """A hyper-parameter that is at least zero."""
    return Parameter(name, role, _exact(default), at_least_zero(name))


def real(name: sp.Symbol, role: str, default: str | None = None) -> Parameter:
    """A hyper-parameter that may be any real number."""
    return Parameter(name, role, _exact(default))


def _exact(default: str | None) -> sp.Rational | None:
    return None if default is None else sp.Rational(default)


def mean(state: sp.Symbol, weight: sp.Symbol, value: sp.Expr) -> Assignment:
    """``state <- weight state + (1 - weight) value``."""
    return Assignment(state, weight * state + (1 - weight) * value)


def unbiased(state: sp.Expr, weight: sp.Symbol) -> sp.Expr:
    """A moving average that started at zero, divided by the weights that it has had."""
    return state / (1 - weight**STEP)


def over_root(numerator: sp.Expr, second_moment: sp.Expr, convention: str) -> sp.Expr:
    """``numerator / sqrt(second_moment)``, kept from dividing by zero by epsilon."""
    if convention == INSIDE:
        return numerator / sp.sqrt(second_moment + epsilon)
    if convention == IN_MAXIMUM:
        return numerator / sp.Max(sp.sqrt(second_moment), epsilon)
    return numerator / (sp.sqrt(second_moment) + epsilon)


def at_first(first: sp.Expr, later: sp.Expr) -> sp.Expr:
    """``first`` in the first step, ``later`` in all others."""
    return sp.Piecewise((first, sp.Le(STEP, 1)), (later, True))


def with_l2(rule: Optimizer) -> Optimizer:
    """``g + lambda theta`` in place of g: the gradient of the loss with ``lambda |theta|^2 / 2`` added.

    >>> from symdl.library import sgd
    >>> with_l2(sgd).step[-1].expr
    -eta*(g + lambda*theta) + theta
    """
    return _with_gradient(
        rule, g + decay * THETA, (nonnegative(decay, "weight_decay"),), {"weight decay": "in the gradient"}
    )


def with_sparse_gradient(rule: Optimizer) -> Optimizer:
    """Nothing moves where a gradient is 0, neither a state nor the parameter: absent gradients are zeros.

    Source: PyTorch, torch.optim.SparseAdam, the masked version of Adam of the documentation.

    >>> from symdl.library import momentum
    >>> [a.expr for a in with_sparse_gradient(momentum).step][0]
    Piecewise((v, Eq(g, 0)), (beta*v - eta*g, True))
    """
    kept = {THETA, *(state.symbol for state in rule.state)}
    absent = sp.Eq(rule.evaluations[0].symbol, 0)

    def masked(assignment: Assignment) -> Assignment:
        return replace(assignment, expr=sp.Piecewise((assignment.symbol, absent), (assignment.expr, True)))

    return replace(
        rule,
        step=tuple(masked(a) if a.symbol in kept else a for a in rule.step),
        conventions={**rule.conventions, "gradient": "sparse"},
    )


def with_decoupled_decay(rule: Optimizer) -> Optimizer:
    """``theta - eta lambda theta`` before the step, which the averages do not see.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019, Algorithm 2.

    >>> from symdl.library import sgd
    >>> [a.expr for a in with_decoupled_decay(sgd).step]
    [-eta*lambda*theta + theta, -eta*g + theta]
    """
    shrink = Assignment(THETA, THETA - eta * decay * THETA)
    return replace(
        rule,
        hyper=_joined(rule, (nonnegative(decay, "weight_decay"),)),
        step=(shrink, *rule.step),
        conventions={**rule.conventions, "weight decay": "decoupled"},
    )


def with_clipped_gradient(rule: Optimizer) -> Optimizer:
    """The gradient kept within ``[-c, c]``, element by element.

    >>> from symdl.library import sgd
    >>> with_clipped_gradient(sgd).step[-1].expr
    -eta*Max(-c, Min(c, g)) + theta
    """
    bound = symbol("c")
    clipped = sp.Max(-bound, sp.Min(bound, g))
    return _with_gradient(rule, clipped, (nonnegative(bound, "clip"),), {"clipping": "by value"})


def with_clipped_norm(rule: Optimizer) -> Optimizer:
    """Gradients scaled down together where the norm over all entries of all arrays exceeds a bound.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks,
    ICML 2013, Algorithm 1.

    >>> from symdl.library import sgd
    >>> for assignment in with_clipped_norm(sgd).step:
    ...     print(assignment.symbol, "<-", assignment.expr)
    g_norm <- sqrt(list_total(g**2))
    g_scale <- Piecewise((g_max/g_norm, g_max < g_norm), (1, True))
    theta <- -eta*g*g_scale + theta
    """
    norm, scale, bound = symbol("g_norm"), symbol("g_scale"), symbol("g_max")
    before = (
        Assignment(norm, sp.sqrt(list_total(g**2))),
        Assignment(scale, sp.Piecewise((bound / norm, sp.Gt(norm, bound)), (1, True))),
    )
    return _with_gradient(rule, scale * g, (nonnegative(bound, "max_norm"),), {"clipping": "by global norm"}, before)


def maximised(rule: Optimizer) -> Optimizer:
    """The rule that goes up: its gradient with the other sign, before all else that is done to it.

    >>> from symdl.library import sgd
    >>> maximised(sgd).step[-1].expr
    eta*g + theta
    """
    return _with_gradient(rule, -g, (), {"direction": "up"})


def _joined(rule: Optimizer, hyper: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """The hyper-parameters of a rule and of a part of it, which must be others."""
    taken = {text for p in rule.hyper for text in (p.name, str(p.symbol))}
    twice = [p.name for p in hyper if {p.name, str(p.symbol)} & taken]
    if twice:
        raise DefinitionError(
            f"{rule.name} has a hyper-parameter {', '.join(twice)} or its symbol already",
            remedy="use the one that it has, or give the part another symbol",
        )
    return (*rule.hyper, *hyper)


def _with_gradient(
    rule: Optimizer,
    gradient: sp.Expr,
    hyper: tuple[Parameter, ...],
    conventions: Mapping[str, str],
    before: tuple[Assignment, ...] = (),
) -> Optimizer:
    """The rule with an expression in g and theta in place of its gradient, after the assignments ``before``."""
    if len(rule.evaluations) != 1:
        raise DefinitionError(f"{rule.name} takes {len(rule.evaluations)} gradients, not one")
    (evaluation,) = rule.evaluations
    value = gradient.xreplace({g: evaluation.symbol})
    moves_early = value.has(THETA) and any(a.symbol == THETA for a in rule.step[:-1])
    local = symbol(f"{evaluation.symbol}_changed")
    table = {evaluation.symbol: local if moves_early else value}
    return replace(
        rule,
        hyper=_joined(rule, hyper),
        step=(
            *(Assignment(a.symbol, a.expr.xreplace({g: evaluation.symbol})) for a in before),
            *((Assignment(local, value),) if moves_early else ()),
            *(replace(a, expr=a.expr.xreplace(table)) for a in rule.step),
        ),
        conventions={**rule.conventions, **conventions},
    )


def scheduled(rule: Optimizer, factor: sp.Expr, hyper: tuple[Parameter, ...] = ()) -> Optimizer:
    """The learning rate times ``factor``, an expression in the step count t and ``hyper``.

    >>> from symdl.library import sgd
    >>> scheduled(sgd, 1 / sp.sqrt(STEP)).step[-1].expr
    -eta*g/sqrt(t) + theta
    """
    rates = {eta: eta * factor}
    return replace(
        rule,
        hyper=_joined(rule, hyper),
        evaluations=tuple(replace(e, point=e.point.xreplace(rates)) for e in rule.evaluations),
        step=tuple(replace(a, expr=a.expr.xreplace(rates)) for a in rule.step),
    )
