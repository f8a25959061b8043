"""Expectations: mini-batches, dropout, moving averages, initialization, and two gradients of an expectation.

Main results: the mean gradient over a mini-batch is unbiased; its variance is s^2/B with replacement and
s^2/B (N - B)/(N - 1) without. Dropout divided by the probability of keeping is unbiased. Adam's averages are
biased by 1 - beta^t, at the first step by 1 - beta, and their correction is exact for moments that do not
change. For a Gaussian, reparameterized and score-function gradients are the gradient of the expectation.

References: Cochran, Sampling Techniques, Wiley 1977; Kingma and Ba, Adam, ICLR 2015, Section 3; Srivastava et
al., Dropout, JMLR 15, 2014; Stein, Annals of Statistics 9, 1981; Mohamed et al., JMLR 21, 2020.
"""

import sympy as sp

from symdl.core import Belongs, Claim, Compare, Source, function, symbol
from symdl.core.expectations import bernoulli, drawn, drawn_apart, expectation, gaussian, moments, variance

_COCHRAN = Source("Cochran, Sampling Techniques, 3rd edition, Wiley 1977", "Theorems 2.1 and 2.2")
_DROPOUT = Source("Srivastava et al., Dropout, JMLR 15, 2014", "Section 10")
_ADAM = Source("Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015", "Section 3")
_STEIN = Source("Stein, Estimation of the mean of a multivariate normal distribution, 1981", "Lemma 1")
_GRADIENTS = Source("Mohamed et al., Monte Carlo gradient estimation in machine learning, JMLR 2020", "Sections 4, 5")
_GLOROT = Source("Glorot and Bengio, Understanding the difficulty of training deep networks, 2010", "Equation 5")
_HE = Source("He et al., Delving deep into rectifiers, ICCV 2015", "Equation 7")
_RMS = Source("Hinton, Neural networks for machine learning, lecture 6, 2012", "rmsprop")

names = "x m v s z a b c N B i n k p beta r t w g mask y"
x, m, v, s, z, a, b, c, N, B, i, n, k, p, beta, r, t, w, g, mask, y = map(symbol, names.split())
G, X, W, I, MASK = map(function, ("g", "x", "w", "i", "mask"))  # noqa: E741
zero, one = sp.Integer(0), sp.Integer(1)

examples = Belongs(N, "positive integer")
counts = (Belongs(B, "positive integer"), examples)
steps = (Belongs(t, "positive integer"), Compare(beta, ">", zero), Compare(beta, "<", one))
kept = (Compare(p, ">", zero), Compare(p, "<=", one))

batch = sp.Sum(G(I(b)), (b, 1, B)) / B
full = sp.Sum(G(n), (n, 1, N)) / N
spread = sp.Sum((G(n) - sp.Sum(G(k), (k, 1, N)) / N) ** 2, (n, 1, N)) / N
finite = (N - B) / (N - 1)
with_return, without = drawn(i, N), drawn_apart(i, N)

normal, standard, law = gaussian(x, m, v), gaussian(z, zero, one), moments(g, m, v)
sample = sp.Sum(X(b), (b, 1, B)) / B
same_law = moments(x, m, v)
layer = sp.Sum(W(n) * X(n), (n, 1, N))
dropped = sp.Sum(MASK(n) * W(n) * X(n), (n, 1, N)) / p
mask_law = bernoulli(mask, p)
average = (1 - beta) * sp.Sum(beta ** (t - n) * G(n), (n, 1, t))
squares = (1 - beta) * sp.Sum(beta ** (t - n) * G(n) ** 2, (n, 1, t))


def _objective(u):
    return a * u**4 + b * u**2 + c * u


def _claim(name, left, right, *given, source, relation="=", expected="PROVED"):
    return Claim(Compare(sp.sympify(left), relation, sp.sympify(right)), given, name, source, expected)


def _batches():
    yield _claim("one_example_is_unbiased", expectation(G(i), with_return), full, examples, source=_COCHRAN)
    yield _claim(
        "mini_batch_with_replacement_is_unbiased", expectation(batch, with_return), full, *counts, source=_COCHRAN
    )
    yield _claim(
        "mini_batch_without_replacement_is_unbiased", expectation(batch, without), full, *counts, source=_COCHRAN
    )
    yield _claim(
        "sum_over_a_mini_batch_is_biased",
        expectation(B * batch, with_return),
        full,
        *counts,
        source=_COCHRAN,
        expected="REFUTED",
    )
    yield _claim(
        "variance_with_replacement_is_the_population_variance_over_the_size",
        variance(batch, with_return),
        spread / B,
        *counts,
        source=_COCHRAN,
    )
    yield _claim(
        "variance_without_replacement_has_the_finite_population_factor",
        variance(batch, without),
        spread / B * finite,
        *counts,
        Compare(N, ">", one),
        source=_COCHRAN,
    )
    yield _claim(
        "variance_without_replacement_is_not_that_with_replacement",
        variance(batch, without),
        spread / B,
        *counts,
        source=_COCHRAN,
        expected="REFUTED",
    )
    yield _claim(
        "variance_with_replacement_has_no_finite_population_factor",
        variance(batch, with_return),
        spread / B * finite,
        *counts,
        Compare(N, ">", one),
        source=_COCHRAN,
        expected="REFUTED",
    )
    yield _claim(
        "variance_does_not_fall_with_the_square_of_the_size",
        variance(batch, with_return),
        spread / B**2,
        *counts,
        source=_COCHRAN,
        expected="REFUTED",
    )
    yield _claim(
        "finite_population_factor_is_not_n_minus_b_over_n",
        variance(batch, without),
        spread / B * (N - B) / N,
        *counts,
        source=_COCHRAN,
        expected="REFUTED",
    )


