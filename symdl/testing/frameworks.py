"""Optimizers written for torch and for optax as step functions, by what they are and not by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from inspect import Parameter, isclass, signature
from typing import Any

import numpy as np

from symdl.core import InputError, MissingPackage

from .arguments import Argument, arguments_of, call_with, roles_of
from .step_functions import Array, StepFunctions

Maker = Callable[..., Any]


@dataclass(frozen=True)
class Framework:
    """Step functions of a class or transformation, and the same with all parameters in one tensor.

    ``scheduled`` says whether the rate may change between steps, ``repeatable`` whether each start makes all anew.
    """

    functions: StepFunctions
    whole: StepFunctions
    scheduled: bool
    repeatable: bool


def framework_of(subject: Any) -> Framework | None:
    """How a torch optimizer class, an optax transformation, or a function that makes one, is run; None for others.

    A class is called with a list of parameters and the hyper-parameters that it takes, a function of the
    parameters alone with these, other functions with the hyper-parameters. Raises :class:`InputError` for a
    torch optimizer that is made already, whose parameters cannot be chosen any more.
    """
    if _is_transformation(subject):
        return _transforming(lambda: subject)
    if _is_torch(subject) and not isclass(subject):
        raise InputError(
            "this optimizer has its parameters already", remedy="give its class, or lambda parameters: MyAdam(...)"
        )
    if isclass(subject):
        if not _is_torch(subject):
            raise InputError(
                f"the class {subject.__name__} is no torch optimizer", remedy="give a step function of its instance"
            )
        return _of_torch(subject)
    if not callable(subject) or _is_step(subject):
        return None
    required = [p for p in _positional(subject) if p.default is Parameter.empty]
    first = required[0].name if required else ""
    return _of_torch(subject) if first in ("params", "parameters", "variables") else _transforming(subject)


def _is_torch(subject: Any) -> bool:
    """A class or object with the parts of ``torch.optim.Optimizer``."""
    return all(callable(getattr(subject, name, None)) for name in ("step", "zero_grad", "add_param_group"))


def _is_transformation(subject: Any) -> bool:
    """A pair of init and update, as ``optax.GradientTransformation`` is."""
    own = isinstance(subject, tuple) and len(subject) == 2
    return own and callable(getattr(subject, "init", None)) and callable(getattr(subject, "update", None))


def _is_step(function: Any) -> bool:
    """Whether a function takes parameters, gradients and a state."""
    names = [parameter.name for parameter in _positional(function)]
    many = any(p.kind is Parameter.VAR_POSITIONAL for p in signature(function).parameters.values())
    required = [p.name for p in _positional(function) if p.default is Parameter.empty]
    return many or names[2:3] == ["state"] or (len(required) >= 3 and not all(map(roles_of, required)))


def _positional(function: Any) -> list[Parameter]:
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return [p for p in signature(function).parameters.values() if p.kind in kinds]


def arguments_for(make: Maker, hyper: Mapping[str, float]) -> dict[str, Any]:
    """The hyper-parameters of a rule as keyword arguments of a constructor, whatever it calls them.

    >>> arguments_for(lambda params, lr=0.1, betas=(0.9, 0.99): None, {"learning_rate": 1.0, "beta2": 0.5})
    {'lr': 1.0, 'betas': (0.9, 0.5)}
    """
    arguments = arguments_of(make)
    values: dict[str, Any] = {}
    for name, value in hyper.items():
        fitting = [a for a in arguments if a.name not in values and (a.name == name or name in a.roles)]
        fitting.sort(key=lambda a: (a.name != name, _plays_another(a, name, hyper), a.is_off))
        if fitting:
            values[fitting[0].name] = value
    return call_with(arguments, values)


def _plays_another(argument: Argument, name: str, hyper: Mapping[str, float]) -> bool:
    """Whether an argument is the better name of another hyper-parameter of the rule."""
    likelier = argument.roles[argument.roles.index(name) + 1 :] if name in argument.roles else ()
    return any(role in hyper for role in likelier)


def _of_torch(make: Maker) -> Framework:
    functions = StepFunctions(lambda parameters, **hyper: _TorchRun.start(make, parameters, hyper, 2), _torch_step)
    whole = replace(functions, init=lambda parameters, **hyper: _TorchRun.start(make, parameters, hyper, 1))
    return Framework(functions, whole, scheduled=True, repeatable=True)


@dataclass
class _TorchRun:
    """A torch optimizer over pieces of one array."""

    optimizer: Any
    tensors: list[Any]
    rate: float | None

    @classmethod
    def start(cls, make: Maker, parameters: Array, hyper: Mapping[str, float], pieces: int) -> _TorchRun:
        """The optimizer over ``pieces`` tensors with the values of ``parameters``."""
        torch = _imported("torch")
        parts = np.array_split(parameters, min(pieces, parameters.size))
        tensors = [torch.nn.Parameter(torch.from_numpy(part.copy())) for part in parts]
        return cls(make(tensors, **arguments_for(make, hyper)), tensors, hyper.get("learning_rate"))


def _torch_step(parameters: Array, gradients: Array, state: _TorchRun, **hyper: float) -> tuple[Array, _TorchRun]:
    rate = hyper.get("learning_rate")
    if rate != state.rate:
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        state.rate = rate
    _place_gradients(state.tensors, gradients)
    if "closure" in signature(state.optimizer.step).parameters:
        state.optimizer.step(partial(_loss, state.tensors, gradients))
    else:
        state.optimizer.step()
    return np.concatenate([tensor.detach().numpy() for tensor in state.tensors]), state


def _loss(tensors: Sequence[Any], gradients: Array) -> Any:
    """What a closure does: it computes the gradients and gives the loss, which nobody looks at."""
    _place_gradients(tensors, gradients)
    return _imported("torch").zeros(())


def _place_gradients(tensors: Sequence[Any], gradients: Array) -> None:
    """Give each tensor its piece of the gradients, which shares their memory."""
    torch = _imported("torch")
    begin = 0
    for tensor in tensors:
        tensor.grad = torch.from_numpy(gradients[begin : begin + tensor.numel()])
        begin += tensor.numel()


def _transforming(make: Maker) -> Framework:
    functions = StepFunctions(lambda parameters, **hyper: _start(make, parameters, hyper), _transformed)
    return Framework(functions, functions, scheduled=False, repeatable=True)


def _start(make: Maker, parameters: Array, hyper: Mapping[str, float]) -> tuple[Any, Any]:
    transformation = make(**arguments_for(make, hyper))
    if not _is_transformation(transformation):
        raise InputError(
            f"{make!r} gives {type(transformation).__name__}, which has no init and update",
            remedy="give a step function, a torch optimizer class, or a function that makes a gradient transformation",
        )
    with _double():
        return transformation, transformation.init(_array_like(parameters))


def _transformed(parameters: Array, gradients: Array, state: tuple[Any, Any], **_: float) -> tuple[Array, Any]:
    transformation, kept = state
    with _double():
        given = (_array_like(gradients), kept, _array_like(parameters))
        taken = len(_positional(transformation.update))
        updates, kept = transformation.update(*given[: max(2, min(taken, 3))])
        moved = np.asarray(parameters + np.asarray(updates))
    return moved, (transformation, kept)


def _array_like(array: Array) -> Any:
    """An array of jax, whose numbers may not change under it; without jax one of NumPy."""
    try:
        jax = import_module("jax")
    except ImportError:
        return array.copy()
    return jax.numpy.array(array)


def _double() -> Any:
    """64 bits for jax, where it is installed."""
    try:
        jax = import_module("jax")
    except ImportError:
        return nullcontext()
    return jax.enable_x64(True)


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPackage(f"{name} is not installed ({error})", remedy=f"pip install {name}") from error
