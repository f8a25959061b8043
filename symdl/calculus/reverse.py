"""Reverse mode: the gradient of an array expression is an array expression.

Every node has a pullback that is made of nodes again, so gradients can be derived once more. The
reverse of a chain is a chain that runs the other way over the same levels; what it needs from the
forward pass (inputs of nonlinear maps, say) is collected there, not computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, overload

import sympy as sp

from symdl.core.array_graph import graph
from symdl.core.array_inverse import Inverse
from symdl.core.array_places import Accumulate, Gather, Overlap, Window, accumulate, gather, overlap, window
from symdl.core.array_rewriting import substitute
from symdl.core.array_simplex import Projection
from symdl.core.arrays import (
    Array,
    ArrayExpr,
    Call,
    Constant,
    Contract,
    FunctionParameter,
    Map,
    Reduce,
    Repeat,
    ScalarFunction,
    Scatter,
    Select,
    Slope,
    apply,
    argmax,
    call,
    constant,
    contract,
    describe,
    is_integer,
    repeat,
    scatter,
    select,
)
from symdl.core.chains import Chain, Collected, Final, collected, final
from symdl.core.errors import DefinitionError, UnsupportedDerivative
from symdl.core.symbols import symbol

from .kinks import kinks

Pair: TypeAlias = tuple[ArrayExpr, ArrayExpr]
"""A node and what is added to its adjoint."""
_KINKED = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside, sp.Piecewise)


@overload
def gradient(out: ArrayExpr, wrt: ArrayExpr, seed: ArrayExpr | None = None) -> ArrayExpr: ...
@overload
def gradient(out: ArrayExpr, wrt: Sequence[ArrayExpr], seed: ArrayExpr | None = None) -> tuple[ArrayExpr, ...]: ...
def gradient(
    out: ArrayExpr, wrt: ArrayExpr | Sequence[ArrayExpr], seed: ArrayExpr | None = None
) -> ArrayExpr | tuple[ArrayExpr, ...]:
    """The gradient of a scalar, or the pullback of ``seed`` where ``out`` is an array.

    For a sequence of arrays it gives a tuple. The gradient by a family of a chain is a family.

    Raises :class:`UnsupportedDerivative` for what cannot be derived, by name: an array that does not
    occur, integer arrays, a kink or a tie without declared slope, functions without derivative.
    Raises :class:`DefinitionError` for a seed of other sizes.

    >>> from symdl.core.arrays import array
    >>> W, x = array("W", "out", "in"), array("x", "in")
    >>> gradient((W @ x).sum(), x)
    contract('ij->j', W)
    """
    if seed is None and (out.rank or out.level):
        raise UnsupportedDerivative(f"{describe(out)} is not a scalar", remedy="sum it, or give a seed with its sizes")
    if seed is not None and (seed.dimensions, seed.level) != (out.dimensions, out.level):
        raise DefinitionError(f"the seed {describe(seed)} has not the sizes of {describe(out)}")
    targets = (wrt,) if isinstance(wrt, ArrayExpr) else tuple(wrt)
    adjoints = _adjoints([(out, constant(1) if seed is None else seed)], targets)
    for target in targets:
        if target not in adjoints:
            raise UnsupportedDerivative(f"{describe(out)} does not depend on {target!r} in a way that can be derived")
    found = tuple(adjoints[target] for target in targets)
    return found[0] if isinstance(wrt, ArrayExpr) else found


def _adjoints(seeds: Sequence[Pair], targets: Sequence[ArrayExpr]) -> dict[ArrayExpr, ArrayExpr]:
    """The adjoint of each node on a path from the outputs to the targets."""
    order = graph(*(out for out, _ in seeds))
    active = _active(order, targets)
    outputs = _outputs_of_chains(order)
    adjoints: dict[ArrayExpr, ArrayExpr] = {}
    _accumulate(adjoints, seeds)
    for node in reversed(order):
        if node not in active:
            continue
        if isinstance(node, Final | Collected):
            if outputs[node.chain][0] is node:
                _accumulate(adjoints, _through_chain(node.chain, outputs[node.chain], adjoints, active))
        elif node in adjoints:
            _accumulate(adjoints, _pullback(node, adjoints[node], active))
    return adjoints


def _active(order: Sequence[ArrayExpr], targets: Sequence[ArrayExpr]) -> set[ArrayExpr]:
    """The nodes that depend on a target; positions (of a maximum) are constant where they are defined."""
    active = set(targets)
    for node in order:
        if any(operand in active for operand in node.operands) and not is_integer(node):
            active.add(node)
    return active


def _outputs_of_chains(order: Sequence[ArrayExpr]) -> dict[Chain, list[Final | Collected]]:
    """The results of each chain; when the first is reached from behind, the adjoints of all are complete."""
    outputs: dict[Chain, list[Final | Collected]] = {}
    for node in order:
        if isinstance(node, Final | Collected):
            outputs.setdefault(node.chain, []).append(node)
    return outputs


def _accumulate(adjoints: dict[ArrayExpr, ArrayExpr], pairs: Iterable[Pair]) -> None:
    for node, term in pairs:
        total = adjoints[node] + term if node in adjoints else term
        name = node.name if isinstance(node, Array) else node.label
        unnamed = name and not total.label and not isinstance(total, Array | Constant)
        adjoints[node] = total.named(f"{name}_gradient") if unnamed else total


def _pullback(node: ArrayExpr, bar: ArrayExpr, active: set[ArrayExpr]) -> Iterator[Pair]:
    """What the adjoint of a node adds to those of its active operands."""
    for position, operand in enumerate(node.operands):
        if operand in active and not is_integer(operand):
            yield operand, _pullback_to(node, bar, position)


def _pullback_to(node: ArrayExpr, bar: ArrayExpr, position: int) -> ArrayExpr:
    operand = node.operands[position]
    match node:
        case Map(function=sp.Lambda() as formula):
            return _through_formula(formula, bar, node.operands, position)
        case Map(function=function) if len(node.operands) == 1:
            return bar * apply(_slope(function), operand)
        case Contract():
            return _through_contraction(node, bar, position)
        case Reduce(kind="sum", axis=axis):
            return repeat(bar, axis, operand.dimensions[axis])
        case Reduce(axis=axis):
            return _through_maximum(node, bar, operand, axis)
        case Repeat(axis=axis):
            return bar.sum(axis)
        case Select(axis=axis) if position == 0:
            return scatter(bar, node.operands[1], axis, operand.dimensions[axis])
        case Scatter(axis=axis) if position == 0:
            return select(bar, node.operands[1], axis)
        case Gather() if position == 0:
            return accumulate(bar, node.operands[1], operand.dimensions[0])
        case Accumulate() if position == 0:
            return gather(bar, node.operands[1])
        case Window(axis=axis, steps=steps):
            return overlap(bar, axis, operand.dimensions[axis], steps)
        case Overlap(axis=axis, steps=steps):
            return window(bar, axis, operand.dimensions[axis], operand.dimensions[axis + 1], steps)
        case Projection(axis=axis):
            return _through_projection(node, bar, axis)
        case Inverse():
            return -(node.T @ bar @ node.T)
        case Call(function=function) if position == 0 and not node.rank:
            gradient_of = FunctionParameter(_derivative_name(function))
            return _spread(bar, operand) * call(gradient_of, *node.operands, like=operand)
    raise UnsupportedDerivative(f"{node!r} has no derivative in {operand!r}")


def _spread(scalar: ArrayExpr, model: ArrayExpr) -> ArrayExpr:
    for axis, dimension in enumerate(model.dimensions):
        scalar = repeat(scalar, axis, dimension)
    return scalar


def _through_formula(formula: sp.Lambda, bar: ArrayExpr, operands: tuple[ArrayExpr, ...], position: int) -> ArrayExpr:
    variable = formula.variables[position]
    for part in sp.preorder_traversal(formula.expr):
        if isinstance(part, _KINKED) and variable in _deciding(part):
            raise UnsupportedDerivative(
                f"{part.func.__name__} has a kink or a jump in a formula",
                remedy="make it an Activation that declares slope_at, and apply that",
            )
    partial = sp.diff(formula.expr, variable)
    if partial.has(sp.Derivative, sp.Subs):
        raise UnsupportedDerivative(f"{formula.expr} has no known derivative")
    adjoint = symbol("_adjoint")
    return apply(sp.Lambda((adjoint, *formula.variables), adjoint * partial), bar, *operands)


def _deciding(part: sp.Basic) -> set[sp.Basic]:
    """The symbols on which it depends where a kink is: of branches, those of their conditions."""
    if isinstance(part, sp.Piecewise):
        return {symbol for _, condition in part.args for symbol in condition.free_symbols}
    return set(part.free_symbols)


def _slope(scalar: ScalarFunction) -> ScalarFunction:
    """The derivative of a scalar function that is kept applied."""
    if isinstance(scalar, FunctionParameter):
        return FunctionParameter(_derivative_name(scalar))
    activation, order = (scalar.activation, scalar.order) if isinstance(scalar, Slope) else (scalar, 0)
    for kink in kinks(activation):
        if kink.declared is None or order:
            raise UnsupportedDerivative(
                f"{activation.name} has a kink at {kink.point} without a declared slope of order {order + 1}",
                remedy="declare the first in slope_at",
            )
    return Slope(activation, order + 1)


def _derivative_name(parameter: FunctionParameter) -> str:
    if not parameter.derivative:
        raise UnsupportedDerivative(f"the function parameter {parameter.name} is not paired with a derivative")
    return parameter.derivative


def _through_contraction(node: Contract, bar: ArrayExpr, position: int) -> ArrayExpr:
    inputs, output = node.subscripts.split("->")
    groups = inputs.split(",")
    letters = groups.pop(position)
    others = [o for i, o in enumerate(node.operands) if i != position]
    known = set("".join([output, *groups]))
    distinct = "".join(dict.fromkeys(letters))
    kept = "".join(letter for letter in distinct if letter in known)
    result = contract(f"{','.join([output, *groups])}->{kept}", bar, *others)
    for axis, letter in enumerate(distinct):
        if letter not in known:
            result = repeat(result, axis, node.operands[position].dimensions[letters.index(letter)])
    return result if distinct == letters else contract(f"{distinct}->{letters}", result)


def _through_maximum(node: Reduce, bar: ArrayExpr, operand: ArrayExpr, axis: int) -> ArrayExpr:
    dimension = operand.dimensions[axis]
    if node.ties == "first":
        return scatter(bar, argmax(operand, axis), axis, dimension)
    if node.ties == "shared":
        x, top = symbol("x"), symbol("top")
        attains = sp.Lambda((x, top), sp.Piecewise((1, sp.Eq(x, top)), (0, True)))
        mask = apply(attains, operand, repeat(node, axis, dimension))
        return mask * repeat(bar / mask.sum(axis), axis, dimension)
    raise UnsupportedDerivative(f"{node!r} has no derivative at ties", remedy='declare ties="first" or ties="shared"')


def _through_projection(node: Projection, bar: ArrayExpr, axis: int) -> ArrayExpr:
    """What is not constant along the support, there."""
    x = symbol("x")
    support = apply(sp.Lambda(x, sp.Piecewise((1, x > 0), (0, True))), node)
    mean = (support * bar).sum(axis) / support.sum(axis)
    return support * (bar - repeat(mean, axis, node.dimensions[axis]))


def _through_chain(
    scan: Chain,
    outputs: Sequence[Final | Collected],
    adjoints: Mapping[ArrayExpr, ArrayExpr],
    active: set[ArrayExpr],
) -> Iterator[Pair]:
    """The reverse of a chain: a chain over the same levels the other way."""
    bar = Array(scan.body.dimensions, name=f"{scan.carry.name}_gradient")
    start: ArrayExpr = Constant(final(scan).dimensions, value=sp.Integer(0))
    seeds: list[Pair] = [(scan.body, bar)]
    families: list[tuple[Array, ArrayExpr]] = []
    for out in outputs:
        if isinstance(out, Final):
            start = adjoints.get(out, start)
        elif out in adjoints:
            holder = Array(out.dimensions, name=f"adjoint_{len(families)}")
            seeds.append((out.node, holder))
            families.append((holder, adjoints[out]))
    sources = {holder: source for holder, source in scan.families if source in active}
    inner = _adjoints(seeds, (scan.carry, *sources))
    step = inner.get(scan.carry, Constant(scan.carry.dimensions, value=sp.Integer(0)))
    found = {holder: inner[holder] for holder in sources if holder in inner}
    saved = _saved(scan, [node for node, _ in seeds], [step, *found.values()])
    families += saved.values()
    renamed = {node: holder for node, (holder, _) in saved.items()}
    reverse = Chain(scan.index, scan.depth, bar, start, tuple(families), substitute(step, renamed), not scan.backward)
    yield scan.start, final(reverse)
    for holder, value in found.items():
        yield sources[holder], collected(reverse, substitute(value, renamed))


def _saved(
    scan: Chain, forward: Sequence[ArrayExpr], results: Sequence[ArrayExpr]
) -> dict[ArrayExpr, tuple[Array, ArrayExpr]]:
    """The nodes of the forward pass that the results use: each with its stand-in and the family of its values."""
    known = set(graph(*forward)) | set(scan.holders)
    members = dict(scan.families)
    saved: dict[ArrayExpr, tuple[Array, ArrayExpr]] = {}
    stack = list(reversed(results))
    seen: set[ArrayExpr] = set()
    while stack:
        node = stack.pop()
        if node in seen or isinstance(node, Constant):
            continue
        seen.add(node)
        if isinstance(node, Array) and node in members:
            saved[node] = (node, members[node])
        elif node in known and not _is_view(node):
            name = node.name if isinstance(node, Array) else node.label
            holder = Array(node.dimensions, name=name or f"saved_{len(saved)}")
            saved[node] = (holder, collected(scan, node))
        else:
            stack.extend(reversed(node.operands))
    return saved


def _is_view(node: ArrayExpr) -> bool:
    """Whether a node only arranges the entries of its operand."""
    return isinstance(node, Repeat) or (isinstance(node, Contract) and [o.rank for o in node.operands] == [node.rank])
