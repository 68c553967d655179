"""A finding is what is wrong with a training, in words: seen, where, why it hurts, and the mend.

`check` makes a finding's name known and pairs it with the function that looks for it. Checks stand
in the order of cause and effect, data first and learning curves last; within one severity a list of
findings keeps that order, so that what began it stands above what came of it. What can only be an
effect stands below all that may have caused it.
"""

import html
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from pellucid.insight.colours import LIGHT

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
MEANING = {
    "high": "stops the learning, or makes its result worthless",
    "medium": "makes the learning slower or its result worse",
    "low": "worth a look",
}
COLOURS = {"high": LIGHT.orange, "medium": LIGHT.amber, "low": LIGHT.blue}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    `name` stands in `docs/diagnosis.md`; `seen` has the figures, `where` the layer or the data,
    `why` one sentence of theory, `mend` the code to change, `source` the paper or book section.
    """

    name: str
    severity: Severity
    where: str
    seen: str
    why: str
    mend: str
    source: str

    def text(self, width: int = 100, *, why: bool = True) -> str:
        """The finding as a block of text, in lines of at most so many characters.

        Without `why` where it was said before, of another layer.
        """
        found = [f"{self.severity:<6}  {self.name}: {self.where}"]
        for label, text in (
            ("seen", self.seen),
            ("why", f"{self.why} ({self.source})"),
            ("mend", self.mend),
        ):
            if label == "why" and not why:
                continue
            indent = " " * 14
            wrapped = textwrap.wrap(
                text,
                max(width, 40),
                initial_indent=f"        {label:<6}",
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
            found += wrapped
        return "\n".join(found)

    def __str__(self) -> str:
        return self.text()


class Note(NamedTuple):
    """What a check hands back: the figures and the mend for this model, where, and how bad."""

    seen: str
    mend: str
    where: str = "the model"
    severity: Severity | None = None


@dataclass(frozen=True)
class Check:
    """A finding that can be made: what it is in general, and the function that looks for it.

    `is_effect`: it says that something is wrong, which other findings say better.
    """

    name: str
    subject: str
    severity: Severity
    what: str
    why: str
    mend: str
    source: str
    look: Callable[[Any], Iterable[Note]]
    is_effect: bool = False

    def findings(self, case: Any) -> Iterator[Finding]:
        """What this check sees in a case."""
        for note in self.look(case):
            yield Finding(
                self.name,
                note.severity or self.severity,
                note.where,
                note.seen,
                self.why,
                note.mend,
                self.source,
            )

    @property
    def threshold(self) -> str:
        """When it speaks, and where that limit comes from: the docstring of its function."""
        return " ".join((self.look.__doc__ or "").split())


CHECKS: dict[str, Check] = {}


def check(
    name: str,
    *,
    subject: str,
    severity: Severity,
    what: str,
    why: str,
    mend: str,
    source: str,
    is_effect: bool = False,
) -> Callable[[Callable[[Any], Iterable[Note]]], Callable[[Any], Iterable[Note]]]:
    """Make a function of a case known as the one that looks for the finding `name`."""

    def known(look: Callable[[Any], Iterable[Note]]) -> Callable[[Any], Iterable[Note]]:
        CHECKS[name] = Check(name, subject, severity, what, why, mend, source, look, is_effect)
        return look

    return known


class Findings(tuple[Finding, ...]):
    """Findings, the worst first, effects below what may have caused them. It prints as text, and
    shows itself as HTML in a notebook."""

    def __new__(cls, findings: Iterable[Finding] = ()) -> "Findings":
        """Each once, ranked by severity, then cause before effect."""
        place = {name: number for number, name in enumerate(CHECKS)}
        unique: dict[tuple[str, str], Finding] = {}
        for finding in findings:
            unique.setdefault((finding.name, finding.where), finding)

        def rank(finding: Finding) -> tuple[bool, bool, int, int]:
            known = CHECKS.get(finding.name)
            severity = SEVERITIES.index(finding.severity)
            is_effect = known is not None and known.is_effect
            return finding.severity == "low", is_effect, severity, place.get(finding.name, 0)

        return super().__new__(cls, sorted(unique.values(), key=rank))

    @property
    def names(self) -> list[str]:
        """The names of the findings, in order, each once."""
        return list(dict.fromkeys(finding.name for finding in self))

    def __contains__(self, wanted: object) -> bool:
        """Whether a finding, or one of this name, is here."""
        return super().__contains__(wanted) or wanted in self.names

    def to_dicts(self) -> list[dict[str, str]]:
        """The findings as plain dictionaries, for JSON."""
        return [asdict(finding) for finding in self]

    @classmethod
    def from_dicts(cls, dicts: Iterable[dict[str, Any]]) -> "Findings":
        """What `to_dicts` gave."""
        return cls(Finding(**each) for each in dicts)

    def __str__(self) -> str:
        return self.text(min(shutil.get_terminal_size().columns, 100))

    __repr__ = __str__

    def text(self, width: int = 100) -> str:
        """The list for a terminal of so many columns."""
        if not self:
            return "diagnosis: nothing found"
        counted = [(s, sum(f.severity == s for f in self)) for s in SEVERITIES]
        head = ", ".join(f"{n} {severity}" for severity, n in counted if n)
        number = f"{len(self)} finding{'' if len(self) == 1 else 's'}"
        blocks, said = [f"diagnosis: {number} ({head})"], set()
        for finding in self:
            blocks.append(finding.text(width, why=finding.name not in said))
            said.add(finding.name)
        return "\n\n".join(blocks)

    def _repr_html_(self) -> str:
        """The list as HTML, readable on white and on black."""
        if not self:
            return "<p>diagnosis: nothing found</p>"
        return "<div>" + "".join(map(_as_html, self)) + "</div>"


def _as_html(finding: Finding) -> str:
    """One finding: a bar in the colour of its severity, then what the text has."""
    colour = COLOURS[finding.severity]
    rows = "".join(
        f"<tr><td style='text-align:left;vertical-align:top;opacity:.65;padding:1px 12px 1px 0'>"
        f"{label}</td><td style='text-align:left;padding:1px 0'>{text}</td></tr>"
        for label, text in (
            ("seen", html.escape(finding.seen)),
            ("why", f"{html.escape(finding.why)} <i>{html.escape(finding.source)}</i>"),
            ("mend", f"<code>{html.escape(finding.mend)}</code>"),
        )
    )
    return (
        f"<div style='border-left:4px solid {colour};padding:2px 0 2px 12px;margin:0 0 14px'>"
        f"<b style='color:{colour}'>{finding.severity}</b> <b>{html.escape(finding.name)}</b>: "
        f"{html.escape(finding.where)}<table style='margin:2px 0 0'>{rows}</table></div>"
    )
