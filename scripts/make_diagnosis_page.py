"""Writes docs/diagnosis.md: every finding that a diagnosis can make, from the checks themselves.

python scripts/make_diagnosis_page.py
"""

import textwrap
from pathlib import Path

from pellucid.insight.diagnosis import CHECKS

PAGE = Path(__file__).parents[1] / "docs" / "diagnosis.md"
WIDTH, TITLE = 110, "## All findings"


def page() -> str:
    """The whole page: its introduction, a table of contents, and a section for each finding."""
    table = ["| finding | what |", "|---|---|"]
    table += [f"| [{c.name}](#{c.name}) | {c.what} |" for c in CHECKS.values()]
    sections = [section(check) for check in CHECKS.values()]
    head = PAGE.read_text(encoding="utf-8").partition(TITLE)[0].strip()
    return "\n\n".join([head, TITLE, "\n".join(table), *sections]) + "\n"


def section(check) -> str:
    """One finding: what it is, why it hurts, what mends it, when it speaks, and its source."""
    rows = (
        ("What", f"{check.what} Severity: {check.severity}."),
        ("Why it hurts", check.why),
        ("The mend", f"`{check.mend}`"),
        ("When it speaks", check.threshold),
        ("Source", f"{check.source}."),
    )
    lines = [f"### {check.name}"]
    for label, text in rows:
        lines.append(
            textwrap.fill(f"*{label}.* {text}", WIDTH, break_long_words=False,
                          break_on_hyphens=False)
        )  # fmt: skip
    return "\n\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(CHECKS)} findings")
