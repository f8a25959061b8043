r"""Mutated LaTeX, plain text and random bytes through the reader: ``python tests/benchmarks/fuzz_reader.py 60``.

Only our own errors may come out, no input may take longer than half a second, and memory stays bounded.
Prints the inputs that broke a promise; the exit code is 1 if there is one.
"""

from __future__ import annotations

import random
import resource
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from symdl.core import SymdlError
from symdl.notation.array_signs import wants_arrays
from symdl.notation.arrays import read_array
from symdl.notation.claims import read_claims
from symdl.notation.elaborate import compare, define, elaborate
from symdl.notation.profile import DEEP_LEARNING, PLAIN
from symdl.notation.scope import Scope
from symdl.notation.syntax import Relation
from symdl.notation.text import read_text
from symdl.notation.tokens import words

SEEDS = (
    r"\theta_{t+1} \leftarrow \theta_t - \frac{\eta}{\sqrt{\hat{v}_t} + \epsilon} \hat{m}_t",
    r"\begin{aligned} m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t \\ v_t &= \beta_2 v_{t-1} + (1 - \beta_2) g_t^2 \end{aligned}",  # noqa: E501
    r"f(x) = \begin{cases} x & \text{if } x > 0 \\ \alpha (e^x - 1) & \text{otherwise} \end{cases}",
    r"\sigma(z)_i = \frac{e^{z_i}}{\sum_{j=1}^K e^{z_j}}",
    r"\nabla_W \frac{1}{2} \|W x - y\|_2^2 = (W x - y) x^\top",
    r"\int_0^{\infty} e^{-x^2} \, dx = \frac{\sqrt\pi}{2}",
    r"\left.\frac{d}{dx} \tanh x\right|_{x=0} = 1",
    r"\mathbb E_{x \sim \mathcal N(0, 1)}[x^2] = 1, \quad \mathbb{1}_{\{x > 0\}}",
    r"\hat y = \arg\max_k p(y = k \mid x), \underset{\theta}{\min} L(\theta)",
    r"\left\{ \begin{array}{ll} x & x \ge 0 \\ ax & x < 0 \end{array} \right.",
    r"{\bf v}_t \stackrel{\text{def}}{=} \textcolor{red}{\mu} v_{t-1}, \underbrace{a + b}_{c}",
    "sum((x_i - y)^2, i, 1, n)/n = diff(tanh(x), x, 2) + {x if x > 0; 0 otherwise}",
    "f’(x) = ŷ·α − x₁² ⊙ ‖w‖ + |a| ≤ 3",
)
PIECES = words(
    r"\ { } [ ] ( ) | || ^ _ & ' ! . , ; : = < > + - * / 0 1 9 x y t i e d \\ \left \right \frac \sqrt \sum \int "
    r"\begin{cases} \end{cases} \begin{aligned} \end{aligned} \text{if} \nabla \partial \mathbb \hat \bar \max "
    r"\arg \mid \| \lim \prod \infty \top \odot \otimes \forall \mathrm{d} \underset \overset \rm \bf "
    "^{ _{ }{ {} ∑ ∫ √ ² ₁ ₜ ŷ 𝐱 ‖ ⊤ − – ’ ∂ ∇ \u0302 \u0301 \u200b \x00 é 漢 ½ 𝔼 999999999 1e99999"
)
MACROS = {"Vr": r"\mathbf{r}", "norm": r"\left\lVert #1 \right\rVert", "twice": r"#1#1", "loop": r"\loop"}
SLOW = 0.5
_RUNNER = ThreadPoolExecutor(1)
"""Keeps what a reading raises, whatever it is."""


def mutated(generator: random.Random) -> str:
    """A seed with pieces cut out, doubled, exchanged or put in; or random characters alone."""
    if generator.random() < 0.08:
        return "".join(
            chr(generator.choice((generator.randrange(128), generator.randrange(0x3000)))) for _ in range(60)
        )
    if generator.random() < 0.15:
        return " ".join(generator.choice(PIECES) for _ in range(generator.randrange(1, 40)))
    text = generator.choice(SEEDS)
    for _ in range(generator.randrange(1, 6)):
        start = generator.randrange(len(text) + 1)
        end = min(len(text), start + generator.randrange(8))
        piece = generator.choice((generator.choice(PIECES), text[start:end] * generator.randrange(4), ""))
        text = text[:start] + piece + text[end if generator.random() < 0.6 else start :]
    if generator.random() < 0.02:
        text = generator.choice((text * 40, "{" * 300 + text, generator.choice(PIECES) * 2000, f"{text}^" * 30 + "9"))
    return text


def read_everything(text: str) -> None:
    """The text through each door of the reader; our own errors are what may come out."""
    for syntax in ("latex", "plain"):
        try:
            statements = read_text(text, syntax, MACROS).statements
        except SymdlError:
            continue
        for node in statements:
            _elaborated(node, text)
    for profile in (PLAIN, DEEP_LEARNING):
        try:
            read_claims(text, profile=profile)
        except SymdlError:
            continue


def _elaborated(node: object, text: str) -> None:
    try:
        if not isinstance(node, Relation):
            elaborate(node, DEEP_LEARNING, text=text)
        elif define(node, DEEP_LEARNING, text=text) is None:
            compare(node, DEEP_LEARNING, Scope(), sequences=True, text=text)
    except SymdlError:
        pass
    try:
        if not isinstance(node, Relation) and wants_arrays(node, {}):
            read_array(node, text=text)
    except SymdlError:
        pass


def broken(text: str) -> str | None:
    """What is wrong with how the text is treated; None where nothing is."""
    start = time.process_time()
    problem = _RUNNER.submit(read_everything, text).exception()
    if problem is not None:
        return "".join(traceback.format_exception(problem, limit=-4))
    seconds = time.process_time() - start
    return f"took {seconds:.2f} s" if seconds > SLOW else None


def main(seconds: float, seed: int) -> int:
    """Run for so long and print what was found."""
    generator = random.Random(seed)
    end, count, found = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        text = mutated(generator)
        count += 1
        problem = broken(text)
        if problem is not None:
            found += 1
            print(f"{text[:400]!r}\n{problem}\n")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{count} inputs, {found} broke a promise, {memory} MB at most")
    return int(found > 0)


if __name__ == "__main__":
    arguments = [float(argument) for argument in sys.argv[1:]]
    sys.exit(main(arguments[0] if arguments else 60.0, int(arguments[1]) if len(arguments) > 1 else 1))
