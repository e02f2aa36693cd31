"""The registry of documents: each is made at the end of its flow, and stays inside the folder of documents."""

import re
from pathlib import Path

import pytest

from pipeline import documents
from pipeline.documents import DOCUMENTS
from pipeline.run import Run
from pipeline.stages import FLOWS


def test_every_flow_with_documents_ends_with_making_them() -> None:
    for flow in {document.flow for document in DOCUMENTS}:
        last = FLOWS[flow][-1]
        assert (last.name, last.reads) == ("documents", documents.tables_of(flow))


def test_documents_have_names_of_their_own_and_russian_titles() -> None:
    names = [document.name for document in DOCUMENTS]
    assert len(names) == len(set(names))
    assert [d.name for d in DOCUMENTS if not re.search("[а-яё]", d.title, re.IGNORECASE)] == []


def test_files_are_written_below_documents_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, "orders", 2026, "2026", run_id="orders-2026-001")
    paper = documents.Document("paper", "Бумага", "orders", (), lambda run: {"письма/а.docx": b"1", "б.docx": b"2"})
    monkeypatch.setattr(documents, "DOCUMENTS", (paper,))
    assert documents.make_documents(run) == "2 файла"
    assert (run.folder / "documents" / "письма" / "а.docx").read_bytes() == b"1"
    outside = documents.Document("outside", "Чужое", "orders", (), lambda run: {"../../x": b"1"})
    monkeypatch.setattr(documents, "DOCUMENTS", (outside,))
    with pytest.raises(AssertionError, match="outside"):
        documents.make_documents(run)
