"""The worked examples of CONTRIBUTING.md run as they stand."""

from pellucid import layers, optimizers

from .reading import ROOT, blocks, run

PAGE = ROOT / "CONTRIBUTING.md"


def test_every_worked_example_runs(monkeypatch):
    for registry in (layers.registry, optimizers.registry):  # what the page registers goes again
        monkeypatch.setattr(registry, "known", dict(registry.known))
        monkeypatch.setattr(registry, "names", dict(registry.names))
    names = run(PAGE)
    assert {"ISRU", "Maxout", "Belief"} <= names.keys()


def test_the_commands_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    shell = "".join(block.text for block in blocks(PAGE) if block.language == "sh")
    targets = [line.split()[1] for line in shell.splitlines() if line.startswith("make ")]
    assert {"test", "check", "format"} <= set(targets)
    assert all(f"\n{target}:" in makefile for target in targets)
