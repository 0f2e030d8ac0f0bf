"""The ``tracefs`` command with a small fake kernel, and mounts that are cleaned up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

TIMEOUT_S = 20.0


@pytest.fixture(autouse=True)
def _fuse() -> None:
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("/dev/fuse is missing here, or not open to who runs the tests")


@dataclass
class Command:
    """Runs ``tracefs``; ``prefix`` is put before it, ``env`` over the environment."""

    cwd: Path
    module: str = "tests.mount.fake_tracefs"
    prefix: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)

    def argv(self, *arguments: str | Path) -> list[str]:
        program = [sys.executable, "-B", "-m", self.module]
        return [*self.prefix, *program, *map(str, arguments)]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.cwd), **self.env}

    def __call__(
        self, *arguments: str | Path, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments),
            cwd=self.cwd,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=check,
        )

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.argv(*arguments),
            cwd=self.cwd,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def tracefs(repository: Path) -> Command:
    return Command(repository)


@pytest.fixture
def real_tracefs(repository: Path) -> Command:
    """The command as users have it, with the emulated kernel."""
    return Command(repository, module="tracefs")


@pytest.fixture
def kernel(directory: Path, real_tracefs: Command) -> Path:
    """A directory with the emulated kernel's tracing directory mounted on it."""
    real_tracefs("mount", directory, check=True)
    return directory


@pytest.fixture
def user_tracefs(repository: Path, tmp_path: Path) -> Command:
    """The command as an ordinary user, who owns ``tmp_path/user``."""
    home = tmp_path / "user"
    home.mkdir()
    command = Command(repository, env={"HOME": str(home), "XDG_STATE_HOME": str(home)})
    if os.getuid() == 0:
        for directory in (home, *home.parents):
            if not directory.stat().st_mode & 0o001:
                directory.chmod(directory.stat().st_mode | 0o001)
        os.chown(home, 65534, 65534)
        command.prefix = [sys.executable, "-B", str(Path(__file__).with_name("as_user.py"))]
    return command


@pytest.fixture
def directory(tmp_path: Path, tracefs: Command) -> Iterator[Path]:
    """An empty directory, with nothing mounted on it afterwards."""
    path = tmp_path / "mnt"
    path.mkdir()
    yield path
    while os.path.ismount(path) or _dead(path):
        subprocess.run(["umount", "--lazy", path], check=True, timeout=TIMEOUT_S)


@pytest.fixture
def mounted(directory: Path, tracefs: Command) -> Path:
    """A directory with FakeService mounted on it."""
    tracefs("mount", directory, check=True)
    return directory


def _dead(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return True
    return False


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Poll until the condition holds; AssertionError after the time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """True while the process runs (a zombie does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
