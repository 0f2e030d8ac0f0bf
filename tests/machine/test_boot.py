"""The kernel image on the bare machine: it boots, takes system calls, and repeats itself."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.machine.guests import Piece
from tracefs.image import Image
from tracefs.machine import Cpu, Hypercall, Machine
from tracefs.machine.layout import GUEST_SIZE, GUEST_START

IMAGE = Path(__file__).parents[2] / "kernel_image" / "build" / "x86_64" / "vmlinux"
SYS_GETPID = 39
THREAD_SIZE = 16384

pytestmark = pytest.mark.skipif(not IMAGE.exists(), reason="no kernel image: make image")


class Booted:
    """A machine with the kernel up to its first program."""

    def __init__(self, cpus: int, seed: int | None) -> None:
        image = Image.load(IMAGE)
        abi, symbol = image.abi, image.symbol
        self.machine = machine = Machine(cpus, seed)
        self.memory = machine.memory
        machine.map_kernel(
            Piece(s.va, bytes(s.data), s.memsize, bool(s.flags & 1)) for s in image.segments
        )
        machine.set_percpu(
            symbol("pcpu_hot"),
            abi.size("pcpu_hot"),
            poll=abi.offset("pcpu_hot", "host_poll"),
            clock=abi.offset("pcpu_hot", "clock_ns"),
        )
        scale = machine.clock.scale
        params = {
            "ram_start": GUEST_START,
            "ram_end": GUEST_START + GUEST_SIZE,
            "nr_cpus": cpus | int(machine.deterministic) << 32,
            "tsc_mult": scale.mult,
            "tsc_shift": scale.shift,
            "tsc_base": scale.base,
        }
        for name, value in params.items():
            at = symbol("boot_params") + abi.offset("boot_params", name)
            self.memory.put_u64(at, value)

        def start_secondary(cpu: Cpu) -> int:
            machine.start_cpu(cpu.arg(0), symbol("secondary_startup_64"), cpu.arg(2))
            return 0

        def die(cpu: Cpu) -> None:
            raise cpu.crash(self.memory.cstring(cpu.arg(1)))

        machine.hypercalls[Hypercall.USER] = lambda cpu: None
        machine.hypercalls[Hypercall.BOOTED] = start_secondary
        machine.hypercalls[Hypercall.DIE] = die
        self._events = symbol("lapic_events") + abi.offset("clock_event_device", "next_event")
        self._event_size = abi.size("clock_event_device")
        machine.timers = self.until_timer
        machine.start_cpu(0, symbol("startup_64"), symbol("init_thread_union") + THREAD_SIZE)
        machine.start_idle()
        self.run_to_user()

    def until_timer(self, cpu: Cpu) -> float | None:
        """Seconds to the next event of a CPU's timer."""
        due = self.memory.u64(self._events + cpu.number * self._event_size)
        return (due - self.machine.clock.now()) / 1e9 if 0 < due < 1 << 62 else None

    def run_to_user(self) -> None:
        """Run, with pauses for the idle thread to wake sleepers, until somebody is in user mode."""
        end = time.monotonic() + 10
        while not self.machine.run(lambda: self.user_cpu() is not None):
            assert time.monotonic() < end
            time.sleep(0.002)

    def user_cpu(self) -> Cpu | None:
        """The CPU that stands in user mode."""
        held = [cpu for cpu in self.machine.cpus if cpu.stopped_at == Hypercall.USER]
        return held[0] if held else None

    def syscall(self, number: int, *args: int) -> int:
        """A system call of pid 1."""
        with self.machine.lock:  # else the idle thread may be running that CPU
            cpu = self.user_cpu()
            assert cpu is not None
            cpu.put_syscall(number, *args)
            self.machine.run(lambda: self.user_cpu() is not None)
            again = self.user_cpu()
            assert again is not None
            return again.sarg(0)

    def digest(self) -> str:
        """All RAM that the guest has, and the machine's own low pages."""
        base = self.memory.layout.page_offset
        end = GUEST_START + GUEST_SIZE
        return hashlib.sha256(self.memory.read(base, end)).hexdigest()


@pytest.fixture
def boot() -> Iterator[Callable[..., Booted]]:
    """Boots machines that are closed after the test."""
    made: list[Booted] = []

    def make(cpus: int = 2, seed: int | None = None) -> Booted:
        made.append(Booted(cpus, seed))
        return made[-1]

    yield make
    for booted in made:
        booted.machine.close()


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_boots_and_takes_system_calls(
    boot: Callable[..., Booted], cpus: int, seed: int | None
) -> None:
    booted = boot(cpus, seed)
    assert all(cpu.online for cpu in booted.machine.cpus)
    for _ in range(20):
        assert booted.syscall(SYS_GETPID) == 1
    assert booted.syscall(9999) == -38


def test_same_seed_same_memory(boot: Callable[..., Booted]) -> None:
    digests = []
    for seed in (7, 7, 8):
        booted = boot(2, seed)
        for _ in range(5):
            booted.syscall(SYS_GETPID)
        digests.append(booted.digest())
    assert digests[0] == digests[1] != digests[2]
