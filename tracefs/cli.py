"""The ``tracefs`` command."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracefs import __version__
from tracefs.errors import UserError
from tracefs.fuse import Service

DESCRIPTION = """\
An emulated Linux kernel whose tracing directory you can mount anywhere: current_tracer,
set_ftrace_filter, trace, events and all, traced for real, without touching the host's kernel.
"""
EXAMPLES = """\
examples:
  tracefs mount mnt                          mount the tracing directory of an emulated 6.1 on mnt
  echo function > mnt/current_tracer         trace every function of the emulated kernel
  head mnt/trace                             see what it did
  echo 'vfs_*' > mnt/set_ftrace_filter       only these functions
  tracefs umount mnt                         the emulated machine ends

  tracefs run trace-cmd record -p function sleep 1
                                             a tool that insists on /sys/kernel/tracing
  tracefs run                                a shell in which it is there
"""
MOUNT_EXAMPLES = """\
examples:
  tracefs mount mnt                          returns when the mount answers
  tracefs mount mnt --cpus 4
  tracefs mount mnt --seed 1                 deterministic: the same commands give the same trace
  tracefs mount mnt --append 'ftrace=function trace_buf_size=10M'
  tracefs mount mnt --foreground             stay; Ctrl-C unmounts
"""
RUN_EXAMPLES = """\
examples:
  tracefs run                                your shell
  tracefs run cat /sys/kernel/tracing/available_tracers
  tracefs run --cpus 4 -- trace-cmd record -p function sleep 1

The command runs in a private namespace, as root or as an ordinary user, and cannot reach the
host's tracing. Its exit status is returned. insmod, rmmod, modprobe and lsmod act on the emulated
kernel. What the command's processes do (fork, exec, open, read, ...) the emulated kernel does as
well, so that traces show it; strace tells it, which is why the command cannot use ptrace or sudo,
unless you say --no-bridge.
"""
RELEASES_EXAMPLES = """\
example:
  tracefs releases --explain 2.6.28          what who knows today's kernel does not expect
"""
BUGS_EXAMPLES = """\
example:
  tracefs mount mnt --release 2.6.28 --bug warn-on-once
  cat mnt/.machine/bugs                      which there are in this kernel, which it has
  echo '!warn-on-once' > mnt/.machine/bugs   most can be switched while the kernel runs
"""

EXPLORE_EXAMPLES = """\
examples:
  tracefs explore nmi                        an NMI at every instruction of every CPU, while the
                                             others go on in every order that differs
  tracefs explore nmi --mutant nmi-no-write  which order shows that a step is needed
  tracefs explore nmi --together             NMIs at all CPUs: the race that 2.6.30 repaired
  tracefs explore nmi --together --repaired

