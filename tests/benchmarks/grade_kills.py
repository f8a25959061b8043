"""Kill the grader or one of its workers at random moments, and count how often each row was marked.

Usage: python tests/benchmarks/grade_kills.py [KILLS] [ROWS] [SEED]
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

GRADER = "import sys; from symdl.quiz.grading import grade_file; grade_file(sys.argv[1], sys.argv[2], processes=2)"


def write_answers(path: Path, rows: int) -> None:
    """So many different answers, some of them wrong."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            answer = f"x^2 + {number}x + x" if number % 2 else f"x({number + 1 + number % 4} + x)"
            file.write(json.dumps({"gold": f"x (x + {number} + 1)", "answer": answer, "id": f"row-{number}"}) + "\n")


def children(process: int) -> list[int]:
    """The processes that a process started."""
    listed = Path(f"/proc/{process}/task")
    found: list[int] = []
    for task in listed.iterdir() if listed.exists() else ():
        found += [int(word) for word in (task / "children").read_text().split()]
    return found


def grade_under_fire(source: Path, marks: Path, kills: int, random_source: random.Random, wait: float) -> Counter[str]:
    """Run until the file is marked; the first runs and their workers are killed at random moments."""
    fallen: Counter[str] = Counter()
    while True:
        run = subprocess.Popen([sys.executable, "-c", GRADER, str(source), str(marks)], start_new_session=True)
        while run.poll() is None and fallen.total() < kills:
            while random_source.random() < 0.99 and run.poll() is None and not children(run.pid):
                time.sleep(0.02)
            time.sleep(random_source.uniform(0.05, wait))
            victims = children(run.pid)
            if victims and random_source.random() < 0.5:
                fallen["worker"] += _kill(random_source.choice(victims))
            else:
                fallen["grader"] += _kill(run.pid)
                break
        if run.wait() != -signal.SIGKILL:
            if run.returncode:
                raise SystemExit(f"the grader gave up: exit code {run.returncode}")
            return fallen
        _end_group(run.pid)


def _kill(process: int) -> int:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def _end_group(process: int) -> None:
    """Workers whose grader is dead end by themselves; this waits for none."""
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def times_marked(marks: Path) -> Counter[int]:
    with marks.open(encoding="utf-8") as file:
        return Counter(json.loads(line)["row"] for line in file)


def grades(marks: Path) -> Counter[str]:
    with marks.open(encoding="utf-8") as file:
        return Counter(json.loads(line)["grade"] for line in file)


def main(kills: int = 50, rows: int = 30_000, seed: int = 1) -> int:
    with tempfile.TemporaryDirectory() as folder:
        source, marks = Path(folder, "answers.jsonl"), Path(folder, "marks.jsonl")
        write_answers(source, rows)
        began = time.monotonic()
        fallen = grade_under_fire(source, marks, kills, random.Random(seed), 3.0)
        once = times_marked(marks) == Counter(range(1, rows + 1))
        print(f"killed: {dict(fallen)}; {rows} rows each marked once: {once}; {dict(grades(marks))}")
        print(f"{time.monotonic() - began:.0f} s")
    return 0 if once else 1


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
