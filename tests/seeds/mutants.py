"""``make mutants``: run every mutant of the 28 changes and say which were killed.

A mutant is a test ``test_mutant_WHAT`` of ``test_sNN.py``: it removes or reverses the mechanism and
passes if the check notices.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

DIRECTORY = Path(__file__).parent
MUTANT = re.compile(r"test_s(\d\d)\.py::test_mutant_(.+)")


class Table:
    """Collects results: by change and mutant, with its parameters, whether it was killed."""

    def __init__(self) -> None:
        self.killed: dict[int, dict[str, bool]] = defaultdict(dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test is over."""
        found = MUTANT.search(report.nodeid)
        if found and (report.when == "call" or report.failed or report.skipped):
            mutants, name = self.killed[int(found[1])], found[2].replace("_", " ")
            mutants[name] = report.passed

    def lines(self) -> list[str]:
        """The table."""
        rows = ["change  mutants  killed  which"]
        for number, mutants in sorted(self.killed.items()):
            count = Counter(name.partition("[")[0] for name in mutants)
            names = [name + f" ({n})" * (n > 1) for name, n in count.items()]
            names += [f"{name} SURVIVED" for name, dead in mutants.items() if not dead]
            row = f"S{number:<6} {len(mutants):7} {sum(mutants.values()):7}  {'; '.join(names)}"
            rows.append(row)
        every = [dead for mutants in self.killed.values() for dead in mutants.values()]
        rows.append(f"all     {len(every):7} {sum(every):7}  of {len(self.killed)} changes")
        return rows


def main(options: list[str]) -> int:
    """Run them, with further options for pytest; the exit status."""
    table = Table()
    arguments = [str(DIRECTORY), "-q", "-k", "test_mutant", *options]
    status = pytest.main(arguments, plugins=[table])
    print("\n".join(table.lines()))
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
