"""Nodes that move entries (rows by integers, windows, the projection): statements, calls and helpers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from symdl.core.array_inverse import Inverse
from symdl.core.array_places import Accumulate, Gather, Overlap, Window
from symdl.core.array_simplex import Projection
from symdl.core.arrays import ArrayExpr
from symdl.core.dimensions import Dimension
from symdl.core.errors import UnsupportedOperation
from symdl.core.symbols import function

from .array_values import Builder
from .text import size_name

_SIZE = function("size")
OPERATIONS = frozenset({"gather", "accumulate", "windows", "overlap", "project", "pick", "inverse", "solve"})
"""Operations that make an array of their own."""

HELPERS = {
    "_derived(": '''

def _derived(sizes: dict[str, int], name: str, numerator: int, denominator: int = 1) -> int:
    """A size that follows from those of the inputs."""
    size = numerator // denominator
    if numerator % denominator or size < 1:
        raise ValueError(f"the size {name} = {numerator}/{denominator} is no positive integer")
    if sizes.setdefault(name, size) != size:
        raise ValueError(f"the size {name} is {sizes[name]}, expected {size}")
    return size
''',
    "_on_diagonal(": '''

def _on_diagonal(subscripts: str, *factors: NDArray[Any]) -> NDArray[Any]:
    """A product as by einsum, where letters of the result occur twice: zeros stand beside the diagonal."""
    inputs, _, output = subscripts.partition("->")
    distinct = "".join(dict.fromkeys(output))
    entries = np.einsum(f"{inputs}->{distinct}", *factors)
    sizes = dict(zip(distinct, entries.shape))
    result = np.zeros([sizes[letter] for letter in output], entries.dtype)
    np.einsum(f"{output}->{distinct}", result)[...] = entries
    return result
''',
    "_accumulated(": '''

def _accumulated(members: NDArray[Any], index: NDArray[Any], size: int) -> NDArray[Any]:
    """The sums of members that belong to each place along a new first axis."""
    result = np.zeros((size, *members.shape[index.ndim :]), members.dtype)
    np.add.at(result, index, members)
    return result
''',
    "_windows(": '''

def _windows(
    entries: NDArray[Any], axis: int, positions: int, width: int, stride: int, dilation: int, padding: int
) -> NDArray[Any]:
    """Windows along an axis, which becomes two: of windows, and of the entries in each; zeros outside."""
    places = stride * np.arange(positions)[:, np.newaxis] + dilation * np.arange(width) - padding
    outside = (places < 0) | (places >= entries.shape[axis])
    result: NDArray[Any] = np.take(entries, np.where(outside, 0, places), axis=axis)
    if outside.any():
        result[(slice(None),) * axis + (outside,)] = 0
    return result
''',
    "_overlapped(": '''

def _overlapped(
    windows: NDArray[Any], axis: int, size: int, stride: int, dilation: int, padding: int
) -> NDArray[Any]:
    """The sum of windows where they lie along an axis of a size."""
    rows = np.moveaxis(windows, (axis, axis + 1), (0, 1))
    result = np.zeros((size, *rows.shape[2:]), rows.dtype)
    for entry in range(rows.shape[1]):
        places = stride * np.arange(len(rows)) + dilation * entry - padding
        inside = (places >= 0) & (places < size)
        result[places[inside]] += rows[inside, entry]
    return np.moveaxis(result, 0, axis)
''',
    "_projected(": '''

def _projected(entries: NDArray[Any], axis: int) -> NDArray[Any]:
    """The nearest point with entries of at least 0 that sum to 1 along an axis."""
    rows = np.moveaxis(entries, axis, -1)
    top = np.max(rows, axis=-1, keepdims=True)
    rows = np.maximum(np.maximum(rows, top - (np.absolute(top) / 2 + 2)) - top, -2)
    ordered = -np.sort(-rows, axis=-1)
    counts = np.arange(1, rows.shape[-1] + 1, dtype=rows.dtype)
    thresholds = (np.cumsum(ordered, axis=-1) - 1) / counts
    threshold = np.max(thresholds, axis=-1, keepdims=True)
    return np.moveaxis(np.maximum(rows - threshold, 0), -1, axis)
''',
}
"""Source of the functions that the calls need, by what marks their use."""


def moved(build: Builder, node: ArrayExpr, operands: Sequence[str]) -> str:
    """The value of a node that moves entries."""
    match node:
        case Gather():
            return build.operation("gather", *operands, shape=node.dimensions)
        case Accumulate():
            size = whole(node.dimensions[0].size)
            return build.operation("accumulate", *operands, specification=size, shape=node.dimensions)
        case Window(axis=axis, steps=steps):
            counts = [_count(d) for d in node.dimensions[axis : axis + 2]]
            return _windowed(build, "windows", node, operands, [axis, *counts, *_steps(steps)])
        case Overlap(axis=axis, steps=steps):
            return _windowed(build, "overlap", node, operands, [axis, node.dimensions[axis].size, *_steps(steps)])
        case Inverse():
            return build.operation("inverse", *operands, shape=node.dimensions)
        case Projection(axis=axis):
            return build.operation("project", *operands, specification=str(axis - node.rank), shape=node.dimensions)
    raise UnsupportedOperation(f"{node!r} cannot be generated")


def _count(dimension: Dimension) -> sp.Expr:
    """A size as the variable that holds it, or as a number."""
    fixed = dimension.formula is not None and dimension.formula.is_number
    return dimension.formula if fixed else Dimension(str(dimension)).size


def _steps(steps: object) -> list[sp.Expr]:
    return [getattr(steps, name) for name in ("stride", "dilation", "padding")]


def _windowed(
    build: Builder, operation: str, node: ArrayExpr, operands: Sequence[str], numbers: Sequence[sp.Expr | int]
) -> str:
    specification = ", ".join(whole(sp.sympify(number)) for number in numbers)
    return build.operation(operation, *operands, specification=specification, shape=node.dimensions)


def called(operation: str, operands: Sequence[str], specification: str) -> str:
    """An operation as a call of NumPy or of a helper."""
    arguments = ", ".join(operands)
    if operation == "gather":
        return f"np.take({arguments}, axis=0)"
    if operation == "pick":
        place, axis = specification.split(", ")
        return f"np.take({arguments}, {place}, axis={axis})"
    if operation in ("inverse", "solve"):
        return f"np.linalg.{'inv' if operation == 'inverse' else operation}({arguments})"
    helper = {"accumulate": "_accumulated", "windows": "_windows", "overlap": "_overlapped", "project": "_projected"}
    return f"{helper[operation]}({arguments}, {specification})"


def whole(expr: sp.Expr) -> str:
    """A number made of sizes as an expression of integers; quotients are rounded down.

    >>> whole(sp.floor(Dimension("n").size / 2) + 1)
    'n_size // 2 + 1'
    """
    sizes = {node: sp.Symbol(size_name(Dimension.read(str(node.args[0])).name)) for node in expr.atoms(_SIZE)}
    return _whole(expr.xreplace(sizes))


def _whole(expr: sp.Expr) -> str:
    if isinstance(expr, sp.floor):
        return _whole(expr.args[0])
    numerator, denominator = sp.together(expr).as_numer_denom() if not expr.has(sp.floor) else (expr, sp.Integer(1))
    if denominator != 1:
        return f"{_enclosed(numerator)} // {_enclosed(denominator)}"
    if isinstance(expr, sp.Add):
        terms = sorted(expr.args, key=lambda term: (term.could_extract_minus_sign(), term.is_number))
        text = _whole(terms[0])
        for term in terms[1:]:
            minus = term.could_extract_minus_sign()
            text += f" - {_factor(-term)}" if minus else f" + {_factor(term)}"
        return text
    if isinstance(expr, sp.Mul):
        return "*".join(map(_enclosed, expr.args))
    return str(expr)


def _factor(term: sp.Expr) -> str:
    return f"({_whole(term)})" if term.is_Add else _whole(term)


def _enclosed(expr: sp.Expr) -> str:
    return f"({_whole(expr)})" if isinstance(expr, sp.Add | sp.floor) else _whole(expr)


def derived_sizes(dimensions: Sequence[Dimension]) -> Iterator[str]:
    """Statements that compute the sizes that follow from others, and check them."""
    for dimension in dimensions:
        if dimension.formula is not None and not dimension.formula.is_number:
            numerator, denominator = dimension.formula, sp.Integer(1)
            if not numerator.has(sp.floor):
                numerator, denominator = sp.together(numerator).as_numer_denom()
            below = "" if denominator == 1 else f", {whole(denominator)}"
            yield (f'{size_name(dimension.name)} = _derived(given.sizes, "{dimension}", {whole(numerator)}{below})')
