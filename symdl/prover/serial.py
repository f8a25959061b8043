"""Claims and verdicts as JSON: expressions in prefix form over a closed list of heads.

Decoding builds nothing but what is on the list and evaluates nothing: no text reaches a parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import (
    All,
    ArrayExpr,
    Assignment,
    Belongs,
    Claim,
    Compare,
    Definition,
    Evaluation,
    Evidence,
    Exists,
    InputError,
    Limit,
    Not,
    Optimizer,
    Parameter,
    Recurrence,
    SameRun,
    Source,
    State,
    Verdict,
    Witness,
    function,
    symbol,
)
from symdl.core.operations import HEADS

Json: TypeAlias = Any
_MOST_DEPTH = 200
_RATIONAL = re.compile(r"(-?[0-9]{1,4000})(?:/([1-9][0-9]{0,3999}))?")

_CONSTANTS: dict[str, sp.Basic] = {
    "pi": sp.pi,
    "e": sp.E,
    "oo": sp.oo,
    "-oo": -sp.oo,
    "zoo": sp.zoo,
    "nan": sp.nan,
    "true": sp.true,
    "false": sp.false,
}
_CLASSES: dict[str, type[sp.Basic]] = {
    **{name: head for head, name in HEADS.items()},
    "not_equal": sp.Ne,
    "and": sp.And,
    "or": sp.Or,
    "not": sp.Not,
    "tuple": sp.Tuple,
    "piece": sp.functions.elementary.piecewise.ExprCondPair,
    "sum": sp.Sum,
    "product": sp.Product,
    "derivative": sp.Derivative,
    "subs": sp.Subs,
    "dictionary": sp.Dict,
}
_NAMES = {head: name for name, head in _CLASSES.items()}
_PLAIN = (sp.Tuple, sp.Dict, sp.Subs, sp.functions.elementary.piecewise.ExprCondPair, sp.Sum, sp.Product)


def encode(expr: sp.Basic) -> Json:
    """An expression in prefix form.

    >>> encode(sp.exp(sp.Symbol("x", real=True)) + 1)
    ['add', '1', ['exp', ['symbol', 'x']]]
    """
    match expr:
        case ArrayExpr():
            raise InputError(f"the array {expr!r} has no JSON form")
        case sp.Symbol():
            return ["symbol", expr.name]
        case sp.Rational():
            return str(expr)
        case AppliedUndef():
            return ["call", expr.func.__name__, *map(encode, expr.args)]
    for name, constant in _CONSTANTS.items():
        if expr is constant or (expr == constant and not expr.args):
            return [name]
    if expr.func not in _NAMES:
        raise InputError(f"{expr.func.__name__} has no JSON form (in {expr})")
    return [_NAMES[expr.func], *map(encode, expr.args)]


def decode(value: Json, depth: int = 0) -> sp.Basic:
    """The expression of a prefix form; raises :class:`InputError` for anything else.

    >>> decode(["power", ["symbol", "x"], "1/2"])
    sqrt(x)
    """
    if depth > _MOST_DEPTH:
        raise InputError(f"an expression nested more than {_MOST_DEPTH} deep")
    if isinstance(value, str):
        return _number(value)
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        raise InputError(f"{value!r} is no expression in prefix form")
    head, *rest = value
    if head == "symbol" and len(rest) == 1 and isinstance(rest[0], str):
        return symbol(rest[0])
    if head in _CONSTANTS and not rest:
        return _CONSTANTS[head]
    if head == "call" and rest and isinstance(rest[0], str):
        return function(rest[0])(*(decode(argument, depth + 1) for argument in rest[1:]))
    if head not in _CLASSES:
        raise InputError(f"{head!r} is not the name of an operation")
    return _built(_CLASSES[head], [decode(argument, depth + 1) for argument in rest])


def _number(text: str) -> sp.Rational:
    match = _RATIONAL.fullmatch(text)
    if match is None:
        raise InputError(f"{text[:40]!r} is no rational number")
    return sp.Rational(int(match[1]), int(match[2] or "1"))


def _built(head: type[sp.Basic], arguments: list[sp.Basic]) -> sp.Basic:
    if head in _PLAIN:
        return head(*arguments)
    return head(*arguments, evaluate=False)


# --- claims


def claim_to_json(claim: Claim) -> Json:
    """A claim as a JSON value."""
    return {
        "name": claim.name,
        "statement": _statement(claim.statement),
        "given": [_encoded(item) for item in claim.given],
        "source": None if claim.source is None else [claim.source.cite, claim.source.where],
        "expected": claim.expected,
    }


def claim_from_json(value: Json) -> Claim:
    """The claim of a JSON value; raises :class:`InputError` for anything else."""
    try:
        source = None if value["source"] is None else Source(*value["source"])
        given = tuple(_decoded(item) for item in value["given"])
        return Claim(_decoded(value["statement"]), given, value["name"], source, value["expected"])
    except (KeyError, TypeError, IndexError) as error:
        raise InputError(f"no claim: {error!r}") from error


def _statement(statement: Any) -> Json:
    return _encoded(statement)


def _compare(value: Compare) -> Json:
    return [encode(value.lhs), value.relation, encode(value.rhs), [_encoded(item) for item in value.defined]]


def _optimizer(rule: Optimizer) -> Json:
    return {
        "name": rule.name,
        "hyper": [
            [p.symbol.name, p.name, None if p.default is None else str(p.default), [_encoded(r) for r in p.domain]]
            for p in rule.hyper
        ],
        "state": [[s.symbol.name, encode(s.start)] for s in rule.state],
        "evaluations": [[e.symbol.name, encode(e.point)] for e in rule.evaluations],
        "step": [[a.symbol.name, encode(a.expr)] for a in rule.step],
        "conventions": dict(rule.conventions),
        "source": None if rule.source is None else [rule.source.cite, rule.source.where],
    }


def _read_optimizer(value: Json) -> Optimizer:
    return Optimizer(
        value["name"],
        tuple(
            Parameter(symbol(s), name, None if default is None else _number(default), tuple(map(_decoded, domain)))
            for s, name, default, domain in value["hyper"]
        ),
        tuple(State(symbol(s), decode(start)) for s, start in value["state"]),
        tuple(Evaluation(symbol(s), decode(point)) for s, point in value["evaluations"]),
        tuple(Assignment(symbol(s), decode(expr)) for s, expr in value["step"]),
        value["conventions"],
        None if value["source"] is None else Source(*value["source"]),
    )


def _pairs(pairs: tuple[tuple[sp.Symbol, sp.Expr], ...]) -> Json:
    return [[name.name, encode(expr)] for name, expr in pairs]


def _read_pairs(value: Json) -> tuple[tuple[sp.Symbol, sp.Basic], ...]:
    return tuple((symbol(name), decode(expr)) for name, expr in value)


_ENCODERS: dict[type, tuple[str, Callable[[Any], Json]]] = {
    Compare: ("compare", _compare),
    Belongs: ("belongs", lambda v: [v.symbol.name, v.domain]),
    Definition: ("definition", lambda v: [v.function, [s.name for s in v.arguments], encode(v.body)]),
    Recurrence: ("recurrence", lambda v: [v.function, v.index.name, encode(v.start), encode(v.next)]),
    Limit: ("limit", lambda v: [encode(v.expr), v.variable.name, encode(v.point), encode(v.value)]),
    Not: ("not", lambda v: [_encoded(v.statement)]),
    Exists: ("exists", lambda v: [[s.name for s in v.variables], _encoded(v.statement)]),
    All: ("all", lambda v: [[_encoded(statement) for statement in v.statements]]),
    SameRun: (
        "same run",
        lambda v: [_optimizer(v.left), _optimizer(v.right), _pairs(v.observed), v.horizon, _pairs(v.invariant)],
    ),
}
_DECODERS: dict[str, Callable[..., Any]] = {
    "compare": lambda lhs, relation, rhs, defined: Compare(
        decode(lhs), relation, decode(rhs), tuple(map(_decoded, defined))
    ),
    "belongs": lambda name, domain: Belongs(symbol(name), domain),
    "definition": lambda name, arguments, body: Definition(name, tuple(map(symbol, arguments)), decode(body)),
    "recurrence": lambda name, index, start, step: Recurrence(name, symbol(index), decode(start), decode(step)),
    "limit": lambda expr, variable, point, value: Limit(decode(expr), symbol(variable), decode(point), decode(value)),
    "not": lambda statement: Not(_decoded(statement)),
    "exists": lambda names, statement: Exists(tuple(map(symbol, names)), _decoded(statement)),
    "all": lambda statements: All(tuple(map(_decoded, statements))),
    "same run": lambda left, right, observed, horizon, invariant: SameRun(
        _read_optimizer(left), _read_optimizer(right), _read_pairs(observed), horizon, _read_pairs(invariant)
    ),
}


def _encoded(value: Any) -> Json:
    name, encoder = _ENCODERS[type(value)]
    return [name, *encoder(value)]


def _decoded(value: Json) -> Any:
    if not isinstance(value, list) or not value or value[0] not in _DECODERS:
        raise InputError(f"{str(value)[:60]!r} is no statement or assumption")
    return _DECODERS[value[0]](*value[1:])


# --- verdicts


def verdict_to_json(verdict: Verdict) -> Json:
    """A verdict, with its claim, as a JSON value."""
    return {
        "claim": claim_to_json(verdict.claim),
        "outcome": verdict.outcome,
        "evidence": [_evidence(evidence) for evidence in verdict.evidence],
    }


def _evidence(evidence: Evidence) -> Json:
    witness = evidence.witness
    return {
        "method": evidence.method,
        "trust": evidence.trust,
        "detail": evidence.detail,
        "effort": evidence.effort,
        "witness": witness and [[[n, encode(v)] for n, v in witness.values], witness.lhs, witness.rhs],
    }


def verdict_from_json(value: Json) -> Verdict:
    """The verdict of a JSON value; raises :class:`InputError` for anything else."""
    claim = claim_from_json(value["claim"])
    return Verdict(claim, value["outcome"], tuple(_read_evidence(item) for item in value["evidence"]))


def _read_evidence(value: Json) -> Evidence:
    witness = value["witness"]
    if witness is not None:
        values, lhs, rhs = witness
        witness = Witness(tuple((name, decode(expr)) for name, expr in values), lhs, rhs)
    return Evidence(value["method"], value["trust"], value["detail"], value["effort"], witness)
