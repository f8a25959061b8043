"""The same functions in other libraries, and the places where those go another way, as data.

Main results: :data:`COUNTERPARTS`, :data:`DISAGREEMENTS`, in float64 with the default parameters of each library. A
value or slope is counted as another one beyond a relative difference of 1e-12. ``python -m symdl.library.counterparts``
prints the table of ``docs/library-disagreements.md``; the tests hold it against the libraries that are installed.
"""

from dataclasses import dataclass
from typing import Literal

Library = Literal["torch", "jax", "keras"]
TOLERANCE = 1e-12
_LIBRARIES: tuple[Library, ...] = ("torch", "jax", "keras")


@dataclass(frozen=True)
class Counterpart:
    """``function`` of ``library`` is the item; ``arguments`` are what it needs to be told."""

    library: Library
    function: str
    item: str
    arguments: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Disagreement:
    """Where, from ``low`` to ``high``, a library returns another value or slope, and why."""

    library: Library
    item: str
    quantity: Literal["value", "slope"]
    low: float
    high: float
    reason: str


_EXACT: tuple[tuple[str, object], ...] = (("approximate", False),)
_SHARED = ("relu", "leaky_relu", "relu6", "elu", "selu", "celu", "softplus", "silu")
_TORCH = (
    *_SHARED, "sigmoid", "tanh", "logsigmoid", "gelu", "mish", "tanhshrink", "softsign", "hardtanh", "hardsigmoid",
    "hardswish", "softshrink", "hardshrink",
)  # fmt: skip
_JAX = (*_SHARED, "sigmoid", "mish", "squareplus", "sparse_plus", "sparse_sigmoid")
_KERAS = (*_SHARED, "sigmoid", "squareplus", "sparse_plus", "sparse_sigmoid", "softsign")

COUNTERPARTS: tuple[Counterpart, ...] = (
    *(Counterpart("torch", f"nn.functional.{name}", name) for name in _TORCH),
    Counterpart("torch", "nn.functional.gelu", "gelu_tanh", (("approximate", "tanh"),)),
    Counterpart("torch", "exp", "exponential"),
    Counterpart("torch", "sin", "sine"),
    *(Counterpart("jax", f"nn.{name}", name) for name in _JAX),
    Counterpart("jax", "nn.tanh", "tanh"),
    Counterpart("jax", "nn.log_sigmoid", "logsigmoid"),
    Counterpart("jax", "nn.gelu", "gelu", _EXACT),
    Counterpart("jax", "nn.gelu", "gelu_tanh"),
    Counterpart("jax", "nn.soft_sign", "softsign"),
    Counterpart("jax", "nn.hard_tanh", "hardtanh"),
    Counterpart("jax", "nn.hard_sigmoid", "hardsigmoid"),
    Counterpart("jax", "nn.hard_swish", "hardswish"),
    *(Counterpart("keras", f"ops.{name}", name) for name in _KERAS),
    Counterpart("keras", "ops.tanh", "tanh"),
    Counterpart("keras", "ops.log_sigmoid", "logsigmoid"),
    Counterpart("keras", "ops.gelu", "gelu", _EXACT),
    Counterpart("keras", "ops.gelu", "gelu_tanh"),
    Counterpart("keras", "ops.tanh_shrink", "tanhshrink"),
    Counterpart("keras", "ops.hard_tanh", "hardtanh"),
    Counterpart("keras", "ops.hard_sigmoid", "hardsigmoid"),
    Counterpart("keras", "ops.hard_silu", "hardswish"),
    Counterpart("keras", "ops.soft_shrink", "softshrink"),
    Counterpart("keras", "ops.hard_shrink", "hardshrink"),
)

