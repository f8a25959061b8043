"""A smooth branch on one half-line as a term in z = exp(-|w|), which never overflows.

All exponents of the branch have to be integer multiples n of one polynomial w, up to constants.
Where w >= 0, exp(n w) is z**-n, elsewhere z**n; the branch becomes a rational function of z and x
that is factored, with 1 - z as a factor of its own (it is expm1 in code), and in which every
polynomial is evaluated by Horner's rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import gcd

import sympy as sp

from symdl.calculus.signs import sign
from symdl.core import UnsupportedOperation, symbol
from symdl.core.operations import operation_of
from symdl.core.remembering import remembered

from .normal_forms import cancel, factor_list, fraction
from .terms import MINUS_ONE, ONE, Sum, Term, add, call, multiply, power, product

Z = symbol("_z")
"""exp(-|w|), in (0, 1]."""
ROOT_Z = symbol("_h")
"""exp(-|w| / 2), normal where z is not: a product with z is split in two factors of this."""
ONE_MINUS_Z = symbol("_1mz")
"""1 - z, without cancellation."""
HEAD, TAIL = symbol("_e"), symbol("_r")
"""z as a product: exp(-min(|w|, 64)), and what is left of it."""
SIZE = symbol("_a")
"""|x|."""
EXPONENT = symbol("_w")
"""|w|."""
_HYPERBOLIC = {
    sp.tanh: lambda u: (1 - sp.exp(-2 * u)) / (1 + sp.exp(-2 * u)),
    sp.sinh: lambda u: (sp.exp(u) - sp.exp(-u)) / 2,
    sp.cosh: lambda u: (sp.exp(u) + sp.exp(-u)) / 2,
}


@dataclass(frozen=True)
class Style:
    """One way to write the same function; which one is best is measured, not guessed."""

    fraction: bool = False
    """Bring a sum over one denominator."""
    split: bool = False
    """Take z as the square of exp(-|w|/2), so that products with z do not underflow early."""
    tail: bool = False
    """The same by z as the product of two exponentials, the second of which is 1 up to |w| = 64."""
    alternate: bool = False
    """Divide after each factor, so that neither product overflows."""
    last: bool = False
    """Multiply by the size of the argument after dividing, so that its product with a numerator cannot overflow."""
    conjugate: bool = False
    """Write S - T with a square root S as (S^2 - T^2) / (S + T)."""
    inside: bool = False
    """Take constant factors of square roots into them, where a sum is written so."""
    tanh: bool = False
    """Write (1 - z) / (1 + z) as tanh(|w| / 2)."""
    halves: bool = False
    """Split the line at 0 where nothing else does."""


@dataclass(frozen=True)
class Base:
    """w, and its ratio to x where it is a positive multiple of x (else None)."""

    exponent: sp.Expr
    ratio: sp.Expr | None = None
    degree: int = 1
    """All exponents are multiples of ``exponent / degree``, and all branches rational in z."""
    even: bool = False
    """Whether w is a sum of even powers with positive coefficients, so that it is never negative."""
    mirrored: bool = False
    """Whether the half-lines are those of x, w being even: error functions are written with z."""

    def multiple(self, exponent: sp.Expr, variable: sp.Symbol) -> tuple[int, sp.Expr] | None:
        """(n, c) such that ``exponent`` is n w / degree + c with an integer n and a constant c, or None."""
        varying = _varying_part(exponent, variable)
        if varying is None or varying == 0:
            return None
        count = cancel(self.degree * varying / self.exponent)
        return (int(count), sp.expand(exponent - varying)) if count.is_Integer else None

    @property
    def sides_of_variable(self) -> bool:
        """Whether the half-lines are those where x has one sign."""
        return self.ratio is not None or self.mirrored


@dataclass
class Half:
    """The half-line ``direction * w >= 0`` of a branch in ``variable``."""

    variable: sp.Symbol
    base: Base | None
    direction: int
    style: Style
    given: tuple[object, ...] = ()
    atoms: dict[sp.Symbol, Term] = field(default_factory=dict)
    roots: dict[sp.Symbol, sp.Expr] = field(default_factory=dict)

    def term(self, branch: sp.Expr) -> Term:
        """``branch`` as a term that holds on this half-line."""
        rational = self._rational(self._in_z(_with_factors_inside(branch) if self.style.inside else branch))
        parts = [rational]
        if not self.style.fraction:
            parts = list(sp.Add.make_args(sp.expand_mul(rational) if rational.is_Mul else rational))
        if self.style.conjugate:
            parts = self._conjugated(parts)
        return add(*(self._fraction(part) for part in parts))

    @property
    def point(self) -> sp.Expr:
        """The variable, as a signed size where w is a multiple of it."""
        return self.direction * SIZE if self.base is not None and self.base.sides_of_variable else self.variable

    def _in_z(self, expr: sp.Expr) -> sp.Expr:
        """Exponentials as powers of z, the variable as a signed size."""
        if self.base is not None:
            direction = 1 if self.base.mirrored else self.direction
            expr = with_powers_of_z(expr, self.variable, self.base, direction)
            expr = self._with_error_functions(expr, self.base) if self.base.mirrored else expr
            expr = _in_lowest_power(expr, self.base.degree)
        return expr.xreplace({self.variable: self.point})

    def _with_error_functions(self, expr: sp.Expr, base: Base) -> sp.Expr:
        """erf(c x) as the sign of c x times 1 - exp(-(c x)^2) erfcx(|c x|)."""
        written: dict[sp.Expr, sp.Expr] = {}
        for node in error_functions(expr, self.variable):
            found = base.multiple(node.args[0] ** 2, self.variable)
            assert found is not None
            scale = node.args[0] / self.variable
            size = sp.Abs(scale) * SIZE
            complement = Z ** found[0] * self._atom(call("erfcx", self._fraction(self._rational(size))))
            value = self.direction * sp.sign(scale) * (1 - complement)
            written[node] = value if isinstance(node, sp.erf) else 1 - value
        return expr.xreplace(written)

    @property
    def _size_of_exponent(self) -> sp.Expr:
        assert self.base is not None
        return EXPONENT if self.base.ratio is None else self.base.ratio * SIZE

    def _rational(self, expr: sp.Expr) -> sp.Expr:
        """``expr`` with everything that is not rational in z and x replaced by a symbol."""
        if expr.is_Rational or expr.is_Symbol:
            return expr
        if isinstance(expr, sp.Add | sp.Mul):
            return expr.func(*map(self._rational, expr.args))
        if isinstance(expr, sp.Pow):
            return self._rational_power(*expr.args)
        if not self._varies(expr):
            return self._atom(expr)
        if isinstance(expr, sp.log):
            return self._logarithm(expr.args[0])
        return self._atom(call(operation_of(expr), *map(self._inner, expr.args)))

    def _rational_power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if exponent.is_Integer:
            return self._rational(base) ** exponent
        if not self._varies(base) and not self._varies(exponent):
            return self._atom(base**exponent)
        if exponent.is_Rational and exponent.q == 2:
            inside, power_of_z = _without_power_of_z(self._rational(base))
            size, inside = (sp.Integer(1), inside) if self.style.inside else _without_square(inside)
            root = self._atom(_square_root(inside, self))
            self.roots[root] = inside
            return (size * root * ROOT_Z**power_of_z) ** exponent.p
        return self._atom(call("power", self._inner(base), self._inner(exponent)))

    def _logarithm(self, argument: sp.Expr) -> sp.Expr:
        """log(z^n p/q) as -n |w| + log1p(p - 1) - log1p(q - 1)."""
        numerator, denominator = fraction(self._rational(argument))
        total = sp.Integer(0)
        for part, factor in ((numerator, 1), (denominator, -1)):
            coefficient, factors = factor_list(part)
            if coefficient.is_negative:
                raise UnsupportedOperation(f"the logarithm of {part} is no sum of logarithms of its factors")
            if coefficient != 1:
                total += factor * self._atom(sp.log(coefficient))
            for base, count in factors:
                total += factor * count * self._log_of_factor(base)
        return total

    def _log_of_factor(self, base: sp.Expr) -> sp.Expr:
        if base == Z:
            return -self._size_of_exponent
        if base.subs(Z, 0) == 1:
            return self._atom(call("log1p", self._fraction(base - 1)))
        return self._atom(call("log", self._fraction(base)))

    def is_real_side(self, side: sp.Expr) -> bool:
        """Whether ``side`` is a polynomial, but for constant roots of what is not negative."""
        roots = {power for power in side.atoms(sp.Pow) if not power.exp.is_Integer}
        if side.has(sp.I) or not all(sign(root.base, self.given) in (0, 1) for root in roots):
            return False
        return bool(side.xreplace({root: sp.Integer(1) for root in roots}).is_polynomial())

    def _inner(self, expr: sp.Expr) -> Term:
        return add(*(self._fraction(part) for part in sp.Add.make_args(self._rational(expr))))

    def _varies(self, expr: sp.Expr) -> bool:
        return bool(expr.free_symbols & {self.variable, Z, SIZE, EXPONENT, *self.atoms})

    def _atom(self, term: Term) -> sp.Symbol:
        for known, value in self.atoms.items():
            if value == term:
                return known
        name = symbol(f"_t{len(self.atoms)}")
        self.atoms[name] = term
        return name

    def _conjugated(self, parts: Sequence[sp.Expr]) -> list[sp.Expr]:
        """The first pair S + T whose S^2 - T^2 is shorter, as that over S - T."""
        for root, inside in self.roots.items():
            for part in (p for p in parts if cancel(p / root).free_symbols.isdisjoint({root})):
                square = cancel((part / root) ** 2 * inside)
                for other in (p for p in parts if p is not part and root not in p.free_symbols and _cancels(part, p)):
                    difference = sp.factor(square - other**2)
                    if _length(sp.expand(difference)) < _length(sp.expand(square)) + 1:
                        rest = [p for p in parts if p is not part and p is not other]
                        below = self._atom(add(*map(self._fraction, (part, -other)))) if self.style.inside else None
                        return [difference / (part - other if below is None else below), *rest]
        return list(parts)

    def _rationalised(self, numerator: sp.Expr, denominator: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """The first factor S + T of the numerator as (S^2 - T^2) / (S - T), where that is shorter."""
        coefficient, factors = factor_list(numerator)
        for index, (base, count) in enumerate(factors):
            for root in (root for root in self.roots if count == 1 and root in base.free_symbols):
                line = sp.Poly(base, root)
                slope, rest = line.coeff_monomial(root), line.coeff_monomial(1)
                if line.degree() != 1 or rest == 0 or not _cancels(slope * root, rest):
                    continue
                difference = sp.expand(slope**2 * self.roots[root] - rest**2)
                if _length(difference) <= _length(sp.expand(slope**2 * self.roots[root])):
                    others = sp.Mul(coefficient, *(b**n for b, n in factors[:index] + factors[index + 1 :]))
                    over, under = fraction(others * difference)
                    return over, under * denominator * (slope * root - rest)
        return numerator, denominator

    def _reduced(self, numerator: sp.Expr) -> sp.Expr:
        """The numerator with squares of roots as what stands in them, where that is shorter."""
        for root, inside in self.roots.items():
            if root in numerator.free_symbols and inside.is_polynomial():
                before = sp.expand(numerator)
                after = sp.expand(sp.rem(before, root**2 - inside, root))
                numerator = after if _length(after) < _length(before) else numerator
        return numerator

    def _fraction(self, expr: sp.Expr) -> Term:
        """A rational expression, factored, as a product of factors over factors."""
        if ROOT_Z in expr.free_symbols:
            expr = cancel(sp.together(expr.xreplace({Z: ROOT_Z**2})))
        numerator, denominator = fraction(expr)
        numerator = self._reduced(numerator)
        if self.style.conjugate:
            numerator, denominator = self._rationalised(numerator, denominator)
        over = self._factors(numerator)
        under = self._factors(denominator)
        if self.style.tanh and ONE_MINUS_Z in over and _ONE_PLUS_Z in under:
            over.remove(ONE_MINUS_Z)
            under.remove(_ONE_PLUS_Z)
            half = self._fraction(self._size_of_exponent / 2)
            over.append(call("tanh", half))
        return product(tuple(over), tuple(under))

    def _factors(self, expr: sp.Expr) -> list[Term]:
        coefficient, factors = factor_list(expr)
        result: list[Term] = [] if coefficient == 1 else [coefficient]
        for base, count in sorted(factors, key=lambda pair: sp.default_sort_key(pair[0])):
            if base == Z - 1:
                result += [MINUS_ONE] * (count % 2) + [ONE_MINUS_Z] * count
            else:
                result += [self._polynomial(base)] * count
        return result

    def _polynomial(self, expr: sp.Expr) -> Term:
        """Horner's rule in z, then in the variable, then in the other symbols."""
        if expr.is_Symbol:
            return self.atoms.get(expr, expr)
        if expr.is_Rational:
            return expr
        generator = next(s for s in self._generators(expr) if s in expr.free_symbols)
        terms = sp.Poly(expr, generator).terms()
        if len(terms) == 1 and not expr.is_Add:
            return self._monomial(expr)
        value = self._polynomial(generator)
        result: Term = self._monomial(terms[0][1])
        for ((high,), _), ((low,), coefficient) in pairwise(terms):
            result = add(multiply(result, power(value, high - low)), self._monomial(coefficient))
        lowest = terms[-1][0][0]
        return multiply(result, power(value, lowest)) if lowest else result

    def _monomial(self, expr: sp.Expr) -> Term:
        if expr.is_Add:
            return self._polynomial(expr)
        factors: list[Term] = []
        for factor in sp.Mul.make_args(expr):
            base, exponent = factor.as_base_exp()
            factors.append(power(self._polynomial(base), int(exponent)) if not factor.is_Rational else factor)
        return multiply(*factors)

    def _generators(self, expr: sp.Expr) -> Iterable[sp.Symbol]:
        first = (Z, ROOT_Z, SIZE, EXPONENT, self.variable)
        return (*first, *sorted(expr.free_symbols - set(first), key=str))


