"""Programs run as they are, statement by statement: the same NumPy calls as in generated code, without its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.core.programs import Assign, Operand, Program

from .kernels import LARGEST, Function, Plan, kernel
from .modules import helpers, namespace
from .rounding import ROUNDING
from .source import NUMPY
from .text import number

_Step = tuple[str, str, tuple[Any, ...]]
_COMPARISONS = {
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "equal": np.equal,
}


def runner(function: Function, plan: Plan, flushed: bool = False) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """The values of a function without parameters under a plan, as generated code gives them.

    With ``flushed`` every subnormal result counts as 0, as in frameworks that do so.

    >>> from symdl.core import symbol
    >>> x = symbol("x")
    >>> runner(Function(sp.exp(-x), x), Plan())(np.array([0.0, np.log(2.0)]))
    array([1. , 0.5])
    """
    body = kernel(function, plan)
    assert body is not None
    steps = tuple(_steps(body))

    def run(points: NDArray[Any]) -> NDArray[Any]:
        wide = points.astype(np.float64) if plan.wide else points
        silent: Any = dict.fromkeys(plan.silent, "ignore")
        with np.errstate(**silent):
            values = _run(steps, {function.variable.name: wide}, np.finfo(points.dtype).max, flushed)
            return values.astype(points.dtype)

    return run


def _steps(body: Program) -> Iterator[_Step]:
    for statement in body.body:
        assert isinstance(statement, Assign)
        yield statement.target, statement.operation, tuple(map(_operand, statement.operands))


def _operand(operand: Operand) -> Any:
    """The name of an array, a number, or what a number is times the largest one."""
    if isinstance(operand, str):
        return operand
    if LARGEST in operand.free_symbols:
        return sp.cancel(operand / LARGEST)
    return np.inf if operand == sp.oo else -np.inf if operand == -sp.oo else float(number(operand))


def _run(steps: tuple[_Step, ...], arrays: dict[str, Any], largest: Any, flushed: bool) -> NDArray[Any]:
    (first,) = arrays.values()
    shape, dtype = first.shape, first.dtype
    for target, operation, operands in steps:
        values = [
            arrays[o] if isinstance(o, str) else float(o) * largest if isinstance(o, sp.Expr) else o for o in operands
        ]
        result = _applied(operation, values, shape, dtype)
        arrays[target] = _without_subnormals(result) if flushed and operation not in _COMPARISONS else result
    return np.asarray(arrays["part"])


def _without_subnormals(values: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.abs(values) < np.finfo(values.dtype).tiny, values.dtype.type(0) * values, values)


def _applied(operation: str, values: list[Any], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    if operation in _COMPARISONS:
        return _COMPARISONS[operation](*values)
    if operation == "where":
        return np.where(*values).astype(dtype)
    out = np.empty(shape, dtype)
    if operation == "copy":
        np.copyto(out, values[0])
    else:
        _functions()[operation](*values, out=out)
    return out


@lru_cache(maxsize=1)
def _functions() -> Mapping[str, Callable[..., Any]]:
    """The NumPy column of the operation table, with the functions of our own."""
    spelled = NUMPY | ROUNDING
    own = namespace(helpers("".join(f"{name}(" for name in spelled.values())))
    found = {}
    for operation, name in spelled.items():
        module, _, attribute = name.rpartition(".")
        found[operation] = getattr(np, attribute, None) if module == "np" else own.get(name)
    return {operation: function for operation, function in found.items() if function is not None}
