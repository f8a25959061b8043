import pytest

from symdl import mark

WHOLE = ["n positive integer"]


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"\left\lfloor\frac{n-1}{2}\right\rfloor+1", r"\left\lceil\frac n2\right\rceil"),
        (r"\left\lceil\frac n3\right\rceil", r"\left\lfloor\frac{n+2}{3}\right\rfloor"),
        (r"\lfloor n/2 \rfloor + \lceil n/2 \rceil", "n"),
    ],
)
def test_roundings_of_fractions_of_whole_numbers_are_compared_by_remainders(gold, answer):
    assert mark(gold, answer, given=WHOLE).grade == mark(answer, gold, given=WHOLE).grade == "RIGHT"
    assert mark(gold, answer).grade != "RIGHT"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"\left\lceil\frac n3\right\rceil", r"\left\lfloor\frac{n+1}{3}\right\rfloor"),
        (r"\lfloor n/2 \rfloor", "n/2"),
        (r"\lfloor x/2 \rfloor + \lceil x/2 \rceil", "x"),
    ],
)
def test_other_roundings_are_not_accepted(gold, answer):
    assert mark(gold, answer, given=WHOLE).grade != "RIGHT"
