"""Grade a million rows, most of which come again, and measure time and memory of the grader and its workers.

Usage: python tests/benchmarks/grade_million.py [ROWS] [DIFFERENT]
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from grade_kills import children, grades

GOLDS = (
    (r"\sigma(x)(1-\sigma(x))", r"\frac{{e^{{-x}}}}{{(1+e^{{-x}})^2}} + {k}x", r"\sigma(x) - \sigma(x)^2"),
    (r"1-\tanh^2(x)", r"\operatorname{{sech}}^2(x) + {k}", r"\operatorname{{sech}}^2 x"),
    (r"\frac{p-y}{p(1-p)}", r"\frac{{1-y}}{{1-p}} - \frac{{{k}y}}{{p}}", r"\frac{{1-y}}{{1-p}} - \frac{{y}}{{p}}"),
    (r"x^2 + 2x + 1", r"So the final answer is \boxed{{(x+{k})^2}}.", r"I get $(x+1)^2$"),
    (r"w - \eta (g + \lambda w)", r"(1-\eta\lambda) w - {k}\eta g", r"(1-\eta\lambda) w - \eta g"),
    (r"\frac{1}{2}\ln(2\pi) + \frac{x^2}{2}", r"\frac{{x^2 + \ln(2\pi)}}{{2}} + {k}", r"\frac{{x^2 + \ln(2\pi)}}{{2}}"),
    (r"2(wx+b-y)x", r"2x(wx+b-y) + {k}b", r"2wx^2 + 2bx - 2xy"),
    (r"e^{-x^2/2}", r"the answer is $-xe^{{-x^2/{k}}}$", r"\sqrt{{e^{{-x^2}}}}"),
)


def write(path: Path, rows: int, different: int) -> None:
    """Rows drawn from so many pairs, the first ones most often."""
    source = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        for _ in range(rows):
            number = int(different * source.random() ** 2)
            gold, wrong, right = GOLDS[number % len(GOLDS)]
            answer = (right if number % 3 == 0 and number < 300 else wrong).format(k=number // len(GOLDS) + 3)
            file.write(json.dumps({"gold": gold, "answer": answer}) + "\n")


def memory(process: int) -> int:
    """Bytes of a process and its children, shared ones counted once."""
    total = 0
    for one in (process, *children(process)):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
    return total


def main(rows: int = 1_000_000, different: int = 20_000) -> int:
    with tempfile.TemporaryDirectory() as folder:
        source, marks = Path(folder, "answers.jsonl"), Path(folder, "marks.jsonl")
        write(source, rows, different)
        print(f"{rows:,} rows, {source.stat().st_size / 2**20:.0f} MB", flush=True)
        command = [sys.executable, "-m", "symdl", "grade", str(source), "-o", str(marks), "--processes", "2"]
        began, most = time.monotonic(), 0
        run = subprocess.Popen(command)
        done = threading.Event()
        while not done.wait(1.0):
            most = max(most, memory(run.pid))
            if run.poll() is not None:
                done.set()
        seconds = time.monotonic() - began
        print(f"{seconds:.0f} s, {rows / seconds:,.0f} rows/s, at most {most / 2**20:.0f} MB; {dict(grades(marks))}")
    return run.returncode


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
