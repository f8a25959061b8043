"""The check of a chapter with many formulas: cold, and from the cache.

``python tests/benchmarks/chapter.py 300`` writes a chapter of so many formulas, made from the library's
own definitions in changing letters, checks it twice and prints both times, the slowest formulas and the
outcomes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, cycle, islice
from pathlib import Path

from symdl.documents import check_text

LETTERS = ("x", "z", "u", "s")
FUNCTIONS = (
    ("Sigmoid", r"\frac{1}{1+e^{-%s}}", r"%(f)s(%(x)s)(1 - %(f)s(%(x)s))"),
    ("Hyperbolic tangent", r"\frac{e^{%s} - e^{-%s}}{e^{%s} + e^{-%s}}", r"1 - %(f)s(%(x)s)^2"),
    ("Softplus", r"\log(1 + e^{%s})", r"\frac{1}{1 + e^{-%(x)s}}"),
    ("ReLU", r"\max(0, %s)", ""),
    ("SiLU", r"\frac{%s}{1 + e^{-%s}}", ""),
)
RULES = (
    ("Momentum", (r"v_{t+1} = %(b)s v_t - %(e)s \nabla_\theta L(\theta_t)", r"\theta_{t+1} = \theta_t + v_{t+1}")),
    ("AdaGrad", (r"G_t = G_{t-1} + g_t^2", r"\theta_{t+1} = \theta_t - \frac{%(e)s}{\sqrt{G_t} + \epsilon} g_t")),
    (
        "Adam",
        (
            r"m_t = %(b)s_1 m_{t-1} + (1 - %(b)s_1) g_t",
            r"v_t = %(b)s_2 v_{t-1} + (1 - %(b)s_2) g_t^2",
            r"\hat m_t = \frac{m_t}{1 - %(b)s_1^t}",
            r"\hat v_t = \frac{v_t}{1 - %(b)s_2^t}",
            r"\theta_{t+1} = \theta_t - \frac{%(e)s}{\sqrt{\hat v_t} + \epsilon} \hat m_t",
        ),
    ),
)
IDENTITIES = (
    r"(%s + 1)^2 = %s^2 + 2%s + 1",
    r"1 - \tanh^2 %s = \frac{1}{\cosh^2 %s}",
    r"\log(1 + e^{%s}) - \log(1 + e^{-%s}) = %s",
    r"e^{%s} \geq 1 + %s",
)


def chapter(count: int) -> str:
    """A chapter of about so many formulas."""
    return "\n\n".join(islice(_sections(), _sections_for(count)))


def _sections_for(count: int) -> int:
    counts = (section.count("$$") // 2 + section.replace("$$", "").count("$") // 2 for section in _sections())
    return next(number for number, total in enumerate(accumulate(counts), 1) if total >= count)


def _sections() -> Iterator[str]:
    for number, letter in enumerate(cycle(LETTERS)):
        beta, eta = ("\\beta", "\\gamma", "\\rho")[number % 3], ("\\eta", "\\alpha", "\\lambda")[number % 3]
        name, body, slope = FUNCTIONS[number % len(FUNCTIONS)]
        function = "fgh"[number % 3]
        yield f"## {name} {number}\n\nLet $f$ be a function and ${function}({letter}) = {body.replace('%s', letter)}$."
        if slope:
            yield f"Then ${function}'({letter}) = {slope % {'f': function, 'x': letter}}$."
        rule, lines = RULES[number % len(RULES)]
        displays = "\n\n".join(f"$$\n{line % {'b': beta, 'e': eta}}\n$$" for line in lines)
        yield f"## {rule} {number}\n\nWith the gradient $g_t$ at $\\theta_t$, {rule} is\n\n{displays}"
        yield f"## Identities {number}\n\nAlso ${IDENTITIES[number % len(IDENTITIES)].replace('%s', letter)}$ holds."


def seconds(folder: Path) -> tuple[float, float]:
    """How long the command takes from start to exit, and its processor time."""
    start, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, "-m", "symdl", "check", "chapter.md"], cwd=folder, capture_output=True, check=False)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, used


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formulas", type=int, nargs="?", default=300)
    text = chapter(parser.parse_args().formulas)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "chapter.md").write_text(text, encoding="utf-8")
        cold, warm = seconds(Path(folder)), min(seconds(Path(folder)) for _ in range(3))
    report = check_text(text, "chapter.md")
    print(f"{report.summary['statements']} statements in {len(text)} characters")
    for name, (elapsed, used) in (("cold", cold), ("from the cache", warm)):
        print(f"{name}: {elapsed:.2f} s, of the processor {used:.2f} s")
    print(report.summary)
    print(Counter(finding.code for finding in report.findings if finding.severity != "info"))


if __name__ == "__main__":
    main()
