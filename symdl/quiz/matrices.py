r"""Arithmetic of matrices and vectors that are written out: products, sums, transposes, norms, determinants.

What has one meaning is worked out, entry by entry, on the syntax tree: ``\begin{pmatrix}1&2\end{pmatrix}^T`` is a
column, ``(1,2)\cdot(3,4)`` is ``1*3 + 2*4``. What has none, or several, stays as it is written. A list such as
``(1, 2)`` is a vector that is neither row nor column; its transpose stands for a column where it stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from symdl.core import ReadError
from symdl.notation.array_signs import TRACES, Shapes, is_bold, is_matrix, is_transpose
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Absolute,
    Addition,
    Bracketed,
    Call,
    Ellipsis,
    Fraction,
    Juxtaposed,
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
    Text,
    rewritten,
    walk,
)
from symdl.notation.tokens import GREEK

Rows = tuple[tuple[Node, ...], ...]

_MOST_CELLS = 64
_MOST_SIZE = 4
_LIST, _TURNED, _ARRAY = "list", "turned list", "array"
_FUNCTION_LETTERS = frozenset({"f", "g", "h", "sigma", "phi", "psi", "varphi"})
_ORDERED = Name("norm of an order")
_ENDLESS = frozenset({"oo", "infty", "inf", "infinity"})


@dataclass(frozen=True)
class _Array:
    """Rows of entries; a list is one column until its transpose makes something else of it."""

    rows: Rows
    kind: str = _ARRAY

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    @property
    def cells(self) -> tuple[Node, ...]:
        return tuple(cell for row in self.rows for cell in row)

    @property
    def is_vector(self) -> bool:
        return 1 in self.shape


def worked_out(node: Node, shapes: Shapes) -> Node:
    r"""The tree with the arithmetic of what is written out in rows done.

    >>> from symdl.notation.latex import parse
    >>> worked_out(parse(r"\begin{pmatrix}a & b\end{pmatrix}^T"), {})
    Matrix(rows=((Name(base='a', decorations=()),), (Name(base='b', decorations=()),)))
    """
    marked = rewritten(node, _with_order_inside)
    done = rewritten(rewritten(marked, lambda part: _worked_out(part, shapes)), _with_order_outside)
    if isinstance(done, Relation):
        return Relation(_settled(done.first), tuple((r, _settled(side)) for r, side in done.rest), start=node.start)
    return _settled(done)


def is_written_out(part: Node) -> bool:
    """Whether a part is a matrix or a list, without which there is nothing to work out."""
    return isinstance(part, Matrix) or _is_list(part)


def _with_order_inside(node: Node) -> Node:
    r"""``\|x\|_p`` as one part, that its order is known where the norm is worked out."""
    if not isinstance(node, Scripted) or not isinstance(node.base, Norm) or node.subscript is None or node.primes:
        return node
    norm = Call(_ORDERED, (node.base.body, node.subscript), start=node.base.start, end=node.base.end)
    return norm if node.superscript is None else Scripted(norm, None, node.superscript, start=node.start, end=node.end)


def _with_order_outside(node: Node) -> Node:
    """The way back for a norm that was not worked out."""
    if isinstance(node, Scripted) and isinstance(node.base, Scripted) and isinstance(node.base.base, Norm):
        return replace(node, base=node.base.base, subscript=node.base.subscript)
    if isinstance(node, Call) and node.function == _ORDERED:
        body, order = node.arguments
        return Scripted(Norm(body, start=node.start, end=node.end), order, start=node.start, end=node.end)
    return node


def _settled(node: Node) -> Node:
    """A side that is the transpose of a list as a column, and a matrix in brackets without them."""
    found = _array(node)
    bare = found is None or (found.kind == _LIST)
    return node if bare or found is None else Matrix(found.rows, start=node.start, end=node.end)


def _worked_out(node: Node, shapes: Shapes) -> Node:
    rule = _RULES.get(type(node))
    if rule is None:
        return node
    try:
        found = rule(node, shapes)
    except ReadError:
        return node
    if found is None:
        return node
    return replace(_written(found) if isinstance(found, _Array) else found, start=node.start, end=node.end)


def _written(array: _Array) -> Node:
    if array.kind == _ARRAY:
        return Matrix(array.rows)
    listed = Bracketed(array.cells)
    return Scripted(listed, None, Name("T")) if array.kind == _TURNED else listed


def _is_list(node: Node) -> bool:
    return isinstance(node, Bracketed) and node.opening in ("(", "[") and len(node.items) > 1 and not _mixed(node)


def _mixed(node: Bracketed) -> bool:
    """Whether the brackets are those of an interval that is open at one end alone."""
    return (node.opening, node.closing) not in (("(", ")"), ("[", "]"))


def _array(node: Node) -> _Array | None:
    """What a tree is in rows; None for what is no array that is written out."""
    if isinstance(node, Bracketed) and len(node.items) == 1 and node.opening in ("(", "[") and not _mixed(node):
        inner = _array(node.items[0])
        return None if inner is None or (inner.kind == _LIST and node.opening == "[") else inner
    if isinstance(node, Matrix):
        return _Array(node.rows) if len({len(row) for row in node.rows}) == 1 and _are_told(node) else None
    if _is_list(node) and isinstance(node, Bracketed):
        return _of_items(node.items) if _are_told(node) else None
    if isinstance(node, Scripted) and is_transpose(node) and node.subscript is None and _is_list(node.base):
        inner = _array(node.base)
        return replace(inner, kind=_TURNED) if inner is not None and inner.kind == _LIST else None
    return None


def _are_told(node: Node) -> bool:
    """Whether all entries are there, and none is a word or dots."""
    return not any(isinstance(part, Ellipsis | Text | Placeholder) for part in walk(node))


def _of_items(items: tuple[Node, ...]) -> _Array | None:
    """A list of numbers as a vector, a list of lists as a matrix."""
    rows = [item.items for item in items if isinstance(item, Bracketed) and _is_list(item)]
    if not rows:
        column = tuple((item,) for item in items)
        return None if any(map(_holds_array, items)) else _Array(column, _LIST)
    flat = not any(_holds_array(cell) for row in rows for cell in row)
    return _Array(tuple(rows)) if len(rows) == len(items) and len({*map(len, rows)}) == 1 and flat else None


def _holds_array(node: Node) -> bool:
    return any(is_written_out(part) for part in walk(node))


def _is_scalar(node: Node, shapes: Shapes) -> bool:
    """Whether nothing in a formula could be a matrix, a vector or a function that takes one."""
    for part in walk(node):
        if isinstance(part, Matrix | Norm) or _is_list(part) or is_transpose(part) or is_matrix(part) or is_bold(part):
            return False
        if name_of(part) in shapes or (isinstance(part, Name) and "vec" in part.decorations):
            return False
    return True


def _require(holds: bool) -> None:
    """Raises :class:`ReadError` for what has no meaning, or more than one; it stays as it is written."""
    if not holds:
        raise ReadError("a product of matrices without a single meaning")


# Entries


def _sum(terms: Iterable[Node], signs: Iterable[str] = ()) -> Node:
    listed = list(terms)
    plain = list(signs) or ["+"] * len(listed)
    if len(listed) == 1 and plain == ["+"]:
        return listed[0]
    return Bracketed((Addition(tuple(zip(plain, map(_closed, listed), strict=True))),))


def _summed(row: Iterable[Node], column: Iterable[Node]) -> Node:
    return _sum(_times(*pair) for pair in zip(row, column, strict=True))


def _times(*factors: Node) -> Node:
    first, *rest = map(_closed, factors)
    return Product(first, tuple(("*", factor) for factor in rest))


def _closed(node: Node) -> Node:
    return node if isinstance(node, Name | Number | Bracketed) else Bracketed((node,))


def _power(node: Node, exponent: Node) -> Node:
    return Scripted(_closed(node), None, exponent)


def _each(array: _Array, change: Callable[[Node], Node]) -> _Array:
    return replace(array, rows=tuple(tuple(map(change, row)) for row in array.rows))


def _turned(array: _Array) -> _Array:
    if array.kind != _ARRAY:
        return replace(array, kind=_TURNED if array.kind == _LIST else _LIST)
    return _Array(tuple(zip(*array.rows, strict=True)))


# Operations


def _alike(first: _Array, second: _Array) -> str:
    """The kind of what two arrays of one shape give entry by entry; a list goes with a column."""
    _require(first.shape == second.shape)
    if first.kind == second.kind:
        return first.kind
    _require(_ARRAY in (first.kind, second.kind))
    return _ARRAY


def _by_entries(first: _Array, second: _Array, combined: Callable[[Node, Node], Node]) -> _Array:
    kind = _alike(first, second)
    pairs = (zip(*rows, strict=True) for rows in zip(first.rows, second.rows, strict=True))
    return _Array(tuple(tuple(combined(*cells) for cells in row) for row in pairs), kind)


def _matmul(first: _Array, second: _Array) -> _Array:
    """A matrix product, where the lists in it leave no doubt."""
    if first.kind == _TURNED and second.kind == _ARRAY:
        first = _turned_to_fit(first, second)
    _require(first.kind == _ARRAY and (second.kind == _ARRAY or first.shape[0] > 1))
    _require(first.shape[1] == second.shape[0] and first.shape[0] * second.shape[1] * first.shape[1] <= _MOST_CELLS)
    columns = list(zip(*second.rows, strict=True))
    return _Array(tuple(tuple(_summed(row, column) for column in columns) for row in first.rows))


def _turned_to_fit(first: _Array, second: _Array) -> _Array:
    """``(1, 2)^T`` before an array: a row before a column or a matrix, a column before a row."""
    size, (height, width) = first.shape[0], second.shape
    _require(height == 1 or (height == size and size > 1))
    _require(not (height == 1 and width == 1))
    return _Array(first.rows) if height == 1 else _Array(tuple(zip(*first.rows, strict=True)))


def _dot(first: _Array, second: _Array) -> Node:
    """The inner product of two vectors of one size."""
    _require(first.is_vector and second.is_vector and len(first.cells) == len(second.cells) > 1)
    row_before_column = first.shape[0] == 1 and second.shape[1] == 1
    _require(row_before_column or first.shape == second.shape)
    _require({first.kind, second.kind} != {_LIST, _TURNED})
    return _summed(first.cells, second.cells)


def _determinant(rows: Rows) -> Node:
    if len(rows) == 1:
        return rows[0][0]
    minors = [_times(rows[0][k], _determinant(_minor(rows, 0, k))) for k in range(len(rows))]
    return _sum(minors, ["+-"[k % 2] for k in range(len(rows))])


def _minor(rows: Rows, row: int, column: int) -> Rows:
    return tuple(line[:column] + line[column + 1 :] for n, line in enumerate(rows) if n != row)


def _square(array: _Array | None) -> Rows:
    _require(array is not None and array.kind == _ARRAY and array.shape[0] == array.shape[1] <= _MOST_SIZE)
    return array.rows if array is not None else ()


def _inverse(rows: Rows) -> _Array:
    size, whole = len(rows), _determinant(rows)
    _require(1 < size < _MOST_SIZE)

    def cell(row: int, column: int) -> Node:
        minor = _determinant(_minor(rows, column, row))
        signed = minor if (row + column) % 2 == 0 else Addition((("-", _closed(minor)),))
        return Fraction(signed, whole)

    return _Array(tuple(tuple(cell(row, column) for column in range(size)) for row in range(size)))


def _norm(body: Node, order: Node | None) -> Node:
    r"""``\|(3, 4)\|_p`` of a vector, and the Frobenius norm of a matrix."""
    array = _array(body)
    _require(array is not None)
    assert array is not None
    kind = order.text if isinstance(order, Number) else name_of(order) if order is not None else "2"
    imaginary = any(isinstance(part, Name) and part.base == "i" for cell in array.cells for part in walk(cell))
    _require((array.is_vector or kind == "F") and not imaginary)
    if kind in ("2", "F"):
        return Root(_sum(_power(cell, Number("2")) for cell in array.cells))
    sizes: list[Node] = [Absolute(cell) for cell in array.cells]
    if kind == "1":
        return _sum(sizes)
    if kind in _ENDLESS:
        return Call(Name("max"), tuple(sizes))
    _require(kind is not None and kind.isdigit() and kind != "0")
    return Root(_sum(_power(size, Number(str(kind))) for size in sizes), Number(str(kind)))


# Rules of the tree


def _added(node: Node, shapes: Shapes) -> _Array | None:
    assert isinstance(node, Addition)
    arrays = [_array(term) for _, term in node.terms]
    if not any(arrays):
        return None
    total: _Array | None = None
    for (sign, _), array in zip(node.terms, arrays, strict=True):
        _require(array is not None and sign in ("+", "-"))
        assert array is not None
        value = array if sign == "+" else _each(array, lambda cell: Addition((("-", _closed(cell)),)))
        total = value if total is None else _by_entries(total, value, lambda a, b: _sum((a, b)))
    return total


def _multiplied(items: Iterable[Node], shapes: Shapes) -> _Array | Node:
    """Factors side by side: scalars in front, matrices in their order."""
    scalars: list[Node] = []
    total: _Array | None = None
    for item in items:
        array = _array(item)
        if array is None:
            _require(_is_scalar(item, shapes))
            scalars.append(item)
        else:
            total = array if total is None else _matmul(total, array)
    if total is None:
        return Juxtaposed(tuple(scalars))
    one = total.kind == _ARRAY and total.shape == (1, 1)
    if scalars:
        factor = scalars[0] if len(scalars) == 1 else Juxtaposed(tuple(scalars))
        total = _each(total, lambda cell: _times(factor, cell))
    return total.cells[0] if one else total


def _juxtaposed(node: Node, shapes: Shapes) -> _Array | Node | None:
    assert isinstance(node, Juxtaposed)
    items = node.items
    if not any(_array(item) for item in items):
        return None
    items = _with_numbers_of_matrices(items)
    if len(items) == 1:
        return items[0]
    _require(not any(_could_apply(*pair) for pair in pairwise(items)))
    return _multiplied(items, shapes)


def _with_numbers_of_matrices(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """The factors, with determinants, traces and norms that are named by a word as numbers."""
    found: list[Node] = []
    for item in items:
        head, array = (name_of(found[-1]) if found else None), _array(item)
        if array is not None and head in _OF_MATRICES:
            found[-1] = _closed(_OF_MATRICES[head](_square(array)))
        elif array is not None and head == "norm" and isinstance(item, Bracketed):
            found[-1] = _norm(item if len(item.items) > 1 else item.items[0], None)
        else:
            found.append(item)
    return tuple(found)


def _could_apply(head: Node, after: Node) -> bool:
    """Whether an array may be what a function before it is applied to."""
    if _array(after) is None or _array(head) is not None:
        return False
    named = head.base if isinstance(head, Scripted) else head
    if not isinstance(named, Name):
        return isinstance(head, Call) or not isinstance(named, Number | Bracketed | Fraction | Root | Product | Norm)
    word = len(named.base) > 1 and named.base not in GREEK
    return not isinstance(after, Matrix) or word or named.base in _FUNCTION_LETTERS


def _trace(rows: Rows) -> Node:
    return _sum(rows[k][k] for k in range(len(rows)))


_OF_MATRICES: Mapping[str | None, Callable[[Rows], Node]] = {
    "det": _determinant,
    **dict.fromkeys(TRACES, _trace),
}


def _product(node: Node, shapes: Shapes) -> _Array | Node | None:
    assert isinstance(node, Product)
    if not any(_array(item) for item in (node.first, *(item for _, item in node.rest))):
        return None
    total = node.first
    for operator, item in node.rest:
        found = _operated(operator, total, item, shapes)
        total = _written(found) if isinstance(found, _Array) else found
    return total


def _operated(operator: str, left: Node, right: Node, shapes: Shapes) -> _Array | Node:
    first, second = _array(left), _array(right)
    if first is None and second is None:
        return Product(left, ((operator, right),))
    if operator == "/" and first is not None and second is None:
        return _divided(first, right, shapes)
    if first is None or second is None:
        _require(operator in ("*", "cdot"))
        return _multiplied((left, right), shapes)
    if operator == "odot":
        return _by_entries(first, second, _times)
    if operator == "cdot" and first.is_vector and second.is_vector:
        return _dot(first, second)
    _require(operator in ("*", "cdot") and isinstance(left, Matrix) and isinstance(right, Matrix))
    _require(not first.is_vector)
    return _matmul(first, second)


def _divided(array: _Array, divisor: Node, shapes: Shapes) -> _Array:
    _require(_is_scalar(divisor, shapes))
    return _each(array, lambda cell: Fraction(cell, divisor))


def _fraction(node: Node, shapes: Shapes) -> _Array | None:
    assert isinstance(node, Fraction)
    array = _array(node.numerator)
    return None if array is None else _divided(array, node.denominator, shapes)


def _scripted(node: Node, shapes: Shapes) -> _Array | Node | None:
    """A transpose, an inverse, and a power."""
    assert isinstance(node, Scripted)
    array = _array(node.base)
    if array is None or node.superscript is None or node.subscript is not None or node.primes:
        return None
    if is_transpose(node):
        return _turned(array)
    if node.superscript == Addition((("-", Number("1")),)):
        return _inverse(_square(array))
    power = node.superscript.text if isinstance(node.superscript, Number) else ""
    _require(power in ("2", "3", "4"))
    base = total = _Array(_square(array))
    _require(base.shape[0] > 1)
    for _ in range(int(power) - 1):
        total = _matmul(total, base)
    return total


def _of_norm(node: Node, shapes: Shapes) -> Node | None:
    assert isinstance(node, Norm)
    return _norm(node.body, None) if _array(node.body) is not None else None


def _of_ordered_norm(node: Node, shapes: Shapes) -> Node | None:
    assert isinstance(node, Call)
    of_array = node.function == _ORDERED and _array(node.arguments[0]) is not None
    return _norm(*node.arguments) if of_array else None


def _of_bars(node: Node, shapes: Shapes) -> Node | None:
    """Bars around a matrix: its determinant; around a column, its length."""
    assert isinstance(node, Absolute)
    array = _array(node.body)
    if array is None or array.kind != _ARRAY:
        return None
    return _norm(node.body, None) if array.is_vector and len(array.cells) > 1 else _determinant(_square(array))


def _inner(node: Node, shapes: Shapes) -> Node | None:
    r"""``\langle (1, 2), (3, 4) \rangle``."""
    assert isinstance(node, Bracketed)
    arrays = [array for item in node.items if (array := _array(item)) is not None]
    return _dot(*arrays) if node.opening == "⟨" and len(arrays) == len(node.items) == 2 else None


_RULES: Mapping[type[Node], Callable[[Node, Shapes], _Array | Node | None]] = {
    Addition: _added,
    Juxtaposed: _juxtaposed,
    Product: _product,
    Fraction: _fraction,
    Scripted: _scripted,
    Norm: _of_norm,
    Call: _of_ordered_norm,
    Absolute: _of_bars,
    Bracketed: _inner,
}
