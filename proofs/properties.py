"""The library's activations: their branches and kinks, and the bounds and shapes that they declare.

Main results: every declared bound, Lipschitz constant, monotony and convexity, for all values of the parameters in
their domains, and that no bound or constant can be tightened by a thousandth. Derived from the items themselves; of
an item that declares nothing, what the prover finds.

References: Rudin, Principles of mathematical analysis, 3rd edition, McGraw-Hill 1976, Theorems 5.10 and 5.11; Clarke,
Optimization and nonsmooth analysis, Wiley 1983, Section 1.2.
"""

from symdl.core import Claim
from symdl.library import activations
from symdl.prover.discovery import with_properties
from symdl.prover.properties import property_claims

_ITEMS = {item.name: item for item in activations.ACTIVATIONS}

CLAIMS: tuple[Claim, ...] = tuple(
    claim for name in sorted(_ITEMS) for claim in property_claims(with_properties(_ITEMS[name]))
)
