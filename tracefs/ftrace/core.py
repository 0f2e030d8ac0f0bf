"""The function tracer's core, as kernel/trace/ftrace.c of 6.1: records, users, and the updater.

What a site calls follows from who is registered and what each filters: one ops with a trampoline
of its own, or the shared caller for several.  The core computes that for all sites at once,
compares it with what the sites call now, and has the architecture change the difference while the
machine stands still.  Only this module catches a PatchError: it reports and turns ftrace off.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np

from tracefs.arch import Arch, PatchError
from tracefs.ftrace.filter import Command, FilterEdit, mod_command
from tracefs.ftrace.functions import Functions
from tracefs.ftrace.guest_sync import GuestSync
from tracefs.ftrace.hash import Hash, OpsHash
from tracefs.ftrace.ops import FtraceOps, GuestOps, OpsFlag
from tracefs.ftrace.plan import Plan
from tracefs.ftrace.records import RecFlag, Record, Records
from tracefs.ftrace.report import Bug, Reporter
from tracefs.ftrace.trampolines import Trampolines, trampoline_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tracefs.ftrace.glob import Glob
    from tracefs.image import Kallsyms, LoadedModule


class Ftrace:
    """Dynamic function tracing of one machine.

    ``stop_machine`` runs a function while no CPU executes anything; ``printk`` takes a line of the
    kernel log; ``guest`` keeps the guest's own structures current (None: there are none). What goes
    into the log is 6.1's, or, if ``terse``, what 2.6.28 had to say.
    All methods are called with the machine standing still or under its lock.
    """

    def __init__(
        self,
        arch: Arch,
        kallsyms: Kallsyms,
        mcount_loc: NDArray[np.uint64],
        *,
        guest: GuestOps | None = None,
        stop_machine: Callable[[Callable[[], Any]], Any] | None = None,
        printk: Callable[[str], object] | None = None,
        terse: bool = False,
    ) -> None:
        self.arch = arch
        self.records = Records(2 * arch.word_size)
        self.functions = Functions(self.records, kallsyms, arch)
        self.ops: list[FtraceOps] = []
        """Registered users, newest first."""
        self.commands: dict[bytes, Command] = {b"mod": mod_command}
        """Function commands of the filter files, by name."""
        self.probe_lines: Callable[[FtraceOps], bytes] | None = None
        """Text of the function probes of an ops' trace array, set by whoever owns them."""
        self.direct: Mapping[int, int] = {}
        """What the sites of direct ops call, by site; see direct.py."""
        self.frozen: set[int] = set()
        """Sites where a probe stands: nothing patches them, and their records stay (S23)."""
        self.dead = False
        self._enabled = False
        self._kallsyms = kallsyms
        self._trampolines = Trampolines(arch, kallsyms)
        self._mcount_loc = mcount_loc
        self._guest = guest
        self._stop_machine = stop_machine or (lambda fn: fn())
        self._printk: Callable[[str], object] = printk or (lambda line: None)
        self._hashes: WeakSet[OpsHash] = WeakSet()
        self._sync = GuestSync(guest, arch, self.functions, self._trampolines)
        self._reporter = Reporter(self.functions, kallsyms, arch.word_size, self._printk, terse)

    # Boot and the end.

    def init(self, probe: Callable[[bytes], bool] | None = None) -> None:
        """ftrace_init: one record for each site of the kernel, and every site a nop.

        ``probe`` executes code in the machine to find the nop to use (None: take the best one).
        Dead afterwards if a site is not a call to mcount (reported), or if there are no sites.
        """
        self.arch.dyn_arch_init(probe, self._printk)
        count = len(self._mcount_loc)
        if not count:
            self._printk("ftrace: No functions to be traced?")
            self.dead = True
            return
        pages = -(-count // self.records.entries_per_page())
        self._printk(f"ftrace: allocating {count} entries in {pages} pages")
        self._add_records(None, self._mcount_loc)
        if self.dead:
            return
        if not self._reporter.terse:
            self._printk(
                f"ftrace: allocated {self.records.number_of_pages} pages"
                f" with {self.records.number_of_groups} groups"
            )
        self._enabled = True

    def add_site(self, ip: int) -> None:
        """Before init: one more call to mcount, which the build has not listed."""
        self._mcount_loc = np.append(self._mcount_loc, np.uint64(ip))

    def kill(self) -> None:
        """Turn ftrace off for good, sites as they are; the files answer ENODEV from now on."""
        self.dead = True
        self._enabled = False

    def check_alive(self) -> None:
        """OSError (ENODEV) once ftrace is dead."""
        if self.dead:
            raise _error(errno.ENODEV)

    @property
    def enabled(self) -> bool:
        """The sysctl kernel.ftrace_enabled."""
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        """All sites become nops, or what they should be.  OSError: ENODEV when dead, EBUSY while an
        ops with PERMANENT is registered."""
        self.check_alive()
        if value == self._enabled:
            return
        if not value and any(OpsFlag.PERMANENT in ops.flags for ops in self.ops):
            raise _error(errno.EBUSY)
        self._set_enabled(value)

    def _set_enabled(self, value: bool) -> None:
        self._enabled = value
        self._update()

    # Users.

    def register(self, ops: FtraceOps) -> None:
        """Begin to call ``ops.func`` from the sites its hash holds (register_ftrace_function).

        OSError: ENODEV when dead, EBUSY if it is registered already or conflicts with another
        ops that may change the ip, ENOMEM.
        """
        self.check_alive()
        permanent = OpsFlag.PERMANENT in ops.flags and not self._enabled
        if ops.enabled or permanent or self._ipmodify_conflict(ops):
            raise _error(errno.EBUSY)
        self.know(ops.hash)
        self.functions.names()
        self._trampolines.update(ops)
        ops.flags |= OpsFlag.ENABLED
        self.ops.insert(0, ops)
        self._update()
        if self.dead:
            self.ops.remove(ops)
            ops.flags &= ~OpsFlag.ENABLED
            raise _error(errno.ENODEV)

    def unregister(self, ops: FtraceOps) -> None:
        """End it.  OSError: ENODEV when dead, EBUSY if it is not registered."""
        self.check_alive()
        if not ops.enabled:
            raise _error(errno.EBUSY)
        self.ops.remove(ops)
        ops.flags &= ~OpsFlag.ENABLED
        self._sync.forget(ops)
        self._update()
        if OpsFlag.DYNAMIC in ops.flags:
            self._trampolines.free(ops)

    def set_func(self, ops: FtraceOps, func: int, entry: int = 0) -> None:
        """Change what an ops calls, and its ``entry``; its trampoline follows."""
        ops.func = func
        ops.entry = entry
        if ops.trampoline is not None:
            self._stop_machine(lambda: self._trampolines.update(ops))
        if ops.enabled:
            self._update()

    def set_direct(self, calls: Mapping[int, int]) -> None:
        """Change what the sites of direct ops call."""
        self.direct = dict(calls)
        if self._guest is not None:
            self._guest.set_direct(self.direct)
        if any(OpsFlag.DIRECT in ops.flags for ops in self.ops):
            self._update()

    def set_filter_ip(
        self, ops: FtraceOps, ip: int, *, remove: bool = False, reset: bool = False
    ) -> None:
        """Filter on one function's address (ftrace_set_filter_ip).

        OSError: EINVAL if there is no site, ENOENT when removing one that is not in the filter.
        """
        self.check_alive()
        site = self.location(ip)
        if not site:
            raise _error(errno.EINVAL)
        old = Hash() if reset else ops.hash.filter
        if remove and site not in old:
            raise _error(errno.ENOENT)
        ips = np.array([site], np.uint64)
        self.commit_hash(ops, False, old.remove(ips) if remove else old.add(ips))

    def set_filter(
        self, ops: FtraceOps, pattern: bytes, *, notrace: bool = False, reset: bool = False
    ) -> None:
        """Filter on a pattern (ftrace_set_filter, _notrace); EINVAL if nothing matches."""
        edit = FilterEdit(self, ops, notrace=notrace, write=True, trunc=reset)
        if pattern and not edit.match(pattern):
            raise _error(errno.EINVAL)
        edit.close()

    def commit_hash(self, ops: FtraceOps, notrace: bool, value: Hash) -> None:
        """Make a hash an ops' own and patch what that changes (ftrace_hash_move_and_update_ops)."""
        self.know(ops.hash)
        if OpsFlag.IPMODIFY in ops.flags and notrace:
            return
        ops.hash.put(notrace, value)
        self._hash_changed(ops.hash)

    def open_filter(
        self,
        ops: FtraceOps,
        *,
        notrace: bool = False,
        write: bool = False,
        trunc: bool = False,
        do_probes: bool = True,
    ) -> FilterEdit:
        """Open set_ftrace_filter or set_ftrace_notrace of an ops.  OSError (ENODEV) when dead."""
        self.know(ops.hash)
        lines = self.probe_lines
        probes = (lambda: lines(ops)) if lines and do_probes and not notrace else None
        return FilterEdit(self, ops, notrace=notrace, write=write, trunc=trunc, probes=probes)

    def know(self, ops_hash: OpsHash) -> None:
        """Remember a hash while it lives, so that modules that come and go are reflected in it."""
        self._hashes.add(ops_hash)

    # Functions and texts.

    def match(self, func: bytes, module: bytes | None = None) -> tuple[NDArray[np.uint64], bool]:
        """Sites that a pattern (and the part after ``:mod:``) matches, and whether it has a ``!``.

        A number is an index into available_filter_functions, from 1.
        """
        return self.functions.match(func, module)

    def select(self, pattern: Glob, module: bytes | None = None) -> NDArray[np.uint64]:
        """Sites whose function a parsed pattern matches, in order; its ``!`` is not looked at."""
        return self.functions.select(pattern, module)

    def location(self, addr: int) -> int:
        """The site at an address, or in the function that begins there; 0 if none."""
        return self.functions.location(addr)

    def has_module(self, name: bytes) -> bool:
        """True while that module is loaded."""
        return self._kallsyms.has_module(name.decode("latin-1"))

    def avail_open(self) -> None:
        """What opening available_filter_functions checks: OSError (ENODEV) when dead."""
        self.check_alive()

    def available_lines(self) -> bytes:
        """available_filter_functions."""
        return b"" if self.dead else self.functions.lines()

    def hash_lines(self, value: Hash) -> bytes:
        """Names of the sites in a hash, in record order."""
        return self.functions.lines_of(value)

    def enabled_lines(self) -> bytes:
        """enabled_functions: every site that calls something, and what."""
        return b"" if self.dead else self.functions.enabled_lines(self.ops, self.direct)

    def record_lines(self) -> Iterator[str]:
        """One line a record, newline included: address, bytes now, flags, function."""
        return self.functions.record_lines()

    def total_info(self) -> bytes:
        """dyn_ftrace_total_info."""
        records = self.records
        pages, groups = records.number_of_pages, records.number_of_groups
        return b"%d pages:%d groups: %d\n" % (len(records), pages, groups)

    # Modules, and code that goes away.

    def module_load(self, module: LoadedModule) -> None:
        """ftrace_module_init: the module's sites become records and nops, not yet usable.

        OSError (mostly EINVAL), after a report, for a module that the architecture refuses: it is
        left as it is, and ftrace goes on.
        """
        if self.dead or not len(module.mcount_loc):
            return
        try:
            self.arch.check_module(module)
        except PatchError as error:
            self._reporter.bad_module(module.name, error)
            raise _error(error.errno or errno.EINVAL) from None
        self._add_records(module, module.mcount_loc)

    def module_enable(self, module: LoadedModule) -> None:
        """ftrace_module_enable: its sites may be traced, and are where an ops wants them; filters
        that waited for the module become real.  Its symbols must be known by now."""
        if not self.dead:
            mine = self.records.of_module(module.name)
            if mine.any():
                usable = np.flatnonzero(mine)
                usable = usable[self.functions.valid(self.records.ips[usable])]
                self.records.flags[usable] &= np.uint32(~RecFlag.DISABLED & 0xFFFFFFFF)
                self._update()
        self._process_cached_mods(module.name.encode("latin-1"))

    def module_unload(self, module: LoadedModule) -> None:
        """ftrace_release_mod: its records leave the table and every hash; its code stays."""
        if not self.dead:
            self._drop(self.records.of_module(module.name))

    def free_mem(self, start: int, end: int) -> None:
        """ftrace_free_mem: init code in [start, end) is no more."""
        ips = self.records.ips
        last = np.uint64(max(start - self.arch.insn_size, 0))
        if not self.dead and start < end:
            self._drop((ips > last) & (ips < np.uint64(end)))

    # Inside.

    def _add_records(self, module: LoadedModule | None, sites: NDArray[np.uint64]) -> None:
        name = module.name if module else None
        flags = int(RecFlag.DISABLED) if module else 0
        where = self.records.add(name, self.arch.call_adjust(sites), flags)
        view = self.records.view(np.arange(where.start, where.stop))
        try:
            self.arch.init_nops(module, view)
        except PatchError as error:
            self._bug(error, Bug.INIT, 0)

    def _make_nops(self, index: NDArray[np.int64]) -> bool:
        """Turn calls to mcount into nops, all or none; False if one is not as it should be."""
        try:
            self.arch.init_nops(None, self.records.view(index))
        except PatchError:
            return False
        return True

    def _drop(self, gone: NDArray[np.bool_]) -> None:
        ips = self.records.drop(gone)
        if not len(ips):
            return
        for ops_hash in list(self._hashes):
            ops_hash.filter = ops_hash.filter.forget(ips)
            ops_hash.notrace = ops_hash.notrace.forget(ips)
        self._sync.hashes(self.ops)

    def _process_cached_mods(self, module: bytes) -> None:
        for ops_hash in list(self._hashes):
            for notrace in (False, True):
                pending = ops_hash.pending(notrace)
                mine = [p for p in pending if p.module == module]
                if not pending:
                    continue
                pending[:] = [p for p in pending if p.module != module]
                value = ops_hash.get(notrace)
                for wanted in reversed(mine):
                    ips, inverted = self.match(wanted.func, module)
                    value = value.remove(ips) if inverted else value.add(ips)
                if not notrace and not pending:
                    value = value.with_pending(False)
                ops_hash.put(notrace, value)
                self._hash_changed(ops_hash)

    def _hash_changed(self, ops_hash: OpsHash) -> None:
        if any(ops.hash is ops_hash for ops in self.ops):
            self._update()

    def _ipmodify_conflict(self, ops: FtraceOps) -> bool:
        if OpsFlag.IPMODIFY not in ops.flags:
            return False
        mine = ops.hash.contains(self.records)
        return any(
            OpsFlag.IPMODIFY in other.flags and (mine & other.hash.contains(self.records)).any()
            for other in self.ops
        )

    # The updater.

    def _update(self) -> None:
        """Bring every site to what the registered ops want; the dead leave them as they are."""
        if self.dead:
            return
        plan = Plan.make(
            self.records, self.ops, self._enabled, self.arch.shared_caller, self.direct
        )
        if self.frozen:
            where = self.records.find(np.array(sorted(self.frozen), np.uint64))
            plan.flags[where] = self.records.flags[where]
            plan.targets[where] = self.records.targets[where]
        changed = np.flatnonzero(plan.targets != self.records.targets)

        def change() -> None:
            self._sync.ops(self.ops, plan.shared)
            old, new = self.records.targets[changed], plan.targets[changed]
            self.arch.modify_sites(self.records.view(changed), old, new)
            self.records.flags = plan.flags
            self.records.targets = plan.targets

        try:
            self._stop_machine(change)
        except PatchError as error:
            where = self.records.find(np.array([error.ip], np.uint64))
            target = int(plan.targets[where[0]]) if len(where) else 0
            before = int(self.records.targets[where[0]]) if len(where) else 0
            bug = Bug.NOP if not target else Bug.UPDATE if before else Bug.CALL
            self._bug(error, bug, before)

    def _bug(self, error: PatchError, bug: Bug, target: int) -> None:
        where = self.records.find(np.array([error.ip], np.uint64))
        if len(where) or self._reporter.terse:
            record = self.records.record(int(where[0])) if len(where) else Record(error.ip, 0, {})
            found = trampoline_at(self.ops, target)
            expected = target or self.arch.shared_caller(False)
            self._reporter.ftrace_bug(error, record, bug, found.func if found else None, expected)
        self.kill()


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))
