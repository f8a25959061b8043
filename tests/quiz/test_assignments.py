"""Update rules written as assignments and with step indices are the same rules, in the same order."""

import pytest

from symdl.core import Question
from symdl.quiz.marking import mark_answer

INDEXED = r"v_t = \beta v_{t-1} + g_t, \quad \theta_t = \theta_{t-1} - \eta v_t"
ASSIGNED = r"v \leftarrow \beta v + g, \quad \theta \leftarrow \theta - \eta v"
EXCHANGED = r"\theta \leftarrow \theta - \eta v, \quad v \leftarrow \beta v + g"
OLD_VELOCITY = r"v_t = \beta v_{t-1} + g_t, \quad \theta_t = \theta_{t-1} - \eta v_{t-1}"
AVERAGED = r"v \leftarrow \beta v + (1-\beta) g, \quad \theta \leftarrow \theta - \eta v"
DESCENT, AT_POINT = r"w_{t+1} = w_t - \eta g_t", r"w_{t+1} = w_t - \eta \nabla L(w_t)"


@pytest.mark.parametrize(
    ("gold", "answer", "grade"),
    [
        (INDEXED, ASSIGNED, "RIGHT"),
        (ASSIGNED, INDEXED, "RIGHT"),
        (ASSIGNED, "v := beta*v + g; theta := theta - eta*v", "RIGHT"),
        (INDEXED, "v = beta*v + g\ntheta -= eta*v", "RIGHT"),
        (INDEXED, "v = beta*v + g\r\n\r\ntheta = theta - eta*v\n", "RIGHT"),
        (INDEXED, "v_t = \\beta v_{t-1} + g_t\n\\theta_t = \\theta_{t-1} -\n\\eta v_t", "UNREADABLE"),
        (INDEXED, "v = beta*v + g\ntheta += eta*v", "WRONG"),
        (INDEXED, "theta -= eta*v\nv = beta*v + g", "WRONG"),
        (INDEXED, EXCHANGED, "WRONG"),
        (ASSIGNED, EXCHANGED, "WRONG"),
        (EXCHANGED, OLD_VELOCITY, "RIGHT"),
        (ASSIGNED, OLD_VELOCITY, "WRONG"),
        (INDEXED, AVERAGED, "WRONG"),
        (DESCENT, r"w \leftarrow w - \eta g", "RIGHT"),
        (DESCENT, r"w \leftarrow w + \eta g", "WRONG"),
        (DESCENT, r"w_{k+1} = w_k - \eta g_k", "RIGHT"),
        (DESCENT, r"w_{k+1} = w_t - \eta g_t", "UNREADABLE"),
        (AT_POINT, r"w \leftarrow w - \eta \nabla L(w)", "RIGHT"),
        (AT_POINT, r"w \leftarrow w - \eta \nabla L(v)", "WRONG"),
        (r"w \leftarrow w - \eta \nabla L(w)", AT_POINT, "RIGHT"),
        (r"w \leftarrow w - \eta \nabla L(w)", r"w_{t+1} = w_t - \eta \nabla L(w_{t+1})", "WRONG"),
    ],
)
def test_assignments_are_read_in_their_order(gold: str, answer: str, grade: str) -> None:
    assert mark_answer(Question(gold, kind="update"), answer).grade == grade


def test_what_is_fed_in_a_step_later_is_not_accepted():
    gold = r"v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2"
    assert mark_answer(Question(gold), r"v_t = \beta_2 v_{t-1} + (1-\beta_2) g_{t-1}^2").grade == "UNDECIDED"
    assert mark_answer(Question(gold), r"v_{t+1} = \beta_2 v_t + (1-\beta_2) g_{t+1}^2").grade == "RIGHT"
