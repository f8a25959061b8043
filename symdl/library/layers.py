"""Layers, as data.

Main results: :data:`LAYERS`, out of four files: dense layers, normalizations, gates, sequences.
"""

from symdl.core.items import Layer

from .dense import DENSE as DENSE
from .dense import affine as affine
from .dense import linear as linear
from .dense import log_softmax as log_softmax
from .dense import log_softmax_of as log_softmax_of
from .dense import mlp as mlp
from .dense import softmax as softmax
from .dense import softmax_of as softmax_of
from .gates import GATES
from .normalizations import NORMALIZATIONS
from .sequences import SEQUENCES

LAYERS: tuple[Layer, ...] = (*DENSE, *NORMALIZATIONS, *GATES, *SEQUENCES)
