"""Draws the pictures of README.md from a run of examples/demo.py: what it prints, as terminal.svg,
and how its model learned and what it takes for what, as digits.png. Both go to docs/pictures.

    .venv/bin/python scripts/make_readme_pictures.py
"""

import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

import pellucid
from pellucid.insight import confusion_matrix, learning_curve

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
COMMAND = "python examples/demo.py"
LINE, LEFT, COLUMN = 20, 18, 8.05  # height of a line, the margin, and width of a character: pixels


def draw_terminal(text: str) -> str:
    """A terminal with this text, as SVG."""
    lines = text.rstrip().splitlines()
    width = 2 * LEFT + round(COLUMN * max(map(len, lines)))
    height = 2 * LEFT + LINE * len(lines)
    rows = [
        f'<text x="{LEFT}" y="{LEFT + LINE * (i + 0.7):g}" xml:space="preserve"'
        f' class="{"typed" if line.startswith("$") else "said"}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    ]
    font = "font: 13.4px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
    colours = ".typed { fill: #56b4e9 } .said { fill: #e6e6e6 }"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}">',
            f"<style>text {{ {font}; white-space: pre }} {colours}</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#16191d"/>',
            *rows,
            "</svg>\n",
        ]
    )


def draw_digits(model_file: Path, path: Path) -> None:
    """A model's learning curve, and which test digit it takes for which, side by side."""
    from matplotlib.figure import Figure

    model, digits = pellucid.load(model_file), pellucid.data.load("digits")
    figure = Figure(figsize=(13, 4.4), layout="constrained", facecolor="white")
    panels = figure.subplots(1, 3, width_ratios=(1, 1, 1.05))
    learning_curve(model.history, panels[:2])
    confusion_matrix(digits.y_test, model.predict(digits.x_test), ax=panels[2])
    figure.savefig(path, dpi=100)


def main() -> None:
    """Run the example in a folder of its own, and draw."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / COMMAND.split()[1])]
        run = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        (PICTURES / "terminal.svg").write_text(draw_terminal(f"$ {COMMAND}\n{run.stdout}"))
        draw_digits(Path(folder) / "demo" / "digits.safetensors", PICTURES / "digits.png")
    for name in ("terminal.svg", "digits.png"):
        print(f"{name}: {(PICTURES / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
