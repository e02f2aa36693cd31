"""Documents of the flows: what is made of the tables of a run, in plain sight. A new document is one line here.

A document reads tables of its run, calls a module of `outputs` and gives files; they are published beside the tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline import progress
from pipeline.documents import causes, identification, letters, monitoring, order_page, orders, public, support
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.schema import Table

Files = Mapping[str, bytes]  # path inside documents/ -> content


@dataclass(frozen=True)
class Document:
    """One document, or one for each of many schools.

    Args:
        name: English name.
        title: what it is, Russian.
        flow: after which flow it is made.
        reads: tables of the run that it is made from.
        make: gives its files.
    """

    name: str
    title: str
    flow: str
    reads: tuple[Table, ...]
    make: Callable[[Run], Files]


DOCUMENTS = (
    Document("monitoring", "Отчёт о мониторинге", "monitoring", monitoring.READS, monitoring.make),
    Document("public", "Открытые сведения о результатах", "monitoring", public.READS, public.make),
    Document("list", "Записки о перечне и протокол", "identification", identification.READS, identification.make),
    Document("order", "Приказы и их проекты", "orders", orders.READS, orders.make),
    Document("order_page", "Записка на одну страницу на день", "orders", order_page.READS, order_page.make),
    Document("letters", "Письма и справки для руководителей школ", "orders", letters.READS, letters.make),
    Document("causes", "Реестр причин", "causes", causes.READS, causes.make),
    Document("support", "Отчёт о мониторинге поддержки", "support", support.READS, support.make),
)


def tables_of(flow: str) -> tuple[Table, ...]:
    """Tables that the documents of a flow are made from."""
    found = {table.name: table for document in DOCUMENTS if document.flow == flow for table in document.reads}
    return tuple(found.values())


def make_documents(run: Run) -> str:
    """Make every document of the run's flow."""
    folder, count = run.folder / "documents", 0
    wanted = [document for document in DOCUMENTS if document.flow == run.flow]
    for number, document in enumerate(wanted):
        progress.advanced(number, len(wanted))
        for name, content in document.make(run).items():
            path = folder / name
            assert path.resolve().is_relative_to(folder.resolve()), f"{name} would lie outside {folder}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            count += 1
    return plural(count, "файл", "файла", "файлов")
