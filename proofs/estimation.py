"""Estimates by samples: gradients of mini-batches over several steps, gradients of expectations, and posteriors.

Main results: the full gradient has no variance, a mini-batch's falls with its size. After several steps the mean of
stochastic descent is that of descent where gradients are affine, else not. For a Gaussian and a quadratic, the
variances of both gradients of an expectation in closed form; a baseline changes the variance alone. A linear Gaussian
model has its posterior and its evidence in closed form; every other law of the hidden variable bounds the evidence
from below, by the divergence from the posterior; the bound is estimated without bias, the logarithm of a mean is not.

References: Cochran, Sampling Techniques, Wiley 1977; Bottou, Curtis and Nocedal, SIAM Review 60, 2018, Section 4;
Mohamed et al., JMLR 21, 2020; Bishop, Pattern recognition and machine learning, 2006, Section 2.3.3; Kingma and
Welling, Auto-encoding variational Bayes, ICLR 2014, Section 2.2.
"""

from collections.abc import Iterator

import sympy as sp

from symdl.calculus.posteriors import posterior
from symdl.core import All, Belongs, Claim, Compare, Source, function, symbol
from symdl.core.expectations import drawn, drawn_apart, expectation, gaussian, moments, variance

_COCHRAN = Source("Cochran, Sampling Techniques, 3rd edition, Wiley 1977", "Theorem 2.2")
_BOTTOU = Source("Bottou, Curtis and Nocedal, Optimization methods for large-scale machine learning, 2018", "Section 4")
_GRADIENTS = Source("Mohamed et al., Monte Carlo gradient estimation in machine learning, JMLR 2020", "Sections 4, 5")
_BISHOP = Source("Bishop, Pattern recognition and machine learning, Springer 2006", "Section 2.3.3")
_BOUND = Source("Kingma and Welling, Auto-encoding variational Bayes, ICLR 2014", "Section 2.2")

names = "a b c d m s t u v w x y z eta theta q A B N S T i n k p r"
a, b, c, d, m, s, t, u, v, w, x, y, z, eta, theta, q, A, B, N, S, T, i, n, k, p, r = map(symbol, names.split())
G, I, Y = map(function, ("g", "i", "y"))  # noqa: E741
zero, one = sp.Integer(0), sp.Integer(1)


def _is(left, relation, right):
    return Compare(sp.sympify(left), relation, sp.sympify(right))


def _claim(name, left, relation, right, *given, source=_GRADIENTS, expected="PROVED"):
    return Claim(_is(left, relation, right), given, name, source, expected)


# --- mini-batches

examples = Belongs(N, "positive integer")


def _batches() -> Iterator[Claim]:
    whole = sp.Sum(G(I(b)), (b, 1, N)) / N
    yield _claim("the_full_gradient_has_no_variance", variance(whole, drawn_apart(i, N)), "=", 0, examples,
                 _is(N, ">", 1), source=_COCHRAN)  # fmt: skip
    yield _claim("n_draws_with_replacement_have_variance", variance(whole, drawn(i, N)), "=", 0, examples,
                 source=_COCHRAN, expected="REFUTED")  # fmt: skip
    sizes = (Belongs(B, "positive integer"), examples, _is(B, "<=", N), _is(N, ">", 1), _is(S, ">", 0))
    without = S / B * (N - B) / (N - 1)
    yield _claim("draws_without_replacement_vary_no_more", without, "<=", S / B, *sizes, source=_COCHRAN)
    yield _claim("a_mini_batch_varies_less_than_an_example", S / B, "<", S, *sizes, _is(B, ">", 1), source=_COCHRAN)
    yield _claim("a_mini_batch_does_not_vary_less_by_its_square", S / B, "<=", S / B**2, *sizes, source=_COCHRAN,
                 expected="REFUTED")  # fmt: skip


def _two_steps(first, second):
    """Two steps of descent with these gradients."""
    middle = theta - eta * first(theta)
    return middle - eta * second(middle)


