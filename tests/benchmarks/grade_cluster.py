"""Grade on a local Dask cluster of three workers of which one is killed midway: is every row marked once?

Usage: python tests/benchmarks/grade_cluster.py [ROWS]
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from distributed import LocalCluster
from grade_kills import grades, times_marked, write_answers

from symdl.quiz.grading import grade_file


def kill_one_midway(cluster: LocalCluster, marks: Path, fallen: list[int]) -> None:
    """Once some rows are marked, end the process of one worker."""
    while not marks.exists() or not marks.stat().st_size:
        time.sleep(0.02)
    process = next(iter(cluster.workers.values())).process.pid
    os.kill(process, signal.SIGKILL)
    fallen.append(process)


def main(rows: int = 20_000) -> int:
    with tempfile.TemporaryDirectory() as folder, LocalCluster(n_workers=3, threads_per_worker=1) as cluster:
        source, marks = Path(folder, "answers.jsonl"), Path(folder, "marks.jsonl")
        write_answers(source, rows)
        fallen: list[int] = []
        threading.Thread(target=kill_one_midway, args=(cluster, marks, fallen), daemon=True).start()
        began = time.monotonic()
        grade_file(source, marks, scheduler=cluster.scheduler_address)
        once = times_marked(marks) == Counter(range(1, rows + 1))
        print(f"killed {len(fallen)} of 3 workers; {rows} rows each marked once: {once}; {dict(grades(marks))}")
        print(f"{time.monotonic() - began:.0f} s")
    return 0 if once and fallen else 1


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
