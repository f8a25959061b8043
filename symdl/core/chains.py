"""Chains: one step taken at every level, with sizes that change from level to level.

A network of any depth is a chain; so is its reverse pass, which :mod:`symdl.calculus.reverse` derives
from it.

>>> from symdl.core.arrays import array
>>> W, x = family("W", "n[l + 1]", "n[l]"), array("x", "n[0]")
>>> [str(d) for d in chain(lambda h, W: W @ h, x, W).dimensions]
['n[depth]']
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from .array_graph import inputs_of
from .arrays import Array, ArrayExpr, array, describe
from .dimensions import Dimension
from .errors import DefinitionError


@dataclass(frozen=True)
class Chain:
    """``carry`` goes through ``body`` at the levels 0 to ``depth`` - 1 (``backward``: downward).

    ``families`` pairs an array of the body with an expression that has one array for each level.
    """

    index: str
    depth: str
    carry: Array
    start: ArrayExpr
    families: tuple[tuple[Array, ArrayExpr], ...]
    body: ArrayExpr
    backward: bool = False

    @property
    def holders(self) -> tuple[Array, ...]:
        """The arrays that stand for the carry and for the members of the families in the body."""
        return (self.carry, *(holder for holder, _ in self.families))

    @property
    def operands(self) -> tuple[ArrayExpr, ...]:
        """The start and the families."""
        return (self.start, *(source for _, source in self.families))


@dataclass(frozen=True, eq=False, repr=False)
class Final(ArrayExpr):
    """The carry after the last level."""

    chain: Chain = field(kw_only=True)

    def formula(self, parts: Sequence[str]) -> str:
        """The start of the chain and its step."""
        return f"chain({parts[0]}; {self.chain.carry!r} = {self.chain.body!r})"


@dataclass(frozen=True, eq=False, repr=False)
class Collected(ArrayExpr):
    """The value of ``node``, an expression over the chain's holders, at every level."""

    chain: Chain = field(kw_only=True)
    node: ArrayExpr = field(kw_only=True)

    def formula(self, parts: Sequence[str]) -> str:
        """The node that is collected."""
        return f"each({self.node!r})"


def family(name: str, *sizes: str | Dimension, level: str = "l") -> Array:
    """An input with one array for each level of a chain, such as the weights of a network."""
    return replace(array(name, *sizes), level=level)


def chain(
    step: Callable[..., ArrayExpr],
    start: ArrayExpr,
    *families: Array,
    index: str = "l",
    depth: str = "depth",
    carry: str = "carry",
) -> ArrayExpr:
    """``step`` applied at every level to what is carried along and to the members of the families.

    The sizes of the start may hold ``n[0]``; the carry has ``n[l]`` there, the step must return
    ``n[l + 1]`` and the result has ``n[depth]``. ``carry`` names it in generated code.
    """
    holder = Array(tuple(_at_level(d, index) for d in start.dimensions), name=carry)
    members = tuple(replace(f, level="", name=f"{f.name}_{index}") for f in families)
    if any(f.level != index for f in families):
        raise DefinitionError(f"a chain over {index} takes families with level={index!r}")
    body = step(holder, *members)
    strangers = [a.name for a in inputs_of(body) if a not in (holder, *members)]
    if strangers:
        raise DefinitionError(
            f"a level of the chain uses {', '.join(strangers)}", remedy="pass it as a family, one array for each level"
        )
    expected = tuple(replace(d, shift=d.shift + 1) if d.level == index else d for d in holder.dimensions)
    if body.dimensions != expected:
        raise DefinitionError(
            f"a level of the chain returns {describe(body)}",
            remedy=f"it must return sizes ({', '.join(map(str, expected))})",
        )
    return final(Chain(index, depth, holder, start, tuple(zip(members, families, strict=True)), body))


def _at_level(dimension: Dimension, index: str) -> Dimension:
    return replace(dimension, level=index) if dimension.level == "0" else dimension


def final(scan: Chain) -> Final:
    """The carry after the last level of a chain, with the sizes that it has there."""

    def resolved(d: Dimension) -> Dimension:
        if d.level != scan.index:
            return d
        return replace(d, level="0") if scan.backward else replace(d, level=scan.depth, shift=d.shift - 1)

    return Final(tuple(map(resolved, scan.body.dimensions)), scan.operands, chain=scan, label=scan.body.label)


def collected(scan: Chain, node: ArrayExpr) -> ArrayExpr:
    """The value of a node of the body at every level of a chain."""
    return Collected(node.dimensions, scan.operands, chain=scan, node=node, level=scan.index, label=node.label)
