"""Build the kernel images into the wheel; the rest is in pyproject.toml."""

from __future__ import annotations

import subprocess

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithImages(build_py):
    """build_py, after the images that it shall copy."""

    def run(self) -> None:
        if not self.editable_mode:
            subprocess.run(["make", "image"], check=True)
        super().run()


setup(cmdclass={"build_py": BuildWithImages})
