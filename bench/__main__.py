"""``python -m bench``: measure everything, print a table, write a file for machines."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from pathlib import Path

from bench.harness import Options, Row, table

MODULES = ("startup", "mount_files", "files", "tracing", "sites", "reading", "bridge")


def main() -> int:
    """Run the benchmarks named on the command line, or all; 1 if a bound was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--fake", action="store_true", help="measure the mount without a kernel")
    arguments = parser.parse_args()
    options = Options(fake=arguments.fake)
    rows: list[Row] = []
    for name in arguments.modules or MODULES:
        if name not in MODULES:
            parser.error(f"no module {name}")
        rows += importlib.import_module(f"bench.{name}").measure(options)
    print(table(rows))
    if arguments.json:
        machine = {
            "machine": platform.platform(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "rows": [row.as_dict() for row in rows],
        }
        arguments.json.write_text(json.dumps(machine, indent=1) + "\n")
    return int(any(row.within is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
