"""Every table of the project, by subject; `TABLES` is the whole of it."""

from collections.abc import Mapping

from pipeline.schema import Table
from pipeline.tables import (
    care,
    causes,
    comparison,
    context,
    decision,
    disclosed,
    effect,
    evidence,
    explanation,
    model,
    objectivity,
    orders,
    programmes,
    quality,
    reference,
    results,
    school_lists,
    sources,
    support,
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for tables in (
        reference.TABLES,
        sources.TABLES,
        results.TABLES,
        evidence.TABLES,
        quality.TABLES,
        model.TABLES,
        decision.TABLES,
        comparison.TABLES,
        explanation.TABLES,
        disclosed.TABLES,
        objectivity.TABLES,
        context.TABLES,
        causes.TABLES,
        orders.TABLES,
        orders.ORDER_TABLES,
        school_lists.TABLES,
        support.TABLES,
        effect.TABLES,
        programmes.TABLES,
        care.TABLES,
    )
    for table in tables
}
