"""What a user points at numbers: gradient checks, kinks, strategies, optimizers, measurements."""

from . import strategies
from .examination import Examination, examine
from .gradients import GradientCheck, check_gradient
from .kinks import KinkCheck, check_kink
from .measure import Measurement, measure
from .optimizers import OptimizerCheck, check_optimizer

__all__ = [
    "Examination",
    "GradientCheck",
    "KinkCheck",
    "Measurement",
    "OptimizerCheck",
    "check_gradient",
    "check_kink",
    "check_optimizer",
    "examine",
    "measure",
    "strategies",
]
