"""Matrices and vectors that are written out in rows of entries, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from symdl.core import ReadError
from symdl.notation.array_signs import is_transpose
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Absolute,
    Addition,
    Bracketed,
    Call,
    Ellipsis,
    Fraction,
    Matrix,
    Name,
    Node,
    Number,
    Placeholder,
    Product,
    Root,
    Scripted,
    Text,
    walk,
)

Rows = tuple[tuple[Node, ...], ...]

_MOST_CELLS = 64
_MOST_SIZE = 4
LIST, TURNED, ARRAY = "list", "turned list", "array"
_ENDLESS = frozenset({"oo", "infty", "inf", "infinity"})


@dataclass(frozen=True)
class WrittenArray:
    """Rows of entries; a list is one column until its transpose makes something else of it."""

    rows: Rows
    kind: str = ARRAY

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return len(self.rows), len(self.rows[0])

    @property
    def cells(self) -> tuple[Node, ...]:
        """The entries, row by row."""
        return tuple(cell for row in self.rows for cell in row)

    @property
    def is_vector(self) -> bool:
        """Whether there is one row or one column."""
        return 1 in self.shape


def is_written_out(part: Node) -> bool:
    """Whether a part is a matrix or a list, without which there is nothing to work out."""
    return isinstance(part, Matrix) or is_list(part)


def is_list(node: Node) -> bool:
    """Whether a tree lists several values in like brackets."""
    return isinstance(node, Bracketed) and node.opening in ("(", "[") and len(node.items) > 1 and not _mixed(node)


def _mixed(node: Bracketed) -> bool:
    """Whether the brackets are those of an interval that is open at one end alone."""
    return (node.opening, node.closing) not in (("(", ")"), ("[", "]"))


def array_of(node: Node) -> WrittenArray | None:
    """What a tree is in rows; None for what is no array that is written out."""
    if isinstance(node, Bracketed) and len(node.items) == 1 and node.opening in ("(", "[") and not _mixed(node):
        inner = array_of(node.items[0])
        return None if inner is None or (inner.kind == LIST and node.opening == "[") else inner
    if isinstance(node, Matrix):
        return WrittenArray(node.rows) if len({len(row) for row in node.rows}) == 1 and _are_told(node) else None
    if is_list(node) and isinstance(node, Bracketed):
        return _of_items(node.items) if _are_told(node) else None
    if isinstance(node, Scripted) and is_transpose(node) and node.subscript is None and is_list(node.base):
        inner = array_of(node.base)
        return replace(inner, kind=TURNED) if inner is not None and inner.kind == LIST else None
    return None


def _are_told(node: Node) -> bool:
    """Whether all entries are there, and none is a word or dots."""
    return not any(isinstance(part, Ellipsis | Text | Placeholder) for part in walk(node))


def _of_items(items: tuple[Node, ...]) -> WrittenArray | None:
    """A list of numbers as a vector, a list of lists as a matrix."""
    rows = [item.items for item in items if isinstance(item, Bracketed) and is_list(item)]
    if not rows:
        column = tuple((item,) for item in items)
        return None if any(map(_holds_array, items)) else WrittenArray(column, LIST)
    flat = not any(_holds_array(cell) for row in rows for cell in row)
    return WrittenArray(tuple(rows)) if len(rows) == len(items) and len({*map(len, rows)}) == 1 and flat else None


def _holds_array(node: Node) -> bool:
    return any(is_written_out(part) for part in walk(node))


def require(holds: bool) -> None:
    """Raises :class:`ReadError` for what has no meaning, or more than one; it stays as it is written."""
    if not holds:
        raise ReadError("a product of matrices without a single meaning")


def sum_of(terms: Iterable[Node], signs: Iterable[str] = ()) -> Node:
    """Entries added up, each with its sign."""
    listed = list(terms)
    plain = list(signs) or ["+"] * len(listed)
    if len(listed) == 1 and plain == ["+"]:
        return listed[0]
    return Bracketed((Addition(tuple(zip(plain, map(closed, listed), strict=True))),))


def dot_of_entries(row: Iterable[Node], column: Iterable[Node]) -> Node:
    """The sum of the products of entries that meet."""
    return sum_of(times(*pair) for pair in zip(row, column, strict=True))


def times(*factors: Node) -> Node:
    """The product of entries."""
    first, *rest = map(closed, factors)
    return Product(first, tuple(("*", factor) for factor in rest))


def closed(node: Node) -> Node:
    """An entry in brackets, if it needs them."""
    return node if isinstance(node, Name | Number | Bracketed) else Bracketed((node,))


def power_of(node: Node, exponent: Node) -> Node:
    """An entry to a power."""
    return Scripted(closed(node), None, exponent)


def each(array: WrittenArray, change: Callable[[Node], Node]) -> WrittenArray:
    """An array with each entry changed."""
    return replace(array, rows=tuple(tuple(map(change, row)) for row in array.rows))


def turned(array: WrittenArray) -> WrittenArray:
    """The transpose of an array."""
    if array.kind != ARRAY:
        return replace(array, kind=TURNED if array.kind == LIST else LIST)
    return WrittenArray(tuple(zip(*array.rows, strict=True)))


def _alike(first: WrittenArray, second: WrittenArray) -> str:
    """The kind of what two arrays of one shape give entry by entry; a list goes with a column."""
    require(first.shape == second.shape)
    if first.kind == second.kind:
        return first.kind
    require(ARRAY in (first.kind, second.kind))
    return ARRAY


def by_entries(first: WrittenArray, second: WrittenArray, combined: Callable[[Node, Node], Node]) -> WrittenArray:
    """Two arrays of one shape combined entry by entry."""
    kind = _alike(first, second)
    pairs = (zip(*rows, strict=True) for rows in zip(first.rows, second.rows, strict=True))
    return WrittenArray(tuple(tuple(combined(*cells) for cells in row) for row in pairs), kind)


def matmul(first: WrittenArray, second: WrittenArray) -> WrittenArray:
    """A matrix product, where the lists in it leave no doubt."""
    if first.kind == TURNED and second.kind == ARRAY:
        first = _turned_to_fit(first, second)
    require(first.kind == ARRAY and (second.kind == ARRAY or first.shape[0] > 1))
    require(first.shape[1] == second.shape[0] and first.shape[0] * second.shape[1] * first.shape[1] <= _MOST_CELLS)
    columns = list(zip(*second.rows, strict=True))
    return WrittenArray(tuple(tuple(dot_of_entries(row, column) for column in columns) for row in first.rows))


def _turned_to_fit(first: WrittenArray, second: WrittenArray) -> WrittenArray:
    """``(1, 2)^T`` before an array: a row before a column or a matrix, a column before a row."""
    size, (height, width) = first.shape[0], second.shape
    require(height == 1 or (height == size and size > 1))
    require(not (height == 1 and width == 1))
    return WrittenArray(first.rows) if height == 1 else WrittenArray(tuple(zip(*first.rows, strict=True)))


def dot(first: WrittenArray, second: WrittenArray) -> Node:
    """The inner product of two vectors of one size."""
    require(first.is_vector and second.is_vector and len(first.cells) == len(second.cells) > 1)
    row_before_column = first.shape[0] == 1 and second.shape[1] == 1
    require(row_before_column or first.shape == second.shape)
    require({first.kind, second.kind} != {LIST, TURNED})
    return dot_of_entries(first.cells, second.cells)


def determinant(rows: Rows) -> Node:
    """The determinant of a square matrix, along its first row."""
    if len(rows) == 1:
        return rows[0][0]
    minors = [times(rows[0][k], determinant(_minor(rows, 0, k))) for k in range(len(rows))]
    return sum_of(minors, ["+-"[k % 2] for k in range(len(rows))])


def _minor(rows: Rows, row: int, column: int) -> Rows:
    return tuple(line[:column] + line[column + 1 :] for n, line in enumerate(rows) if n != row)


def square(array: WrittenArray | None) -> Rows:
    """The rows of a square matrix."""
    require(array is not None and array.kind == ARRAY and array.shape[0] == array.shape[1] <= _MOST_SIZE)
    return array.rows if array is not None else ()


def inverse_of(rows: Rows) -> WrittenArray:
    """The inverse of a matrix, by its minors."""
    size, whole = len(rows), determinant(rows)
    require(1 < size < _MOST_SIZE)

    def cell(row: int, column: int) -> Node:
        minor = determinant(_minor(rows, column, row))
        signed = minor if (row + column) % 2 == 0 else Addition((("-", closed(minor)),))
        return Fraction(signed, whole)

    return WrittenArray(tuple(tuple(cell(row, column) for column in range(size)) for row in range(size)))


def norm_of(body: Node, order: Node | None) -> Node:
    r"""``\|(3, 4)\|_p`` of a vector, and the Frobenius norm of a matrix."""
    array = array_of(body)
    require(array is not None)
    assert array is not None
    kind = order.text if isinstance(order, Number) else name_of(order) if order is not None else "2"
    imaginary = any(isinstance(part, Name) and part.base == "i" for cell in array.cells for part in walk(cell))
    require((array.is_vector or kind == "F") and not imaginary)
    if kind in ("2", "F"):
        return Root(sum_of(power_of(cell, Number("2")) for cell in array.cells))
    sizes: list[Node] = [Absolute(cell) for cell in array.cells]
    if kind == "1":
        return sum_of(sizes)
    if kind in _ENDLESS:
        return Call(Name("max"), tuple(sizes))
    require(kind is not None and kind.isdigit() and kind != "0")
    return Root(sum_of(power_of(size, Number(str(kind))) for size in sizes), Number(str(kind)))


def trace(rows: Rows) -> Node:
    """The sum of a diagonal."""
    return sum_of(rows[k][k] for k in range(len(rows)))
