"""How generated functions take their arrays: arguments, checks of dtypes and sizes, docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import sympy as sp

from symdl.core import Compare, DefinitionError, Layer, Loss, symbol
from symdl.core.array_graph import graph
from symdl.core.array_places import Accumulate, Gather
from symdl.core.array_simplex import Projection
from symdl.core.arrays import Array, ArrayExpr, Call, Constant, FunctionParameter, Map, Reduce, Repeat, Scatter, Select
from symdl.core.chains import Chain, Collected, Final
from symdl.core.dimensions import Dimension
from symdl.core.errors import UnsupportedOperation

from .text import argument_name, prose, size_name

RESERVED = ("given", "out", "dtype", "value", "gradient", "keep", "workspace")
"""Variables of generated functions that no input may be called."""
UPSTREAM = "upstream"
"""The gradient by the result of a layer, as an argument."""
_LAYER_RESERVED = (UPSTREAM, "axis", "rows", "part", "entries", "result", "loss", "loss_gradient", "target", "member")


def nodes_of(expr: ArrayExpr) -> Iterator[ArrayExpr]:
    """Every node, those in the bodies of chains too."""
    for node in graph(expr):
        yield node
        if isinstance(node, Final | Collected):
            yield from nodes_of(node.chain.body)


def functions_of(expr: ArrayExpr) -> tuple[FunctionParameter, ...]:
    """The function parameters of an expression."""
    found = (node.function for node in nodes_of(expr) if isinstance(node, Map | Call))
    return tuple(dict.fromkeys(f for f in found if isinstance(f, FunctionParameter)))


def chain_of(expr: ArrayExpr) -> Chain | None:
    """The chain of an expression, if it has one."""
    return next((node.chain for node in graph(expr) if isinstance(node, Final)), None)


def works_along_axis(item: Layer) -> bool:
    """Whether a layer maps one vector to one entry by entry and by sums over it: then it takes ``axis``."""
    if item.learned or len(item.inputs) != 1 or not item.inputs[0].rank == 1 == item.expr.rank:
        return False
    nodes = list(graph(item.expr))
    simple = all(
        isinstance(node, Array | Constant | Map | Reduce | Repeat | Projection) and node.rank <= 1 for node in nodes
    )
    return simple and {d for node in nodes for d in node.dimensions} == set(item.inputs[0].dimensions)


def domain_of(item: Loss | Layer, name: str) -> list[Compare]:
    """The relations that the entries of an input satisfy."""
    return [r for r in item.given if {str(s) for s in (r.lhs - r.rhs).free_symbols} == {name}]


def holds(relation: Compare, name: str, value: sp.Rational) -> bool:
    """Whether an entry satisfies a relation."""
    left, right = (side.xreplace({symbol(name): value}) for side in (relation.lhs, relation.rhs))
    return bool(sp.Rel(left, right, "==" if relation.relation == "=" else relation.relation))


def check_names(item: Loss | Layer, arrays: Sequence[Array]) -> None:
    """Raise :class:`DefinitionError` for an input whose name the generated code needs."""
    sizes = tuple(size_name(d.name) for node in nodes_of(item.expr) for d in node.dimensions)
    reserved = (*RESERVED, *sizes, *(_LAYER_RESERVED if isinstance(item, Layer) else ()))
    for a in arrays:
        if argument_name(a.name, reserved) != a.name:
            raise DefinitionError(f"{item.name}: {a.name!r} cannot name an argument", remedy="choose another name")


def annotated(arrays: Iterable[Array]) -> list[str]:
    """Arrays as arguments."""
    return [f"{a.name}: {'Sequence[Any]' if a.level else 'ArrayLike'}" for a in arrays]


def prologue(expr: ArrayExpr, arrays: Sequence[Array]) -> list[str]:
    """Statements that check the inputs and name the depth of the chain."""
    scan = chain_of(expr)
    rows = ["given = _Inputs()"]
    families = [a for a in arrays if a.level]
    if scan is not None and families:
        rows.append(f"{scan.depth} = len({families[0].name})")
        rows += [row for a in families[1:] for row in _count_check(a, scan)]
    for a in sorted(arrays, key=lambda a: a.integer):
        rows += _family_check(a, scan) if a.level else [_check(a, expr)]
    return rows


def _count_check(a: Array, scan: Chain) -> list[str]:
    return [
        f"if len({a.name}) != {scan.depth}:",
        f'    raise ValueError(f"{a.name} has {{len({a.name})}} members, expected {{{scan.depth}}}")',
    ]


def _check(a: Array, expr: ArrayExpr) -> str:
    sizes = "".join(f", {_quoted(d)}" for d in a.dimensions)
    if a.integer:
        return f'{a.name} = given.integers("{a.name}", {a.name}, {_quoted(indexed(a, expr))}{sizes})'
    return f'{a.name} = given.array("{a.name}", {a.name}{sizes})'


def _family_check(a: Array, scan: Chain | None) -> list[str]:
    if scan is None:
        raise UnsupportedOperation(f"the family {a.name} is used outside of a chain")
    index, sizes = scan.index, "".join(f", {_quoted(d)}" for d in a.dimensions)
    return [
        f"{a.name} = [",
        f'    given.array(f"{a.name}[{{{index}}}]", member{sizes})',
        f"    for {index}, member in enumerate({a.name})",
        "]",
    ]


def _quoted(dimension: Dimension) -> str:
    """The name of a size as a string of Python; levels are put in when it runs."""
    if not dimension.level or dimension.level == "0":
        return f'"{dimension}"'
    return 'f"' + re.sub(r"\[(.*)\]", r"[{\1}]", str(dimension)) + '"'


def indexed(a: Array, expr: ArrayExpr) -> Dimension:
    """The size that the entries of an integer array stay below.

    Raises :class:`UnsupportedOperation` for an array that is no index.
    """
    for node in nodes_of(expr):
        if isinstance(node, Select | Scatter) and node.operands[1] is a:
            return (node.operands[0] if isinstance(node, Select) else node).dimensions[node.axis]
        if isinstance(node, Gather | Accumulate) and node.operands[1] is a:
            return (node.operands[0] if isinstance(node, Gather) else node).dimensions[0]
    raise UnsupportedOperation(f"the integer array {a.name} is no index")


def shapes(arrays: Iterable[Array]) -> list[str]:
    """Lines of a docstring about the inputs."""
    return [prose(f"``{a.name}``: {_shape(a)}.") for a in arrays]


def _shape(a: Array) -> str:
    sizes = f"({', '.join(map(str, a.dimensions))}{',' if a.rank == 1 else ''})"
    kind = "integers" if a.integer else "float32 or float64"
    return f"for each level {a.level} an array {sizes}, {kind}" if a.level else f"an array {sizes}, {kind}"
