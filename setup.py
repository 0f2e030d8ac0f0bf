"""Build the kernel images into the wheel; the rest is in pyproject.toml."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUILT = Path(__file__).parent / "kernel_image" / "build"
IMAGES = ("x86_64", "i386")


class BuildWithImages(build_py):
    """build_py, and the images as ``tracefs/images``; a checkout uses them where they are built."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        subprocess.run(["make", "image"], check=True)
        for image in IMAGES:
            target = Path(self.build_lib, "tracefs", "images", image)
            target.mkdir(parents=True, exist_ok=True)
            for file in (BUILT / image / "vmlinux", *sorted((BUILT / image).glob("*.ko"))):
                shutil.copy(file, target)


setup(cmdclass={"build_py": BuildWithImages})