_ONE_PLUS_Z = Sum((Z, ONE))


def _with_factors_inside(expr: sp.Expr) -> sp.Expr:
    """``expr`` with c sqrt(u) as sqrt(c^2 u) for numbers c > 0."""
    products = (p for p in expr.atoms(sp.Mul) if p.args[0].is_Rational and p.args[0] > 0 and len(p.args) == 2)
    roots = (p for p in products if p.args[1].is_Pow and p.args[1].exp == sp.Rational(1, 2))
    return expr.xreplace({p: sp.sqrt(sp.expand(p.args[0] ** 2 * p.args[1].base)) for p in roots})


def _cancels(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether the coefficients differ in sign, or a side is not known to have one."""
    sizes = {SIZE, EXPONENT, Z}
    known = right.free_symbols <= sizes
    return not known or left.as_coeff_Mul()[0] * right.as_coeff_Mul()[0] < 0


def _length(expr: sp.Expr) -> int:
    return len(sp.Add.make_args(expr))


def _without_power_of_z(expr: sp.Expr) -> tuple[sp.Expr, int]:
    """(r, n) such that ``expr`` is r z^n."""
    if Z not in expr.free_symbols:
        return expr, 0
    numerator, denominator = fraction(expr)
    count = 0
    for part, step in ((numerator, 1), (denominator, -1)):
        count += sum(step * multiplicity for base, multiplicity in factor_list(part)[1] if base == Z)
    return cancel(expr / Z**count) if count else expr, count


def _without_square(expr: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(r, e) with a rational r such that ``expr`` is r^2 e, so that roots of multiples are multiples of one root."""
    content, primitive = expr.as_content_primitive()
    size = sp.sqrt(content)
    return (size, primitive) if size.is_Rational else (sp.Integer(1), expr)


def _square_root(inside: sp.Expr, half: Half) -> Term:
    """sqrt(p^2 + c^2) as a hypotenuse, which does not overflow; else the plain root."""
    terms = sp.Add.make_args(inside)
    if len(terms) == 2:
        sides = [sp.sqrt(term) for term in terms]
        bare = [side.replace(sp.Abs, lambda u: u) for side in sides]
        if all(half.is_real_side(side) and side**2 == term for side, term in zip(bare, terms, strict=True)):
            return call("hypot", *(half._fraction(half._rational(side)) for side in bare))
    return call("sqrt", add(*(half._fraction(term) for term in terms)))


def _varying_part(exponent: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    polynomial = exponent.as_poly(variable)
    if polynomial is None or not polynomial.domain.is_Exact or exponent.has(sp.exp, sp.log):
        return None
    return sp.expand(polynomial.as_expr() - polynomial.coeff_monomial(1))


def in_exponentials(expr: sp.Expr) -> sp.Expr:
    """``expr`` with hyperbolic functions written in exponentials."""
    for head, form in _HYPERBOLIC.items():
        expr = expr.replace(head, form)
    return expr


def with_powers_of_z(expr: sp.Expr, variable: sp.Symbol, base: Base, direction: int) -> sp.Expr:
    """``expr`` with exp(n w + c) as exp(c) z**(-direction n)."""
    powers = {}
    for node in expr.atoms(sp.exp):
        found = base.multiple(node.args[0], variable)
        if found is not None:
            powers[node] = sp.exp(found[1]) * Z ** (-direction * found[0])
    return expr.xreplace(powers)


@remembered(maxsize=256)
def common_base(branches: Sequence[sp.Expr], variable: sp.Symbol, given: Sequence[object]) -> Base | None:
    """The w of which all exponents are integer multiples; None where there are no exponentials.

    Raises :class:`UnsupportedOperation` when there is no such w.
    """
    arguments = {node.args[0] for branch in branches for node in branch.atoms(sp.exp)}
    special = {-(node.args[0] ** 2) for branch in branches for node in error_functions(branch, variable)}
    found = (_varying_part(a, variable) for a in sorted(arguments | special, key=sp.default_sort_key))
    parts = [part for part in found if part]
    if not parts:
        return None
    ratios = [cancel(part / parts[0]) for part in parts]
    if not all(ratio.is_Rational for ratio in ratios):
        raise UnsupportedOperation(f"the exponents {', '.join(map(str, parts))} have no common measure")
    exponent = sp.expand(parts[0] * sp.gcd_list([sp.Abs(ratio) for ratio in ratios]))
    orientation = sign(sp.Poly(exponent, variable).LC(), given)
    if orientation == -1 or (orientation is None and exponent.could_extract_minus_sign()):
        exponent = -exponent
    degree = _common_degree(branches, variable, Base(exponent))
    ratio = cancel(degree * exponent / variable)
    proportional = variable not in ratio.free_symbols and orientation is not None
    even = _is_even(exponent, variable, given)
    if special and not even:
        raise UnsupportedOperation("the exponents do not suit the error function")
    return Base(degree * exponent, ratio if proportional else None, degree, even, bool(special))


def error_functions(expr: sp.Expr, variable: sp.Symbol) -> list[sp.Expr]:
    """The erf(c x) and erfc(c x) in ``expr`` with a number c."""
    nodes = sorted(expr.atoms(sp.erf, sp.erfc), key=sp.default_sort_key)
    return [node for node in nodes if cancel(node.args[0] / variable).is_number]


def _is_even(exponent: sp.Expr, variable: sp.Symbol, given: Sequence[object]) -> bool:
    terms = sp.Poly(exponent, variable).terms()
    return all(degree % 2 == 0 and sign(coefficient, given) == 1 for (degree,), coefficient in terms)


def _in_lowest_power(expr: sp.Expr, degree: int) -> sp.Expr:
    """``expr``, rational in z**degree, with z in its place."""
    if degree == 1:
        return expr
    numerator, denominator = (part.as_poly(Z) for part in fraction(expr))
    return _lowered(numerator, degree) / _lowered(denominator, degree)


def _lowered(polynomial: sp.Poly, degree: int) -> sp.Expr:
    return sp.Add(*(coefficient * Z ** (power // degree) for (power,), coefficient in polynomial.terms()))


def opaque(expr: sp.Expr) -> bool:
    """Whether z stands inside of a function or a root."""
    return any(Z in node.free_symbols for node in expr.atoms(sp.Function)) or any(
        Z in node.free_symbols and not node.exp.is_Integer for node in expr.atoms(sp.Pow)
    )


def _common_degree(branches: Sequence[sp.Expr], variable: sp.Symbol, base: Base) -> int:
    """The n such that all branches are rational in z**n."""
    degrees: set[int] = set()
    for branch in branches:
        parts = fraction(with_powers_of_z(branch, variable, base, 1))
        for part in parts:
            polynomial = None if opaque(part) else part.as_poly(Z)
            if polynomial is None:
                return 1
            degrees |= {degree for (degree,) in polynomial.monoms()}
    return gcd(*degrees) or 1
