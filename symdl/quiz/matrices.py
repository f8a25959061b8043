r"""Arithmetic of matrices and vectors that are written out: products, sums, transposes, norms, determinants.

What has one meaning is worked out, entry by entry, on the syntax tree: ``\begin{pmatrix}1&2\end{pmatrix}^T`` is a
column, ``(1,2)\cdot(3,4)`` is ``1*3 + 2*4``. What has none, or several, stays as it is written. A list such as
``(1, 2)`` is a vector that is neither row nor column; its transpose stands for a column where it stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from symdl.core import ReadError
from symdl.notation.array_signs import TRACES, Shapes, is_bold, is_matrix, is_transpose
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    Absolute,
    Addition,
    Bracketed,
    Call,
    Fraction,
    Juxtaposed,
    Matrix,
    Name,
    Node,
    Norm,
    Number,
    Product,
    Relation,
    Root,
    Scripted,
    rewritten,
    walk,
)
from symdl.notation.tokens import GREEK

from .entries import (
    ARRAY,
    LIST,
    TURNED,
    Rows,
    WrittenArray,
    array_of,
    by_entries,
    closed,
    determinant,
    dot,
    each,
    inverse_of,
    is_list,
    matmul,
    norm_of,
    require,
    square,
    sum_of,
    times,
    trace,
    turned,
)

_FUNCTION_LETTERS = frozenset({"f", "g", "h", "sigma", "phi", "psi", "varphi"})
_SMALL = frozenset(map(str, range(100)))
_MOST_TERMS = 1500
"""Terms that the entries of a product may have in all: they grow with the power of the number of factors."""
_ORDERED = Name("norm of an order")


def worked_out(node: Node, shapes: Shapes) -> Node:
    r"""The tree with the arithmetic of what is written out in rows done; one that would grow too long stays.

    >>> from symdl.notation.latex import parse
    >>> worked_out(parse(r"\begin{pmatrix}a & b\end{pmatrix}^T"), {})
    Matrix(rows=((Name(base='a', decorations=()),), (Name(base='b', decorations=()),)))
    """
    if _terms_in_entries(node) > _MOST_TERMS:
        return node
    marked = rewritten(node, _with_order_inside)
    done = rewritten(rewritten(marked, lambda part: _worked_out(part, shapes)), _with_order_outside)
    if isinstance(done, Relation) and isinstance(node, Relation):
        first, *rest = (_settled(*sides) for sides in zip(node.sides, done.sides, strict=True))
        return replace(done, first=first, rest=tuple(zip(done.relations, rest, strict=True)))
    return _settled(node, done)


def _terms_in_entries(node: Node) -> int:
    """At most how many terms the entries have, were everything multiplied: n^(k+1) for k factors of n rows."""
    parts = list(walk(node))
    arrays = [found for part in parts if isinstance(part, Matrix | Bracketed) and (found := array_of(part)) is not None]
    size = max((max(len(array.rows), len(array.rows[0])) for array in arrays if array.rows), default=0)
    raised = [part.superscript for part in parts if isinstance(part, Scripted)]
    powers = [int(power.text) for power in raised if isinstance(power, Number) and power.text in _SMALL]
    factors = len(arrays) * max([1, *powers])
    if any(isinstance(part, Absolute) or (isinstance(part, Name) and part.base == "det") for part in parts):
        factors *= size
    return size ** min(factors + 1, 64) if arrays else 0


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


def _settled(before: Node, node: Node) -> Node:
    """A side that is a vector for sure, for its lists were added or transposed, as a column."""
    found = array_of(node)
    unsure = found is None or (found.kind == LIST and (is_list(before) or before == node))
    return node if unsure or found is None else Matrix(found.rows, start=node.start, end=node.end)


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
    return replace(_written(found) if isinstance(found, WrittenArray) else found, start=node.start, end=node.end)


def _written(array: WrittenArray) -> Node:
    if array.kind == ARRAY:
        return Matrix(array.rows)
    listed = Bracketed(array.cells)
    return Scripted(listed, None, Name("T")) if array.kind == TURNED else listed


def _is_scalar(node: Node, shapes: Shapes) -> bool:
    """Whether nothing in a formula could be a matrix, a vector or a function that takes one."""
    for part in walk(node):
        if isinstance(part, Matrix | Norm) or is_list(part) or is_transpose(part) or is_matrix(part) or is_bold(part):
            return False
        if name_of(part) in shapes or (isinstance(part, Name) and "vec" in part.decorations):
            return False
    return True


def _added(node: Node, shapes: Shapes) -> WrittenArray | None:
    assert isinstance(node, Addition)
    arrays = [array_of(term) for _, term in node.terms]
    if not any(arrays):
        return None
    total: WrittenArray | None = None
    for (sign, _), array in zip(node.terms, arrays, strict=True):
        require(array is not None and sign in ("+", "-"))
        assert array is not None
        value = array if sign == "+" else each(array, lambda cell: Addition((("-", closed(cell)),)))
        total = value if total is None else by_entries(total, value, lambda a, b: sum_of((a, b)))
    return total


def _multiplied(items: Iterable[Node], shapes: Shapes) -> WrittenArray | Node:
    """Factors side by side: scalars in front, matrices in their order."""
    scalars: list[Node] = []
    total: WrittenArray | None = None
    for item in items:
        array = array_of(item)
        if array is None:
            require(_is_scalar(item, shapes))
            scalars.append(item)
        else:
            total = array if total is None else matmul(total, array)
    if total is None:
        return Juxtaposed(tuple(scalars))
    one = total.kind == ARRAY and total.shape == (1, 1)
    if scalars:
        factor = scalars[0] if len(scalars) == 1 else Juxtaposed(tuple(scalars))
        total = each(total, lambda cell: times(factor, cell))
    return total.cells[0] if one else total


def _juxtaposed(node: Node, shapes: Shapes) -> WrittenArray | Node | None:
    assert isinstance(node, Juxtaposed)
    items = node.items
    if not any(array_of(item) for item in items):
        return None
    items = _with_numbers_of_matrices(items)
    if len(items) == 1:
        return items[0]
    require(not any(_could_apply(*pair) for pair in pairwise(items)))
    return _multiplied(items, shapes)


def _with_numbers_of_matrices(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """The factors, with determinants, traces and norms that are named by a word as numbers."""
    found: list[Node] = []
    for item in items:
        head, array = (name_of(found[-1]) if found else None), array_of(item)
        if array is not None and head in _OF_MATRICES:
            found[-1] = closed(_OF_MATRICES[head](square(array)))
        elif array is not None and head == "norm" and isinstance(item, Bracketed):
            found[-1] = norm_of(item if len(item.items) > 1 else item.items[0], None)
        else:
            found.append(item)
    return tuple(found)


def _could_apply(head: Node, after: Node) -> bool:
    """Whether an array may be what a function before it is applied to."""
    if array_of(after) is None or array_of(head) is not None:
        return False
    named = head.base if isinstance(head, Scripted) else head
    if not isinstance(named, Name):
        called = isinstance(head, Call) and not head.bare
        return not called and not isinstance(named, Number | Bracketed | Fraction | Root | Product | Norm)
    word = len(named.base) > 1 and named.base not in GREEK
    return not isinstance(after, Matrix) or word or named.base in _FUNCTION_LETTERS


_OF_MATRICES: Mapping[str | None, Callable[[Rows], Node]] = {
    "det": determinant,
    **dict.fromkeys(TRACES, trace),
}


def _product(node: Node, shapes: Shapes) -> WrittenArray | Node | None:
    assert isinstance(node, Product)
    if not any(array_of(item) for item in (node.first, *(item for _, item in node.rest))):
        return None
    total = node.first
    for operator, item in node.rest:
        found = _operated(operator, total, item, shapes)
        total = _written(found) if isinstance(found, WrittenArray) else found
    return total


def _operated(operator: str, left: Node, right: Node, shapes: Shapes) -> WrittenArray | Node:
    first, second = array_of(left), array_of(right)
    if first is None and second is None:
        return Product(left, ((operator, right),))
    if operator == "/" and first is not None and second is None:
        return _divided(first, right, shapes)
    if first is None or second is None:
        require(operator in ("*", "cdot"))
        return _multiplied((left, right), shapes)
    if operator == "odot":
        return by_entries(first, second, times)
    if operator == "cdot" and first.is_vector and second.is_vector:
        return dot(first, second)
    require(operator in ("*", "cdot") and isinstance(left, Matrix) and isinstance(right, Matrix))
    require(not first.is_vector)
    return matmul(first, second)


def _divided(array: WrittenArray, divisor: Node, shapes: Shapes) -> WrittenArray:
    require(_is_scalar(divisor, shapes))
    return each(array, lambda cell: Fraction(cell, divisor))


def _fraction(node: Node, shapes: Shapes) -> WrittenArray | None:
    assert isinstance(node, Fraction)
    array = array_of(node.numerator)
    return None if array is None else _divided(array, node.denominator, shapes)


def _scripted(node: Node, shapes: Shapes) -> WrittenArray | Node | None:
    """A transpose, an inverse, and a power."""
    assert isinstance(node, Scripted)
    array = array_of(node.base)
    if array is None or node.superscript is None or node.subscript is not None or node.primes:
        return None
    if is_transpose(node):
        return turned(array)
    if node.superscript == Addition((("-", Number("1")),)):
        return inverse_of(square(array))
    power = node.superscript.text if isinstance(node.superscript, Number) else ""
    require(power in ("2", "3", "4"))
    base = total = WrittenArray(square(array))
    require(base.shape[0] > 1)
    for _ in range(int(power) - 1):
        total = matmul(total, base)
    return total


def _of_norm(node: Node, shapes: Shapes) -> Node | None:
    assert isinstance(node, Norm)
    return norm_of(node.body, None) if array_of(node.body) is not None else None


def _of_ordered_norm(node: Node, shapes: Shapes) -> Node | None:
    assert isinstance(node, Call)
    of_array = node.function == _ORDERED and array_of(node.arguments[0]) is not None
    return norm_of(*node.arguments) if of_array else None


def _of_bars(node: Node, shapes: Shapes) -> Node | None:
    """Bars around a matrix: its determinant; around a column, its length."""
    assert isinstance(node, Absolute)
    array = array_of(node.body)
    if array is None or array.kind != ARRAY:
        return None
    return norm_of(node.body, None) if array.is_vector and len(array.cells) > 1 else determinant(square(array))


def _inner(node: Node, shapes: Shapes) -> Node | None:
    r"""``\langle (1, 2), (3, 4) \rangle``."""
    assert isinstance(node, Bracketed)
    arrays = [array for item in node.items if (array := array_of(item)) is not None]
    return dot(*arrays) if node.opening == "⟨" and len(arrays) == len(node.items) == 2 else None


_RULES: Mapping[type[Node], Callable[[Node, Shapes], WrittenArray | Node | None]] = {
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
