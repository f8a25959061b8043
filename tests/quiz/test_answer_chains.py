import pytest

from symdl import mark


@pytest.mark.parametrize(
    ("gold", "answer", "grade"),
    [
        ("p(1-p)", r"\operatorname{Var}(X) = E[X^2] - E[X]^2 = p - p^2", "RIGHT"),
        ("p(1-p)", r"\operatorname{Var}(X) = E[X^2] - E[X]^2 = p + p^2", "WRONG"),
        ("p_i - y_i", r"\frac{dL}{dz_i} = \sum_k \frac{dL}{dp_k}\frac{dp_k}{dz_i} = p_i - y_i", "RIGHT"),
        ("2x", "u' = 2x", "RIGHT"),
        ("2x", "2x = 3x", "WRONG"),
        ("2x", "3x = 2x", "WRONG"),
    ],
)
def test_steps_in_other_quantities_are_passed_over_and_the_end_of_a_chain_counts(gold, answer, grade):
    assert mark(gold, answer).grade == grade
