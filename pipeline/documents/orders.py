"""Orders of the year: drafts to be edited and signed and what was signed, each with its appendix as a workbook."""

from pipeline.document_texts import load_texts
from pipeline.outputs import order_document, order_workbook, word
from pipeline.questionnaire import safe_name
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.run import Run
from pipeline.schema import records
from pipeline.store import Store
from pipeline.tables import orders as tables

READS = (tables.ORDERS, tables.ORDER_SCHOOLS)


def make(run: Run) -> dict[str, bytes]:
    """Two files per order of the year that was made here; an imported list has no order to print."""
    store = Store(run)
    orders = {row["order_id"]: row for row in records(store.read(tables.ORDERS))}
    schools = store.read(tables.ORDER_SCHOOLS)
    texts = load_texts(run.root, run.year)
    notice = DEMO_NOTICE if load_region(run.root).is_demo else ""
    files = {}
    for name, order in orders.items():
        if order["year"] != run.year or order["run_id"] is None:
            continue
        template = word.load_template(run.root, order_document.template_name(order))
        own = schools[schools["order_id"] == name]
        kind = "Проект приказа" if order["signed_date"] is None else f"Приказ № {order['number']}"
        stem = safe_name(f"{kind} ({name})")
        files[f"{stem}.docx"] = order_document.render(
            template, order, own, texts, replaced=orders.get(order["replaces_id"]), notice=notice
        )
        files[f"{stem}, приложение.xlsx"] = order_workbook.render_appendix(order, own, texts, notice=notice)
    return files
