"""Frameworks of tensors as data: how each spells the operation table, and the helpers that its modules carry.

Their functions return new tensors, so that a program becomes one expression a line.
"""

from __future__ import annotations

from dataclasses import dataclass

from symdl.core.operations import OPERATIONS

from .special_source import polynomials

INFIX: dict[str, str] = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "power": "**",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
}


@dataclass(frozen=True)
class Framework:
    """A tensor library: ``module`` is the name of its functions in code, ``tensor`` that of its type."""

    name: str
    module: str
    tensor: str
    flushes: bool
    """Whether its compiler takes subnormal numbers for 0."""
    in_float64: str
    """The head of a block in which float64 is at hand whatever the settings of the user; "" where it always is."""
    kept: str = ""
    """The function around what its compiler must not rewrite; "" where it rewrites nothing."""

    def spelled(self, operation: str) -> str:
        """The function of an operation that has no sign of its own."""
        return f"_{operation}" if operation in _HELPERS else f"{self.module}.{operation}"

    def helpers(self, source: str) -> str:
        """The helpers that ``source`` calls, and those that these call."""
        wanted: list[str] = []
        for name in reversed(_HELPERS):
            if f"_{name}(" in source or any(f"_{name}(" in _HELPERS[other] for other in wanted):
                wanted.append(name)
        return "".join(_filled(_HELPERS[name], self) for name in reversed(wanted))


TORCH = Framework("torch", "torch", "Tensor", False, "")
JAX = Framework("jax", "jnp", "jax.Array", True, "with jax.enable_x64(True):", "jax.lax.optimization_barrier")
FRAMEWORKS = (TORCH, JAX)

