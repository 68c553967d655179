"""docs/scaling.md: its programs run, and its table is the one that the calculation gives."""

from benchmarks import scaling

from .reading import ROOT, run

PAGE = ROOT / "docs" / "scaling.md"


def test_the_programs_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run(PAGE)
    assert names["history"].history.keys() == {
        f"{part}{figure}" for part in ("", "val_") for figure in ("loss", "accuracy", "auc")
    }
    assert names["model"].progress["epoch"] == 3
    assert names["path"].exists()


def test_the_table_is_what_the_calculation_gives(capsys):
    scaling.paper()
    assert capsys.readouterr().out.strip() in PAGE.read_text()
