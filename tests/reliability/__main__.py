"""Runs the gates one after the other and prints their table: `python -m tests.reliability G8 G11`.

Without arguments all of them. Exits 1 if a number is not reached. One that
cannot be measured here says what is missing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.reliability.gates import GATES, MARKS, Gate, Measured, row

ROOT = Path(__file__).parent.parent.parent
COLUMNS = ("gate", "what happens", "number to reach", "measured", "reached")
HEAD = f"| {' | '.join(COLUMNS)} |\n{'| --- ' * len(COLUMNS)}|"


def run(gate: Gate) -> str:
    """The row of a gate; of one whose script breaks, what it said last."""
    command = [sys.executable, "-W", "ignore", "-m", f"tests.reliability.{gate.script}"]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=2 * gate.seconds + 30,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return row(gate, Measured(reached=False, found=f"not done in {2 * gate.seconds} s"))
    lines = [line for line in done.stdout.splitlines() if line.startswith("| G")]
    if lines:
        return lines[-1]
    told = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
    return row(gate, Measured(reached=False, found=f"broken: {told[:200]}"))


def main() -> None:
    chosen = [gate for gate in GATES if not sys.argv[1:] or gate.number in sys.argv[1:]]
    print(HEAD, flush=True)
    rows = []
    for gate in chosen:
        rows.append(run(gate))
        print(rows[-1], flush=True)
    sys.exit(1 if any(each.endswith(f"| {MARKS[False]} |") for each in rows) else 0)


if __name__ == "__main__":
    main()
