"""Processes of the kernel image: fork, exit, wait, signals, identities, memory."""

from __future__ import annotations

import struct

import pytest

from tests.kernel_image.guest import GETPID, SIGCHLD, Guest

GETPPID, WAIT4, KILL, UNAME, PRCTL, PAUSE, BRK, MMAP, MUNMAP = 110, 61, 62, 63, 157, 34, 12, 9, 11
SETUID, GETUID, UMASK, NANOSLEEP, SIGACTION, SIGPROCMASK = 105, 102, 95, 35, 13, 14
WNOHANG = 1
EPERM, ESRCH, EINTR, ECHILD, EFAULT, EINVAL = 1, 3, 4, 10, 14, 22


def test_a_client_has_the_pid_and_name_it_asked_for(guest: Guest) -> None:
    child = guest.clone(4711, comm="cat")
    assert guest.call(child, GETPID) == 4711
    assert guest.call(child, GETPPID) == 1
    assert guest.comm(child) == "cat"
    with pytest.raises(FileExistsError):
        guest.clone(4711)
    guest.end(child)
    again = guest.clone(4711)  # nobody waits for a client without an exit signal
    guest.end(again)


@pytest.mark.parametrize("pid", [3, 9, 12])
def test_kernel_threads_make_way(guest: Guest, pid: int) -> None:
    child = guest.clone(pid)
    assert guest.call(child, GETPID) == pid
    guest.end(child)


def test_wait(guest: Guest) -> None:
    parent = guest.clone(6000)
    assert guest.call(parent, WAIT4, -1 & 2**64 - 1, 0, 0, 0) == -ECHILD
    child = guest.clone(6001, parent, SIGCHLD)
    status = parent.user_buf + 100
    assert guest.call(parent, WAIT4, 6001, status, WNOHANG, 0) == 0
    guest.begin(parent, WAIT4, 6001, status, 0, 0)
    assert parent.calling
    guest.end(child, 3)
    assert guest.finish(parent) == 6001
    assert guest.memory.u32(status) == 0x300
    assert guest.call(parent, WAIT4, 6001, status, 0, 0) == -ECHILD
    guest.end(parent)


def test_zombie_keeps_its_pid_until_waited_for(guest: Guest) -> None:
    parent = guest.clone(6010)
    guest.end(guest.clone(6011, parent, SIGCHLD), 1)
    with pytest.raises(FileExistsError):
        guest.clone(6011)
    guest.end(parent)  # init inherits the zombie and buries it
    guest.end(guest.clone(6011))


def test_orphans_go_to_init(guest: Guest) -> None:
    parent = guest.clone(6020)
    child = guest.clone(6021, parent)
    assert guest.call(child, GETPPID) == 6020
    guest.end(parent)
    assert guest.call(child, GETPPID) == 1
    guest.end(child)


def test_a_signal_kills(guest: Guest) -> None:
    parent = guest.clone(6030)
    victim = guest.clone(6031, parent, SIGCHLD)
    guest.begin(victim, PAUSE)
    assert guest.call(parent, KILL, 6031, 9) == 0
    status = parent.user_buf
    assert guest.call(parent, WAIT4, 6031, status, 0, 0) == 6031
    assert guest.memory.u32(status) == 9
    assert guest.call(parent, KILL, 6031, 9) == -ESRCH
    guest.system.syscalls.forget(victim)
    guest.end(parent)


def test_a_handled_signal_interrupts(guest: Guest) -> None:
    one, two = guest.clone(6040), guest.clone(6041)
    guest.memory.write(one.user_buf, struct.pack("<QQQQ", 0x1234, 0, 0, 0))
    assert guest.call(one, SIGACTION, 10, one.user_buf, 0, 8) == 0
    guest.memory.write(one.user_buf, struct.pack("<qq", 100, 0))
    guest.begin(one, NANOSLEEP, one.user_buf, 0)
    assert one.calling
    assert guest.call(two, KILL, 6040, 10) == 0
    assert guest.finish(one) == -EINTR
    assert guest.call(one, GETPID) == 6040
    guest.end(one)
    guest.end(two)


