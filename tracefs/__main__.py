"""``python -m tracefs`` is the ``tracefs`` command."""

from __future__ import annotations

import sys

from tracefs.cli import main

if __name__ == "__main__":
    sys.exit(main())
