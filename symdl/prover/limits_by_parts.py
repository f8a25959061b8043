"""Limits of roots, exponentials and logarithms: continuous functions of parts that have limits.

A sum or product of parts with finite limits has their sum or product as its limit; a root, an exponential or
a logarithm that of its argument, where it is continuous there. The parts go to the algebra of limits.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import BudgetExceeded, Claim, Compare, Evidence, Limit, UnsupportedOperation, Witness, to_text

from .closed_sums import closed_claim
from .control import Open
from .equality import by_normal_form, follows
from .limits import METHOD, TRUST, differ, limits
from .problems import pose

_MOST_DEPTH = 12


def by_parts(claim: Claim) -> Evidence | None:
    """A limit that is the claimed value, part by part."""
    found = _found(claim)
    if found is None:
        return None
    value, idea = found
    claimed = claim.statement.value if isinstance(claim.statement, Limit) else value
    if value.is_infinite or claimed.is_infinite:
        if value != claimed:
            raise Open(f"the limit is {to_text(value)}")
    elif by_normal_form(Claim(Compare(value, "=", claimed), claim.given)) is None:
        return None
    return Evidence(METHOD, TRUST, f"{idea}limits of the parts: the limit is {to_text(value)}")


def against_parts(claim: Claim) -> Evidence | None:
    """A limit that is certainly another number than the claimed one, part by part."""
    found = _found(claim)
    statement = claim.statement
    if found is None or not isinstance(statement, Limit):
        return None
    value, claimed = found[0], statement.value
    if value.free_symbols | claimed.free_symbols:
        return None
    if value.is_infinite != claimed.is_infinite or differ(value, claimed):
        witness = Witness(((str(statement.variable), statement.point),), to_text(value), to_text(claimed))
        return Evidence(METHOD, TRUST, f"the limit is {to_text(value)}", witness=witness)
    return None


def _found(claim: Claim) -> tuple[sp.Expr, str] | None:
    """The limit and how the claim was rewritten for it."""
    if not isinstance(claim.statement, Limit) or not claim.statement.point.is_infinite:
        return None
    closed = closed_claim(claim)
    inner = closed[0] if closed else claim
    assert isinstance(inner.statement, Limit)
    return _tends(inner.statement.expr, inner, 0), f"{closed[1]}; " if closed else ""


def _tends(expr: sp.Expr, claim: Claim, depth: int) -> sp.Expr:
    """The limit of an expression; raises :class:`Open` where it is not found."""
    statement = claim.statement
    assert isinstance(statement, Limit)
    if statement.variable not in expr.free_symbols:
        return expr
    part = Claim(Limit(expr, statement.variable, statement.point, sp.Integer(0)), claim.given)
    try:
        return limits(part, 1)[0][1]
    except (Open, UnsupportedOperation):
        if depth == _MOST_DEPTH:
            raise BudgetExceeded(f"over budget: a limit nested more than {_MOST_DEPTH} deep") from None
    inner = [_tends(argument, claim, depth + 1) for argument in expr.args]
    return _continuous(expr, inner, claim)


def _continuous(expr: sp.Expr, inner: list[sp.Expr], claim: Claim) -> sp.Expr:
    """The limit from those of the arguments."""
    finite = not any(value.is_infinite for value in inner)
    match expr:
        case sp.Add() | sp.Mul() if finite:
            return expr.func(*inner)
        case sp.Mul() if all(value.is_infinite or (value.is_Number and value != 0) for value in inner):
            return expr.func(*inner)
        case sp.Pow(exp=sp.Rational() as exponent):
            if inner[0] is sp.oo:
                return sp.oo if exponent > 0 else sp.Integer(0)
            if finite and _is_positive(inner[0], claim):
                return inner[0] ** exponent
        case sp.exp():
            if inner[0] is -sp.oo:
                return sp.Integer(0)
            return sp.exp(inner[0])
        case sp.log() if finite and _is_positive(inner[0], claim):
            return sp.log(inner[0])
    raise Open(f"the limit of {to_text(expr)} is not known")


def _is_positive(value: sp.Expr, claim: Claim) -> bool:
    setting = pose(Compare(value, "=", value), claim.given).setting
    return follows(setting, Compare(value, ">", sp.Integer(0)))
