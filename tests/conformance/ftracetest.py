"""``make conformance``: the kernel's own test suite for tracing, run on the emulated kernel.

    python -m tests.conformance.ftracetest [CASE or DIRECTORY...]

The suite, ftracetest, comes from the distribution's package of the kernel's source, and each case
runs on a kernel of its own under ``tracefs run``. What passed is written beside what passes on a
real 6.1 (ftracetest-6.1.txt) into ftracetest.md. Exits 1 if a case does worse than the table that
stands there says.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.progress import Progress

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
REAL = HERE / "ftracetest-6.1.txt"
TABLE = HERE / "ftracetest.md"
BUILD = REPOSITORY / "build" / "ftracetest"

PACKAGE = "linux-source-6.1"
ARCHIVE = Path("usr/src/linux-source-6.1.tar.xz")
SUITE = "linux-source-6.1/tools/testing/selftests/ftrace"
INSTANCE = "(instance) "
CASE_S = 180
"""How long a case may take before it counts as TIMEOUT."""
PASSES = ("PASS", "XFAIL")

Results = dict[str, str]
"""What each case came to, by its path below test.d (with INSTANCE before it: in an instance)."""


class Unavailable(Exception):
    """The suite cannot be had here; the message says why."""


def main() -> int:
    """Run the suite, or the cases and directories named; 1 if anything got worse."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.ftracetest")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="as test.d/ftrace, ftrace/x.tc")
    parser.add_argument("--logs", type=Path, default=BUILD / "logs", help="where failures are told")
    arguments = parser.parse_args()
    try:
        suite = fetch()
    except (Unavailable, subprocess.CalledProcessError) as error:
        print(f"make conformance: {error}", file=sys.stderr)
        return 1
    real, before = real_results(), read_table(TABLE)
    cases = sorted({name.removeprefix(INSTANCE) for name in real})
    wanted = [name.removeprefix("test.d/") for name in arguments.cases]
    if wanted:
        cases = [case for case in cases if any(case.startswith(name) for name in wanted)]
    shutil.rmtree(arguments.logs, ignore_errors=True)
    arguments.logs.mkdir(parents=True)
    ours = dict(run(suite, cases, arguments.logs))
    worse = [
        f"{name}: {ours.get(name, 'not run')}, was {was}"
        for name, was in before.items()
        if name.removeprefix(INSTANCE) in cases and was in PASSES and ours.get(name) not in PASSES
    ]
    for name in sorted(ours, key=_order):
        print(f"{ours[name]:<12}{name}")
    if worse:
        print("\nworse than before:", *worse, sep="\n  ", file=sys.stderr)
        return 1
    TABLE.write_text(table(real, {**before, **ours}))
    return 0


def fetch() -> Path:
    """The suite's directory; taken from the distribution's package the first time."""
    target = BUILD / Path(SUITE).name
    if (target / "ftracetest").exists():
        return target
    BUILD.mkdir(parents=True, exist_ok=True)
    archive = Path("/") / ARCHIVE
    if not archive.exists():
        archive = BUILD / ARCHIVE
        if not archive.exists():
            _download()
    strip = str(SUITE.count("/"))
    subprocess.run(
        ["tar", "-xf", archive, "-C", BUILD, f"--strip-components={strip}", SUITE], check=True
    )
    return target


def _download() -> None:
    if not shutil.which("apt-get"):
        raise Unavailable(f"the suite is in Debian's package {PACKAGE}, and there is no apt-get")
    done = subprocess.run(["apt-get", "download", "-q", PACKAGE], cwd=BUILD)
    packages = list(BUILD.glob(f"{PACKAGE}_*.deb"))
    if done.returncode or not packages:
        raise Unavailable(f"cannot get the package {PACKAGE} (apt-get update may help)")
    subprocess.run(["dpkg-deb", "--extract", packages[0], BUILD], check=True)
    packages[0].unlink()


def run(suite: Path, cases: list[str], logs: Path) -> Iterator[tuple[str, str]]:
    """What each case comes to, as many at a time as there are processors."""
    with Progress(transient=True) as progress, ThreadPoolExecutor(os.cpu_count()) as pool:
        bar = progress.add_task("ftracetest", total=len(cases))
        for found in pool.map(lambda case: run_case(suite, case, logs), cases):
            progress.advance(bar)
            yield from found.items()


def run_case(suite: Path, case: str, logs: Path) -> Results:
    """One case on a fresh kernel: at the top level, and in an instance if it asks for that."""
    with tempfile.TemporaryDirectory(prefix="ftracetest-") as directory:
        command = [sys.executable, "-m", "tracefs", "run", "--"]
        command += ["./ftracetest", "-k", "-l", f"{directory}/logs", f"test.d/{case}"]
        # A session of its own, so that nothing of a case that hangs is left.
        with subprocess.Popen(
            command,
            cwd=suite,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": directory},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            try:
                output = process.communicate(timeout=CASE_S)[0]
            except subprocess.TimeoutExpired:
                process.terminate()  # tracefs run ends the command and the kernel
                output = process.communicate()[0] + "\n[TIMEOUT]\n"
        results = parse(case, output)
        if set(results.values()) - {"PASS"}:
            told = (path.read_text(errors="replace") for path in Path(directory).glob("logs/*"))
            (logs / f"{case.replace('/', '-')}.log").write_text("\n".join([output, *told]))
    return results


def parse(case: str, output: str) -> Results:
    """The results that ftracetest prints for one case."""
    results = {}
    for text, result in re.findall(r"^\[\d+\] ?(.*)\t\[([A-Z]+)\]", output, re.MULTILINE):
        results[(INSTANCE if text.startswith(INSTANCE) else "") + case] = result
    if output.endswith("[TIMEOUT]\n") or not results:
        results.setdefault(case, "TIMEOUT" if "[TIMEOUT]" in output else "ERROR")
    return results


def real_results() -> Results:
    """What a real 6.1 answers: lines ``RESULT test.d/CASE [(instance)] description``."""
    results = {}
    for line in REAL.read_text().splitlines():
        result, path, text = line.split(" ", 2)
        instance = INSTANCE if text.startswith(INSTANCE) else ""
        results[instance + path.removeprefix("test.d/")] = result
    return results


def table(real: Results, ours: Results) -> str:
    """The table in Markdown, and what it adds up to."""
    names = sorted({*real, *ours}, key=_order)
    passed = [name for name in names if ours.get(name) in PASSES]
    theirs = [name for name in names if real.get(name) in PASSES]
    lines = [
        "# ftracetest, the kernel's own suite",
        "",
        f"Of {len(theirs)} results that a real 6.1 passes this kernel passes"
        f" {len(set(theirs) & set(passed))}. Written by `make conformance`.",
        "",
        "| case | 6.1 | here |",
        "|---|---|---|",
        *(f"| {name} | {real.get(name, '-')} | {ours.get(name, '-')} |" for name in names),
    ]
    return "\n".join(lines) + "\n"


def read_table(path: Path) -> Results:
    """What a table says of this kernel; nothing if there is none yet."""
    if not path.exists():
        return {}
    rows = (line.split("|")[1:4] for line in _rows(path.read_text().splitlines()))
    return {name.strip(): here.strip() for name, _, here in rows}


def _rows(lines: Iterable[str]) -> Iterator[str]:
    return (line for line in lines if line.startswith("|") and ".tc " in line)


def _order(name: str) -> tuple[str, bool]:
    return name.removeprefix(INSTANCE), name.startswith(INSTANCE)


if __name__ == "__main__":
    sys.exit(main())
