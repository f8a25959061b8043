"""What a user points at numbers: gradient checks, kinks, strategies, optimizers, measurements."""

from . import strategies
from .gradients import GradientCheck, check_gradient
from .kinks import KinkCheck, check_kink

__all__ = ["GradientCheck", "KinkCheck", "check_gradient", "check_kink", "strategies"]
