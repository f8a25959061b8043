"""Text to claims, and SymPy expressions to claims.

A chain ``a = b <= c`` is a conjunction: :func:`read_claims` gives one claim for each link, and
:func:`read_claim` the only one. ``limit(f, x, oo) = v`` becomes :class:`symdl.core.Limit`, ``not (...)``
and ``exists x: ...`` become :class:`symdl.core.Not` and :class:`symdl.core.Exists`. ``a ~= 0.35`` (``≈``) says
that ``a`` agrees to the printed digits. Definitions that a claim uses (``sigmoid``) and what the profile
assumes of its names are in ``given``; the conditions under which its sides have a value are in ``defined``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import sympy as sp

from symdl.core import ArrayExpr, Claim, Compare, Exists, Given, Limit, Not, ReadError, Recurrence, Statement, symbol

from .array_signs import spread, wants_arrays
from .arrays import compare_arrays, read_array
from .door import admit, admit_relation, conditions_of
from .elaborate import compare, elaborate
from .given import Assumptions, GivenText, read_given
from .latex import only_statement
from .names import name_of
from .profile import PLAIN, Profile
from .results import Elaborated
from .scope import Scope
from .syntax import Addition, Existential, LimitOf, Name, Negation, Node, Number, Relation
from .text import Syntax, read_text

ClaimText: TypeAlias = str | sp.Basic | Statement | Claim
"""What may be written as a claim."""


def read_claims(
    text: ClaimText,
    given: Iterable[GivenText] = (),
    profile: Profile = PLAIN,
    syntax: Syntax = "auto",
    macros: Mapping[str, str] | None = None,
) -> tuple[Claim, ...]:
    """One claim for each link of a chain, and for each statement of the text.

    Raises :class:`ReadError` for what cannot be read as a claim.

    >>> [str(claim) for claim in read_claims("0 < exp(-x) <= 1", given=["x >= 0"])]
    ['0 < exp(-x)  given x >= 0', 'exp(-x) <= 1  given x >= 0']
    """
    ready = read_given(given, profile)
    if isinstance(text, Claim):
        return (Claim(text.statement, _distinct(text.given, ready.entries), text.name, text.source, text.expected),)
    if isinstance(text, sp.Basic):
        *assumed, relation = admit_relation(text)
        assert isinstance(relation, Compare)
        return (Claim(relation, _distinct(ready.entries, assumed)),)
    if not isinstance(text, str):
        return (Claim(text, ready.entries),)
    parsed = read_text(text, syntax, macros)
    reader = _Reader(ready, text)
    claims = tuple(claim for node in parsed.statements for claim in reader.claims(node))
    if not claims:
        raise ReadError("there is no claim to read", text=text, remedy="write a relation")
    return claims


def read_claim(
    text: ClaimText,
    given: Iterable[GivenText] = (),
    profile: Profile = PLAIN,
    syntax: Syntax = "auto",
    macros: Mapping[str, str] | None = None,
) -> Claim:
    """The one claim that ``text`` states.

    >>> claim = read_claim("diff(sigmoid(x), x) = sigmoid(x)*(1 - sigmoid(x))")
    >>> print(claim)
    diff(sigmoid(x), x) = (1 - sigmoid(x))*sigmoid(x)  given sigmoid(x) = 1/(1 + exp(-x))
    """
    claims = read_claims(text, given, profile, syntax, macros)
    if len(claims) != 1:
        shown = text if isinstance(text, str) else str(text)
        raise ReadError(f"{len(claims)} claims in one text", text=shown, remedy="state them one by one")
    return claims[0]


def claims_in(node: Node, profile: Profile, scope: Scope, text: str = "") -> tuple[Claim, ...]:
    """The claims that a statement makes which has been read already, under the definitions of ``scope``."""
    return _Reader(Assumptions((), profile, scope), text).claims(node)


def read_expression(
    text: str | sp.Basic,
    given: Iterable[GivenText] = (),
    profile: Profile = PLAIN,
    syntax: Syntax = "auto",
    macros: Mapping[str, str] | None = None,
) -> Elaborated:
    r"""An expression, with its conditions, definitions and assumptions (those of ``given`` first).

    ``.unfolded`` has the definitions written out: what ``derive`` differentiates.

    >>> result = read_expression(r"\frac{x}{1+e^{-x}}")
    >>> result.read_as
    'x/(1 + exp(-x))'
    >>> str(read_expression("sigmoid(x)").unfolded)
    '1/(1 + exp(-x))'
    """
    ready = read_given(given, profile)
    if isinstance(text, sp.Basic):
        expr, assumed = admit(text)
        return Elaborated(expr, conditions_of(expr), (), _distinct(ready.entries, assumed))
    parsed = read_text(text, syntax, macros)
    if len(parsed.statements) != 1:
        raise ReadError(f"{len(parsed.statements)} expressions in one text", text=text, remedy="write a single one")
    node = parsed.statements[0]
    found = elaborate(node, ready.profile, ready.scope, sequences=bool(ready.scope.sequences), text=text)
    assumptions = _distinct(ready.entries, found.assumptions)
    return Elaborated(found.expr, found.conditions, found.definitions, assumptions, found.gradients, found.components)


def read_array_expression(
    text: str,
    given: Iterable[GivenText] = (),
    profile: Profile = PLAIN,
    syntax: Syntax = "auto",
    macros: Mapping[str, str] | None = None,
) -> ArrayExpr:
    r"""A formula of matrices and vectors.

    >>> read_array_expression("W*x + b", ["W matrix(m, n)", "x vector(n)", "b vector(m)"])
    (W @ x) + b
    """
    ready = read_given(given, profile)
    node = only_statement(read_text(text, syntax, macros))
    return read_array(node, ready.profile, ready.scope, ready.shapes, text)


def read_equality(
    left: str | sp.Basic,
    right: str | sp.Basic,
    given: Iterable[GivenText] = (),
    profile: Profile = PLAIN,
    syntax: Syntax = "auto",
    macros: Mapping[str, str] | None = None,
) -> Claim | None:
    r"""That two formulas are the same array; None where both are about numbers.

    >>> from symdl.notation.profile import DEEP_LEARNING
    >>> print(read_equality(r"(AB)^\top", r"B^T A^T", profile=DEEP_LEARNING))
    (A @ B).T = B.T @ A.T
    """
    if not isinstance(left, str) or not isinstance(right, str):
        return None
    ready = read_given(given, profile)
    if not (ready.shapes or ready.profile.arrays):
        return None
    first, second = (only_statement(read_text(side, syntax, macros)) for side in (left, right))
    relation = spread(Relation(first, (("=", second),)), ready.profile)
    if isinstance(first, Relation) or isinstance(second, Relation) or not wants_arrays(relation, ready.shapes):
        return None
    assert isinstance(relation, Relation)
    (link,) = compare_arrays(relation, ready.profile, ready.scope, ready.shapes, left)
    return Claim(link, ready.entries)


def _distinct(*groups: Iterable[Given]) -> tuple[Given, ...]:
    return tuple(dict.fromkeys(entry for group in groups for entry in group))


class _Reader:
    """Statements of one text to claims, under the assumptions of its ``given``."""

    def __init__(self, ready: Assumptions, text: str) -> None:
        self.ready, self.text = ready, text
        self.sequences = any(isinstance(entry, Recurrence) for entry in ready.entries)

    def claims(self, node: Node) -> tuple[Claim, ...]:
        """The claims that one statement makes."""
        if isinstance(node, Negation | Existential):
            inner = self.claims(node.statement)
            if len(inner) != 1:
                raise self.error("a chain inside 'not' or 'exists'", node, "write a single relation there")
            return (Claim(self.wrapped(node, inner[0].statement), inner[0].given),)
        if not isinstance(node, Relation):
            raise self.error("an expression, not a claim", node, "write a relation: ... = ...")
        if isinstance(node.first, LimitOf):
            return (self.limit(node, node.first),)
        if node.relations == ("~=",):
            return (self.rounded(node),)
        arrays = self.arrays(node)
        if arrays:
            return tuple(Claim(link, self.ready.entries) for link in arrays)
        links, found = compare(node, self.ready.profile, self.ready.scope, sequences=self.sequences, text=self.text)
        given = _distinct(self.ready.entries, found.given)
        return tuple(Claim(link, given) for link in links)

    def error(self, message: str, node: Node, remedy: str) -> ReadError:
        """A :class:`ReadError` at ``node``."""
        return ReadError(message, text=self.text, position=node.start, remedy=remedy)

    def arrays(self, node: Relation) -> tuple[Compare, ...]:
        """The links of a chain of equations about matrices and vectors; nothing for one about numbers."""
        ready = self.ready
        may_be = ready.shapes or ready.profile.arrays
        if not may_be or not wants_arrays(spread(node, ready.profile), ready.shapes):
            return ()
        return compare_arrays(node, ready.profile, ready.scope, ready.shapes, self.text)

    def read(self, node: Node) -> Elaborated:
        """One expression of the claim."""
        return elaborate(node, self.ready.profile, self.ready.scope, sequences=self.sequences, text=self.text)

    def wrapped(self, node: Negation | Existential, statement: Statement) -> Statement:
        """``not`` or ``exists`` around a statement."""
        if isinstance(node, Negation):
            return Not(statement)
        names = [name_of(variable) for variable in node.variables]
        if None in names:
            raise self.error("'exists' needs names", node, "write exists x: x^2 = 2")
        return Exists(tuple(symbol(name) for name in names if name), statement)

    def limit(self, node: Relation, head: LimitOf) -> Claim:
        """``limit(f, x, a) = v``."""
        name = name_of(head.variable)
        if node.relations != ("=",) or name is None:
            raise self.error("a limit is stated with one '='", node, "write limit(f, x, oo) = 0")
        body = self.read(head.argument)
        point, value = self.point(head.point), self.point(node.rest[0][1])
        return Claim(Limit(body.expr, symbol(name), point, value), _distinct(self.ready.entries, body.given))

    def point(self, node: Node) -> sp.Expr:
        """A number, or plus or minus infinity."""
        sign, bare = 1, node
        if isinstance(node, Addition) and len(node.terms) == 1:
            sign, bare = (-1 if node.terms[0][0] == "-" else 1), node.terms[0][1]
        return sign * sp.oo if bare == Name("oo") else self.read(node).expr

    def rounded(self, node: Relation) -> Claim:
        """``a ~= 0.35``: the two differ by at most half a unit of the last printed digit."""
        number = node.rest[0][1]
        bare = number.terms[0][1] if isinstance(number, Addition) and len(number.terms) == 1 else number
        if not isinstance(bare, Number):
            raise self.error("≈ without a printed number claims nothing", node, "write = or a decimal on the right")
        mantissa, _, exponent = bare.text.lower().partition("e")
        digits = len(mantissa.partition(".")[2]) - int(exponent or 0)
        left, right = self.read(node.first), self.read(number)
        bound = sp.Rational(1, 2) * sp.Rational(10) ** -digits
        statement = Compare(sp.Abs(left.expr - right.expr, evaluate=False), "<=", bound, left.conditions)
        return Claim(statement, _distinct(self.ready.entries, left.given))
