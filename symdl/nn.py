"""Networks to train, over the generated modules. NumPy alone.

Forward pass, gradients, losses and update rules are generated code (:mod:`symdl.generated`); here
they are only put together. Parameters are a flat list ``[W1, b1, W2, b2, ...]`` with weights of
shape (outputs, inputs).

>>> import numpy as np
>>> network = mlp([2, 8, 2], activation="tanh", loss="cross_entropy", optimizer="adam")
>>> inputs, targets = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
>>> parameters, state = network.init(seed=0)
>>> losses = [network.train_step(parameters, state, inputs, targets, learning_rate=0.03) for _ in range(200)]
>>> bool(losses[-1] < 0.05), network.predict(parameters, inputs).argmax(axis=1).tolist()
(True, [0, 1, 1, 0])
"""

from __future__ import annotations

import inspect
import pkgutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import generated
from .generated.mlp import mlp as _forward
from .generated.mlp import mlp_loss_and_gradients as _loss_and_gradients

__all__ = ["Network", "mlp"]

Function: TypeAlias = Callable[..., Any]
Parameters: TypeAlias = list[NDArray[Any]]
_QUADRATURE_POINTS = 128


def mlp(
    sizes: Sequence[int],
    activation: Any = "relu",
    loss: Any = "cross_entropy",
    optimizer: Any = "adam",
    *,
    module: Any = None,
    dtype: DTypeLike = np.float64,
) -> Network:
    """A multi-layer perceptron: linear layers with the activation between them, a loss, an update rule.

    ``sizes`` are the widths from inputs to outputs, at least two. ``activation``, ``loss`` and
    ``optimizer`` are names of generated modules, or modules (or namespaces) of your own with
    ``NAME`` and ``NAME_derivative``, ``NAME`` and ``NAME_gradient``, ``NAME_init`` and ``NAME_step``.
    ``module`` is what ``symdl generate mlp --sizes ...`` writes for the same widths, activation and loss,
    for NumPy or Numba: then outputs, losses and gradients are computed by it.
    ``dtype`` is float32 or float64, for parameters and inputs.

    Raises ValueError for sizes, names and modules that do not fit, TypeError for other dtypes.
    """
    widths = tuple(sizes)
    if len(widths) < 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in widths):
        raise ValueError(f"sizes must be at least two positive integers, not {sizes}")
    kind = np.dtype(dtype)
    if kind not in (np.float32, np.float64):
        raise TypeError(f"dtype must be float32 or float64, not {kind}")
    if module is not None and tuple(getattr(module, "SIZES", ())) != widths:
        found = getattr(module, "SIZES", "none")
        raise ValueError(f"module must be a generated network of the sizes {widths}; its SIZES are {found}")
    return Network(
        tuple(map(int, widths)),
        kind,
        _functions("activation", activation, "", "_derivative"),
        _functions("loss", loss, "", "_gradient", "_with_gradient"),
        _functions("optimizer", optimizer, "_init", "_step", "_evaluation_point", "_step_from_point"),
        {} if module is None else {name: getattr(module, name) for name in ("predict", "loss_and_gradients")},
    )


def _can_move(parameters: Parameters) -> bool:
    """Whether all parameters can be written, each apart from the others."""
    if not all(isinstance(theta, np.ndarray) for theta in parameters):
        return False
    apart = len({id(theta) for theta in parameters}) == len(parameters)
    views = [theta for theta in parameters if theta.base is not None]
    others = ((a, b) for place, a in enumerate(parameters) for b in parameters[place + 1 :]) if views else ()
    return apart and all(t.flags.writeable for t in parameters) and not any(np.may_share_memory(*p) for p in others)


class _Workspace(threading.local):
    """The arrays that the last training step of a thread has left for the next one."""

    def __init__(self) -> None:
        self.arrays: dict[Any, Any] = {}
        self.points: Parameters = []
        self.loss: tuple[Function, Function] | None = None

    def value_and_slope(self, loss: Mapping[str, Function]) -> tuple[Function, Function]:
        """The value of a loss and its gradient, computed at once where the loss can do that."""
        if self.loss is None:
            both = loss.get("_with_gradient")
            together = None if both is None else _Together(both)
            self.loss = (together.value, together.gradient) if together else (loss[""], loss["_gradient"])
        return self.loss

    def __reduce__(self) -> tuple[type[_Workspace], tuple[()]]:
        return _Workspace, ()


