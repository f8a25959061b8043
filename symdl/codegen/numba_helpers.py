"""The functions of one number that Numba modules carry, as source text: exp, log, tanh, erf and rounding.

LLVM turns a loop over them into vector code: they have no branches, no tables and no calls, choices
are selects, powers of two are put together from bits. Sums and products are fused only where the
text says so (``_fma``), so that every machine computes the same. Each is written for three kinds
of arithmetic: float32, float64, and ``wide``, float64 for results that are rounded to float32.

Sources: W. J. Cody and W. Waite, Software Manual for the Elementary Functions, Prentice-Hall 1980;
P. T. P. Tang, Table-driven implementation of the logarithm function in IEEE floating-point
arithmetic, ACM Transactions on Mathematical Software 16 (1990), 378-400; J.-M. Muller et al.,
Handbook of Floating-Point Arithmetic, Birkhaeuser 2018, chapter 4 (error-free transformations).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from .numba_polynomials import exponential, halves_of_log2, logarithm
from .special_data import committed


@dataclass(frozen=True)
class Kind:
    """A kind of arithmetic: how its numbers are written, its format, and the degrees of polynomials."""

    name: str
    dtype: str
    result: str
    exp_degree: int
    log_degree: int

    @property
    def digits(self) -> int:
        """Binary digits after the leading one."""
        return int(np.finfo(self.dtype).nmant)

    @property
    def bias(self) -> int:
        """The exponent bits of 1."""
        return int(1 - np.finfo(self.dtype).minexp)

    def literal(self, text: str) -> str:
        """A decimal or an expression of constants as a number of this kind."""
        if self.dtype == "float64":
            return text
        shortest = str(np.float32(text)) if re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", text) else text
        return f"np.float32({shortest})"


FLOAT32 = Kind("float32", "float32", "float32", 6, 4)
FLOAT64 = Kind("float64", "float64", "float64", 11, 7)
WIDE = Kind("wide", "float64", "float32", 8, 5)
KINDS = (FLOAT32, FLOAT64, WIDE)

SETUP = """
_KEPT = "__file__" in globals() and __name__ in sys.modules
_compiled = njit(error_model="numpy", cache=_KEPT)
_inlined = njit(error_model="numpy", cache=_KEPT, forceinline=True)
"""
"""What was compiled is kept beside a module that can be imported by its name again."""

_INTRINSICS = {
    "_fma": '''

@intrinsic
def _fma(context: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c, rounded once."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return a(a, a, a), lowered
''',
    "_bits": '''

@intrinsic
def _bits(context: Any, x: Any) -> Any:
    """The bits of a float as an integer."""
    kind = types.int32 if x == types.float32 else types.int64

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(kind))

    return kind(x), lowered
''',
    "_as_float32": '''

@intrinsic
def _as_float32(context: Any, bits: Any) -> Any:
    """The float32 whose bits are the last 32 of an integer."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        last = builder.trunc(arguments[0], context.get_value_type(types.int32))
        return builder.bitcast(last, context.get_value_type(types.float32))

    return types.float32(types.int64), lowered
''',
    "_as_float64": '''

