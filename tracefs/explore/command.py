"""``tracefs explore nmi``: explore, with a bar, and report; a failure step by step."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tracefs.errors import UserError
from tracefs.explore.nmi import RELEASE, SITE, Explorer, Task
from tracefs.explore.search import Failure, Result, from_text, to_text

MAX_JOBS = 4


@dataclass(frozen=True)
class Plan:
    """What is to be explored: the arguments of the command."""

    release: str = RELEASE
    site: str = SITE
    mutant: str | None = None
    repaired: bool = False
    together: bool = False
    reduced: bool = True

    def explorer(self) -> Explorer:
        """A machine for it.  Raises UserError."""
        return Explorer(self.release, self.site, self.mutant, self.repaired, self.reduced)

    def options(self) -> str:
        """The command's options that give it."""
        words = [f"--release {self.release}"] if self.release != RELEASE else []
        words += [f"--site {self.site}"] if self.site != SITE else []
        words += [f"--mutant {self.mutant}"] if self.mutant else []
        return " ".join(words + ["--repaired"] * self.repaired)


@dataclass
class Report:
    """The outcome: what was covered until the first failure, if there is one."""

    result: Result = field(default_factory=Result)
    failure: str = ""
    schedule: str = ""


# A worker's own machine.
_worker: list[Explorer] = []


def _start(plan: Plan) -> None:
    _worker.append(plan.explorer())


def _explore(task: Task) -> Report:
    return _one(_worker[0], task)


def _one(explorer: Explorer, task: Task) -> Report:
    try:
        return Report(explorer.explore(task))
    except Failure as failure:
        # Replay begins where all parts do.
        schedule = to_text([(n, task.start) for n in (1,) if task.start] + failure.schedule)
        return Report(Result(), str(failure), schedule)


def _reports(plan: Plan, explorer: Explorer, jobs: int) -> Iterator[Report]:
    tasks = explorer.tasks(plan.together)
    if jobs == 1:
        yield from (_one(explorer, task) for task in tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _start, (plan,)) as pool:
        try:
            yield from pool.map(_explore, tasks)
        finally:
            pool.shutdown(cancel_futures=True)


def explore(plan: Plan, jobs: int, progress: Any, explorer: Explorer) -> Report:
    """Explore all of a plan; stops at the first failure."""
    whole = Report()
    bar = progress.add_task("exploring", total=len(explorer.tasks(plan.together)))
    for report in _reports(plan, explorer, jobs):
        if report.failure:
            return report
        whole.result += report.result
        progress.advance(bar)
    return whole


def run(plan: Plan, jobs: int | None, replay: str | None) -> int:
    """The command; 1 if something illegal is executed.  Raises UserError."""
    explorer = plan.explorer()
    try:
        if replay is not None:
            return _replay(explorer, replay)
        return _run(plan, jobs or min(os.cpu_count() or 1, MAX_JOBS), explorer)
    finally:
        explorer.close()


def _run(plan: Plan, jobs: int, explorer: Explorer) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    names = " and ".join(site.name for site in explorer.sites)
    print(f"release {plan.release}, {len(explorer.stage.cpus)} CPUs; {names}: nop -> call")
    how = "one at each CPU" if plan.together else "one, at any CPU"
    print(f"NMIs: {how}, at any instruction; their handlers execute both sites", flush=True)
    began = time.monotonic()
    with Progress(*columns, console=Console(file=sys.stderr)) as progress:
        report = explore(plan, jobs, progress, explorer)
    if report.failure:
        print(f"FAILED: {report.failure}")
        print(f"schedule: {report.schedule}")
        for line in explorer.replay(from_text(report.schedule)):
            print(f"  {line}")
        options = f"{plan.options()} ".lstrip()
        print(f"again: tracefs explore nmi {options}--replay '{report.schedule}'")
        return 1
    result = report.result
    rows = (
        (result.orders, "orders of steps that differ (interleavings), all covered"),
        (result.arrivals, "arrivals of an NMI"),
        (result.states, "states of the machine"),
        (result.instructions, "instructions executed"),
        (result.old, "times a site was executed as it was"),
        (result.new, "times as it becomes"),
        (0, "times as anything else"),
    )
    for number, text in rows:
        print(f"{number:>26,}  {text}")
    print(f"passed in {time.monotonic() - began:.1f} s: every order ends as without an NMI")
    return 0


def _replay(explorer: Explorer, text: str) -> int:
    try:
        schedule = from_text(text)
        bad = [cpu for cpu, _ in schedule if not 0 <= cpu < len(explorer.stage.cpus)]
    except ValueError:
        raise UserError(f"no schedule: '{text}' (such as '0:112 1! 1:25')") from None
    if bad:
        raise UserError(f"there is no CPU {bad[0]}")
    lines, failed = explorer.replayed(schedule)
    print("\n".join(lines))
    return int(failed)