def _several_steps() -> Iterator[Claim]:
    """Examples with the slopes a and b and the offsets c and d, of means A and B; noise c and d of mean 0."""
    affine = _two_steps(lambda at: a * at - c, lambda at: b * at - d)
    exact = _two_steps(lambda at: A * at - B, lambda at: A * at - B)
    laws = (moments(a, A, S**2), moments(b, A, S**2), moments(c, B, T**2), moments(d, B, T**2))
    yield _claim("affine_gradients_keep_the_mean_over_two_steps", expectation(affine, *laws), "=", exact,
                 source=_BOTTOU)  # fmt: skip
    noise = (moments(c, zero, S**2), moments(d, zero, S**2))
    curved = _two_steps(lambda at: q * at**2 + a * at + c, lambda at: q * at**2 + a * at + d)
    plain = _two_steps(lambda at: q * at**2 + a * at, lambda at: q * at**2 + a * at)
    yield _claim("curved_gradients_move_the_mean_by_their_curvature_times_the_variance", expectation(curved, *noise),
                 "=", plain - eta**3 * q * S**2, source=_BOTTOU)  # fmt: skip
    yield _claim("curved_gradients_do_not_keep_the_mean_over_two_steps", expectation(curved, *noise), "=", plain,
                 _is(q, "!=", 0), source=_BOTTOU, expected="REFUTED")  # fmt: skip
    yield _claim("one_step_keeps_the_mean_whatever_the_gradient", expectation(theta - eta * (q * theta**2 + c), *noise),
                 "=", theta - eta * q * theta**2, source=_BOTTOU)  # fmt: skip


# --- gradients of an expectation, on a quadratic

normal = gaussian(x, m, v)
objective = a * x**2 + b * x + c
score = (x - m) / v
slope = 2 * a * m + b
by_score, by_path = objective * score, sp.diff(objective, x)
height = a * m**2 + b * m + c


def _gradients() -> Iterator[Claim]:
    yield _claim("score_function_estimate_of_a_quadratic_is_unbiased", expectation(by_score, normal), "=", slope)
    yield _claim("pathwise_estimate_of_a_quadratic_is_unbiased", expectation(by_path, normal), "=", slope)
    yield _claim("pathwise_estimate_of_a_quadratic_has_this_variance", variance(by_path, normal), "=", 4 * a**2 * v)
    spread = height**2 / v + 6 * a * height + 15 * a**2 * v + 2 * slope**2
    yield _claim("score_function_estimate_of_a_quadratic_has_this_variance", variance(by_score, normal), "=", spread)
    yield _claim("score_function_estimate_of_a_quadratic_varies_more", spread, ">=", 4 * a**2 * v + 2 * slope**2,
                 _is(v, ">", 0))  # fmt: skip
    centred = (objective - d) * score
    yield _claim("a_baseline_keeps_the_mean_on_a_quadratic", expectation(centred, normal), "=", slope)
    best = height + 3 * a * v
    yield _claim("the_best_baseline_leaves_this_variance", variance(centred.xreplace({d: best}), normal), "=",
                 6 * a**2 * v + 2 * slope**2)  # fmt: skip
    yield _claim("no_baseline_leaves_less", spread.xreplace({c: c - d}), ">=", 6 * a**2 * v + 2 * slope**2,
                 _is(v, ">", 0))  # fmt: skip
    yield _claim("the_mean_is_not_the_best_baseline",
                 variance(centred.xreplace({d: height + a * v}), normal), "<=", 6 * a**2 * v + 2 * slope**2,
                 _is(v, ">", 0), expected="REFUTED")  # fmt: skip
    yield _claim("a_baseline_that_depends_on_the_sample_is_biased", expectation((objective - d * x) * score, normal),
                 "=", slope, expected="REFUTED")  # fmt: skip
    yield _claim("a_score_function_estimate_has_not_the_variance_of_the_pathwise", variance(by_score, normal), "=",
                 4 * a**2 * v, expected="REFUTED")  # fmt: skip


# --- posteriors: x = w z + b + noise of variance s, z of mean 0 and variance 1