@intrinsic
def _as_float64(context: Any, bits: Any) -> Any:
    """The float64 with these bits."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), lowered
''',
}

_GENERIC = {
    "_maximum": '''

@_inlined
def _maximum(a: Any, b: Any) -> Any:
    """The larger one; nan if ``a`` or ``b`` is nan."""
    larger = a if not (a <= b) else b
    return larger if b == b else b
''',
    "_minimum": '''

@_inlined
def _minimum(a: Any, b: Any) -> Any:
    """The smaller one; nan if ``a`` or ``b`` is nan."""
    smaller = a if not (a >= b) else b
    return smaller if b == b else b
''',
    "_sum_error": '''

@_inlined
def _sum_error(a: Any, b: Any) -> Any:
    """What a + b lacks (Knuth)."""
    total = a + b
    rest = total - a
    return (a - (total - rest)) + (b - rest)
''',
    "_difference_error": '''

@_inlined
def _difference_error(a: Any, b: Any) -> Any:
    """What a - b lacks (Knuth)."""
    total = a - b
    rest = total - a
    return (a - (total - rest)) - (b + rest)
''',
    "_product_error": '''

@_inlined
def _product_error(a: Any, b: Any) -> Any:
    """What a * b lacks."""
    return _fma(a, b, -(a * b))
''',
}

_OF_KIND = {
    "_sign": '''

@_inlined
def _sign_KIND(x: Any) -> Any:
    """-1, 0 or 1; nan of nan."""
    one = math.copysign(F(1.0), x)
    return one if abs(x) > F(0.0) else x
''',
    "_corrected": '''

@_inlined
def _corrected_KIND(value: Any, error: Any) -> Any:
    """value + error; the value alone where the error is no finite number."""
    total = value + error
    return total if abs(error) < F(np.inf) else value
''',
    "_reduced": '''

@_inlined
def _reduced_KIND(x: Any) -> Any:
    """x = k log(2) + r: r, what it lacks, and k in the last bits of a float (Cody and Waite)."""
    shifted = _fma(x, F(LOG2E), F(SHIFT))
    k = shifted - F(SHIFT)
    most = _fma(k, F(MINUS_HIGH), x)
    r = _fma(k, F(MINUS_LOW), most)
    return r, _fma(k, F(MINUS_LOW), most - r), shifted
''',
    "_exp_rest": '''

@_inlined
def _exp_rest_KIND(r: Any) -> Any:
    """q with exp(r) = 1 + r + r**2 q for abs(r) <= log(2)/2, off by at most EXP_BOUND of exp(r)."""
EXP_POLYNOMIAL
''',
    "_exp": '''

@_inlined
def _exp_KIND(x: Any) -> Any:
    """exp(x) = 2**k exp(r), subnormal results among them."""
    x = F(EXP_MOST) if x > F(EXP_MOST) else x
    x = F(EXP_LEAST) if x < F(EXP_LEAST) else x
    r, _, shifted = _reduced_KIND(x)
    p = _fma(_exp_rest_KIND(r) * r, r, r)
    low = x < F(EXP_LOW)
    half = _as_DTYPE((_bits(shifted) + (LIFTED if low else HALF)) << DIGITS)
    return _fma(p, half, half) * (F(SUNK) if low else F(2.0))
''',
    "_expm1": '''

@_inlined
def _expm1_KIND(x: Any) -> Any:
    """exp(x) - 1 = 2**k (exp(r) - 1) + 2**k - 1."""
    x = F(EXP_MOST) if x > F(EXP_MOST) else x
    x = F(-64.0) if x < F(-64.0) else x
    r, rest, shifted = _reduced_KIND(x)
    p = r + _fma(_exp_rest_KIND(r) * r, r, rest)
    half = _as_DTYPE((_bits(shifted) + HALF) << DIGITS)
    y = _fma(half, p, half - F(0.5))
    return y + y
''',
    "_tanh": '''

@_inlined
def _tanh_KIND(x: Any) -> Any:
    """e/(e + 2) for e = exp(2 x) - 1, the quotient y corrected, where it is not next to 1: 1/(e + 2) is (1 - y)/2."""
    size = abs(x)
    size = F(22.0) if size > F(22.0) else size
    e = _expm1_KIND(size + size)
    below = e + F(2.0)
    y = e / below
    rest = _fma(-y, below, e) - y * _sum_error(e, F(2.0)) if e < F(1024.0) else F(0.0)
    return math.copysign(_fma(rest, F(0.5) - F(0.5) * y, y), x)
''',
    "_log_parts": '''

@_inlined
def _log_parts_KIND(x: Any) -> Any:
    """x = 2**k (1 + f) with 1/sqrt(2) <= 1 + f < sqrt(2), for a normal number: k, f and 2**(1 - k)."""
    shifted = INTEGER(_bits(x) + FROM_ROOT)
    exponent = INTEGER(shifted & EXPONENT)
    k = _as_DTYPE(exponent >> DIGITS | ABOVE_BITS) - F(BIASED)
    return k, _as_DTYPE((shifted & MANTISSA) + ROOT) - F(1.0), _as_DTYPE(TWO_ONES - exponent)
''',
    "_log_of_parts": '''

@_inlined
def _log_of_parts_KIND(k: Any, f: Any, low: Any, x: Any) -> Any:
    """k log(2) + log(1 + f) + low, the logarithm of x.

    With s = f/(2 + f), log(1 + f) is 2 atanh(s) (Tang), by a polynomial in s**2 that is off by at most LOG_BOUND.
    """
    s = f / (F(2.0) + f)
    z = s * s
LOG_POLYNOMIAL
    half = F(0.5) * f * f
    y = k * F(LOG2_HIGH) - ((half - _fma(s, half + p * z, _fma(k, F(LOG2_LOW), low))) - f)
    end = F(-np.inf) if x == F(0.0) else (F(np.nan) if x < F(0.0) else x)
    return y if (x > F(0.0)) & (x < F(np.inf)) else end
''',
    "_log": '''

@_inlined
def _log_KIND(x: Any) -> Any:
    """log(x)."""
    tiny = x < F(TINY)
    k, f, _ = _log_parts_KIND(x * F(UP) if tiny else x)
    return _log_of_parts_KIND(k - F(LIFT) if tiny else k, f, F(0.0), x)
''',
    "_log1p": '''

@_inlined
def _log1p_KIND(x: Any) -> Any:
    """log(1 + x), with what 1 + x rounds away: it is so small that a parabola does for 1/(2 + 2 f)."""
    whole = F(1.0) + x
    k, f, power = _log_parts_KIND(whole)
    inverse = _fma(_fma(f, F(0.475), F(-0.54)), f, F(0.5))
    return _log_of_parts_KIND(k, f, _sum_error(F(1.0), x) * power * inverse, whole)
''',
    "_erf_near_zero": '''

@_inlined
def _erf_near_zero_KIND(x: Any) -> Any:
    """erf(x) = x + x p(x**2) for -1 <= x <= 1; p is off by at most ERF_BOUND of erf(x)/x."""
    z = x * x
ERF_POLYNOMIAL
    return _fma(x, p, x)
''',
    "_erfcx_of_size": '''

@_inlined
def _erfcx_of_size_KIND(a: Any) -> Any:
    """exp(a**2) erfc(a) = (5/8 + p(t)) / (a + 1/sqrt(pi)) for a >= 0, with t = (a - 4)/(a + 4).

    It is off by at most ERFCX_BOUND.
    Source: Shepherd and Laframboise, Mathematics of Computation 36 (1981), 249-253.
    """
    bounded = F(1e300) if a > F(1e300) else a
    z = F(2.0) * (bounded / (bounded + F(4.0))) - F(1.0)
ERFCX_POLYNOMIAL
    return (p + F(0.625)) / (a + F(0.5641895835477563))
''',
    "_erfc_of_size": '''

@_inlined
def _erfc_of_size_KIND(a: Any) -> Any:
    """erfc(a) = exp(-a**2) erfcx(a) for a >= 0."""
    a = F(64.0) if a > F(64.0) else a
    e = _exp_KIND(-(a * a))
    return (e - e * _product_error(a, a)) * _erfcx_of_size_KIND(a)
''',
    "_erf": '''

@_inlined
def _erf_KIND(x: Any) -> Any:
    """The polynomial next to 0, beyond it 1 - erfc."""
    size = abs(x)
    near = _erf_near_zero_KIND(x)
    far = math.copysign(F(1.0) - _erfc_of_size_KIND(size), x)
    return near if size < F(1.0) else far
''',
    "_erfc": '''

@_inlined
def _erfc_KIND(x: Any) -> Any:
    """1 - erf next to 0, beyond it exp(-x**2) erfcx(x), or 2 less that on the left."""
    size = abs(x)
    near = F(1.0) - _erf_near_zero_KIND(x)
    far = _erfc_of_size_KIND(size)
    other = F(2.0) - far
    far = far if x > F(0.0) else other
    return near if size < F(0.875) else far
''',
    "_erfcx": '''

@_inlined
def _erfcx_KIND(x: Any) -> Any:
    """exp(x**2) erfc(x); on the left 2 exp(x**2) less the value on the right."""
    size = abs(x)
    right = _erfcx_of_size_KIND(size)
    bounded = F(26.64) if size > F(26.64) else size
    e = _exp_KIND(bounded * bounded)
    left = F(2.0) * (e + e * _product_error(bounded, bounded)) - right
    return left if x < F(0.0) else right
''',
    "_log_erfc": '''

@_inlined
def _log_erfc_KIND(x: Any) -> Any:
    """log1p(-erf(x)), on the right log(erfcx(x)) - x**2."""
    near = _log1p_KIND(-_erf_KIND(F(0.5) if x > F(0.5) else x))
    size = F(0.5) if x < F(0.5) else x
    far = _log_KIND(_erfcx_of_size_KIND(size)) - size * size
    return near if x < F(0.5) else far
''',
}

_THROUGH_WIDE = '''

@_inlined
def {name}_float32(x: Any) -> Any:
    """In float64, rounded once."""
    return np.float32({name}_wide(np.float64(x)))
'''
_ONLY_WIDE = ("_erf", "_erfc", "_erfcx", "_log_erfc")
"""Those for which float32 would not do: they are computed in float64."""
_KINDS = {f"{name}_{kind.name}": (name, kind) for name in _OF_KIND for kind in KINDS}


def helpers(source: str) -> str:
    """The text of the functions that ``source`` calls and of all that these call, in order.

    >>> "def _exp_float32" in helpers("_exp_float32(x)")
    True
    >>> helpers("x + x")
    ''
    """
    texts = dict(_INTRINSICS) | dict(_GENERIC)
    wanted: dict[str, str] = {}
    pending = [source]
    while pending:
        for name in _called(pending.pop()):
            if name not in wanted:
                wanted[name] = texts[name] if name in texts else _written(*_KINDS[name])
                pending.append(wanted[name])
    return "".join(wanted[name] for name in (*texts, *_KINDS) if name in wanted)


def _called(source: str) -> set[str]:
    return {name for name in re.findall(r"\b(_\w+)\(", source) if name in _INTRINSICS | _GENERIC | _KINDS}


@cache
def _written(name: str, kind: Kind) -> str:
    if name in _ONLY_WIDE and kind is FLOAT32:
        return _THROUGH_WIDE.format(name=name)
    text = _OF_KIND[name]
    for word, value in _words(name, kind).items():
        text = re.sub(rf"\b{word}\b", lambda _, value=value: value, text)  # type: ignore[misc]
    text = re.sub(r"\bF\(([^()]*)\)", lambda found: kind.literal(found[1]), text)
    text = re.sub(r"INTEGER\((.*)\)$", r"np.int32(\1)" if kind is FLOAT32 else r"\1", text, flags=re.MULTILINE)
    return text.replace("_KIND", f"_{kind.name}").replace("_as_DTYPE", f"_as_{kind.dtype}")


def _words(name: str, kind: Kind) -> dict[str, str]:
    """What stands for the names in capitals."""
    if name in ("_erf_near_zero", "_erfcx_of_size"):
        function = name.split("_")[1]
        known = committed(function, kind.result)
        word = function.upper()
        return {f"{word}_BOUND": f"{known.bound:.2g}", f"{word}_POLYNOMIAL": _polynomial("z", known.coefficients, kind)}
    exp, log = exponential(kind.exp_degree, kind.dtype), logarithm(kind.log_degree, kind.dtype)
    high, low = halves_of_log2(_LOG2_DIGITS[kind.dtype], kind.dtype)
    lift = 2 * kind.digits
    return {
        "EXP_BOUND": f"{exp.bound:.2g}",
        "EXP_POLYNOMIAL": _polynomial("r", exp.coefficients, kind, "return"),
        "LOG_BOUND": f"{log.bound:.2g}",
        "LOG_POLYNOMIAL": _polynomial("z", log.coefficients, kind),
        "LOG2E": "1.4426950408889634",
        "LOG2_HIGH": repr(high),
        "LOG2_LOW": repr(low),
        "MINUS_HIGH": repr(-high),
        "MINUS_LOW": repr(-low),
        "SHIFT": repr(1.5 * 2.0**kind.digits),
        "DIGITS": str(kind.digits),
        "HALF": str(kind.bias - 1),
        "LIFTED": str(kind.bias - 1 + lift),
        "SUNK": repr(2.0 ** (1 - lift)),
        "EXP_MOST": "89.0" if kind is FLOAT32 else "710.0",
        "EXP_LEAST": "-105.0" if kind is FLOAT32 else "-746.0",
        "EXP_LOW": "-86.0" if kind is FLOAT32 else "-707.0",
    } | _logarithm_words(kind)


_LOG2_DIGITS = {"float32": 15, "float64": 41}


def _logarithm_words(kind: Kind) -> dict[str, str]:
    integer = np.dtype("int32" if kind.dtype == "float32" else "int64")
    one, root = (int(np.array(value, kind.dtype).view(integer)) for value in (1.0, 2**-0.5))
    above = 2.0**kind.digits
    return {
        "TINY": repr(float(np.finfo(kind.dtype).tiny)),
        "UP": repr(2.0 * above),
        "FROM_ROOT": str(one - root),
        "ROOT": str(root),
        "MANTISSA": str((1 << kind.digits) - 1),
        "TWO_ONES": str(2 * one + (1 << kind.digits)),
        "EXPONENT": str(((1 << (integer.itemsize * 8 - 1)) - 1) >> kind.digits << kind.digits),
        "ABOVE_BITS": str(int(np.array(above, kind.dtype).view(integer))),
        "BIASED": repr(above + kind.bias),
        "LIFT": repr(kind.digits + 1.0),
    }


def _polynomial(variable: str, coefficients: Sequence[float], kind: Kind, last: str = "p =") -> str:
    """A polynomial in halves of halves, whose steps wait for each other less than in Horner's rule (Estrin).

    The constant coefficient comes first.
    """
    rows: list[str] = []
    terms, power, degree = [kind.literal(repr(c)) for c in coefficients], variable, 1
    while len(terms) > 1:
        combined = [f"_fma({high}, {power}, {low})" for low, high in zip(terms[::2], terms[1::2], strict=False)]
        names = [f"p{2 * degree}_{index}" for index in range(len(combined))]
        if len(terms) == 2:
            rows.append(f"{last} {combined[0]}")
        else:
            rows += [f"{name} = {text}" for name, text in zip(names, combined, strict=True)]
            rows.append(f"{variable}{2 * degree} = {power} * {power}")
        terms = [*names, *terms[2 * len(combined) :]]
        power, degree = f"{variable}{2 * degree}", 2 * degree
    return "\n".join(f"    {row}" for row in rows)


def requirements(source: str) -> Iterable[str]:
    """The lines that import what ``source`` uses of Numba."""
    if "@intrinsic" in source:
        return ("from numba import njit, types", "from numba.extending import intrinsic")
    return ("from numba import njit",)
