"""The table of transcripts: how much of each agrees with the real kernel, and what does not.

python -m tests.conformance.goldens      write goldens.md
"""

from __future__ import annotations

from collections import Counter

from tests.conformance.replay import load
from tests.conformance.test_conformance import HERE, REASONS, TOPICS, expectations

TABLE = HERE / "goldens.md"
KINDS = ("same", "alike", "partly", "form", "differs", "varies", "skipped")


def table() -> str:
    """The table in Markdown, with the reasons below it; derived from differences.toml."""
    lines = [
        "# Transcripts of a real 6.1, replayed here",
        "",
        "How many commands of each transcript are answered the same; alike (but for names of",
        "functions and numbers); partly the same; in lines of the same form; otherwise; not to",
        "be compared; or not run.",
        "`make conformance` fails where one is answered otherwise that is not listed in",
        "differences.toml.",
        "",
        f"| transcript | commands | {' | '.join(KINDS)} |",
        f"|---|---|{'---|' * len(KINDS)}",
    ]
    for topic in TOPICS:
        steps = load(HERE / "golden" / f"{topic}.txt")
        kinds = Counter(found.kind for found in expectations(topic, steps).values())
        kinds["same"] = len(steps) - kinds.total()
        counts = " | ".join(str(kinds[kind]) for kind in KINDS)
        lines.append(f"| {topic} | {len(steps)} | {counts} |")
    lines += ["", "| reason | kind | |", "|---|---|---|"]
    lines += [f"| {name} | {it['kind']} | {it['text']} |" for name, it in sorted(REASONS.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table())