def _moments():
    yield _claim("second_moment_is_variance_plus_squared_mean", expectation(x**2, same_law), v + m**2, source=_ADAM)
    yield _claim(
        "independent_factors_multiply",
        expectation(x**2 * y, same_law, moments(y, a, c)),
        (v + m**2) * a,
        source=_COCHRAN,
    )
    yield _claim(
        "variance_of_a_mean_is_the_variance_over_the_size",
        variance(sample, same_law),
        v / B,
        counts[0],
        source=_COCHRAN,
    )
    yield _claim(
        "plain_sample_variance_is_biased_by_b_minus_1_over_b",
        expectation(sp.Sum(X(b) ** 2, (b, 1, B)) / B - sample**2, same_law),
        v * (B - 1) / B,
        counts[0],
        source=_COCHRAN,
    )
    yield _claim(
        "plain_sample_variance_is_biased",
        expectation(sp.Sum(X(b) ** 2, (b, 1, B)) / B - sample**2, same_law),
        v,
        counts[0],
        source=_COCHRAN,
        expected="REFUTED",
    )
    yield _claim(
        "squared_mean_is_not_the_mean_square", expectation(x**2, same_law), m**2, source=_ADAM, expected="REFUTED"
    )
    yield _claim(
        "variance_of_a_layer_with_centred_weights",
        variance(layer, moments(w, zero, v)),
        v * sp.Sum(X(n) ** 2, (n, 1, N)),
        examples,
        source=_GLOROT,
    )
    yield _claim(
        "variance_of_a_layer_of_centred_factors",
        variance(layer, moments(w, zero, v), moments(x, zero, s**2)),
        N * v * s**2,
        examples,
        source=_GLOROT,
    )
    yield _claim(
        "a_layer_of_centred_weights_keeps_the_second_moment_with_variance_1_over_n",
        expectation(layer**2, moments(w, zero, 1 / N), moments(x, m, s**2)),
        m**2 + s**2,
        examples,
        source=_HE,
    )
    yield _claim(
        "variance_of_a_layer_is_not_that_of_a_weight",
        variance(layer, moments(w, zero, v), moments(x, zero, s**2)),
        v * s**2,
        examples,
        source=_GLOROT,
        expected="REFUTED",
    )


def _dropout():
    yield _claim("inverted_dropout_is_unbiased", expectation(mask * x / p, mask_law), x, *kept, source=_DROPOUT)
    yield _claim(
        "a_layer_under_inverted_dropout_is_unbiased",
        expectation(dropped, mask_law),
        layer,
        examples,
        *kept,
        source=_DROPOUT,
    )
    yield _claim(
        "variance_of_inverted_dropout", variance(mask * x / p, mask_law), x**2 * (1 - p) / p, *kept, source=_DROPOUT
    )
    yield _claim(
        "variance_of_a_layer_under_inverted_dropout",
        variance(dropped, mask_law),
        (1 - p) / p * sp.Sum(W(n) ** 2 * X(n) ** 2, (n, 1, N)),
        examples,
        *kept,
        source=_DROPOUT,
    )
    yield _claim(
        "dropout_without_scaling_is_biased",
        expectation(mask * x, mask_law),
        x,
        *kept,
        source=_DROPOUT,
        expected="REFUTED",
    )
    yield _claim(
        "dropout_scaled_by_the_probability_of_dropping_is_biased",
        expectation(mask * x / (1 - p), mask_law),
        x,
        *kept,
        Compare(p, "<", one),
        source=_DROPOUT,
        expected="REFUTED",
    )


