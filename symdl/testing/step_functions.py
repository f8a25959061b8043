"""An implementation of an update rule as three functions over arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from numpy.typing import NDArray

from symdl.core import InputError

from ._arrays import as_numpy

Array = NDArray[Any]
Arrays = NDArray[Any] | list[NDArray[Any]]


@dataclass(frozen=True)
class StepFunctions:
    """An implementation of an update rule, as three functions over arrays.

    ``init(parameters)`` gives the state. ``step(parameters, gradients, state, **hyper)`` moves the
    parameters in place and returns None, or returns new parameters, or those and a new state.
    ``evaluation_point(parameters, state, **hyper)`` says where the gradient is to be taken; None for
    rules that take it at the parameters. Each gets the hyper-parameters that it names.
    """

    init: Callable[..., Any]
    step: Callable[..., Any]
    evaluation_point: Callable[..., Any] | None = None

    def start(self, parameters: Arrays, hyper: Mapping[str, float]) -> Any:
        """The state before the first step."""
        return self.init(parameters, **named(self.init, hyper))

    def point(self, parameters: Array, state: Any, hyper: Mapping[str, float]) -> Array | None:
        """Where the next gradient is to be taken, if that is not at the parameters."""
        if self.evaluation_point is None:
            return None
        return as_numpy(self.evaluation_point(parameters, state, **named(self.evaluation_point, hyper))).copy()

    def advance(self, parameters: Any, gradients: Any, state: Any, hyper: Mapping[str, float]) -> tuple[Any, Any]:
        """Parameters and state after one step, whichever way ``step`` gives them."""
        returned = self.step(parameters, gradients, state, **named(self.step, hyper))
        if returned is None:
            return parameters, state
        if isinstance(returned, tuple):
            if len(returned) != 2:
                raise InputError(
                    f"the step gave {len(returned)} values", remedy="give parameters, or those and a state"
                )
            return as_numpy(returned[0]), returned[1]
        return as_numpy(returned), state


def named(function: Callable[..., Any], hyper: Mapping[str, float]) -> dict[str, float]:
    """Those of the hyper-parameters that ``function`` takes by keyword."""
    taken = signature(function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
        return dict(hyper)
    return {name: value for name, value in hyper.items() if name in taken}


def functions_of(implementation: Any, name: str) -> StepFunctions:
    """The functions NAME_init, NAME_step and NAME_evaluation_point of a generated namespace or module.

    :class:`StepFunctions` are given back as they are. Raises :class:`InputError` when one of the first two is missing.
    """

    if isinstance(implementation, StepFunctions):
        return implementation

    def find(suffix: str) -> Any:
        key = f"{name}_{suffix}"
        if isinstance(implementation, Mapping):
            return implementation.get(key)
        return getattr(implementation, key, None)

    init, step = find("init"), find("step")
    if init is None or step is None:
        raise InputError(
            f"{implementation!r} has no {name}_init and {name}_step",
            remedy="give a step function, a generated module, a torch optimizer class or a gradient transformation",
        )
    return StepFunctions(init, step, find("evaluation_point"))
