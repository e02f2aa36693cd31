"""What there is to open after a run: reports by what they are, and the command that shows them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import reports
from pipeline.cli import app
from pipeline.command_run import say_published
from pipeline.errors import ConfigError


def publish(root: Path, *names: str) -> Path:
    for name in names:
        path = root / "published" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    return root


def test_reports_come_in_the_order_a_reader_wants_them(tmp_path: Path) -> None:
    publish(
        tmp_path,
        "monitoring/2026/documents/Качество данных.html",
        "site/2026/index.html",
        "causes/2026/documents/Реестр причин.xlsx",
        "site/2025/index.html",
    )
    assert [found.what for found in reports.reports(tmp_path, 2026)] == ["site", "causes", "quality"]
    assert reports.report(tmp_path, 2026, None).path == tmp_path / "published/site/2026/index.html"
    assert reports.report(tmp_path, 2026, "causes").title == "Реестр причин"


@pytest.mark.parametrize(("what", "told"), [(None, "ещё нет отчётов"), ("june", "поддержка школ, июнь")])
def test_what_is_not_there_is_told(tmp_path: Path, what: str | None, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        reports.report(tmp_path, 2026, what)


def test_open_without_a_screen_tells_where_the_report_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("typer.launch", lambda path: pytest.fail(f"nothing can show {path} here"))
    publish(tmp_path, "site/2026/index.html", "causes/2026/documents/Реестр причин.xlsx")
    done = CliRunner().invoke(app, ["open", "--data", str(tmp_path), "--year", "2026"])
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        f"Веб-отчёт: {tmp_path / 'published/site/2026/index.html'}",
        "  --what causes: Реестр причин",
    ]


def test_open_with_a_screen_opens_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("typer.launch", opened.append)
    publish(tmp_path, "site/2026/index.html")
    done = CliRunner().invoke(app, ["open", "--data", str(tmp_path), "--year", "2026", "--what", "site"])
    assert done.exit_code == 0 and opened == [str(tmp_path / "published/site/2026/index.html")]


def test_a_publication_says_what_there_is_to_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(tmp_path, "orders/2026/documents/Приказ.docx", "orders/2026/documents/Письма/а.docx")
    published = tmp_path / "published/orders/2026"
    say_published(published)
    assert capsys.readouterr().out.splitlines() == [
        f"Документы: {published / 'documents'}",
        "  Приказ.docx",
        "  Письма/ (1)",
        f"Опубликовано: {published}",
    ]
