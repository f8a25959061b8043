r"""How many formulas the reader takes in a second, on one core: ``python tests/benchmarks/reader_speed.py``.

Answer-sized formulas have some 20 to 60 characters, note-sized ones are equations of an optimizer or a table.
Every formula is written with letters of its own, so that nothing comes out of a cache of SymPy's.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

from symdl.notation import latex
from symdl.notation.claims import read_expression
from symdl.notation.elaborate import compare, define
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.scope import Scope
from symdl.notation.syntax import Relation

ANSWERS = (
    r"\frac{e^{-@}}{(1+e^{-@})^2}",
    r"\sigma(@)(1-\sigma(@))",
    r"1 - \tanh^2(@ + #)",
    r"2(@ - #)^2 + 3@",
    r"\frac{@ - \mu_#}{\sqrt{v_# + \epsilon}}",
    r"\max(0, @) + \alpha \min(0, @)",
    r"-\frac{@}{#} + \frac{1-@}{1-#}",
    r"\begin{cases} @ & @ > 0 \\ # & @ \le 0 \end{cases}",
    r"\log(1 + e^{@}) - # @",
    r"\sum_{i=1}^{n} (@_i - #_i)^2",
)
NOTES = (
    r"\theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{\hat{@}_t} + \epsilon} \hat{#}_t",
    r"\hat{@}_t = \frac{@_t}{1 - \beta_1^t}, \quad \hat{#}_t = \frac{#_t}{1 - \beta_2^t}",
    r"\begin{aligned} @_t &= \beta_1 @_{t-1} + (1 - \beta_1) g_t \\ #_t &= \beta_2 #_{t-1} + (1 - \beta_2) g_t^2 \end{aligned}",  # noqa: E501
    r"f(@) = \begin{cases} @ & \text{if } @ > 0 \\ \alpha (e^{@} - 1) & \text{otherwise} \end{cases}",
    r"\mathcal L = -\frac{1}{n} \sum_{i=1}^n \left[ @_i \log #_i + (1 - @_i) \log(1 - #_i) \right]",
    r"\frac{\partial}{\partial @} \frac{1}{1 + e^{-@}} = \frac{e^{-@}}{(1 + e^{-@})^2}",
)


def formulas(patterns: tuple[str, ...], count: int) -> Iterator[str]:
    """``count`` formulas, each with another pair of names; an index stands outside of the braces."""
    pairs = itertools.permutations("abcpqrsuvwxyzGHMPQRSUVXYZ", 2)
    for pattern, (first, second) in zip(itertools.cycle(patterns), itertools.islice(pairs, count), strict=False):
        yield pattern.replace("@", first).replace("#", second)


def read_answer(text: str) -> None:
    """One expression to SymPy."""
    read_expression(text, profile=DEEP_LEARNING, syntax="latex")


def read_note(text: str) -> None:
    """Every statement of a span to SymPy."""
    for node in latex.read(text).statements:
        assert isinstance(node, Relation)
        if define(node, DEEP_LEARNING, Scope(), text=text) is None:
            compare(node, DEEP_LEARNING, Scope(), sequences=True, text=text)


def rate(reader: Callable[[str], None], texts: list[str]) -> float:
    """Formulas a second of processor time."""
    start = time.process_time()
    for text in texts:
        reader(text)
    return len(texts) / (time.process_time() - start)


def main() -> None:
    """Print the table."""
    read_answer("x"), read_note("x = y")
    for name, reader, patterns, wanted in (
        ("answer-sized", read_answer, ANSWERS, 1000),
        ("note-sized", read_note, NOTES, 200),
    ):
        texts = list(formulas(patterns, 600))
        cold, warm = rate(reader, texts), rate(reader, texts)
        print(f"{name:13} {cold:7.0f} a second the first time, {warm:7.0f} the second time (wanted: {wanted})")


if __name__ == "__main__":
    main()
