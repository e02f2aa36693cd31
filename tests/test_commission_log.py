"""The commission's decisions as TOML, «под наблюдение», and what becomes of a decision when a later one is made."""

from pathlib import Path

import pytest
from small_region import command, hashes, make_small_region, results_row, results_rows, school_id, write_results

from pipeline.commission_log import DECISIONS
from pipeline.errors import ConfigError
from pipeline.region import commission_decisions, commission_log
from pipeline.schema import records
from pipeline.store import Published
from pipeline.tables.decision import SELECTION
from pipeline.tables.orders import COMMISSION_DECISIONS

YEAR = 2026
HEAD = f"""year = {YEAR}
who = "Комиссия, протокол № 3"
date = 2026-09-15
"""
OBSERVED = """[[decision]]
school_id = "s12"
action = "observe"
why = "Выпускников было трое"
review_date = 2026-10-15
"""
LATER = """[[decision]]
school_id = "s12"
action = "включить"
date = "16.10.2026"
why = "Осенние работы показали то же"
"""


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small region about whose school 12 too little is known."""
    root = make_small_region(tmp_path_factory.mktemp("log") / "region")
    rows = [row for row in results_rows() if row[0] != school_id(12)]
    write_results(root, [*rows, results_row(12, YEAR, tested=3, low=1)])
    return root


def read(root: Path, path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    path.write_text(text, encoding="utf-8")
    return command(monkeypatch, "commission", "read", "--data", root, "--year", YEAR, "--file", path)


@pytest.mark.slow
def test_a_decision_to_observe_leaves_the_choice_and_is_replaced_by_a_later_one(
    region: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    words = ("--data", region, "--year", YEAR)
    assert read(region, tmp_path / "решения.toml", HEAD + OBSERVED, monkeypatch) == 0
    assert command(monkeypatch, "identify", *words, "--capacity", 3, "--direct") == 0
    chosen = Published(region, "identification", YEAR).read(SELECTION).set_index("school_id")
    assert chosen.loc["s12", ["status_code", "is_watched"]].tolist() == ["insufficient_data", True]
    assert set(chosen.loc["s12", "reason_codes"].split(";")) >= {"commission_observe", "thin_data"}
    capsys.readouterr()
    assert command(monkeypatch, "explain", "s12", *words) == 0
    assert "оставить под наблюдением" in capsys.readouterr().out
    assert command(monkeypatch, "commission", "list", *words) == 0
    assert "под наблюдение до 15.10.2026 (15.09.2026, Комиссия" in capsys.readouterr().out

    assert read(region, tmp_path / "потом.toml", HEAD + LATER, monkeypatch) == 0
    assert "прежнее решение — под наблюдение до 15.10.2026" in capsys.readouterr().out
    assert [row["action"] for row in records(commission_log(region))] == ["observe", "include"]
    standing = records(commission_decisions(region))
    assert [row["action"] for row in standing] == ["include"]
    assert standing[0]["earlier_text"].startswith("под наблюдение до 15.10.2026")
    stored = (region / DECISIONS).read_bytes()
    assert read(region, tmp_path / "снова.toml", HEAD + OBSERVED, monkeypatch) == 0
    assert (region / DECISIONS).read_bytes() == stored, "what was decided before is known, not decided again"
    assert command(monkeypatch, "identify", *words, "--capacity", 3, "--direct") == 0
    decided = Published(region, "identification", YEAR).read(COMMISSION_DECISIONS)
    assert decided["earlier_text"].notna().all()
    (region / DECISIONS).unlink()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("year = ", "не читается"),
        (HEAD.replace("2026\n", "2025\n") + OBSERVED, "год решений — 2025, а нужен 2026"),
        (OBSERVED, "год решений — не указан"),
        (HEAD, "нет ни одного решения"),
        ("region = 'Лесной край'\n" + HEAD + OBSERVED, "другого региона: «Лесной край»"),
        (HEAD + OBSERVED + "whom = 'не то поле'", "решение 1: неизвестные поля"),
        (HEAD + OBSERVED.replace("s12", "s99"), "решение 1: школы «s99» нет в реестре"),
        (HEAD + OBSERVED.replace("observe", "ignore"), "решение «ignore» неизвестно"),
        (HEAD + OBSERVED.replace("2026-10-15", "2030-10-15"), "не позже 31.08.2027"),
        (OBSERVED + HEAD, "год решений — не указан"),
    ],
)
def test_a_wrong_file_is_one_message_and_changes_nothing(
    region: Path, tmp_path: Path, monkeypatch, capsys, text: str, told: str
) -> None:
    before = hashes(region / "decisions")
    assert read(region, tmp_path / "решения.toml", text, monkeypatch) == 1
    assert told in capsys.readouterr().err
    assert hashes(region / "decisions") == before


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("s03,2026,include,К,скоро,так,", "«скоро» — не дата"),
        ("s03,2026,observe,К,2026-09-15,так,", "Срок нового рассмотрения"),
        ("s03,2026,include,К,2026-09-15,так,\ns03,2026,exclude,К,15.09.2026,эдак,", "датированы одним днём"),
    ],
)
def test_a_log_that_contradicts_itself_is_told(region: Path, rows: str, told: str) -> None:
    path = region / DECISIONS
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"school_id,year,action,who,date,why,review_date\n{rows}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        commission_log(region)
    path.unlink()
