"""All orders of steps that differ in anything, each executed once.

An instruction that uses no memory which another CPU uses too (one of them writing) gives the same
whether others step before or after it.  So where some CPU is about to execute such an *invisible*
one, only that CPU goes on; all CPUs are tried only where each stands before a visible one.  Which
are visible is found out on the way (stage.py): when a search learns of another one, it begins anew.
At its end, therefore, no invisible instruction that it executed used what another CPU had written
or would read, in any of the orders; by induction over the length of an order, every order of single
instructions leads to the checks and the end of one that was executed (partial-order reduction by
persistent sets).  An NMI's arrival only writes the stack of the CPU that takes it: invisible, but
tried at every single instruction.

Two orders that lead to the same state have the same future, which is explored once and counted as
often as it is reached.  A CPU that spins comes back to a state of its own past; that way is not
followed, since some other CPU's step ends the spin, and is tried there as well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import NamedTuple

from tracefs.explore.stage import Learnt, Stage, State, Violation

NMI = 0
"""A count that means: an NMI arrives."""
RUN = -1
"""A count that means: all instructions up to the next visible one (Stage.run)."""
Schedule = list[tuple[int, int]]
"""(CPU, instructions it executes, or NMI)."""


class Failure(Exception):
    """A violation, and the schedule that leads to it."""

    def __init__(self, reason: str, schedule: Schedule) -> None:
        super().__init__(reason)
        self.schedule = schedule


class Action(NamedTuple):
    """What may happen next: a step of a CPU, or an NMI at it."""

    cpu: int
    nmi: bool


@dataclass
class Result:
    """What a search covered.

    ``orders`` counts the different orders of visible steps and NMIs from the begin to the end,
    ``arrivals`` the moments in which an NMI arrived, ``old`` and ``new`` how often a site was
    executed as it was and as it becomes.
    """

    orders: int = 0
    states: int = 0
    merged: int = 0
    instructions: int = 0
    arrivals: int = 0
    old: int = 0
    new: int = 0

    def __add__(self, other: Result) -> Result:
        mine, its = astuple(self), astuple(other)
        return Result(*(a + b for a, b in zip(mine, its, strict=True)))


@dataclass
class _Node:
    state: State
    key: int | None
    actions: list[Action]
    at: int
    next: int = 0
    orders: int = 0


class Search:
    """A depth-first search from where a stage stands.

    ``may_take`` says whether an NMI may arrive at a CPU now, ``waits_for`` whether one may at some
    instruction to come, all of which are stopped at then; ``counts`` whether an order
    that has ended counts; ``check`` raises Violation at an end that is wrong.
    """

    def __init__(
        self,
        stage: Stage,
        may_take: Callable[[int], bool],
        waits_for: Callable[[int], bool],
        check: Callable[[], None],
        counts: Callable[[], bool] = lambda: True,
    ) -> None:
        self._stage = stage
        self._may_take = may_take
        self._waits_for = waits_for
        self._check = check
        self._counts = counts
        self._path: Schedule = []

    def run(self) -> Result:
        """Search, anew as long as it learns what is visible.  Raises Failure."""
        stage = self._stage
        begin = stage.save()
        while True:
            stage.arm()
            self.result = Result()
            self._path = []
            before = stage.instructions
            stage.old = stage.new = 0
            try:
                self._search()
                self.result.instructions = stage.instructions - before
                self.result.old, self.result.new = stage.old, stage.new
                return self.result
            except Learnt:
                pass
            except Violation as violation:
                stage.restore(begin)
                raise Failure(str(violation), single_steps(stage, self._path)) from violation
            finally:
                stage.restore(begin)

    # ---- inside

    def _search(self) -> None:
        stage = self._stage
        done: dict[int, int] = {}
        open_: set[int] = set()
        stack: list[_Node] = []
        root = self._go_on()
        if root is None:
            self.result.orders = self._counts()
            return
        stack.append(root)
        while stack:
            node = stack[-1]
            if node.next == len(node.actions):
                stack.pop()
                if node.key is not None:
                    open_.discard(node.key)
                    done[node.key] = node.orders
                if stack:
                    stack[-1].orders += node.orders
                else:
                    self.result.orders = node.orders
                continue
            action = node.actions[node.next]
            if node.next:
                stage.restore(node.state)
                del self._path[node.at :]
            node.next += 1
            self._act(action)
            child = self._go_on()
            if child is None:
                node.orders += self._counts()
            elif child.key is not None and child.key in done:
                self.result.merged += 1
                node.orders += done[child.key]
            elif child.key is None or child.key not in open_:
                if child.key is not None:
                    open_.add(child.key)
                    self.result.states += 1
                stack.append(child)

    def _go_on(self) -> _Node | None:
        """Step while there is nothing to choose; the choice, or None at the end."""
        while True:
            if self._stage.news:
                raise Learnt
            actions, visible = self._actions()
            if not actions:
                self._check()
                return None
            if len(actions) > 1 or visible:
                state = self._stage.save()
                key = self._stage.key(state) if visible else None
                return _Node(state, key, actions, len(self._path))
            number = actions[0].cpu
            if self._waits_for(number) and not self._stage.in_nmi[number]:
                self._act(actions[0])
            else:
                self._path.append((number, RUN))
                self._stage.run(number)

    def _actions(self) -> tuple[list[Action], bool]:
        """What may happen next, and whether all CPUs stand before visible instructions."""
        stage = self._stage
        active = [
            n for n in range(len(stage.cpus)) if stage.in_nmi[n] or (n == 0 and not stage.done[n])
        ]
        for n in active:
            if not stage.is_visible(n):
                return self._of(n), False
        if active or not stage.done[0]:
            return [action for n in range(len(stage.cpus)) for action in self._of(n)], True
        return [], True

    def _of(self, n: int) -> list[Action]:
        stage = self._stage
        actions = []
        if stage.in_nmi[n] or (n == 0 and not stage.done[n]):
            actions.append(Action(n, False))
        if not stage.in_nmi[n] and self._may_take(n):
            actions.append(Action(n, True))
        return actions

    def _act(self, action: Action) -> None:
        stage = self._stage
        self._path.append((action.cpu, NMI if action.nmi else 1))
        if action.nmi:
            self.result.arrivals += 1
            stage.nmi(action.cpu)
        else:
            stage.step(action.cpu)


def single_steps(stage: Stage, path: Schedule) -> Schedule:
    """A path from where the stage stands, with the number of instructions of each run, and the
    steps of one CPU in a row as one entry."""
    steps: Schedule = []
    with contextlib.suppress(Violation):
        for cpu, count in path:
            if count == NMI:
                steps.append((cpu, NMI))
                stage.nmi(cpu)
                continue
            was_in_nmi = stage.in_nmi[cpu]
            while True:
                steps.append((cpu, 1))
                stage.step(cpu)
                ended = stage.done[cpu] or stage.in_nmi[cpu] != was_in_nmi
                if count != RUN or ended or stage.is_visible(cpu):
                    break
    result: Schedule = []
    for cpu, count in steps:
        if count and result and result[-1][0] == cpu and result[-1][1]:
            result[-1] = (cpu, result[-1][1] + count)
        else:
            result.append((cpu, count))
    return result


def to_text(schedule: Schedule) -> str:
    """A schedule as ``--replay`` takes it: ``0:112 1! 1:25``."""
    return " ".join(f"{cpu}:{count}" if count else f"{cpu}!" for cpu, count in schedule)


def from_text(text: str) -> Schedule:
    """The schedule of such a text.  Raises ValueError."""
    schedule: Schedule = []
    for word in text.split():
        cpu, _, count = word.partition("!" if word.endswith("!") else ":")
        schedule.append((int(cpu), NMI if word.endswith("!") else int(count)))
    return schedule
