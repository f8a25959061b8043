"""One elaboration of the tree to SymPy: what each kind of node means (see ``elaborate``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Belongs, Compare, Definition, Given, ReadError, function, symbol
from symdl.core.claims import Relation as CoreRelation

from . import applications, operators, sums
from .arithmetic import Arithmetic
from .conditions import is_condition
from .dots import sum_of
from .functions import FUNCTIONS, compare_with_zero, joined
from .indices import Indexed, indexed
from .names import is_statistic, name_of
from .profile import Profile
from .results import Elaborated, GradientEvaluation
from .scope import Scope, library_definitions
from .syntax import (
    Absolute,
    Addition,
    Bracketed,
    Call,
    Cases,
    Combined,
    Component,
    Conditional,
    DerivativeOf,
    Ellipsis,
    Evaluated,
    Expectation,
    Extremum,
    Fraction,
    Gradient,
    Integral,
    Juxtaposed,
    LimitOf,
    Listing,
    Matrix,
    Name,
    Node,
    Norm,
    Number,
    Placeholder,
    Product,
    Relation,
    Root,
    Scripted,
    Summation,
    Text,
)
from .tokens import ABBREVIATIONS, GREEK, OPERATOR_NAMES, WORD_LENGTH, differentials_are_names

COMPARISONS: dict[str, CoreRelation] = {"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Elaborator:
    """The state of one elaboration: what has been found so far."""

    def __init__(self, profile: Profile, scope: Scope, sequences: bool, time: frozenset[str], text: str) -> None:
        self.profile, self.scope, self.sequences, self.time, self.text = profile, scope, sequences, time, text
        self.arithmetic = Arithmetic(self.error)
        self.conditions: dict[Compare, None] = {}
        self.definitions: dict[str, Definition] = {}
        self.assumptions: dict[Given, None] = {}
        self.gradients: dict[GradientEvaluation, None] = {}
        self.components: set[str] = set()
        self.bound: set[str] = set()
        self.families: frozenset[str] = frozenset()
        self.varying: frozenset[str] = frozenset()
        self.count: str | None = None
        self.ranges: dict[str, tuple[sp.Expr, sp.Expr]] = {}
        self.places: dict[tuple[str, int], dict[str, tuple[sp.Expr, sp.Expr] | None]] = {}
        self.example: str | None = None
        self.raised: frozenset[str] = frozenset()
        self.average = False

    def error(self, message: str, node: Node, remedy: str) -> ReadError:
        """A :class:`ReadError` at ``node``."""
        return ReadError(message, text=self.text, position=node.start, remedy=remedy)

    def expression(self, node: Node) -> sp.Expr:
        """The SymPy expression of ``node``."""
        return _HANDLERS[type(node)](self, node)

    def side(self, node: Node) -> tuple[sp.Expr, tuple[Compare, ...]]:
        """The expression of one side of a relation, and the conditions of that side."""
        outer, self.conditions = self.conditions, {}
        expr = self.expression(node)
        own, self.conditions = tuple(self.conditions), outer | self.conditions
        return expr, own

    def require(self, expr: sp.Expr, relation: str, node: Node) -> None:
        """Note that ``expr relation 0`` must hold for the formula to have a value."""
        if expr.is_Rational:
            holds = {"!=": expr != 0, ">": expr > 0, ">=": expr >= 0}[relation]
            if not holds:
                shown = {"!=": "division by zero", ">": "a logarithm or power of no positive number"}
                raise self.error(shown.get(relation, "an even root of a negative number"), node, "correct the formula")
        condition = compare_with_zero(expr, relation)
        if condition is not None:
            self.conditions[condition] = None

    def result(self, expr: sp.Expr) -> Elaborated:
        """``expr`` with everything found on the way."""
        return Elaborated(
            expr,
            joined(self.conditions),
            tuple(self.definitions.values()),
            tuple(dict.fromkeys((*self.assumptions, *sums.within_range(self)))),
            tuple(self.gradients),
            frozenset(self.components),
        )

    # Names

    def symbol(self, name: str) -> sp.Expr:
        """The symbol called ``name``, with what the profile assumes of it."""
        if self.example is not None and name in self.varying:
            return function(name)(symbol(self.example))
        if name not in self.bound:
            self.assumptions.update(dict.fromkeys(self.profile.assumptions(name)))
        return symbol(name)

    def name(self, node: Name) -> sp.Expr:
        """A constant or a symbol."""
        name = name_of(node) or node.base
        constant = self.profile.constants.get(name)
        declared = name in self.scope.variables or name in self.bound or name in self.scope.definitions
        if constant is not None and not declared:
            if constant.is_infinite:
                raise self.error("infinity is not a number to calculate with", node, "use limit(f, x, oo)")
            return constant
        if name in self.scope.opaque or self.scope.is_function(name):
            raise self.error(f"{name} is a function and needs its argument", node, f"write {name}(x)")
        if name in FUNCTIONS and not declared:
            raise self.error(f"{name} has no argument", node, f"write {name}(x)")
        definition = self.scope.definitions.get(name)
        if definition is not None:
            self.use(definition)
        letters = self.letters(node)
        if letters:
            return sp.Mul(*(self.name(letter) for letter in letters))
        return self.symbol(name)

    def letters(self, node: Node) -> tuple[Name, ...]:
        """The factors of a short run of letters that names nothing, where the profile takes it for a product."""
        if not self.profile.letters_multiply or not isinstance(node, Name) or node.decorations:
            return ()
        base, scope = node.base, self.scope
        known = {
            *GREEK,
            *OPERATOR_NAMES,
            *ABBREVIATIONS,
            *self.profile.kinds,
            *scope.variables,
            *scope.definitions,
            *self.bound,
        }
        short = 1 < len(base) < WORD_LENGTH and base.isalpha() and node.end - node.start == len(base)
        short = short and not (base[0] == "d" and len(base) == 2 and differentials_are_names(self.text))
        if not short or base in known or base in scope.sequences:
            return ()
        return tuple(Name(letter, start=node.start + n, end=node.start + n + 1) for n, letter in enumerate(base))

    def use(self, definition: Definition) -> None:
        """Note that the formula rests on ``definition``, and on those that it rests on."""
        if definition.function in self.definitions:
            return
        self.definitions[definition.function] = definition
        inner = {applied.func.__name__ for applied in definition.body.atoms(AppliedUndef)}
        for name in sorted(inner | {str(free) for free in definition.body.free_symbols - {*definition.arguments}}):
            known = self.scope.definitions.get(name) or library_definitions().get(name)
            if known is not None and (name in inner or not known.arguments):
                self.use(known)

    def indexed_name(self, node: Node) -> sp.Expr | None:
        """The value of a sequence at its time, in sequence mode."""
        found = indexed(node, self.time) if self.sequences else None
        if found is None:
            return None
        if isinstance(node, Scripted) and isinstance(node.superscript, Name) and found.component in self.bound:
            return None
        if found.component is not None:
            self.components.add(found.component)
        if found.offset is None:
            named = found.component is not None or is_statistic(node)
            return self.symbol(found.base) if named else None
        return self._at_time(found)

    def _at_time(self, found: Indexed) -> sp.Expr | None:
        offset = sp.Integer(found.offset or 0)
        if found.index is not None:
            return function(found.base)(self.symbol(found.index) + offset)
        if found.base in self.scope.sequences:
            return function(found.base)(offset)
        return None if found.component is None else self.symbol(f"{found.base}_{offset}")

    def scripted(self, node: Scripted) -> sp.Expr:
        """A name with an index, or a power."""
        value = sums.member(self, node)
        if value is not None:
            return value
        letters = self.letters(node.base) if node.subscript is None and not node.primes else ()
        if letters:
            last = replace(node, base=letters[-1], start=letters[-1].start)
            return sp.Mul(*(self.name(letter) for letter in letters[:-1]), self.expression(last))
        sequence = self.indexed_name(node)
        if sequence is not None:
            return sequence
        part = applications.positive_part(self, node)
        if part is not None:
            return part
        name = name_of(node)
        if name is not None:
            return self.symbol(name)
        indicator = applications.subscripted_indicator(self, node)
        if indicator is not None:
            return indicator
        if node.superscript is None:
            raise self.error("a subscript that is no index", node.subscript or node, "give the quantity a plain name")
        if node.primes or node.subscript is not None:
            bare = Scripted(node.base, node.subscript, None, node.primes, start=node.start, end=node.end)
            base = self.expression(bare)
        else:
            base = self.expression(node.base)
        return applications.power(self, base, node.superscript, node)

    def component(self, node: Component) -> sp.Expr:
        """``x[i]``: a name, or the component of a bracket, which is dropped and noted."""
        value = sums.member(self, node)
        if value is not None:
            return value
        sequence = self.indexed_name(node)
        if sequence is not None:
            return sequence
        name = name_of(node)
        if is_statistic(node):
            raise self.error("an expectation has no value without its distribution", node, "write it as a sum")
        if name is not None:
            return self.symbol(name)
        return operators.component(self, node)

    # Arithmetic

    def addition(self, node: Addition) -> sp.Expr:
        """A sum of signed terms."""
        if any(sign == "±" for sign, _ in node.terms):
            raise self.error("± has two values", node, "write two statements")
        dotted = self.dotted(node)
        if dotted is not None:
            return dotted
        signs = {"+": sp.Integer(1), "-": sp.Integer(-1)}
        return sp.Add(*(self.arithmetic.multiply(signs[sign], self.expression(term)) for sign, term in node.terms))

    def dotted(self, node: Addition) -> sp.Expr | None:
        """A sum with dots before its last term, where the terms before them settle the others; None for any other."""
        signs, terms = zip(*node.terms, strict=True)
        if len(terms) < 4 or not isinstance(terms[-2], Ellipsis) or set(signs) != {"+"}:
            return None
        if any(isinstance(term, Ellipsis) for term in terms[:-2]):
            return None
        found = sum_of([self.expression(term) for term in terms[:-2]], self.expression(terms[-1]))
        for count in found.limits[0][2].free_symbols if found is not None else ():
            if str(count) not in self.bound and not self.profile.assumptions(str(count)):
                self.assumptions[Belongs(count, "positive integer")] = None
        return found

    def product(self, node: Product) -> sp.Expr:
        """Factors and divisors from left to right."""
        value = self.expression(node.first)
        for operator, operand in node.rest:
            if operator == "otimes":
                raise self.error("an outer product is no scalar", operand, "write it with components")
            factor = self.expression(operand)
            value = self.divide(value, factor, operand) if operator == "/" else self.arithmetic.multiply(value, factor)
        return value

    def divide(self, above: sp.Expr, below: sp.Expr, node: Node) -> sp.Expr:
        """``above / below``, noting that ``below`` must not vanish."""
        if below == 0:
            raise self.error("division by zero", node, "correct the denominator")
        self.require(below, "!=", node)
        return self.arithmetic.multiply(above, self.arithmetic.power(below, sp.Integer(-1), node))

    def fraction(self, node: Fraction) -> sp.Expr:
        """A quotient."""
        return self.divide(self.expression(node.numerator), self.expression(node.denominator), node.denominator)

    def number(self, node: Number) -> sp.Expr:
        """An exact rational."""
        return sp.Rational(node.text)

    def root(self, node: Root) -> sp.Expr:
        """A root; an odd one of a negative number is the real one."""
        radicand = self.expression(node.radicand)
        if node.degree is None:
            self.require(radicand, ">=", node.radicand)
            return sp.sqrt(radicand)
        degree = self.expression(node.degree)
        if not (degree.is_Integer and 1 < degree < 1000):
            raise self.error("the degree of a root is a small whole number", node.degree, "write a power")
        if degree % 2 == 0:
            self.require(radicand, ">=", node.radicand)
            return self.arithmetic.power(radicand, 1 / degree, node)
        return sp.sign(radicand) * self.arithmetic.power(sp.Abs(radicand), 1 / degree, node)

    def absolute(self, node: Absolute) -> sp.Expr:
        """An absolute value."""
        return sp.Abs(self.expression(node.body))

    def bracketed(self, node: Bracketed) -> sp.Expr:
        """An expression in brackets."""
        if node.opening == "[" and len(node.items) == 1 and is_condition(node.items[0]):
            return applications.indicator(self, node)
        if len(node.items) != 1:
            raise self.error("a list where one value is expected", node, "name a function before it")
        return self.expression(node.items[0])

    def cases(self, node: Cases) -> sp.Expr:
        """A piecewise function; what a branch requires is required on that branch."""
        rows = [(value, self.condition(guard) if guard is not None else sp.true) for value, guard in node.rows]
        pieces = [(self.guarded(value, guard), guard) for value, guard in rows]
        if pieces[-1][1] != sp.true:
            inside = sp.Or(*(guard for _, guard in pieces))
            if inside != sp.true:
                self.require(sp.Piecewise((1, inside), (0, True)), ">", node)
        return sp.Piecewise(*pieces)

    def guarded(self, node: Node, guard: sp.Basic) -> sp.Expr:
        """The value of ``node``, its conditions weakened to where ``guard`` holds."""
        outer, self.conditions = self.conditions, {}
        value = self.expression(node)
        inner, self.conditions = self.conditions, outer
        for condition in inner:
            lhs = condition.lhs if guard == sp.true else sp.Piecewise((condition.lhs, guard), (1, True))
            self.conditions[Compare(lhs, condition.relation, condition.rhs)] = None
        return value

    def condition(self, node: Node) -> sp.Basic:
        """A chain of comparisons, or several, as a SymPy condition."""
        if isinstance(node, Combined):
            parts = [self.condition(part) for part in node.conditions]
            return (sp.And if node.word == "and" else sp.Or)(*parts)
        if isinstance(node, Bracketed) and len(node.items) == 1:
            return self.condition(node.items[0])
        if not isinstance(node, Relation) or not set(node.relations) <= set(COMPARISONS):
            raise self.error("a condition is a comparison", node, "write x > 0")
        makers = {"=": sp.Eq, "!=": sp.Ne, "<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge}
        sides = [self.expression(side) for side in node.sides]
        pairs = zip(sides, node.relations, sides[1:], strict=False)
        return sp.And(*(makers[relation](left, right) for left, relation, right in pairs))

    def bound_of(self, node: Node) -> sp.Expr:
        """The bound of an integral, which may be infinite."""
        sign, bare = 1, node
        if isinstance(node, Addition) and len(node.terms) == 1:
            sign, bare = (-1 if node.terms[0][0] == "-" else 1), node.terms[0][1]
        return sign * sp.oo if bare == Name("oo") else self.expression(node)

    def refuse(self, node: Node) -> sp.Expr:
        """A node that is no scalar expression."""
        what, remedy = _REFUSALS.get(type(node), (f"{type(node).__name__.lower()} is no scalar expression", ""))
        raise self.error(what, node, remedy or "write a scalar formula")


_REFUSALS: Mapping[type[Node], tuple[str, str]] = {
    Placeholder: ("a dot stands for an argument, not for a value", "write the argument"),
    Ellipsis: ("dots leave open what they stand for", "write a sum or a product with bounds"),
    Norm: ("norms of vectors are not read as scalars", "write the components"),
    Matrix: ("matrices are not read as scalars", "write the components"),
    Relation: ("a relation where a value is expected", "read it as a statement"),
    Extremum: ("a maximum or minimum over an index is no scalar formula", "write max(x, y) for single values"),
    Conditional: ("'given' belongs into a probability", "write \\lvert x \\rvert for an absolute value"),
    Listing: ("a list where one value is expected", "write the statements one by one"),
    Text: ("words where a value is expected", "leave them out"),
}

_HANDLERS: Mapping[type[Node], Callable[..., sp.Expr]] = {
    **dict.fromkeys(_REFUSALS, Elaborator.refuse),
    Name: Elaborator.name,
    Number: Elaborator.number,
    Scripted: Elaborator.scripted,
    Component: Elaborator.component,
    Addition: Elaborator.addition,
    Product: Elaborator.product,
    Fraction: Elaborator.fraction,
    Root: Elaborator.root,
    Absolute: Elaborator.absolute,
    Bracketed: Elaborator.bracketed,
    Cases: Elaborator.cases,
    Juxtaposed: applications.juxtaposed,
    Call: applications.call,
    Summation: sums.summation,
    Integral: operators.integral,
    Expectation: operators.expected,
    Evaluated: operators.evaluated,
    DerivativeOf: operators.derivative,
    Gradient: operators.gradient,
    LimitOf: operators.limit,
}
