"""An implementation of an update rule as a Hypothesis state machine beside its exact run."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from numpy.typing import DTypeLike

from symdl.core import Optimizer, UndefinedValue

from .optimizers import functions_of
from .reference import Reference
from .strategies import hyper_parameters

_ELEMENTS = 3
_LARGEST = 100.0


def optimizer_machine(
    spec: Optimizer, implementation: Any, dtype: DTypeLike = np.float64
) -> type[RuleBasedStateMachine]:
    """A state machine class for the generated functions (or StepFunctions) of ``spec``.

    Rules: a step with gradients drawn for each element, repeated up to five times; a change of all
    hyper-parameters that have no upper bound (the learning rate); a run through a copied state, as
    from a checkpoint. Invariant: every element is within the allowance of its exact run, and the
    dtype is kept. Run it with ``hypothesis.stateful.run_state_machine_as_test``, or bind its
    ``TestCase`` in a test module.

    >>> from symdl import library
    >>> from symdl.testing.optimizers import StepFunctions
    >>> def step(parameters, gradients, state, learning_rate):
    ...     parameters -= learning_rate * gradients
    >>> machine = optimizer_machine(library.gradient_descent, StepFunctions(lambda parameters: {}, step))
    >>> machine.__name__
    'GradientDescentMachine'
    """
    functions = functions_of(implementation, spec.name)
    kind: Any = np.dtype(dtype)
    unbounded = [p.name for p in spec.hyper if not any(r.relation in ("<", "<=") for r in p.domain)]
    gradients = st.lists(
        st.floats(-_LARGEST, _LARGEST, width=32, allow_subnormal=False), min_size=_ELEMENTS, max_size=_ELEMENTS
    )

    hypers = hyper_parameters(spec).filter(lambda hyper: _normal(hyper, kind))

    class Machine(RuleBasedStateMachine):
        @initialize(start=gradients, hyper=hypers)
        def begin(self, start: list[float], hyper: dict[str, float]) -> None:
            self.hyper = hyper
            self.parameters = np.array(start, kind)
            self.state = functions.start(self.parameters, hyper)
            self.references = [Reference.start(spec, float(value), hyper, kind) for value in self.parameters]

        @rule(drawn=gradients, times=st.integers(1, 5))
        def step(self, drawn: list[float], times: int) -> None:
            given = np.array(drawn, kind)
            for _ in range(times):
                self._advance_references(given)
                with np.errstate(under="ignore"):
                    moved = functions.advance(self.parameters, given.copy(), self.state, self.hyper)
                self.parameters, self.state = moved

        @rule(fresh=hypers)
        def change(self, fresh: dict[str, float]) -> None:
            self.hyper = {**self.hyper, **{name: fresh[name] for name in unbounded}}

        @rule()
        def checkpoint(self) -> None:
            self.parameters, self.state = deepcopy((self.parameters, self.state))

        @invariant()
        def follows_the_exact_run(self) -> None:
            for value, reference in zip(self.parameters, self.references, strict=True):
                assert reference.error(float(value)) <= reference.allowance, (
                    f"{spec.name} is at {float(value)!r}, the exact run at {reference.parameter!r} "
                    f"(+/- {reference.allowance:.2g}) with {self.hyper}"
                )

        @invariant()
        def keeps_the_dtype(self) -> None:
            assert self.parameters.dtype == kind

        def _advance_references(self, given: Any) -> None:
            try:
                for value, reference in zip(given, self.references, strict=True):
                    reference.step(float(value), self.hyper)
            except UndefinedValue:
                reject()

    Machine.__name__ = "".join(word.capitalize() for word in spec.name.split("_")) + "Machine"
    return Machine


def _normal(hyper: dict[str, float], dtype: np.dtype[Any]) -> bool:
    """Whether no hyper-parameter underflows in the dtype."""
    return all(value == 0 or abs(value) >= float(np.finfo(dtype).tiny) for value in hyper.values())