class _Together:
    """A loss with its gradient: that of the last value, which is asked for first."""

    def __init__(self, both: Function) -> None:
        self.both = both
        self.slope: Any = np.empty(0)

    def value(self, prediction: NDArray[Any], target: Any) -> Any:
        """The value."""
        fits = self.slope.shape == prediction.shape and self.slope.dtype == prediction.dtype
        value, self.slope = self.both(prediction, target, self.slope if fits else None)
        return value

    def gradient(self, prediction: NDArray[Any], target: Any) -> Any:
        """The gradient at the same place."""
        return self.slope


@dataclass(frozen=True)
class Network:
    """A network: its widths and dtype, and the generated functions that it is made of.

    It keeps the arrays of its last training step for the next one, each thread its own.
    """

    sizes: tuple[int, ...]
    dtype: np.dtype[Any]
    activation: Mapping[str, Function]
    loss: Mapping[str, Function]
    optimizer: Mapping[str, Function]
    module: Mapping[str, Function] = field(default_factory=dict)
    """``predict`` and ``loss_and_gradients`` of a generated network, where they are to be used."""
    _workspace: _Workspace = field(default_factory=_Workspace, init=False, repr=False, compare=False)

    def init(self, seed: int) -> tuple[Parameters, Any]:
        """New parameters, and the state of the update rule for them; the same for the same seed.

        Weights are normal with variance 1/(n q), where n is the number of inputs of the layer and q
        their mean square: 1 for the first layer, for the others that of the activation of a standard
        normal number. For ReLU q is 1/2: He initialization. Biases are 0.

        Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015, Equation 10.
        """
        generator = np.random.default_rng(seed)
        parameters: Parameters = []
        square = 1.0
        for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False):
            weight = generator.standard_normal((n_out, n_in)) / np.sqrt(n_in * square)
            parameters += [weight.astype(self.dtype), np.zeros(n_out, self.dtype)]
            square = _mean_square(self.activation[""])
        return parameters, self.optimizer["_init"](parameters)

    def predict(self, parameters: Parameters, inputs: ArrayLike) -> NDArray[Any]:
        """The outputs (batch, outputs) for inputs (batch, inputs): logits, under cross-entropy."""
        if self.module:
            outputs: NDArray[Any] = self.module["predict"](parameters, inputs)
            return outputs
        result: NDArray[Any] = _forward(inputs, *self._arguments(parameters), self.activation[""])
        return result

    def loss_and_gradients(
        self,
        parameters: Parameters,
        inputs: ArrayLike,
        targets: ArrayLike,
        *,
        workspace: dict[Any, Any] | None = None,
    ) -> tuple[Any, Parameters]:
        """The loss on a batch and its gradients by the parameters, in their order.

        ``workspace`` is a dictionary, empty at first, that keeps all arrays for the next call with a batch
        of the same size: then the gradients are the same arrays again, with new values.
        """
        if self.module:
            compute = self.module["loss_and_gradients"]
            both: tuple[Any, Parameters] = compute(parameters, inputs, targets, workspace=workspace)
            return both
        value, (weights, biases, weight, bias) = _loss_and_gradients(
            inputs,
            targets,
            *self._arguments(parameters),
            self.activation[""],
            self.activation["_derivative"],
            *self._workspace.value_and_slope(self.loss),
            workspace=workspace,
        )
        pairs = zip([*weights, weight], [*biases, bias], strict=True)
        return value, [gradient for pair in pairs for gradient in pair]

    def train_step(
        self,
        parameters: Parameters,
        state: Any,
        inputs: ArrayLike,
        targets: ArrayLike,
        *,
        learning_rate: float | None = None,
        **hyper: float,
    ) -> Any:
        """Update parameters and state in place on one batch; the loss before the update.

        ``learning_rate`` and ``hyper`` go to the update rule, which has defaults for some of them.
        """
        options = hyper if learning_rate is None else {"learning_rate": learning_rate, **hyper}
        if "_step_from_point" in self.optimizer and _can_move(parameters):
            return self._step_from_point(parameters, state, inputs, targets, options)
        point = self._point(parameters, state, options) if "_evaluation_point" in self.optimizer else parameters
        value, gradients = self.loss_and_gradients(point, inputs, targets, workspace=self._workspace.arrays)
        self.optimizer["_step"](parameters, gradients, state, **options)
        return value

    def _step_from_point(
        self, parameters: Parameters, state: Any, inputs: ArrayLike, targets: ArrayLike, options: Mapping[str, float]
    ) -> Any:
        """A step whose gradient is taken elsewhere: the parameters move there, and on from there.

        Where the step is refused they move back, up to the rounding of the way.
        """
        look_ahead = self.optimizer["_evaluation_point"]
        chosen = self._known(options)
        look_ahead(parameters, state, **chosen, out=parameters)
        done = False
        try:
            value, gradients = self.loss_and_gradients(parameters, inputs, targets, workspace=self._workspace.arrays)
            self.optimizer["_step_from_point"](parameters, gradients, state, **options)
            done = True
        finally:
            if not done:
                for theta, point in zip(parameters, look_ahead(parameters, state, **chosen), strict=True):
                    theta -= point - theta
        return value

    def _known(self, options: Mapping[str, float]) -> dict[str, Any]:
        """The options that the point of the gradient depends on."""
        known = inspect.signature(self.optimizer["_evaluation_point"]).parameters
        return {key: value for key, value in options.items() if key in known}

    def _point(self, parameters: Parameters, state: Any, options: Mapping[str, float]) -> Parameters:
        """Where the gradient is taken, in arrays that are kept."""
        look_ahead, chosen = self.optimizer["_evaluation_point"], self._known(options)
        kept = self._workspace.points
        if "out" in inspect.signature(look_ahead).parameters and len(kept) == len(parameters):
            chosen["out"] = kept
        self._workspace.points = look_ahead(parameters, state, **chosen)
        return self._workspace.points

    @cached_property
    def _shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the parameters."""
        return [s for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False) for s in ((n_out, n_in), (n_out,))]

    def _arguments(self, parameters: Parameters) -> tuple[Any, Any, Any, Any]:
        """The parameters as the generated code takes them: hidden layers as families, the last one apart."""
        found = [p.shape if isinstance(p, np.ndarray) else np.shape(p) for p in parameters]
        if found != self._shapes:
            raise ValueError(f"parameters of shapes {found} do not fit the network, which has {self._shapes}")
        if any(parameter.dtype != self.dtype for parameter in parameters):
            raise TypeError(f"parameters must be {self.dtype}, the dtype of the network")
        return parameters[:-2:2], parameters[1:-2:2], parameters[-2], parameters[-1]


def _mean_square(activation: Function) -> float:
    """The mean of ``activation(z)**2`` over standard normal z, by Gauss-Hermite quadrature."""
    points, weights = np.polynomial.hermite_e.hermegauss(_QUADRATURE_POINTS)
    return float(weights @ np.square(activation(points)) / weights.sum()) or 1.0


def _functions(role: str, given: Any, *suffixes: str) -> Mapping[str, Function]:
    """The functions ``NAME + suffix`` of a module, by suffix; the first two must be there."""
    space = vars(_generated(role, given) if isinstance(given, str) else given)
    names = [given] if isinstance(given, str) else list(_names(space, *suffixes[:2]))
    if len(names) != 1:
        wanted = " and ".join(f"NAME{suffix}" for suffix in suffixes[:2])
        raise ValueError(f"{role} must be a module with {wanted} for one NAME; found {', '.join(names) or 'none'}")
    found = {suffix: space[names[0] + suffix] for suffix in suffixes if names[0] + suffix in space}
    if not set(suffixes[:2]) <= set(found) or any(
        "upstream" in inspect.signature(f).parameters for f in found.values()
    ):
        raise ValueError(f"{names[0]} is no {role}")
    return found


def _names(space: Mapping[str, Any], first: str, second: str) -> Iterator[str]:
    for key, value in space.items():
        name = key.removesuffix(second)
        if key.endswith(second) and not key.startswith("_") and callable(value) and callable(space.get(name + first)):
            yield name


def _generated(role: str, name: str) -> Any:
    known = [module.name for module in pkgutil.iter_modules(generated.__path__)]
    if name not in known:
        near = get_close_matches(name, known)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
        raise ValueError(f"there is no generated {role} {name!r}; {hint}")
    return import_module(f"{generated.__name__}.{name}")