def test_blocked_and_ignored_signals_wait_or_vanish(guest: Guest) -> None:
    one, two = guest.clone(6050), guest.clone(6051)
    guest.memory.write(one.user_buf, struct.pack("<Q", 1 << 14))
    assert guest.call(one, SIGPROCMASK, 0, one.user_buf, 0, 8) == 0
    assert guest.call(two, KILL, 6050, 15) == 0
    assert guest.call(two, KILL, 6050, SIGCHLD) == 0
    assert guest.call(one, GETPID) == 6050
    assert guest.call(one, 127, one.user_buf, 8) == 0  # rt_sigpending
    assert guest.memory.u64(one.user_buf) == 1 << 14
    assert guest.call(two, KILL, 6050, 65) == -EINVAL
    guest.end(one)
    guest.end(two)


def test_init_is_not_killed(guest: Guest) -> None:
    task = guest.clone(6060)
    for sig in (9, 15, 2):
        assert guest.call(task, KILL, 1, sig) == 0
    assert guest.call(guest.init, GETPID) == 1
    guest.end(task)


def test_identities(guest: Guest) -> None:
    one, two = guest.clone(6070), guest.clone(6071)
    assert guest.call(one, SETUID, 1000) == 0
    assert guest.call(one, GETUID) == 1000
    assert guest.call(one, SETUID, 0) == -EPERM
    assert guest.call(one, KILL, 6071, 15) == -EPERM
    assert guest.call(two, KILL, 6070, 0) == 0
    guest.end(one)
    guest.end(two)


def test_wrong_pointers_fault(guest: Guest) -> None:
    for address in (0, 8, 0x1234_5678_9000, 2**64 - 4096):
        assert guest.call(guest.init, UNAME, address) == -EFAULT
        assert guest.call(guest.init, PRCTL, 15, address) == -EFAULT
    top = guest.memory.layout.page_offset + len(guest.memory.view)
    assert guest.call(guest.init, UNAME, top - 100) == -EFAULT  # mapped at first, then not
    assert guest.memory.cstring(top - 100, 65) == "Linux"
    assert guest.call(guest.init, UNAME, guest.init.user_buf) == 0
    assert guest.memory.cstring(guest.init.user_buf, 65) == "Linux"


def test_names(guest: Guest) -> None:
    task = guest.clone(6080, comm="a name longer than fits")
    assert guest.comm(task) == "a name longer t"
    assert guest.call(task, PRCTL, 15, guest.text(task, "renamed")) == 0
    assert guest.comm(task) == "renamed"
    guest.end(task)


def test_address_spaces_are_books(guest: Guest) -> None:
    task = guest.clone(6090)
    brk = guest.call(task, BRK, 0)
    if not brk:
        pytest.skip("tasks have no address space")
    assert guest.call(task, BRK, brk + 0x5000) == brk + 0x5000
    assert guest.call(task, BRK, brk + 0x1000) == brk + 0x1000
    a = guest.call(task, MMAP, 0, 0x3000, 3, 0x22, 2**64 - 1, 0)
    b = guest.call(task, MMAP, 0, 0x1000, 3, 0x22, 2**64 - 1, 0)
    assert a > 0
    assert b > 0
    assert b + 0x1000 <= a
    assert guest.call(task, MUNMAP, a + 0x1000, 0x1000) == 0
    assert guest.call(task, MMAP, 0, 0x1000, 3, 0x22, 2**64 - 1, 0) == a + 0x1000
    assert guest.call(task, MUNMAP, a + 1, 0x1000) == -EINVAL
    guest.end(task)


def test_umask(guest: Guest) -> None:
    old = guest.call(guest.init, UMASK, 0o77)
    assert guest.call(guest.init, UMASK, old) == 0o77


def test_memory_comes_back(guest: Guest) -> None:
    task = guest.clone(7500)

    def work() -> int:
        for name, count in (("fork", 300), ("slab", 5000), ("vfs", 300), ("pipe", 100)):
            guest.workload(task, name, count)
        for n in range(100):
            guest.end(guest.clone(7000 + n))
        return guest.free_pages()

    work()  # fills caches
    assert abs(work() - work()) < 100  # pages that CPUs keep for themselves come and go
    guest.end(task)
