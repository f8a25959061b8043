"""Formulas of docstrings, run as they are written against the code."""

from dataclasses import replace

import numpy as np
import pytest

from symdl.audit.boxes import box_of, displays, rows_of
from symdl.audit.claims import claims
from symdl.audit.courses import course
from symdl.audit.documented import documented
from symdl.audit.libraries import subjects
from symdl.audit.literal import LiteralRun
from symdl.audit.optimizers import Examined
from symdl.audit.quantities import Quantity, quantity_of
from symdl.audit.snippets import snippets

BOX = r"""
.. math::
   \begin{aligned}
      &\textbf{input} : \gamma \text{ (lr)}, \mu \text{ (momentum)} \\
      &\textbf{for} \: t=1 \: \textbf{to} \: \ldots \: \textbf{do} \\
      &\hspace{5mm}g_t \leftarrow \nabla_{\theta} f_t (\theta_{t-1}) \\
      &\hspace{5mm}\textbf{if} \: t > 1 \\
      &\hspace{10mm}\textbf{b}_t \leftarrow \mu \textbf{b}_{t-1} + g_t \\
      &\hspace{5mm}\textbf{else} \\
      &\hspace{10mm}\textbf{b}_t \leftarrow g_t \\
      &\hspace{5mm}\theta_t \leftarrow \theta_{t-1} - \gamma \textbf{b}_t \\
   \end{aligned}
"""


def examined(name: str) -> Examined:
    pytest.importorskip(name.partition(":")[0], reason=f"{name} is not installed")
    (subject,) = subjects(name)
    return Examined(subject)


def test_an_algorithm_is_run_as_it_is_written():
    ((start, display),) = displays(BOX)
    box = box_of(start, display)
    assert box is not None
    over = course()
    rows = LiteralRun(box, {"gamma": 0.125, "mu": 0.5}, {}, over).run()
    velocity, place = np.zeros(6), over.start.copy()
    for gradient, row in zip(over.gradients, rows, strict=True):
        velocity = 0.5 * velocity + gradient
        place = place - 0.125 * velocity
        np.testing.assert_allclose(row, place, rtol=0, atol=1e-14)


def test_rows_know_their_lines():
    ((start, display),) = displays(BOX)
    lines = BOX.splitlines()
    for row in rows_of(start, display):
        if r"\leftarrow" in row.text:
            assert r"\leftarrow" in lines[row.line - 1]


@pytest.mark.parametrize(
    ("text", "quantity", "power"),
    [
        (r"\beta^t_2", Quantity("beta_2"), "t"),
        (r"g^{ave}_{t-1}", Quantity("g_ave", -1), ""),
        (r"\widehat{\beta}_{2_t}", Quantity("widehat beta_2", 0), ""),
        (r"w_{t+1}^{(i)}", Quantity("w", 1), ""),
    ],
)
def test_quantities_have_names_times_and_powers(text, quantity, power):
    assert quantity_of(text) == (quantity, power)


@pytest.mark.parametrize("name", ["torch:SGD", "torch:Adam", "torch:RAdam", "torch:NAdam", "torch:Adagrad"])
def test_documentation_that_is_true_is_not_accused(name):
    assert list(documented(examined(name))) == []


@pytest.mark.parametrize("name", ["torch:Rprop", "torch:Adafactor", "optax:adagrad", "optax:adan"])
def test_documentation_that_parts_from_the_code_is_found(name):
    first = next(iter(documented(examined(name))))
    assert (first.code, first.severity) == ("DOC001", "error")
    assert first.size > 0.01
    assert first.documented
    assert first.first_step in (1, 2)


@pytest.mark.parametrize("name", ["keras:Nadam", "keras:RMSprop"])
def test_a_convention_named_in_words_is_held_against_the_code(name):
    (found,) = [f for f in claims(examined(name)) if "epsilon" in f.message]
    assert found.code == "DOC003"
    assert found.size > 0.01


def test_a_convention_named_rightly_is_no_finding():
    assert list(claims(examined("keras:Adam"))) == []


def test_a_name_in_documented_code_that_nothing_gives_is_found():
    (found,) = snippets(examined("keras:Adamax"))
    assert (found.code, found.severity) == ("DOC004", "warning")
    assert "uses beta, which nothing gives" in found.message
    assert found.source.startswith("keras/src/optimizers/adamax.py:")


def test_documented_code_that_is_right_is_not_accused():
    assert list(snippets(examined("keras:SGD"))) == []


CODE = """
```python
v = 0
```

```python
v = momentum * v - learning_rate * g
w = w + {}
```
"""


@pytest.mark.parametrize(("moved", "codes"), [("v", []), ("2 * v", ["DOC001"]), ("momentum(v)", ["DOC002"])])
def test_code_of_a_docstring_is_run(moved, codes):
    subject = examined("torch:SGD").subject
    stated = CODE.format(moved).replace("learning_rate", "lr")
    assert [f.code for f in snippets(Examined(replace(subject, doc=stated)))] == codes


def test_a_decay_rate_in_words_is_held_against_the_code():
    (found,) = [f for f in claims(examined("keras:RMSprop")) if "momentum" in f.message]
    assert (found.code, found.severity, found.first_step) == ("DOC003", "error", 2)
    assert "1 - momentum" in found.message


def test_findings_are_mapped_to_the_source_file():
    first = next(iter(documented(examined("torch:Rprop"))))
    file, _, line = first.source.partition(":")
    assert file == "torch/optim/rprop.py"
    assert int(line) > first.line
