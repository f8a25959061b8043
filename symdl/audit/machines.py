"""Optimizers of libraries as state machines: gradients in, parameters and state out.

A machine makes the optimizer anew from its constructor and feeds it one gradient a step, in float64.
What the library itself refuses comes out as :class:`Refused`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symdl.core import MissingPackage, SymdlError
from symdl.testing.step_functions import StepFunctions

Array = NDArray[Any]
Arguments = Mapping[str, Any]
Machine = Callable[["Maker", Arguments, "Course"], "Recording"]
Maker = Callable[..., Any]

_REFUSALS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Refused(SymdlError):
    """The library does not run with these arguments; the message is its own."""


@dataclass(frozen=True)
class Course:
    """What an optimizer is run on: where it starts, a gradient a step, and factors of the rate.

    ``start`` has any shape, ``gradients`` one dimension more in front; ``factors`` has one number a
    step, or is None where the rate stays as the constructor was given it.
    """

    start: Array
    gradients: Array
    factors: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Recording:
    """The parameters after each step, and every array of the last state."""

    parameters: Array
    state: tuple[Array, ...] = ()


@contextmanager
def refusals() -> Iterator[None]:
    """What a library raises in here comes out as :class:`Refused`, its warnings not at all."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            yield
        except Refused:
            raise
        except _REFUSALS as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise Refused(lines[0][:200]) from error


def run_torch(make: Maker, arguments: Arguments, course: Course) -> Recording:
    """Run a ``torch.optim`` optimizer; dense gradients, or sparse ones where it takes no others."""
    import torch

    def run(sparse: bool) -> Recording:
        parameter = torch.nn.Parameter(torch.tensor(course.start.copy()))
        optimizer = make([parameter], **arguments)
        rates = [group["lr"] for group in optimizer.param_groups]
        rows = []
        for index, gradient in enumerate(course.gradients):
            dense = torch.tensor(gradient.copy())
            parameter.grad = _sparse(dense) if sparse else dense
            if course.factors is not None:
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["lr"] = rate * course.factors[index]
            optimizer.step()
            rows.append(parameter.detach().numpy().copy())
        leaves = [value for entry in optimizer.state.values() for value in entry.values()]
        return Recording(np.array(rows), tuple(_as_array(leaf) for leaf in leaves if torch.is_tensor(leaf)))

    with refusals():
        try:
            return run(sparse=False)
        except RuntimeError as error:
            if "sparse" not in str(error).lower():
                raise
            return run(sparse=True)


def _sparse(dense: Any) -> Any:
    """Every entry of the gradient, zeros too, as a sparse tensor: an optimizer may pass over absent ones."""
    import torch

    places = torch.ones_like(dense).nonzero().T
    return torch.sparse_coo_tensor(places, dense.flatten(), dense.shape)


def _as_array(tensor: Any) -> Array:
    import torch

    plain = tensor.detach()
    return np.asarray(plain.float().numpy() if plain.dtype == torch.bfloat16 else plain.numpy())


def run_optax(make: Maker, arguments: Arguments, course: Course) -> Recording:
    """Run an optax gradient transformation under 64-bit jax; a changing rate goes in as a schedule."""
    try:
        import jax
        import jax.numpy as jnp
        import optax  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingPackage(
            f"what takes no parameters runs as a gradient transformation, which needs {error.name}",
            remedy="pip install optax",
        ) from error

    with refusals(), jax.enable_x64(True):
        given = dict(arguments)
        if course.factors is not None:
            rates = jnp.asarray(course.factors) * given["learning_rate"]
            given["learning_rate"] = lambda count: rates[count]
        transformation = make(**given)
        if not hasattr(transformation, "init") or not hasattr(transformation, "update"):
            raise Refused(f"it gives {type(transformation).__name__}, which has no init and update")
        parameters = jnp.asarray(course.start)
        state = transformation.init(parameters)
        rows = []
        for gradient in course.gradients:
            updates, state = transformation.update(jnp.asarray(gradient), state, parameters)
            parameters = optax.apply_updates(parameters, updates)
            rows.append(np.array(parameters))
        leaves = [leaf for leaf in jax.tree.leaves(state) if hasattr(leaf, "dtype")]
        return Recording(np.array(rows), tuple(np.asarray(leaf) for leaf in leaves if _is_number(leaf)))


def _is_number(leaf: Any) -> bool:
    return np.issubdtype(np.asarray(leaf).dtype, np.number)


def run_keras(make: Maker, arguments: Arguments, course: Course) -> Recording:
    """Run a Keras optimizer at floatx float64, on whatever backend Keras has."""
    keras = import_keras()
    before = keras.config.floatx()
    with refusals(), _double(keras.backend.backend()):
        keras.config.set_floatx("float64")
        try:
            variable = keras.Variable(course.start.copy(), dtype="float64")
            optimizer = make(**arguments)
            optimizer.build([variable])
            rate = float(arguments["learning_rate"]) if course.factors is not None else 0.0
            rows = []
            for index, gradient in enumerate(course.gradients):
                if course.factors is not None:
                    optimizer.learning_rate = rate * course.factors[index]
                optimizer.apply([keras.ops.convert_to_tensor(gradient, "float64")], [variable])
                rows.append(np.array(keras.ops.convert_to_numpy(variable)).copy())
            state = tuple(np.asarray(keras.ops.convert_to_numpy(v.value)) for v in optimizer.variables)
        finally:
            keras.config.set_floatx(before)
    return Recording(np.array(rows), state)


def _double(backend: str) -> AbstractContextManager[Any]:
    """64 bits for a backend that has to be asked for them."""
    if backend != "jax":
        return nullcontext()
    import jax

    return jax.enable_x64(True)


def import_keras() -> Any:
    """Keras, on the torch backend unless ``KERAS_BACKEND`` names another."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras  # type: ignore[import-untyped, import-not-found, unused-ignore]

    return keras


def run_functions(functions: StepFunctions) -> Machine:
    """A machine for a step function with its ``init``; the maker is not used."""

    def run(make: Maker, arguments: Arguments, course: Course) -> Recording:
        rows = []
        parameters = course.start.copy()
        with refusals():
            state = functions.start(parameters, arguments)
            for index, gradient in enumerate(course.gradients):
                now = dict(arguments)
                if course.factors is not None:
                    now["learning_rate"] *= course.factors[index]
                parameters, state = functions.advance(parameters, gradient.copy(), state, now)
                if parameters.shape != course.start.shape:
                    raise Refused(f"the step turns shape {course.start.shape} into {parameters.shape}")
                rows.append(np.array(parameters))
        return Recording(np.array(rows))

    return run


def tried(run: Callable[[Course], Recording], courses: Sequence[Course]) -> tuple[Course, Recording]:
    """The first of the courses that the optimizer takes (some want matrices). Raises :class:`Refused`."""
    for course in courses[:-1]:
        try:
            return course, run(course)
        except Refused:
            continue
    return courses[-1], run(courses[-1])
