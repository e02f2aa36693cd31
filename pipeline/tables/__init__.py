"""Every table of the project, by subject; `TABLES` is the whole of it."""

from collections.abc import Mapping

from pipeline.schema import Table
from pipeline.tables import (
    causes,
    comparison,
    context,
    decision,
    evidence,
    explanation,
    model,
    objectivity,
    orders,
    quality,
    reference,
    results,
    sources,
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for module in (
        reference,
        sources,
        results,
        evidence,
        quality,
        model,
        decision,
        comparison,
        explanation,
        objectivity,
        context,
        causes,
        orders,
    )
    for table in module.TABLES
}
