"""Answers marked a second on one core, beside Math-Verify where it is installed.

Run: ``python tests/benchmarks/marking.py [FILE.jsonl]``. The right answers are read once before the clock starts,
those of Math-Verify too; times are process times, so that other work on the machine counts little.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module, util
from pathlib import Path

from symdl.core import Question
from symdl.quiz.marking import mark_answer

PAIRS = Path(__file__).parent.parent / "data" / "answers" / "pairs.jsonl"
ROUNDS = 3


def main() -> None:
    """Print rates, percentiles and the number of answers accepted and refused."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    questions = [Question(row["gold"], given=tuple(row.get("given", ()))) for row in rows]
    for question in questions:
        mark_answer(question, question.answer)
    own = measured("symdl", rows, lambda number: mark_answer(questions[number], rows[number]["answer"]).right)
    if util.find_spec("math_verify") is None:
        print("math_verify is not installed: pip install math-verify")
        return
    parse, verify = (getattr(import_module("math_verify"), name) for name in ("parse", "verify"))
    golds = [parse(f"${row['gold']}$") for row in rows]
    peer = measured("math_verify", rows, lambda number: verify(golds[number], parse(f"${rows[number]['answer']}$")), 1)
    print(f"symdl / math_verify: {own / peer:.0f}")


def measured(name: str, rows: list[dict[str, object]], accepts: Callable[[int], bool], rounds: int = ROUNDS) -> float:
    """Answers a second; the first round, with nothing remembered, is printed too."""
    rate = 0.0
    for number in range(1, rounds + 1):
        times, accepted = [], [0, 0]
        for place, row in enumerate(rows):
            start = time.process_time()
            right = bool(accepts(place))
            times.append(time.process_time() - start)
            accepted[bool(row["equal"])] += right
        times.sort()
        rate = len(times) / sum(times)
        p50, p99 = (1e3 * times[int(len(times) * part)] for part in (0.5, 0.99))
        found = (
            f"{accepted[1]} of {sum(bool(row['equal']) for row in rows)} right ones accepted, {accepted[0]} wrong ones"
        )
        print(f"{name} round {number}: {rate:.0f} a second, median {p50:.2f} ms, p99 {p99:.1f} ms; {found}")
    return rate


if __name__ == "__main__":
    main()
