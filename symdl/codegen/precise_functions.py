"""What NumPy's elementary functions lack in float64, as source text that the modules which use it carry.

exp(u) is written as 2**k (1 + high + low) with twice the digits; what the float returned for exp, expm1,
log, log1p or tanh lacks then follows by one step of Newton's method. Over the reals each of them is 0.

Sources: T. J. Dekker, A floating-point technique for extending the available precision, Numerische
Mathematik 18 (1971), 224-242; W. J. Cody and W. Waite, Software Manual for the Elementary Functions,
Prentice-Hall 1980, chapter 6 (the reduction by multiples of log 2).
"""

from __future__ import annotations

_TWO = '''

def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """a + b, and what its float lacks (Knuth)."""
    total = a + b
    rest = total - a
    return total, (a - (total - rest)) + (b - rest)


def _two_product(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """a * b, and what its float lacks."""
    rest = np.empty_like(a)
    _product_error(a, b, out=rest)
    return a * b, rest
'''

_EXP_IN_PARTS = '''

_LOG_2 = (0.6931471803691238, 1.9082149288430703e-10, 4.275175589747649e-20)  # 32 bits, 32 more, the rest
_INVERSE_FACTORIALS = tuple(1.0 / float(np.prod(np.arange(1.0, n + 1.0))) for n in range(18, 6, -1))
_FIRST = (  # 1/6!, ..., 1/1! in twice the digits
    (0.001388888888888889, -5.300543954373577e-20),
    (0.008333333333333333, 1.1564823173178714e-19),
    (0.041666666666666664, 2.3129646346357427e-18),
    (0.16666666666666666, 9.25185853854297e-18),
    (0.5, 0.0),
    (1.0, 0.0),
)


def _exp_in_parts(u: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(k, high, low) with exp(u) = 2**k (1 + high + low), to about 100 binary digits."""
    u = np.clip(u, -1100.0, 1100.0)
    k = np.rint(u * 1.4426950408889634)  # 1/log(2)
    r, s = _two_sum(u - k * _LOG_2[0], -(k * _LOG_2[1]))
    s -= k * _LOG_2[2]
    high = r * _INVERSE_FACTORIALS[0] + _INVERSE_FACTORIALS[1]
    for coefficient in _INVERSE_FACTORIALS[2:]:
        high = high * r + coefficient
    low = np.zeros_like(r)
    for first, second in (*_FIRST, (0.0, 0.0)):
        product, rest = _two_product(high, r)
        rest += high * s + low * r
        high, low = _two_sum(first, product)
        low += rest + second
    return k.astype(np.int64), *_two_sum(high, low)
'''

_EXP_ERROR = '''

def _exp_error(u: NDArray[Any], value: NDArray[Any], out: NDArray[Any]) -> None:
    """exp(u) less its float ``value``."""
    with np.errstate(all="ignore"):
        k, high, low = _exp_in_parts(u)
        rest = np.ldexp(((1.0 - np.ldexp(value, -k)) + high) + low, k)
        np.copyto(out, np.where(np.isfinite(rest), rest, 0.0))
'''

_EXPM1_IN_PARTS = '''

def _expm1_in_parts(u: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """exp(u) - 1 as a sum of two floats."""
    k, high, low = _exp_in_parts(u)
    total, rest = _two_sum(np.ldexp(1.0, k), -1.0)
    total, more = _two_sum(total, np.ldexp(high, k))
    return _two_sum(total, rest + more + np.ldexp(low, k))
'''

_EXPM1_ERROR = '''

def _expm1_error(u: NDArray[Any], value: NDArray[Any], out: NDArray[Any]) -> None:
    """exp(u) - 1 less its float ``value``."""
    with np.errstate(all="ignore"):
        high, low = _expm1_in_parts(u)
        rest = (high - value) + low
        np.copyto(out, np.where(np.isfinite(rest), rest, 0.0))
'''

_LOG_ERROR = '''

def _log_error(u: NDArray[Any], value: NDArray[Any], out: NDArray[Any]) -> None:
    """log(u) less its float ``value``: u exp(-value) - 1."""
    with np.errstate(all="ignore"):
        k, high, low = _exp_in_parts(-value)
        scaled = np.ldexp(u, k)
        product, more = _two_product(scaled, high)
        total, rest = _two_sum(scaled - 1.0, product)
        rest = total + (rest + more + scaled * low)
        np.copyto(out, np.where(np.isfinite(rest), rest, 0.0))
'''

_LOG1P_ERROR = '''

def _log1p_error(u: NDArray[Any], value: NDArray[Any], out: NDArray[Any]) -> None:
    """log(1 + u) less its float ``value``: (1 + u) exp(-value) - 1."""
    with np.errstate(all="ignore"):
        k, high, low = _exp_in_parts(-value)
        scaled, lost = (np.ldexp(part, k) for part in _two_sum(1.0, u))
        product, more = _two_product(scaled, high)
        total, last = _two_sum(scaled - 1.0, lost)
        total, rest = _two_sum(total, product)
        rest = total + (rest + last + more + lost * high + scaled * low)
        np.copyto(out, np.where(np.isfinite(rest), rest, 0.0))
'''

_TANH_ERROR = '''

def _tanh_error(u: NDArray[Any], value: NDArray[Any], out: NDArray[Any]) -> None:
    """tanh(u) less its float ``value``: with m = exp(-2|u|) - 1 it is -m/(m + 2) in size."""
    with np.errstate(all="ignore"):
        high, low = _expm1_in_parts(-2.0 * np.abs(u))
        size = np.abs(value)
        product, more = _two_product(size, high)
        total, rest = _two_sum(-high, -product)
        total, last = _two_sum(total, -2.0 * size)
        rest = (total + (last + rest - low - more - size * low)) / (high + 2.0)
        np.copyto(out, np.where(np.isfinite(rest), np.copysign(1.0, u) * rest, 0.0))
'''

LACKING: dict[str, str] = {f"{name}_error": f"_{name}_error" for name in ("exp", "expm1", "log", "log1p", "tanh")}
"""The NumPy column of what the elementary functions lack."""

HELPERS: dict[str, str] = {
    "_two_product": _TWO,
    "_exp_in_parts": _EXP_IN_PARTS,
    "_expm1_in_parts": _EXPM1_IN_PARTS,
    "_exp_error": _EXP_ERROR,
    "_expm1_error": _EXPM1_ERROR,
    "_log_error": _LOG_ERROR,
    "_log1p_error": _LOG1P_ERROR,
    "_tanh_error": _TANH_ERROR,
}
"""What a module defines of these, when it uses them; each after those that it calls."""
