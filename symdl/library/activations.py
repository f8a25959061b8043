"""Elementwise functions, as data.

Main results: :data:`ACTIVATIONS`, out of three files: rectifiers, smooth units, clipped units.
"""

from symdl.core import Activation

from . import clipped_units, rectifiers, smooth_units

ACTIVATIONS: tuple[Activation, ...] = (
    *rectifiers.RECTIFIERS,
    *smooth_units.SMOOTH_UNITS,
    *clipped_units.CLIPPED_UNITS,
)
