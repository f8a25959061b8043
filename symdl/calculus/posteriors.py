"""The law of what is hidden given what is seen, where it is Gaussian: by completing the square.

Main results: :func:`posterior`.

Source: Bishop, Pattern recognition and machine learning, Springer 2006, Section 2.3.3 (linear Gaussian models).
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symdl.core import UnsupportedOperation, to_text


def posterior(exponent: sp.Expr, hidden: Sequence[sp.Symbol]) -> tuple[sp.Matrix, sp.Matrix]:
    """Mean and covariance of the Gaussian whose density is ``exp(-exponent/2)`` times what is free of ``hidden``.

    ``exponent`` is -2 log p(x, z) up to a constant; where it is quadratic in z = ``hidden``, p(z|x) is Gaussian with
    the inverse covariance of half its second derivatives. Raises :class:`UnsupportedOperation` where it is not, as
    behind a ReLU: symdl then derives no closed form.

    >>> from symdl.core import symbol
    >>> x, z, w, s = map(symbol, ("x", "z", "w", "s"))
    >>> mean, covariance = posterior(z**2 + (x - w * z) ** 2 / s, (z,))
    >>> mean[0], covariance[0]
    (w*x/(s + w**2), s/(s + w**2))
    """
    polynomial = exponent.as_poly(*hidden)
    if polynomial is None or polynomial.total_degree() > 2:
        names = ", ".join(map(str, hidden))
        raise UnsupportedOperation(
            f"-2 log p(x, z) = {to_text(exponent)} is not quadratic in {names}, so that p(z|x) is not derived in "
            "closed form",
            remedy="bound log p(x) from below by E_q(log p(x, z) - log q(z)), which samples of q estimate without bias",
        )
    precision = sp.hessian(polynomial.as_expr(), hidden) / 2
    slope = sp.Matrix([polynomial.as_expr().diff(name).xreplace(dict.fromkeys(hidden, sp.S.Zero)) for name in hidden])
    covariance = precision.inv(method="ADJ").applyfunc(sp.cancel)
    return (-covariance * slope / 2).applyfunc(sp.cancel), covariance