exponent = z**2 + (x - w * z - b) ** 2 / s
(mean,), (spread,) = posterior(exponent, (z,))
evidence = sp.log(w**2 + s) + (x - b) ** 2 / (w**2 + s)
noisy = (_is(s, ">", 0), _is(v, ">", 0))


def _gauss(value, centre, width):
    """-2 log of a Gaussian density, without log(2 pi)."""
    return sp.log(width) + (value - centre) ** 2 / width


def _posteriors() -> Iterator[Claim]:
    joint = _gauss(z, zero, one) + _gauss(x, w * z + b, s)
    yield _claim("joint_is_evidence_times_posterior", joint, "=", evidence + _gauss(z, mean, spread), noisy[0],
                 source=_BISHOP)  # fmt: skip
    yield _claim("posterior_has_not_the_mean_of_least_squares", joint, "=", evidence + _gauss(z, (x - b) / w, spread),
                 noisy[0], _is(w, "!=", 0), source=_BISHOP, expected="REFUTED")  # fmt: skip
    yield _claim("posterior_is_narrower_than_the_prior", spread, "<=", 1, noisy[0], source=_BISHOP)
    second = symbol("z_2")
    centre, width = posterior(z**2 + second**2 + (x - w * z - u * second) ** 2 / s, (z, second))
    yield Claim(
        All((_is(centre[0], "=", w * x / (w**2 + u**2 + s)), _is(width[0, 1], "=", -w * u / (w**2 + u**2 + s)))),
        (noisy[0],),
        "two_causes_of_one_effect_explain_each_other_away",
        _BISHOP,
    )
    bound = -expectation(joint, gaussian(z, m, v)) / 2 + (sp.log(v) + 1) / 2
    divergence = (sp.log(spread / v) + v / spread + (m - mean) ** 2 / spread - 1) / 2
    yield _claim("evidence_is_the_bound_plus_the_divergence_from_the_posterior", -evidence / 2, "=",
                 bound + divergence, *noisy, source=_BOUND)  # fmt: skip
    yield _claim("divergence_of_gaussians_is_at_least_0", (sp.log(t / v) + v / t + (m - y) ** 2 / t - 1) / 2, ">=", 0,
                 noisy[1], _is(t, ">", 0), source=_BOUND)  # fmt: skip
    yield _claim("bound_is_tight_at_the_posterior", divergence, "=", 0, *noisy, _is(m, "=", mean),
                 _is(v, "=", spread), source=_BOUND)  # fmt: skip
    yield _claim("bound_is_not_tight_at_the_prior", divergence, "=", 0, *noisy, _is(m, "=", 0), _is(v, "=", 1),
                 source=_BOUND, expected="REFUTED")  # fmt: skip
    quadratic = _gauss(z, zero, one) + _gauss(x, z**2, s)
    yield _claim("a_curved_decoder_has_its_bound_in_closed_form", expectation(quadratic, gaussian(z, m, v)), "=",
                 m**2 + v + sp.log(s) + (x**2 - 2 * x * (m**2 + v) + m**4 + 6 * m**2 * v + 3 * v**2) / s, *noisy,
                 source=_BOUND)  # fmt: skip
    samples = sp.Sum(Y(k), (k, 1, N)) / N
    yield _claim("a_bound_is_estimated_without_bias_by_samples", expectation(samples, moments(y, m, v)), "=", m,
                 examples, source=_BOUND)  # fmt: skip
    positive = (_is(p, ">", 0), _is(r, ">", 0))
    halves = sp.log((p + r) / 2), (sp.log(p) + sp.log(r)) / 2
    yield _claim("logarithm_of_a_mean_is_at_least_the_mean_logarithm", halves[0], ">=", halves[1], *positive,
                 source=_BOUND)  # fmt: skip
    yield _claim("logarithm_of_a_mean_is_no_unbiased_estimate", halves[0], "=", halves[1], *positive, source=_BOUND,
                 expected="REFUTED")  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_batches(), *_several_steps(), *_gradients(), *_posteriors())
