"""What a user points at numbers: gradient checks, kinks, strategies, optimizers, measurements."""

from . import strategies
from .examination import Examination, examine
from .gradients import GradientCheck, check_gradient
from .kinks import KinkCheck, check_kink
from .machines import optimizer_machine
from .measure import Measurement, measure
from .optimizers import OptimizerCheck, StepFunctions, check_optimizer

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
