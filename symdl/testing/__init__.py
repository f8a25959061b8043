"""What a user points at numbers: gradient checks, kinks, strategies, optimizers, measurements.

``strategies`` and ``optimizer_machine`` bring Hypothesis with them, and are loaded when they are asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .examination import Examination, examine
from .gradients import GradientCheck, check_gradient
from .kinks import KinkCheck, check_kink
from .measure import Measurement, measure
from .optimizers import OptimizerCheck, check_optimizer
from .step_functions import StepFunctions

if TYPE_CHECKING:
    from . import strategies
    from .machines import optimizer_machine

__all__ = [
    "Examination",
    "GradientCheck",
    "KinkCheck",
    "Measurement",
    "OptimizerCheck",
    "StepFunctions",
    "check_gradient",
    "check_kink",
    "check_optimizer",
    "examine",
    "measure",
    "optimizer_machine",
    "strategies",
]


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return import_module(".strategies", __name__)
    if name == "optimizer_machine":
        return import_module(".machines", __name__).optimizer_machine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
