"""`shnro order` from the draft to the archive: what is signed stays, what is tampered with or wrong is refused."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from depth import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ordered_region import (
    LIST,
    ORDERS,
    TODAY,
    YEAR,
    change_results,
    decide,
    import_list,
    listed,
    published,
    run,
)
from small_region import command, hashes

from pipeline import order_acts
from pipeline.errors import PipelineError
from pipeline.order_archive import load_archive
from pipeline.order_files import write_draft


@pytest.fixture
def root(listed_region: Path, tmp_path: Path) -> Path:
    target = tmp_path / "область с пробелом"
    shutil.copytree(listed_region, target, symlinks=True)
    return target


@pytest.fixture
def signed(signed_region: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(signed_region, tmp_path / "область с пробелом", symlinks=True))


def test_a_list_from_draft_to_signature(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    assert "4 школы" in capsys.readouterr().out
    assert published(root, "orders")["status_code"].tolist() == ["draft"]
    assert listed(root) == []
    assert run(monkeypatch, root, "submit") == 0
    assert "направлен на согласование" in capsys.readouterr().out
    assert run(monkeypatch, root, "submit") == 1
    assert "в состоянии «на согласовании» нельзя" in capsys.readouterr().err
    assert run(monkeypatch, root, "sign", "--number", " 100-ОД ", "--date", "2026-09-15") == 0
    assert "№ 100-ОД от 15.09.2026" in capsys.readouterr().out
    assert listed(root) == ["s09", "s10", "s11", "s12"]
    order = load_archive(root).orders.iloc[0]
    seal = json.loads((root / LIST / "seal.json").read_text(encoding="utf-8"))
    assert order["seal_sha256"] == seal["seal_sha256"] == published(root, "orders")["seal_sha256"].iloc[0]
    assert {"order.toml", "schools.csv", "frozen/manifest.json", "frozen/selection.parquet"} <= set(seal["files"])
    assert published(root, "listed_schools")["school_id"].tolist() == ["s09", "s10", "s11", "s12"]
    assert published(root, "list_differences").empty


@pytest.mark.slow
def test_a_new_calculation_changes_nothing_signed_and_says_what_differs(signed: Path, monkeypatch, capsys) -> None:
    before = hashes(signed / LIST)
    change_results(monkeypatch, signed)
    told = capsys.readouterr().out
    assert f"Действует подписанный перечень {YEAR} года" in told and "вошло бы школ 1, вышло бы 1" in told
    assert hashes(signed / LIST) == before and listed(signed) == ["s09", "s10", "s11", "s12"]
    assert run(monkeypatch, signed, "draft", "--year", YEAR) == 1
    assert "уже подписан" in capsys.readouterr().err
    assert run(monkeypatch, signed, "amend", "--year", YEAR) == 0
    assert "«О внесении изменений в приказ от 15.09.2026 № 100-ОД»" in capsys.readouterr().out
    changes = published(signed, "list_differences").set_index("school_id")["change_code"].to_dict()
    assert changes == {"s08": "entered", "s09": "left"}
    assert listed(signed) == ["s09", "s10", "s11", "s12"]
    assert run(monkeypatch, signed, "sign", "--number", "120-ОД", "--date", "2026-11-02") == 0
    assert listed(signed) == ["s08", "s10", "s11", "s12"]
    assert hashes(signed / LIST) == before
    capsys.readouterr()
    for day, school in (("2026-10-01", "s09"), ("2026-11-02", "s08")):
        assert run(monkeypatch, signed, "show", "--as-of", day) == 0
        told = capsys.readouterr().out
        assert f"    {school}  " in told and f"    {'s08' if school == 's09' else 's09'}  " not in told


def test_an_amendment_may_be_limited_to_named_schools(signed: Path, monkeypatch, capsys) -> None:
    decide(signed, s08="include", s09="exclude")
    assert run(monkeypatch, signed, "amend", "--year", YEAR, "--school", "s01") == 1
    assert "ничего не меняют для школы «s01»" in capsys.readouterr().err
    assert run(monkeypatch, signed, "amend", "--year", YEAR, "--school", "s08") == 0
    assert run(monkeypatch, signed, "sign", "--number", "120-ОД", "--date", "2026-11-02") == 0
    assert listed(signed) == ["s08", "s09", "s10", "s11", "s12"]


@pytest.mark.slow
def test_the_next_september_stays_on_what_was_signed(signed: Path, monkeypatch) -> None:
    decide(signed, s08="include", s09="exclude")
    assert run(monkeypatch, signed, "amend", "--year", YEAR) == 0
    assert run(monkeypatch, signed, "sign", "--number", "120-ОД", "--date", "2026-11-02") == 0
    import_list(signed, YEAR, "s01")  # the order of the year wins over a list that lies there as well
    past = load_archive(signed, (YEAR,)).signed_list(YEAR).set_index("school_id")
    assert list(past.index) == ["s08", "s10", "s11", "s12"]
    assert past.loc["s08", ["number", "date"]].tolist() == ["120-ОД", "2026-11-02"]
    assert past.loc["s10", ["number", "date"]].tolist() == ["100-ОД", "2026-09-15"]


@pytest.mark.slow
def test_imported_lists_are_orders_and_can_be_amended(root: Path, monkeypatch, capsys) -> None:
    import_list(root, 2024, "s01", "s02")
    import_list(root, YEAR, "s01", "s10", number="55", day="2026-09-10")
    assert run(monkeypatch, root, "amend", "--year", YEAR) == 0
    assert "от 10.09.2026 № 55" in capsys.readouterr().out
    assert run(monkeypatch, root, "sign", "--number", "55", "--date", "2026-10-01") == 1
    assert f"№ 55 в {YEAR} году уже есть: {YEAR}-imported" in capsys.readouterr().err
    assert run(monkeypatch, root, "sign", "--number", "56", "--date", "2026-09-09") == 1
    assert "вне времени" in capsys.readouterr().err
    assert run(monkeypatch, root, "sign", "--number", "56", "--date", "2026-10-01") == 0
    assert listed(root) == ["s09", "s10", "s11", "s12"]
    assert run(monkeypatch, root, "show", "--as-of", "2025-03-01", "--output", root / "перечень.csv") == 0
    assert (root / "перечень.csv").read_text(encoding="utf-8-sig").count("2024-imported") == 2


def test_a_draft_that_people_changed_is_kept_and_checked(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    path = root / LIST / "schools.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.splitlines()[-1] + "\n", encoding="utf-8")
    assert run(monkeypatch, root, "sign", "--number", "1", "--date", "2026-09-15") == 1
    assert f"{LIST}/schools.csv, строка 6" in capsys.readouterr().err
    path.write_text(text.replace("s09", "s99"), encoding="utf-8")
    assert run(monkeypatch, root, "sign", "--number", "1", "--date", "2026-09-15") == 1
    assert "«s99» нет в реестре" in capsys.readouterr().err
    path.write_text("\n".join(line for line in text.splitlines() if "s09" not in line) + "\n", encoding="utf-8")
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    assert path.read_text(encoding="utf-8") == text
    assert "s09" not in (root / ORDERS / f".old-{YEAR}-list-01/schools.csv").read_text(encoding="utf-8")


def test_a_name_is_no_formula_and_comes_back_as_it_was(root: Path, monkeypatch) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    archive = load_archive(root)
    order = order_acts.open_order(archive, YEAR)
    named = archive.schools.assign(school_name="=1+1 «Школа»", ground_text="-")
    write_draft(root, order, named, root / f"published/identification/{YEAR}")
    assert ",'=1+1 «Школа»," in (root / LIST / "schools.csv").read_text(encoding="utf-8")
    assert set(load_archive(root).schools["school_name"]) == {"=1+1 «Школа»"}
    assert set(load_archive(root).schools["ground_text"]) == {"-"}


def test_undecided_objections_block_the_signature(root: Path, monkeypatch, capsys) -> None:
    (root / "decisions").mkdir(exist_ok=True)
    (root / "decisions/objections.csv").write_text(
        "year,number,received_date,school_id,indicator_text,ground_text,decision_code\n"
        f"{YEAR},3,2026-07-20,s09,ОГЭ,опечатка,undecided\n",
        encoding="utf-8",
    )
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    words = ("sign", "--number", "1", "--date", "2026-09-15")
    assert run(monkeypatch, root, *words) == 1
    assert "№ 3" in capsys.readouterr().err
    assert run(monkeypatch, root, *words, "--override", "  ") == 1
    assert run(monkeypatch, root, *words, "--override", "срок по регламенту") == 0
    assert published(root, "orders")["override_text"].tolist() == ["срок по регламенту"]
    assert len(published(root, "objections")) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--number", "1", "--date", "2026-05-01"), "раньше результатов"),
        (("--number", "1", "--date", "2027-09-01"), "позже срока"),
        (("--number", " ", "--date", "2026-09-15"), "Номер приказа пуст"),
        (("--number", "1", "--date", "15 сентября"), "не дата"),
        (("--number", "1", "--date", "2026-09-15", "--year", "2025"), "Неподписанного приказа 2025 года нет"),
    ],
)
def test_a_wrong_signature_changes_nothing(root: Path, monkeypatch, capsys, words, told: str) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    before = hashes(root)
    assert run(monkeypatch, root, "sign", *words) == 1
    assert told in capsys.readouterr().err
    assert hashes(root) == before


@pytest.mark.parametrize("name", ["frozen/selection.parquet", "schools.csv", "order.toml", "seal.json"])
@pytest.mark.parametrize("is_removed", [False, True])
def test_whoever_reads_a_tampered_order_is_told_which_file(
    signed: Path, monkeypatch, capsys, name: str, is_removed: bool
) -> None:
    path = signed / LIST / name
    if is_removed:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"0", b"1") + b"\n")
    before = hashes(signed)
    for words in (("show",), ("amend", "--year", YEAR), ("draft", "--year", YEAR)):
        assert run(monkeypatch, signed, *words) == 1
        told = capsys.readouterr().err
        assert f"{YEAR}-list-01" in told and (Path(name).name in told or is_removed)
    assert hashes(signed) == before
    assert command(monkeypatch, "causes", "forms", "--data", signed, "--year", YEAR) == 1


def test_a_tampered_copy_of_a_draft_is_not_signed(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    path = root / LIST / "frozen/selection.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    assert run(monkeypatch, root, "sign", "--number", "1", "--date", "2026-09-15") == 1
    assert "selection.parquet" in capsys.readouterr().err


def test_a_broken_folder_is_named(signed: Path, monkeypatch, capsys) -> None:
    (signed / ORDERS / "мои заметки").mkdir()
    assert run(monkeypatch, signed, "show") == 1
    assert f"{ORDERS}/мои заметки" in capsys.readouterr().err
    (signed / ORDERS / "мои заметки").rename(signed / ORDERS / f"{YEAR}-amendment-01")
    assert run(monkeypatch, signed, "show") == 1
    assert "нет файла order.toml" in capsys.readouterr().err
    (signed / ORDERS / f"{YEAR}-amendment-01/order.toml").write_text("year = 2026\n", encoding="utf-8")
    assert run(monkeypatch, signed, "show") == 1
    assert f"{ORDERS}/{YEAR}-amendment-01/order.toml" in capsys.readouterr().err


def test_an_interrupted_signature_leaves_the_draft(root: Path, monkeypatch) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if Path(target).name == "order.toml":
            raise OSError(28, "No space left on device")
        return real(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(PipelineError, match="нет места"):
            order_acts.sign(root, YEAR, "1", pd.Timestamp("2026-09-15").date(), None, TODAY)
    assert listed(root) == []
    assert run(monkeypatch, root, "sign", "--number", "1", "--date", "2026-09-15") == 0
    assert len(listed(root)) == 4


ACTS = st.one_of(
    st.tuples(st.just("draft"), st.none(), st.none()),
    st.tuples(st.just("submit"), st.none(), st.none()),
    st.tuples(st.just("amend"), st.none(), st.none()),
    st.tuples(st.just("sign"), st.sampled_from(["1", "2", "3"]), st.dates(pd.Timestamp("2026-05-20").date())),
    st.tuples(st.just("commission"), st.sampled_from(["s01", "s02", "s12"]), st.sampled_from(["include", "exclude"])),
)


@settings(max_examples=examples(3), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=4, max_size=8))
def test_whatever_people_do_what_was_signed_never_changes(listed_region: Path, tmp_path: Path, acts) -> None:
    root = tmp_path / "region"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(listed_region, root, symlinks=True)
    kept: dict[str, str] = {}
    decided: dict[str, str] = {}
    for act, first, second in [("draft", None, None), ("sign", "1", pd.Timestamp("2026-09-01").date()), *acts]:
        try:
            if act == "sign":
                order_acts.sign(root, YEAR, first, second, None, TODAY)
            elif act == "amend":
                order_acts.amend(root, YEAR, (), pd.Timestamp("2026-12-01").date())
            elif act == "commission":
                decided[first] = second
                decide(root, **decided)
            else:
                getattr(order_acts, act)(root, YEAR)
        except PipelineError:
            pass
        now = hashes(root / ORDERS)
        assert {name: now.get(name) for name in kept} == kept
        orders = load_archive(root).orders
        ids = set(orders.loc[orders["status_code"] == "signed", "order_id"])
        kept = {name: value for name, value in now.items() if name.split("/")[0] in ids}
    assert kept
