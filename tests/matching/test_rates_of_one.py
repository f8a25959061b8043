"""Rules of a family written without the learning rate that is 1 by default."""

from symdl.documents import check_text

ADADELTA = r"""## Adadelta

$$s_t = \rho s_{t-1} + (1-\rho) g_t^2$$
$$u_t = -\frac{\sqrt{d_{t-1}+\epsilon}}{\sqrt{s_t+\epsilon}} g_t$$
$$d_t = \rho d_{t-1} + (1-\rho) u_t^2$$
$$\theta_t = \theta_{t-1} + u_t$$
"""


def test_adadelta_of_the_paper_has_no_learning_rate() -> None:
    findings = check_text(ADADELTA).findings
    assert not [f for f in findings if f.severity == "error"]
    assert any(f.message.startswith("this is adadelta") for f in findings)


def test_adadelta_without_its_root_is_refuted() -> None:
    slipped = ADADELTA.replace(r"\sqrt{s_t+\epsilon}", r"(s_t+\epsilon)")
    assert [f.code for f in check_text(slipped).findings if f.severity == "error"] == ["OPT004"]


LISTED = r"""## One author

Nesterov momentum:

- the gradient ahead $g \leftarrow \nabla f(x + \mu v)$
- velocity $v \leftarrow \mu v - \lambda g$
- step $x \leftarrow x + v$

Adagrad:

- accumulate $h \leftarrow h + g^2$
- step $x \leftarrow x - \lambda g / \sqrt{h}$
"""


def test_a_name_and_a_colon_alone_name_the_list_behind_them() -> None:
    found = [f.message for f in check_text(LISTED).findings if f.code == "DEF003"]
    assert [message.split()[2] for message in found] == ["nesterov", "adagrad"]


def test_a_slip_in_such_a_list_is_refuted() -> None:
    findings = check_text(LISTED.replace(r"\sqrt{h}", "h")).findings
    assert [f.code for f in findings if f.severity == "error"] == ["OPT004"]