The status is 1 if anything but the old or the new instruction is executed at a site.
"""

MAX_CPUS = 8


@dataclass(frozen=True)
class Machine:
    """Which machine to boot: the options that mount and run share."""

    release: str
    cpus: int
    seed: int | None
    cpu_model: str | None
    bugs: tuple[str, ...]
    append: str


Boot = Callable[[Machine, "str | None"], Service]
"""(machine, fifo of the bridge) -> what is mounted."""


def boot_kernel(machine: Machine, fifo: str | None) -> Service:
    """Boot the emulated kernel."""
    from tracefs.kernel.boot import System

    system = System(
        machine.release,
        machine.cpus,
        machine.seed,
        cpu_model=machine.cpu_model,
        bugs=machine.bugs,
        append=machine.append,
    )
    if fifo is not None:
        from tracefs.bridge.bridge import Bridge

        Bridge(system, fifo)
    return system.service


def main(argv: Sequence[str] | None = None, boot: Boot = boot_kernel) -> int:
    """Run the command line; returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.subcommand in ("mount", "run") and (problem := _mismatch(arguments)):
        print(f"tracefs: {problem}", file=sys.stderr)
        return 2
    try:
        return _COMMANDS[arguments.subcommand](arguments, boot)
    except UserError as error:
        print(f"tracefs: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _mount(arguments: argparse.Namespace, boot: Boot) -> int:
    from tracefs import mount

    booter = _booter(arguments, boot)
    mount.mount(
        arguments.directory,
        lambda: booter(None),
        log_file=arguments.log,
        foreground=arguments.foreground,
    )
    return 0


def _umount(arguments: argparse.Namespace, boot: Boot) -> int:
    from tracefs import mount

    mount.umount(arguments.directory, lazy=arguments.lazy)
    return 0


def _run(arguments: argparse.Namespace, boot: Boot) -> int:
    from tracefs import run

    command = arguments.command[arguments.command[:1] == ["--"] :] or [
        os.environ.get("SHELL", "/bin/sh")
    ]
    return run.run(
        command,
        _booter(arguments, boot),
        log_file=arguments.log,
        # When lines arrive is not determined by a seed.
        bridge=arguments.bridge and arguments.seed is None,
    )


def _releases(arguments: argparse.Namespace, boot: Boot) -> int:
    from tracefs.release import DEFAULT, get, quirks, releases

    if arguments.explain:
        found = quirks(get(arguments.explain))
        for quirk in found:
            print(f"{quirk.file}: {quirk.text}")
        if not found:
            print(f"{arguments.explain} is what the others differ from")
        return 0
    for release in releases():
        print(release.name + ("  (default)" if release.name == DEFAULT else ""))
    return 0


def _bugs(arguments: argparse.Namespace, boot: Boot) -> int:
    from tracefs.kernel.bugs import bugs

    for bug in bugs():
        when = "" if bug.live else "; at boot only"
        print(f"{bug.name}  ({bug.seed}; {', '.join(bug.releases)}{when})")
        print(f"    {bug.symptom}")
        first, *more = bug.how
        if bug.sign:
            first, more = f"tracefs mount mnt {bug.mount_options}; cd mnt", list(bug.how)
        print(f"    to see it: {first}")
        for line in more:
            print(f"        {line}")
    return 0


def _explore(arguments: argparse.Namespace, boot: Boot) -> int:
    from tracefs.explore import command
    from tracefs.explore.nmi import SITE

    plan = command.Plan(
        arguments.release,
        arguments.site or SITE,
        arguments.mutant,
        arguments.repaired,
        arguments.together,
        not arguments.unreduced,
    )
    return command.run(plan, arguments.jobs, arguments.replay)


_COMMANDS = {
    "mount": _mount,
    "umount": _umount,
    "run": _run,
    "releases": _releases,
    "bugs": _bugs,
    "explore": _explore,
}


def _booter(arguments: argparse.Namespace, boot: Boot) -> Callable[[str | None], Service]:
    machine = Machine(
        arguments.release,
        arguments.cpus,
        arguments.seed,
        arguments.cpu_model,
        tuple(dict.fromkeys(arguments.bug)),
        " ".join(arguments.append),
    )
    return lambda fifo: boot(machine, fifo)


def _mismatch(arguments: argparse.Namespace) -> str:
    """Why these options cannot be together, or with anything; "": they can."""
    from tracefs.release import get

    release = get(arguments.release)
    try:
        if arguments.cpu_model:
            from tracefs.kernel.processors import check_model

            check_model(arguments.cpu_model, release.image)
        if arguments.bug:
            from tracefs.kernel import bugs

            for name in arguments.bug:
                bugs.get(name)
                bugs.get(name, release)
    except ValueError as error:
        return str(error)
    return ""


def _parser() -> argparse.ArgumentParser:
    machine = argparse.ArgumentParser(add_help=False)
    machine.add_argument(
        "--release",
        type=_release,
        default="6.1",
        metavar="R",
        help="which kernel to behave like (tracefs releases lists them)",
    )
    machine.add_argument(
        "--cpus", type=_cpus, default=2, metavar="N", help="CPUs of the machine (default 2)"
    )
    machine.add_argument(
        "--seed", type=int, metavar="N", help="run deterministically, on a schedule made from N"
    )
    machine.add_argument(
        "--cpu-model",
        metavar="MODEL",
        help="processor of a 32-bit release: p6 (default), pentium or i486",
    )
    machine.add_argument(
        "--bug",
        action="append",
        default=[],
        metavar="NAME",
        help="bring back a bug of the time (tracefs bugs lists them); can be repeated",
    )
    machine.add_argument(
        "--append",
        action="append",
        default=[],
        metavar="PARAMETERS",
        help="the kernel's command line, such as 'ftrace=function ftrace_filter=vfs_*'",
    )
    machine.add_argument(
        "--log", metavar="FILE", help="the daemon's log (default ~/.local/state/tracefs/DIR.log)"
    )

    parser = argparse.ArgumentParser(
        prog="tracefs",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    subcommands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")

    def add(
        name: str, text: str, examples: str, *parents: argparse.ArgumentParser
    ) -> argparse.ArgumentParser:
        return subcommands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=examples,
            parents=parents,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    command = add(
        "mount", "boot the machine and mount its tracing directory", MOUNT_EXAMPLES, machine
    )
    command.add_argument("directory", metavar="DIR", help="an existing directory")
    command.add_argument("--foreground", action="store_true", help="do not become a daemon")

    command = add("umount", "unmount, and end the machine", "example:\n  tracefs umount mnt\n")
    command.add_argument("directory", metavar="DIR")
    command.add_argument("--lazy", action="store_true", help="even if it is in use")

    command = add(
        "run", "run a command that sees the mount as /sys/kernel/tracing", RUN_EXAMPLES, machine
    )
    command.add_argument(
        "--no-bridge",
        dest="bridge",
        action="store_false",
        help="do not trace what the command does outside the mount (strace is not used)",
    )
    command.add_argument("command", nargs=argparse.REMAINDER, metavar="[--] COMMAND ...")

    command = add("releases", "list the kernels that --release knows", RELEASES_EXAMPLES)
    command.add_argument(
        "--explain", type=_release, metavar="R", help="what surprises in the files of that one"
    )
    add("bugs", "list the bugs that --bug brings back, and how to see each", BUGS_EXAMPLES)
    _add_explore(add("explore", "go through all orders in which CPUs can act", EXPLORE_EXAMPLES))
    return parser


def _add_explore(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", choices=["nmi"], help="NMIs while call sites are changed (S9)")
    command.add_argument(
        "--release", type=_release, default="tip-return", metavar="R", help="default tip-return"
    )
    command.add_argument(
        "--site", metavar="FUNCTION", help="a function that an NMI executes; another one lists them"
    )
    command.add_argument("--mutant", metavar="NAME", help="with one step wrong (tracefs bugs, S9)")
    command.add_argument("--together", action="store_true", help="an NMI at each CPU in one run")
    command.add_argument("--repaired", action="store_true", help="the protocol as of 2.6.30")
    command.add_argument(
        "--unreduced",
        action="store_true",
        help="every order of single instructions, also of those that no other CPU can notice",
    )
    command.add_argument("--jobs", type=_jobs, metavar="N", help="processes (default: the CPUs)")
    command.add_argument("--replay", metavar="SCHEDULE", help="do what a failure has printed")


def _jobs(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"a number from 1, not '{text}'")


def _release(name: str) -> str:
    from tracefs.release import UnknownRelease, get

    try:
        return get(name).name
    except UnknownRelease as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _cpus(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MAX_CPUS:
        return int(text)
    raise argparse.ArgumentTypeError(f"a number from 1 to {MAX_CPUS}, not '{text}'")