def _averages():
    yield _claim(
        "first_step_of_adam_is_biased_by_1_minus_beta",
        expectation((1 - beta) * G(1), law),
        (1 - beta) * m,
        source=_ADAM,
    )
    yield _claim(
        "average_is_biased_by_1_minus_beta_to_the_t", expectation(average, law), (1 - beta**t) * m, *steps, source=_ADAM
    )
    yield _claim("corrected_average_is_unbiased", expectation(average / (1 - beta**t), law), m, *steps, source=_ADAM)
    yield _claim(
        "corrected_average_of_squares_is_the_second_moment",
        expectation(squares / (1 - beta**t), law),
        v + m**2,
        *steps,
        source=_ADAM,
    )
    yield _claim(
        "variance_of_an_average",
        variance(average, law),
        v * (1 - beta) / (1 + beta) * (1 - beta ** (2 * t)),
        *steps,
        source=_RMS,
    )
    yield _claim("average_is_biased", expectation(average, law), m, *steps, source=_ADAM, expected="REFUTED")
    yield _claim(
        "correction_by_t_minus_1_is_biased",
        expectation(average / (1 - beta ** (t - 1)), law),
        m,
        *steps,
        Compare(t, ">", one),
        source=_ADAM,
        expected="REFUTED",
    )
    yield _claim(
        "average_of_squares_is_not_the_variance",
        expectation(squares / (1 - beta**t), law),
        v,
        *steps,
        source=_ADAM,
        expected="REFUTED",
    )
    yield _claim(
        "an_average_does_not_have_the_variance_of_a_mean",
        variance(average, law),
        v / t,
        *steps,
        source=_RMS,
        expected="REFUTED",
    )


def _gaussians():
    reparameterized = expectation(_objective(m + s * z), standard)
    score = (x - m) / v
    yield _claim(
        "fourth_central_moment_of_a_gaussian_is_3_v_squared", expectation((x - m) ** 4, normal), 3 * v**2, source=_STEIN
    )
    yield _claim(
        "sixth_central_moment_of_a_gaussian_is_15_v_cubed", expectation((x - m) ** 6, normal), 15 * v**3, source=_STEIN
    )
    yield _claim("third_central_moment_of_a_gaussian_is_0", expectation((x - m) ** 3, normal), 0, source=_STEIN)
    yield _claim("mean_of_a_lognormal", expectation(sp.exp(x), normal), sp.exp(m + v / 2), source=_STEIN)
    yield _claim(
        "stein_identity_for_a_polynomial",
        expectation((x - m) * _objective(x), normal),
        v * expectation(sp.Derivative(_objective(x), x), normal),
        source=_STEIN,
    )
    yield _claim("score_has_mean_0", expectation(score, normal), 0, source=_GRADIENTS)
    yield _claim("score_has_variance_1_over_v", variance(score, normal), 1 / v, source=_GRADIENTS)
    yield _claim(
        "reparameterization_keeps_the_expectation",
        reparameterized,
        expectation(_objective(x), gaussian(x, m, s**2)),
        Compare(s, ">", zero),
        source=_GRADIENTS,
    )
    yield _claim(
        "score_function_gradient_is_unbiased",
        sp.Derivative(expectation(_objective(x), normal), m),
        expectation(_objective(x) * score, normal),
        source=_GRADIENTS,
    )
    yield _claim(
        "pathwise_gradient_is_unbiased",
        sp.Derivative(expectation(_objective(x), normal), m),
        expectation(sp.Derivative(_objective(x), x), normal),
        source=_GRADIENTS,
    )
    yield _claim(
        "pathwise_gradient_in_the_scale",
        sp.Derivative(reparameterized, s),
        expectation(sp.Derivative(_objective(m + s * z), s), standard),
        Compare(s, ">", zero),
        source=_GRADIENTS,
    )
    yield _claim(
        "gradient_in_the_variance_is_half_the_curvature",
        sp.Derivative(expectation(_objective(x), normal), v),
        expectation(sp.Derivative(_objective(x), x, x), normal) / 2,
        source=_GRADIENTS,
    )
    yield _claim(
        "a_baseline_keeps_the_score_function_gradient",
        expectation((x**2 - c) * score, normal),
        expectation(x**2 * score, normal),
        source=_GRADIENTS,
    )
    yield _claim(
        "score_function_gradient_of_a_square_varies_more",
        variance(x**2 * score, normal),
        variance(2 * x, normal),
        source=_GRADIENTS,
        relation=">",
    )
    yield _claim(
        "fourth_central_moment_of_a_gaussian_is_not_v_squared",
        expectation((x - m) ** 4, normal),
        v**2,
        source=_STEIN,
        expected="REFUTED",
    )
    yield _claim(
        "score_function_gradient_divides_by_the_variance",
        sp.Derivative(expectation(x**2, normal), m),
        expectation(x**2 * (x - m), normal),
        source=_GRADIENTS,
        expected="REFUTED",
    )
    yield _claim(
        "mean_of_an_exponential_is_not_the_exponential_of_the_mean",
        expectation(sp.exp(x), normal),
        sp.exp(m),
        source=_STEIN,
        expected="REFUTED",
    )


CLAIMS: tuple[Claim, ...] = (*_batches(), *_moments(), *_dropout(), *_averages(), *_gaussians())
