"""An implementation of an update rule as a Hypothesis state machine beside its exact run."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from numpy.typing import DTypeLike, NDArray

from symdl.core import Optimizer, UndefinedValue

from .reference import Reference
from .step_functions import StepFunctions, functions_of
from .strategies import hyper_parameters

_ENTRIES = st.floats(-100, 100, width=32, allow_subnormal=False)
_VECTORS = st.lists(_ENTRIES, min_size=3, max_size=3)


class OptimizerMachine(RuleBasedStateMachine):
    """Elements that move by an implementation, each beside its exact run; see :func:`optimizer_machine`."""

    spec: Optimizer
    functions: StepFunctions
    dtype: np.dtype[Any]

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Draw a start and hyper-parameters."""
        self.hyper = self._drawn_hyper(data)
        self.parameters = np.array(data.draw(_VECTORS), self.dtype)
        self.state = self.functions.start(self.parameters, self.hyper)
        self.references = [Reference.start(self.spec, float(p), self.hyper, self.dtype) for p in self.parameters]

    @rule(drawn=_VECTORS, times=st.integers(1, 5))
    def step(self, drawn: list[float], times: int) -> None:
        """Take one or more steps with the same gradients."""
        gradients = np.array(drawn, self.dtype)
        for _ in range(times):
            self._advance_references(gradients)
            with np.errstate(under="ignore"):
                moved = self.functions.advance(self.parameters, gradients.copy(), self.state, self.hyper)
            self.parameters, self.state = moved

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        """Redraw the hyper-parameters that have no upper bound, as a schedule of rates does."""
        fresh = self._drawn_hyper(data)
        bounded = {p.name for p in self.spec.hyper if any(r.relation in ("<", "<=") for r in p.domain)}
        self.hyper = {name: value if name in bounded else fresh[name] for name, value in self.hyper.items()}

    @rule()
    def checkpoint(self) -> None:
        """Go on from a copy of parameters and state."""
        self.parameters, self.state = deepcopy((self.parameters, self.state))

    @invariant()
    def follows_the_exact_run(self) -> None:
        """Every element is as near to its exact run as the conditioning of the rule allows."""
        for value, reference in zip(self.parameters, self.references, strict=True):
            assert reference.error(float(value)) <= reference.allowance, (
                f"{self.spec.name} is at {float(value)!r}, the exact run at {reference.parameter!r} "
                f"(+/- {reference.allowance:.2g}) with {self.hyper}"
            )

    @invariant()
    def keeps_the_dtype(self) -> None:
        """The parameters stay float32 or float64."""
        assert self.parameters.dtype == self.dtype

    def _drawn_hyper(self, data: st.DataObject) -> dict[str, float]:
        return data.draw(hyper_parameters(self.spec).filter(self._is_normal))

    def _is_normal(self, hyper: dict[str, float]) -> bool:
        """Whether no hyper-parameter underflows in the dtype."""
        return all(value == 0 or abs(value) >= float(np.finfo(self.dtype).tiny) for value in hyper.values())

    def _advance_references(self, gradients: NDArray[Any]) -> None:
        """Step the exact runs; no code can follow where they overflow or rounding decides on a branch."""
        try:
            for value, reference in zip(gradients, self.references, strict=True):
                reference.step(float(value), self.hyper)
        except UndefinedValue:
            reject()
        largest = math.sqrt(np.finfo(self.dtype).max)
        if any(r.scale > largest or r.allowance == math.inf for r in self.references):
            reject()


def optimizer_machine(spec: Optimizer, implementation: Any, dtype: DTypeLike = np.float64) -> type[OptimizerMachine]:
    """A state machine class for the generated functions (or StepFunctions) of ``spec``.

    Rules: a step with gradients drawn for each element, repeated up to five times; a change of all
    hyper-parameters that have no upper bound (the learning rate); going on from a copied state, as
    from a checkpoint. Invariants: every element is within the allowance of its exact run, and the
    dtype is kept. Run it with ``hypothesis.stateful.run_state_machine_as_test``, or bind its
    ``TestCase`` in a test module.

    >>> from symdl import library
    >>> def step(parameters, gradients, state, learning_rate):
    ...     parameters -= learning_rate * gradients
    >>> optimizer_machine(library.gradient_descent, StepFunctions(lambda parameters: {}, step)).__name__
    'GradientDescentMachine'
    """
    name = "".join(word.capitalize() for word in spec.name.split("_")) + "Machine"
    fields = {"spec": spec, "functions": functions_of(implementation, spec.name), "dtype": np.dtype(dtype)}
    return type(name, (OptimizerMachine,), fields)
