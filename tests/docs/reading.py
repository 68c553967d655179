"""Reading and running the Markdown pages of the repository."""

import contextlib
import io
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str
    line: int


def blocks(page):
    """The fenced blocks of a page, in order."""
    text = page.read_text()
    return [
        Block(found[1], found[2], text[: found.start()].count("\n") + 1)
        for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    ]


def plain(text):
    """A table's words alone: one space between them, and no digits of rounding."""
    return " ".join(re.sub(r"\b\d\.\de-\d\d\b", "tiny", text).split())


def run(page):
    """Run the Python blocks of a page, one after another, and give the names that they leave.

    Where a `text` block follows one, it is what the block prints, but for distances such as
    9.3e-12, whose digits are rounding.
    """
    names, found = {"__name__": "page"}, blocks(page)
    for block, after in zip(found, [*found[1:], Block("", "", 0)], strict=True):
        if block.language != "python":
            continue
        printed = io.StringIO()
        source = compile("\n" * block.line + block.text, str(page), "exec")
        with contextlib.redirect_stdout(printed):
            exec(source, names)
        if after.language == "text":
            shown, said = (plain(text) for text in (after.text, printed.getvalue()))
            assert shown == said, f"{page.name}:{after.line}: the block prints\n{said}"
    return names