_LARGEST = 1.8e308
_SIGMOID = "s (1 - s), where 1 - s has lost its digits"
_TANH = "1 - t^2, where the difference has lost its digits"
_EXPONENTIAL = "f + alpha, where the sum has lost its digits"
_TAIL = "1 + erf or 1 + tanh of a large negative argument has lost its digits, and is 0 in the end"
_SMALL = "x - tanh x, and 1 - (1 - tanh^2 x) in the slope, cancel near 0"
_SQUARE = "a quotient by (1 + abs(x))^2 taken as a difference, and 0 where the square overflows"
_ROOT = "x + sqrt(x^2 + b) cancels where x is large and negative; x^2 overflows in the end"
_SIXTH = "the slope 1/6 is rounded to float32, in float64 too"
_THRESHOLD = "cut off: the identity is returned above 20"

_CUT_TAILS: tuple[tuple[Library, str], ...] = (
    ("torch", "gelu"),
    ("keras", "gelu"),
    ("torch", "gelu_tanh"),
    ("jax", "gelu_tanh"),
    ("keras", "gelu_tanh"),
)

DISAGREEMENTS: tuple[Disagreement, ...] = (
    *(Disagreement(library, "sigmoid", "slope", 8, 800, _SIGMOID) for library in _LIBRARIES),
    *(
        Disagreement(library, "tanh", "slope", low, high, _TANH)
        for library in _LIBRARIES
        for low, high in ((-400, -4), (4, 400))
    ),
    *(
        Disagreement(library, "softplus", quantity, 20, 30, _THRESHOLD)
        for library in ("torch", "keras")
        for quantity in ("value", "slope")
    ),
    *(Disagreement("jax", item, "slope", -800, -9, _EXPONENTIAL) for item in ("elu", "selu", "celu")),
    *(
        Disagreement(library, item, quantity, -40, -3, _TAIL)
        for library, item in _CUT_TAILS
        for quantity in ("value", "slope")
    ),
    *(
        Disagreement(library, "tanhshrink", quantity, -0.05, 0.05, _SMALL)
        for library in ("torch", "keras")
        for quantity in ("value", "slope")
    ),
    *(
        Disagreement(library, "softsign", "slope", low, high, _SQUARE)
        for library in _LIBRARIES
        for low, high in ((-_LARGEST, -1e3), (1e3, _LARGEST))
    ),
    *(
        Disagreement(library, "squareplus", quantity, -_LARGEST, -100, _ROOT)
        for library in ("jax", "keras")
        for quantity in ("value", "slope")
    ),
    Disagreement("jax", "leaky_relu", "slope", 0, 0, "the slope at the kink is that of the right branch, 1"),
    Disagreement("jax", "hardtanh", "slope", -1, -1, "the slope at the kinks is that between them, 1"),
    Disagreement("jax", "hardtanh", "slope", 1, 1, "the slope at the kinks is that between them, 1"),
    Disagreement("jax", "sparse_sigmoid", "slope", -1, -1, "the slope at the kinks is the mean of both sides, 1/4"),
    Disagreement("jax", "sparse_sigmoid", "slope", 1, 1, "the slope at the kinks is the mean of both sides, 1/4"),
    Disagreement("keras", "leaky_relu", "value", -_LARGEST, 0, "the default negative_slope is 0.2"),
    Disagreement("keras", "leaky_relu", "slope", -_LARGEST, 0, "the default negative_slope is 0.2"),
    *(Disagreement(library, "hardsigmoid", "slope", -3, 3, _SIXTH) for library in ("torch", "keras")),
)


def table() -> str:
    """The disagreements as rows of Markdown.

    >>> table().splitlines()[2]
    '| torch | `nn.functional.sigmoid` | sigmoid | slope | 8 to 800 | s (1 - s), where 1 - s has lost its digits |'
    """
    names = {(entry.library, entry.item): entry.function for entry in COUNTERPARTS}
    rows = ["| library | function | item | what | x | why |", "|---|---|---|---|---|---|"]
    for entry in DISAGREEMENTS:
        where = f"{entry.low:g}" if entry.low == entry.high else f"{entry.low:g} to {entry.high:g}"
        where = where.replace(f"{-_LARGEST:g} to", "up to")
        cells = (
            entry.library,
            f"`{names[entry.library, entry.item]}`",
            entry.item,
            entry.quantity,
            where,
            entry.reason,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(table(), end="")
