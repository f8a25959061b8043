"""Losses and layers as data: array expressions with named inputs."""

from __future__ import annotations

from dataclasses import dataclass

from .activations import Parameter, check_identifier
from .array_graph import inputs_of
from .arrays import Array, ArrayExpr, describe
from .claims import Compare
from .errors import DefinitionError, UnboundSymbol
from .printing import latex_name
from .symbols import Source


@dataclass(frozen=True)
class LossProperties:
    """What a loss is said to be, for all targets and parameters in their domains; None says nothing.

    ``nonnegative``; ``zero_at_target``: 0 where the prediction equals the second input; ``convex``, not
    strictly, in the prediction.
    """

    nonnegative: bool | None = None
    zero_at_target: bool | None = None
    convex: bool | None = None


@dataclass(frozen=True)
class Loss:
    """A scalar of a prediction, which is the first input, and of what it is compared with.

    ``given`` holds relations that the entries of inputs satisfy, in symbols that are called as the
    inputs: ``0 <= target``. ``differentiable`` are further inputs that gradients are wanted by.
    ``properties`` are claims that the prover has to prove.

    Raises :class:`DefinitionError` for an expression that is no scalar, :class:`UnboundSymbol` for
    an array in it that is no input.

    >>> from symdl.core.arrays import array
    >>> p, t = array("prediction", "n"), array("target", "n")
    >>> Loss("half_square", (p, t), ((p - t) ** 2).sum() / 2).expr.rank
    0
    """

    name: str
    inputs: tuple[Array, ...]
    expr: ArrayExpr
    parameters: tuple[Parameter, ...] = ()
    source: Source | None = None
    also_called: tuple[str, ...] = ()
    given: tuple[Compare, ...] = ()
    differentiable: tuple[Array, ...] = ()
    properties: LossProperties | None = None

    def __post_init__(self) -> None:
        check_identifier(self.name)
        _check_bound(self.name, self.expr, self.inputs)
        if self.expr.rank:
            raise DefinitionError(f"{self.name}: {describe(self.expr)} is not a scalar", remedy="sum or average it")

    def __str__(self) -> str:
        return _equation(self.name, self.expr)

    def _repr_latex_(self) -> str:
        return _equation_latex(self.name, self.expr)


@dataclass(frozen=True)
class Layer:
    """An array computed from an input and from what is learned (weights, biases).

    A layer that maps one vector to a vector is applied along an axis of arrays of any shape. ``given``
    holds relations that the entries of inputs satisfy, as in a :class:`Loss`. Raises
    :class:`UnboundSymbol` for an array that is neither an input nor learned.
    """

    name: str
    inputs: tuple[Array, ...]
    expr: ArrayExpr
    learned: tuple[Array, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    source: Source | None = None
    also_called: tuple[str, ...] = ()
    given: tuple[Compare, ...] = ()

    def __post_init__(self) -> None:
        check_identifier(self.name)
        _check_bound(self.name, self.expr, (*self.inputs, *self.learned))

    def __str__(self) -> str:
        return _equation(self.name, self.expr)

    def _repr_latex_(self) -> str:
        return _equation_latex(self.name, self.expr)


def _check_bound(name: str, expr: ArrayExpr, bound: tuple[Array, ...]) -> None:
    free = [a.name for a in inputs_of(expr) if a not in bound]
    if free:
        raise UnboundSymbol(f"{name}: {', '.join(free)} is not among its inputs", remedy="declare it as an input")


def _equation(name: str, expr: ArrayExpr) -> str:
    """``name[i] = entry``."""
    from .array_entries import entry

    found = entry(expr)
    return f"{name}{list(found.indices) if found.indices else ''} = {found.text}"


def _equation_latex(name: str, expr: ArrayExpr) -> str:
    from .array_entries import entry

    found = entry(expr)
    marks = f"_{{{','.join(map(str, found.indices))}}}" if found.indices else ""
    return f"${latex_name(name)}{marks} = {found.latex}$"
