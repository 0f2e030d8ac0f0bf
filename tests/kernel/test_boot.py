"""A booted system: what it says, where its CPUs are, what a failed boot tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.client import Process
from tracefs.kernel.boot import BootError, System
from tracefs.kernel.syscalls import HC_USER

Boot = Callable[..., System]


def test_all_cpus_are_online(system: System, client: Process) -> None:
    assert [cpu.online for cpu in system.machine.cpus] == [True, True]
    assert "Brought up 1 node, 2 CPUs" in client.cat(".machine/dmesg")


@pytest.mark.parametrize("cpus", [1, 4])
def test_other_numbers_of_cpus(boot: Boot, cpus: int) -> None:
    system = boot(cpus=cpus)
    process = Process(system.service)
    try:
        assert f"{cpus} CPUs" in process.cat(".machine/dmesg") or cpus == 1
        assert all(cpu.online for cpu in system.machine.cpus)
        assert process.ls("per_cpu") == [f"cpu{n}" for n in range(cpus)]
        process.echo("function", "current_tracer")
        assert process.workload("fork", 3) == "0x2100"
        process.echo("nop", "current_tracer")
    finally:
        process.end()


def test_the_log_has_the_lines_of_a_boot(client: Process) -> None:
    log = client.cat(".machine/dmesg")
    assert re.search(r"ftrace: allocating \d+ entries in \d+ pages", log)
    assert "Linux version 6.1.0" in log
    assert "Run /sbin/init as init process" in log
    stamps = [float(line[1:].split("]")[0]) for line in log.splitlines()]
    assert stamps == sorted(stamps)


def test_modules_of_the_boot_are_live(client: Process) -> None:
    modules = client.cat(".machine/proc/modules")
    assert {"ext4", "crc32c_generic"} <= {line.split()[0] for line in modules.splitlines()}
    assert all(" Live " in line for line in modules.splitlines())


def test_init_is_in_user_mode(system: System) -> None:
    assert system.init.pid == 1
    assert system.syscalls.enter(system.init).stopped_at == HC_USER


def test_a_missing_image_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(BootError, match=r"vmlinux: No such file or directory$"):
        System(directory=tmp_path)


def test_a_damaged_image_is_one_clear_line(tmp_path: Path, system: System) -> None:
    good = (system.directory / "vmlinux").read_bytes()
    (tmp_path / "vmlinux").write_bytes(good[: len(good) // 2])
    with pytest.raises(BootError) as caught:
        System(directory=tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("release", ["6.1", "2.6.28"])
def test_boot_code_is_not_needed_any_more(boot: Boot, release: str) -> None:
    system = boot(release=release)
    start, end = system.symbol("__init_begin"), system.symbol("_einittext")
    with system.machine.lock:
        system.memory.write(start, b"\xcc" * (end - start))
        system.machine.flush_text()
    client = Process(system.service)
    try:
        names = client.cat(".machine/workload").splitlines()[0].partition(": ")[2].split()
        for name in set(names) - {"oops", "hang"}:
            client.workload(name, 2)
        client.echo("dummy", ".machine/insmod")
        client.echo("dummy", ".machine/rmmod")
    finally:
        client.end()
