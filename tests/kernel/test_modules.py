"""Modules: their functions come and go, damaged ones are refused with a reason."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.client import Process, refused
from tracefs.arch import PatchError
from tracefs.image import LoadedModule
from tracefs.kernel.boot import System

Spawn = Callable[..., Process]
INSMOD, RMMOD = ".machine/insmod", ".machine/rmmod"

needs_objcopy = pytest.mark.skipif(not shutil.which("objcopy"), reason="no objcopy")


@pytest.fixture
def dummy(system: System) -> Path:
    """A module's file."""
    return system.directory / "dummy.ko"


def objcopy(source: Path, target: Path, *options: str) -> Path:
    """A module that differs."""
    subprocess.run(["objcopy", *options, str(source), str(target)], check=True)
    return target


def test_a_module_brings_its_functions(system: System, client: Process) -> None:
    before = client.cat("available_filter_functions")
    records = len(client.cat(".machine/records").splitlines())
    assert "[dummy]" not in before
    client.echo("dummy", INSMOD)
    mine = [
        line
        for line in client.cat("available_filter_functions").splitlines()
        if line.endswith(" [dummy]")
    ]
    assert "dummy_xmit [dummy]" in mine
    assert len(client.cat(".machine/records").splitlines()) == records + len(mine)
    assert "\tdummy_xmit\t[dummy]" in client.cat(".machine/proc/kallsyms").replace(" ", "\t")
    assert "dummy " in client.cat(".machine/proc/modules")

    client.echo("dummy", RMMOD)
    assert client.cat("available_filter_functions") == before
    assert len(client.cat(".machine/records").splitlines()) == records
    assert "[dummy]" not in client.cat(".machine/proc/kallsyms")
    assert "dummy " not in client.cat(".machine/proc/modules")
    assert "[dummy]" not in client.cat(".machine/records")
    del system


def test_a_module_that_the_architecture_refuses(
    system: System, client: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it stays, and ftrace goes on (S1: what it refuses is in tests/seeds)."""

    def refuse(module: LoadedModule) -> None:
        raise PatchError(errno.EINVAL, module.base, b"\x90\x90")

    before = client.cat("available_filter_functions")
    symbols = client.cat(".machine/proc/kallsyms")
    with monkeypatch.context() as patch:
        patch.setattr(system.arch, "check_module", refuse)
        with refused(errno.EINVAL):
            client.echo("dummy", INSMOD)
    last = [line.partition("] ")[2] for line in client.cat(".machine/dmesg").splitlines()[-3:]]
    assert last[0].startswith("dummy: no trampoline at [<")
    assert last[2] == " expected: 90:90"
    assert client.cat(".machine/proc/kallsyms") == symbols
    client.echo("dummy", INSMOD)
    client.echo("dummy", RMMOD)
    assert client.cat("available_filter_functions") == before


def test_what_a_module_does_at_its_end_is_in_the_trace(client: Process) -> None:
    client.echo("dummy", INSMOD)
    client.echo(":mod:dummy", "set_ftrace_filter")
    client.echo("function", "current_tracer")
    client.echo("dummy", RMMOD)
    client.echo(0, "tracing_on")
    text = [line for line in client.cat("trace").splitlines() if not line.startswith("#")]
    assert text
    # Its sites are gone, and the filter does not become "everything" with that.
    assert client.cat("set_ftrace_filter") == ""
    assert client.cat("enabled_functions") == ""


def test_init_functions_are_traced_by_a_filter_that_waited(client: Process) -> None:
    client.echo(":mod:dummy", "set_ftrace_filter")
    assert client.cat("set_ftrace_filter").splitlines()[-1] == ":mod:dummy"
    client.echo("function", "current_tracer")
    client.echo("dummy", INSMOD)
    client.echo(0, "tracing_on")
    mine = client.cat("set_ftrace_filter").split(" [dummy]\n")
    functions = {line.function for line in client.trace()}
    assert "dummy_setup" in functions
    assert functions <= set(mine)
    assert "dummy_setup [dummy]" in client.cat("set_ftrace_filter").splitlines()


def test_a_second_load_is_refused(client: Process) -> None:
    client.echo("dummy", INSMOD)
    with refused(errno.EEXIST):
        client.echo("dummy", INSMOD)
    assert "dummy " in client.cat(".machine/proc/modules")


def test_unknown_modules_are_refused(client: Process) -> None:
    with refused(errno.ENOENT):
        client.echo("no_such_module", INSMOD)
    with refused(errno.ENOENT):
        client.echo("no_such_module", RMMOD)


def test_a_module_in_use_stays(system: System, client: Process) -> None:
    client.echo("dummy", INSMOD)
    module = system.loader.modules["dummy"].this_module
    cpu = system.syscalls.enter(system.init)
    assert cpu.call(system.symbol("try_module_get"), module)
    with refused(errno.EBUSY, errno.EWOULDBLOCK):
        client.echo("dummy", RMMOD)
    system.syscalls.enter(system.init).call(system.symbol("module_put"), module)
    client.echo("dummy", RMMOD)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"#!/bin/sh\n",
        lambda data: data[:64],
        lambda data: data[: len(data) // 2],
        lambda data: data[:16] + b"\x02\x00" + data[18:],  # an executable
        lambda data: data[:18] + b"\x28\x00" + data[20:],  # for ARM
    ],
    ids=["empty", "script", "header", "half", "executable", "foreign"],
)
def test_a_damaged_file_is_refused_with_a_reason(
    client: Process, dummy: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "broken.ko"
    path.write_bytes(damage(dummy.read_bytes()))
    with refused(errno.ENOEXEC):
        client.echo(path, INSMOD)
    assert "broken" in client.cat(".machine/dmesg").splitlines()[-1]
    assert "broken" not in client.cat(".machine/proc/modules")
    client.echo("dummy", INSMOD)


@needs_objcopy
def test_a_module_without_call_sites_has_no_records(
    client: Process, dummy: Path, tmp_path: Path
) -> None:
    objcopy(dummy, tmp_path / "dummy.ko", "-R", "__mcount_loc", "-R", ".rela__mcount_loc")
    records = client.cat(".machine/records")
    client.echo(tmp_path / "dummy.ko", INSMOD)
    assert client.cat(".machine/records").splitlines() == records.splitlines()
    assert "dummy " in client.cat(".machine/proc/modules")


@needs_objcopy
def test_a_missing_symbol_is_named(client: Process, dummy: Path, tmp_path: Path) -> None:
    path = objcopy(dummy, tmp_path / "needy.ko", "--redefine-sym", "_printk=no_such_function")
    with refused(errno.ENOENT):
        client.echo(path, INSMOD)
    last = client.cat(".machine/dmesg").splitlines()[-1]
    assert "Unknown symbol no_such_function" in last


def test_an_unknown_relocation_is_named(client: Process, dummy: Path, tmp_path: Path) -> None:
    from tracefs.image.elf import ElfFile

    data = bytearray(dummy.read_bytes())
    section = next(s for s in ElfFile(bytes(data), "dummy").sections if s.name == ".rela.text")
    data[section.offset + 8] = 0x77  # the type of the first relocation
    path = tmp_path / "odd.ko"
    path.write_bytes(data)
    with refused(errno.ENOEXEC):
        client.echo(path, INSMOD)
    assert "relocation" in client.cat(".machine/dmesg").splitlines()[-1]
