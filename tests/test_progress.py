"""Progress of a run: a line per stage for a file, a bar beside it on a terminal, silence where nobody listens."""

import io

import pytest
from rich.console import Console

from pipeline import progress, progress_shown


def run_stages() -> None:
    progress.begun(1, 2, "Чтение файлов")
    progress.advanced(1, 3)
    progress.ended(1, 2, "Чтение файлов", "3 файла [всего]")
    progress.begun(2, 2, "Отбор")
    progress.ended(2, 2, "Отбор", "в перечне 50 школ")


LINES = "[1/2] Чтение файлов: 3 файла [всего]\n[2/2] Отбор: в перечне 50 школ\n"


def test_a_file_gets_one_line_per_stage_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown.shown():
        run_stages()
    assert capsys.readouterr().out == LINES


def test_a_long_account_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown.shown():
        progress.ended(1, 1, "Отбор", "слово " * 100)
    assert capsys.readouterr().out.count("\n") == 1


def test_a_terminal_also_sees_the_stage_that_runs_and_its_parts() -> None:
    screen = io.StringIO()
    with progress_shown.shown(Console(file=screen, force_terminal=True, width=100, markup=False)):
        progress.begun(1, 1, "Чтение файлов")
        progress.advanced(2, 7)
    seen = screen.getvalue()
    assert "Чтение файлов" in seen and "2/7" in seen


def test_without_a_listener_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    run_stages()
    assert capsys.readouterr().out == ""


def test_the_listener_is_gone_afterwards_even_after_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), progress_shown.shown():
        raise KeyError("fault")
    run_stages()
    assert capsys.readouterr().out == ""
