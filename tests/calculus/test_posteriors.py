"""Posteriors by completing the square: checked by Bayes' rule, refused where they are not Gaussian."""

import pytest
import sympy as sp

from symdl.calculus.posteriors import posterior
from symdl.core import UnsupportedOperation, symbol

x, y, z, u, w, s = map(symbol, ("x", "y", "z", "u", "w", "s"))


def remainder(exponent, hidden):
    """The exponent less that of the posterior: free of what is hidden."""
    mean, covariance = posterior(exponent, hidden)
    away = sp.Matrix(hidden) - mean
    return sp.cancel(exponent - (away.T * covariance.inv() * away)[0])


@pytest.mark.parametrize(
    ("exponent", "hidden"),
    [
        (z**2 + (x - w * z) ** 2 / s, (z,)),
        ((z - u) ** 2 / s + (x - 3 * z + 1) ** 2 + (y - z) ** 2, (z,)),
        (z**2 + u**2 + (x - w * z - u) ** 2 / s, (z, u)),
    ],
)
def test_what_is_left_of_the_joint_density_is_free_of_the_hidden(exponent, hidden):
    assert not remainder(exponent, hidden).free_symbols & set(hidden)


@pytest.mark.parametrize("decoder", [sp.Max(z, 0), w * sp.Max(z, 0) + 1, z**2, sp.tanh(z), sp.exp(z), 1 / z])
def test_a_curved_decoder_has_no_derived_posterior(decoder):
    with pytest.raises(UnsupportedOperation, match="bound log p"):
        posterior(z**2 + (x - decoder) ** 2 / s, (z,))
