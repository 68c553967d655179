"""Runs the programs of examples/gallery and makes the page docs/gallery/README.md of them: each
picture above the lines that drew it.

A program's docstring is its title (the first line) and its caption; its variable `picture` is a
matplotlib figure, or a drawing with `save(path)` that writes SVG.

    .venv/bin/python scripts/make_gallery.py
"""

import ast
import io
import pickle
import runpy
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from pellucid.insight import suit

ROOT = Path(__file__).parents[1]
PROGRAMS, PAGE = ROOT / "examples" / "gallery", ROOT / "docs" / "gallery" / "README.md"
DPI, COLOURS = 120, 96  # of the pictures on the page, which are shown smaller by 1.25
BACKGROUNDS = ("light", "dark")
SECTIONS = {  # the order on the page; programs whose names no pattern fits come last
    "Networks": ["network", "network_of_images", "hidden_layer", "symmetry", "dropout"],
    "Activations and losses": ["activations", "score_to_loss"],
    "Circuits": ["circuit_*"],
    "Decision boundaries": ["boundaries_by_units", "boundaries_by_lambda"],
    "Depth": ["depth_linear", "depth_tanh", "depth_relu", "*_histograms"],
    "Training": [
        *["learning_curve", "exponential_average", "optimizer_paths", "histograms_over_time"],
    ],
    "What a network has learned": [
        *["weights_as_images", "filters", "feature_maps", "saliency", "occlusion"],
        *["confusion_matrix", "most_wrong"],
    ],
    "More": ["*"],
}
OPENING = """# Gallery

Every picture here is drawn by the lines below it, from a real run of the library; `make gallery`
runs them all again ([the programs](../../examples/gallery)). They need no data but the digits that
come with the package. The numbers behind a picture `name(...)` are what `name_data(...)` gives,
without drawing.
"""


class Program(NamedTuple):
    """One program: its file's stem, its title and caption, and its lines of code."""

    name: str
    title: str
    caption: str
    code: str

    def run(self) -> Any:
        """The picture that it draws."""
        return runpy.run_path(str(PROGRAMS / f"{self.name}.py"))["picture"]


def read(path: Path) -> Program:
    """A program from its file."""
    text = path.read_text(encoding="utf-8")
    opening = ast.parse(text).body[0]
    title, _, caption = (ast.get_docstring(ast.parse(text)) or path.stem).partition("\n")
    lines = text.splitlines()[opening.end_lineno :]
    code = "\n".join(lines).strip("\n")
    return Program(path.stem, title.rstrip("."), " ".join(caption.split()), code)


def sections() -> dict[str, list[Program]]:
    """All programs, each in the first section that has a pattern for it."""
    left = sorted(PROGRAMS.glob("*.py"))
    found: dict[str, list[Program]] = {}
    for section, patterns in SECTIONS.items():
        for pattern in patterns:
            chosen = [path for path in left if path.match(f"{pattern}.py")]
            left = [path for path in left if path not in chosen]
            if chosen:
                found.setdefault(section, []).extend(map(read, chosen))
    return found


def save(picture: Any, stem: Path) -> list[Path]:
    """Write a picture beside the page: a figure as two small PNG files, a drawing as SVG."""
    if not hasattr(picture, "savefig"):
        path = stem.with_suffix(".svg")
        picture.save(path)
        return [path]
    whole = pickle.dumps(picture)
    paths = [stem.with_name(f"{stem.name}-{background}.png") for background in BACKGROUNDS]
    for path, background in zip(paths, BACKGROUNDS, strict=True):
        drawn = io.BytesIO()
        suit(pickle.loads(whole), background).savefig(drawn, dpi=DPI)
        with Image.open(drawn) as image:
            small = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
            small.save(path, optimize=True)
    return paths


def page(found: dict[str, list[Program]], folder: Path = PAGE.parent) -> str:
    """The page for the pictures that lie in the folder."""
    parts = [OPENING]
    for section, programs in found.items():
        parts.append(f"## {section}\n")
        for program in programs:
            parts.append(f"### {program.title}\n")
            parts.append(f"{program.caption}\n")
            parts.append(f"{_shown(program, folder)}\n")
            parts.append(f"```python\n{program.code}\n```\n")
    return "\n".join(parts)


def _shown(program: Program, folder: Path) -> str:
    """A program's picture, in the variant for the reader's background."""
    alt = f'alt="{_quoted(program.title)}"'
    if (folder / f"{program.name}.svg").exists():
        return f'<img src="{program.name}.svg" {alt}>'
    light, dark = (f"{program.name}-{background}.png" for background in BACKGROUNDS)
    with Image.open(folder / light) as image:
        width = round(image.width / 1.25)
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
    return f'<picture>{source}<img src="{light}" {alt} width="{width}"></picture>'


def _quoted(text: str) -> str:
    """A text for an attribute."""
    return text.replace("&", "&amp;").replace('"', "&quot;")


def main() -> None:
    """Draw everything, and write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    found = sections()
    made = {}
    for program in (each for programs in found.values() for each in programs):
        for path in save(program.run(), PAGE.parent / program.name):
            made[path] = path.stat().st_size
            print(f"{path.name:<34} {made[path]:>9,} bytes")
    for path in PAGE.parent.iterdir():
        if path.suffix in (".png", ".svg") and path not in made:
            path.unlink()
    PAGE.write_text(page(found), encoding="utf-8")
    print(f"{len(made)} files, {sum(made.values()):,} bytes; {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