_HELPERS: dict[str, str] = {
    "number": '''

def _number(value: float | TENSOR) -> float:
    """A parameter as a number, whether it is trained or not."""
    return float(value.detach()) if isinstance(value, TENSOR) else float(value)
''',
    "sum_error": '''

def _sum_error(a: TENSOR, b: TENSOR | float) -> TENSOR:
    """What a + b lacks (Knuth)."""
    total = a + b
    rest = total - a
    return (a - (total - rest)) + (b - rest)
''',
    "difference_error": '''

def _difference_error(a: TENSOR, b: TENSOR | float) -> TENSOR:
    """What a - b lacks (Knuth)."""
    total = a - b
    rest = total - a
    return (a - (total - rest)) - (b + rest)
''',
    "halves": '''

def _halves(x: TENSOR) -> tuple[TENSOR, TENSOR]:
    """``x`` as the sum of two floats of half the digits (Veltkamp)."""
    scale = 134217729.0 if x.dtype == NP.float64 else 4097.0
    high = x * scale
    high = high - (high - x)
    return high, x - high
''',
    "product_error": '''

def _product_error(a: TENSOR, b: TENSOR | float) -> TENSOR:
    """What a * b lacks (Dekker), 0 where the product is tiny or huge."""
    product = a * b
    high, low = _halves(a)
    head, tail = _halves(b if isinstance(b, TENSOR) else NP.full_like(a, b))
    rest = ((high * head - product) + high * tail + low * head) + low * tail
    size = NP.abs(product)
    least = 2.0**-960 if product.dtype == NP.float64 else 2.0**-100
    return NP.where((size > least) & NP.isfinite(rest), rest, 0.0)
''',
    "corrected": '''

def _corrected(value: TENSOR, error: TENSOR) -> TENSOR:
    """value + error; the value alone where the error is no finite number."""
    total = value + error
    return NP.where(NP.isfinite(total), total, value)
''',
    "sign": '''

def _sign(x: TENSOR) -> TENSOR:
    """-1, 0 or 1; nan of nan."""
    return NP.where(x == x, NP.sign(x), x)
''',
    "polynomial": '''

def _polynomial(x: TENSOR, coefficients: tuple[float, ...]) -> TENSOR:
    """Horner's rule, the highest coefficient first."""
    result = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        result = result * x + coefficient
    return result
''',
    "erf_near_zero": '''

_ERF = {erf}


def _erf_near_zero(x: TENSOR) -> TENSOR:
    """erf(x) = x + x p(x**2) for -1 <= x <= 1, within {erf_bound} before rounding."""
    x = NP.clip(x, -1.0, 1.0)
    return x + x * _polynomial(NP.square(x), _ERF["float64" if x.dtype == NP.float64 else "float32"])
''',
    "erfcx_of_size": '''

_ERFCX = {erfcx}


def _erfcx_of_size(a: TENSOR) -> TENSOR:
    """exp(a**2) erfc(a) = (5/8 + p(t)) / (a + 1/sqrt(pi)) for a >= 0, with t = (a - 4)/(a + 4).

    Within {erfcx_bound} before rounding.
    Source: Shepherd and Laframboise, Mathematics of Computation 36 (1981), 249-253.
    """
    bounded = NP.clip(a, None, 2.0**100)
    t = (bounded - 4.0) / (bounded + 4.0)
    coefficients = _ERFCX["float64" if a.dtype == NP.float64 else "float32"]
    return (_polynomial(t, coefficients) + 0.625) / (a + 0.5641895835477563)
''',
    "exp_of_minus_square": '''

def _exp_of_minus_square(a: TENSOR) -> TENSOR:
    """exp(-a**2) for 0 <= a."""
    a = NP.clip(a, None, 64.0)
    result = NP.exp(-NP.square(a))
    return result - result * _product_error(a, a)
''',
    "erf": '''

def _erf(x: TENSOR) -> TENSOR:
    """The polynomial next to 0, beyond it 1 - erfc."""
    size = NP.abs(x)
    far = NP.copysign(1.0 - _exp_of_minus_square(size) * _erfcx_of_size(size), x)
    return NP.where(x == x, NP.where(size < 1.0, _erf_near_zero(x), far), x)
''',
    "erfc": '''

def _erfc(x: TENSOR) -> TENSOR:
    """1 - erf next to 0, beyond it exp(-x**2) erfcx(x), or 2 less that on the left."""
    size = NP.abs(x)
    far = _exp_of_minus_square(size) * _erfcx_of_size(size)
    far = NP.where(x > 0.0, far, 2.0 - far)
    return NP.where(x == x, NP.where(size < 0.875, 1.0 - _erf_near_zero(x), far), x)
''',
    "erfcx": '''

def _erfcx(x: TENSOR) -> TENSOR:
    """exp(x**2) erfc(x); on the left 2 exp(x**2) less the value on the right."""
    size = NP.abs(x)
    right = _erfcx_of_size(size)
    bounded = NP.clip(size, None, 26.64)
    left = NP.exp(NP.square(bounded))
    left = 2.0 * (left + left * _product_error(bounded, bounded)) - right
    return NP.where(x < 0.0, left, right)
''',
    "log_erfc": '''

def _log_erfc(x: TENSOR) -> TENSOR:
    """log1p(-erf(x)), on the right log(erfcx(x)) - x**2."""
    near = NP.log1p(-_erf(NP.clip(x, None, 0.5)))
    size = NP.clip(x, 0.5, None)
    far = NP.log(_erfcx_of_size(size)) - NP.square(size)
    return NP.where(x < 0.5, near, far)
''',
}
assert _HELPERS.keys() & OPERATIONS.keys() == {"sign", "erf", "erfc", "erfcx", "log_erfc"}


def _filled(text: str, framework: Framework) -> str:
    for name in ("erf", "erfcx"):
        if f"{{{name}}}" in text:
            rows, bound = polynomials(name)
            text = text.replace(f"{{{name}}}", rows).replace(f"{{{name}_bound}}", bound)
    return text.replace("TENSOR", framework.tensor).replace("NP.", f"{framework.module}.")
