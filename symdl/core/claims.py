"""Claims and verdicts: what is said, under which assumptions, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import sympy as sp

from .errors import DefinitionError, NotProved
from .symbols import Source

if TYPE_CHECKING:
    from .arrays import ArrayExpr
    from .optimizers import Optimizer

Relation = Literal["=", "!=", "<", "<=", ">", ">="]
RELATIONS: tuple[Relation, ...] = ("=", "!=", "<", "<=", ">", ">=")
Domain = Literal["real", "integer", "positive integer"]
Outcome = Literal["PROVED", "REFUTED", "SUPPORTED", "UNDECIDED"]


@dataclass(frozen=True)
class Compare:
    """``lhs relation rhs``, with the conditions under which both sides have a value.

    Unlike SymPy's relations it never evaluates itself. A side is a scalar or an array (:class:`ArrayExpr`);
    arrays are equal when their sizes and all of their entries are. ``defined`` is collected from the text as it
    was written, before SymPy can cancel ``x/x``.

    >>> str(Compare(sp.Symbol("k"), ">", sp.Integer(0)))
    'k > 0'
    """

    lhs: sp.Expr
    relation: Relation
    rhs: sp.Expr
    defined: tuple[Compare, ...] = ()

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            raise DefinitionError(f"{self.relation!r} is not one of {', '.join(RELATIONS)}")

    def __str__(self) -> str:
        return f"{_side_text(self.lhs)} {self.relation} {_side_text(self.rhs)}"


def _side_text(side: sp.Expr | ArrayExpr) -> str:
    from .printing import to_text

    return to_text(side) if isinstance(side, sp.Basic) else repr(side)


@dataclass(frozen=True)
class Limit:
    """``expr`` tends to ``value`` as ``variable`` tends to ``point``."""

    expr: sp.Expr
    variable: sp.Symbol
    point: sp.Expr
    value: sp.Expr

    def __str__(self) -> str:
        from .printing import to_text

        return f"limit({to_text(self.expr)}, {self.variable}, {to_text(self.point)}) = {to_text(self.value)}"


@dataclass(frozen=True)
class SameRun:
    """Two update rules give the same parameters at every step, from their declared starts.

    ``observed`` pairs a quantity of the left rule with one of the right; ``horizon`` is a number of
    steps, or None for all of them; ``invariant`` expresses states of the right rule by those of the
    left one, where it is known.
    """

    left: Optimizer
    right: Optimizer
    observed: tuple[tuple[sp.Symbol, sp.Symbol], ...] = ()
    horizon: int | None = None
    invariant: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()

    def __str__(self) -> str:
        return f"{self.left.name} and {self.right.name} take the same steps"


@dataclass(frozen=True)
class Not:
    """The statement is false: a confirmed witness against it proves this."""

    statement: Statement

    def __str__(self) -> str:
        return f"not ({self.statement})"


@dataclass(frozen=True)
class Exists:
    """Some values of the variables make the statement true."""

    variables: tuple[sp.Symbol, ...]
    statement: Statement

    def __str__(self) -> str:
        return f"exists {', '.join(map(str, self.variables))}: {self.statement}"


@dataclass(frozen=True)
class All:
    """Every one of the statements is true: a chain ``a = b <= c`` says both of its links."""

    statements: tuple[Statement, ...]

    def __str__(self) -> str:
        return " and ".join(map(str, self.statements))


Statement = Compare | Limit | SameRun | Not | Exists | All


@dataclass(frozen=True)
class Belongs:
    """A symbol ranges over a set: ``t positive integer``."""

    symbol: sp.Symbol
    domain: Domain

    def __str__(self) -> str:
        return f"{self.symbol} {self.domain}"


@dataclass(frozen=True)
class Definition:
    """``function(arguments) = body``; a constant has no arguments.

    ``function`` is the name; in expressions the function stands as ``symdl.core.function(name)``.
    """

    function: str
    arguments: tuple[sp.Symbol, ...]
    body: sp.Expr

    def __str__(self) -> str:
        from .printing import to_text

        head = f"{self.function}({', '.join(map(str, self.arguments))})" if self.arguments else self.function
        return f"{head} = {to_text(self.body)}"


@dataclass(frozen=True)
class Recurrence:
    """A sequence: ``function(0) = start`` and ``function(index) = next`` for index = 1, 2, ...

    ``next`` is written in ``function(index - 1)``, the index and free symbols.
    """

    function: str
    index: sp.Symbol
    start: sp.Expr
    next: sp.Expr

    def __str__(self) -> str:
        from .printing import to_text

        step = f"{self.function}({self.index}) = {to_text(self.next)}"
        return f"{self.function}(0) = {to_text(self.start)}, {step}"


Given = Compare | Belongs | Definition | Recurrence


@dataclass(frozen=True)
class Claim:
    """A statement under assumptions, with its source. The name says the conclusion.

    ``expected`` is REFUTED for a claim that is kept because it is false.
    """

    statement: Statement
    given: tuple[Given, ...] = ()
    name: str = ""
    source: Source | None = None
    expected: Outcome = "PROVED"

    def __str__(self) -> str:
        assumptions = ", ".join(map(str, self.given))
        return f"{self.statement}" + (f"  given {assumptions}" if assumptions else "")


@dataclass(frozen=True)
class Witness:
    """Values at which a claim fails (or an existence claim holds), with both sides there.

    ``values`` are exact (rationals, small first); ``lhs`` and ``rhs`` are printed from certified
    enclosures or exact numbers.
    """

    values: tuple[tuple[str, sp.Expr], ...]
    lhs: str = ""
    rhs: str = ""

    def as_dict(self) -> dict[str, str]:
        """``{name: value}`` as text."""
        return {name: str(value) for name, value in self.values}

    def __str__(self) -> str:
        point = ", ".join(f"{name} = {value}" for name, value in self.values)
        sides = f"{self.lhs} against {self.rhs}" if self.lhs else ""
        return ": ".join(part for part in (point and f"at {point}", sides) if part)


@dataclass(frozen=True)
class Evidence:
    """What one checker found: its method, what it trusted, its effort, its witness.

    ``detail`` is the idea in a line ("cells x < 0, x = 0, x > 0; numerator 0 in each"), ``effort``
    counts deterministic units of work.
    """

    method: str
    trust: str
    detail: str = ""
    effort: int = 0
    witness: Witness | None = None


@dataclass(frozen=True)
class Verdict:
    """The outcome of a claim with its evidence.

    PROVED; REFUTED, with a witness confirmed in ball or exact arithmetic; SUPPORTED (sampled, no
    proof); UNDECIDED, with the reason. A verdict is no truth value: ``bool(verdict)`` raises.

    >>> verdict = Verdict(Claim(Compare(sp.Integer(1), "=", sp.Integer(1))), "PROVED", ())
    >>> verdict.proved
    True
    """

    claim: Claim
    outcome: Outcome
    evidence: tuple[Evidence, ...]

    @property
    def proved(self) -> bool:
        """Whether the outcome is PROVED."""
        return self.outcome == "PROVED"

    @property
    def refuted(self) -> bool:
        """Whether the outcome is REFUTED."""
        return self.outcome == "REFUTED"

    @property
    def as_expected(self) -> bool:
        """Whether the outcome is the one that the claim expects."""
        return self.outcome == self.claim.expected

    @property
    def witness(self) -> Witness | None:
        """The first witness among the evidence."""
        return next((e.witness for e in self.evidence if e.witness is not None), None)

    @property
    def idea(self) -> str:
        """The idea of the proof, or the reason for another outcome, in a line or two."""
        return "; ".join(e.detail for e in self.evidence if e.detail)

    @property
    def read_as(self) -> str:
        """The claim as it was understood, printed."""
        return str(self.claim)

    def require(self) -> Verdict:
        """The verdict itself when PROVED; raises :class:`NotProved` otherwise."""
        if not self.proved:
            raise NotProved(str(self))
        return self

    def __bool__(self) -> bool:
        raise TypeError("a verdict is not a truth value: ask .proved or .refuted, or call .require()")

    def __str__(self) -> str:
        rows = [f"{self.outcome}  {self.claim}"]
        rows += [f"  witness {self.witness}"] if self.witness else []
        rows += [f"  {self.idea}"] if self.idea else []
        return "\n".join(rows)
