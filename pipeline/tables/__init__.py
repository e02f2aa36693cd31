"""Every table of the project, by subject; `TABLES` is the whole of it."""

from collections.abc import Mapping

from pipeline.schema import Table
from pipeline.tables import decision, evidence, orders, quality, reference, results, sources

TABLES: Mapping[str, Table] = {
    table.name: table
    for module in (reference, sources, results, evidence, quality, decision, orders)
    for table in module.TABLES
}
