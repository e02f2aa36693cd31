"""The stages of the flow "support", what it publishes and stands on; `stages` puts it beside the other flows."""

from datetime import date

from pipeline import stage_effect, stage_programmes, stage_support
from pipeline.order_archive import load_archive
from pipeline.orders import UNSIGNED, orders_on
from pipeline.outputs import support_workbook
from pipeline.run import Run
from pipeline.schema import Table, records
from pipeline.stage import Stage
from pipeline.store import MANIFEST, sha256
from pipeline.support_proofs import find_published
from pipeline.tables import causes, effect, programmes, reference, sources
from pipeline.tables import support as tables

PLAN_SUPPORT = Stage(
    "plan_support",
    "Перечни и дорожная карта",
    reads=(),
    writes=(tables.SUPPORTED_SCHOOLS, causes.MEASURES, tables.MEASURE_PROOFS, tables.MUNICIPAL_PLANS),
    run=stage_support.plan_support,
)
READ_SUPPORT = Stage(
    "read_support",
    "Чтение форм о поддержке",
    reads=(*stage_support.REGISTER_TABLES, tables.SUPPORTED_SCHOOLS, causes.MEASURES),
    writes=(
        tables.REPORTED_FACTS,
        tables.SUPPORT_FILES,
        tables.SUPPORT_RETURNS,
        sources.SOURCE_FILES,
        sources.REJECTS,
    ),
    run=stage_support.read_support,
)
CHECK_PROGRAMMES = Stage(
    "check_programmes",
    "Программы школ",
    reads=(tables.SUPPORTED_SCHOOLS, reference.SCHOOL_LINEAGE),
    writes=(*programmes.PUBLISHED, sources.SOURCE_FILES, sources.REJECTS),
    run=stage_programmes.check_programmes,
)
COUNT_SUPPORT = Stage(
    "count_support",
    "Что входит в счёт",
    reads=(
        reference.SCHOOLS,
        causes.MEASURES,
        tables.MEASURE_PROOFS,
        tables.REPORTED_FACTS,
        tables.SUPPORT_FILES,
        programmes.PROGRAMMES,
        programmes.PROGRAMME_FILES,
    ),
    writes=(tables.SUPPORT_FACTS,),
    run=stage_support.count_support,
)
JUDGE_SUPPORT = Stage(
    "judge_support",
    "План и факт дорожной карты",
    reads=(
        reference.SCHOOLS,
        reference.MUNICIPALITIES,
        reference.SCHOOL_LINEAGE,
        causes.MEASURES,
        tables.SUPPORTED_SCHOOLS,
        tables.SUPPORT_FACTS,
        tables.SUPPORT_RETURNS,
        tables.MUNICIPAL_PLANS,
    ),
    writes=(tables.ROADMAP_STATUS, tables.SUPPORT_MONITORING, tables.SCHOOL_SUPPORT),
    run=stage_support.judge_support,
)
DYNAMICS = Stage(
    "dynamics",
    "Движение школ по перечням",
    reads=(),
    writes=(effect.DYNAMICS,),
    run=stage_effect.dynamics,
)
EFFECT = Stage(
    "effect",
    "Результаты школ перечня против прогноза",
    reads=(tables.SUPPORT_FACTS,),
    writes=(effect.EFFECT_SCHOOLS, effect.EFFECT_SUMMARY, effect.EFFECT_PARAMETERS),
    run=stage_effect.effect,
)
WRITE_WORKBOOK = Stage(
    "write_workbook",
    "Книга мониторинга поддержки",
    reads=support_workbook.SHOWN,
    writes=(),
    run=stage_support.write_workbook,
)

SUPPORT_FLOW: tuple[Stage, ...] = (
    PLAN_SUPPORT,
    READ_SUPPORT,
    CHECK_PROGRAMMES,
    COUNT_SUPPORT,
    JUDGE_SUPPORT,
    DYNAMICS,
    EFFECT,
    WRITE_WORKBOOK,
)
SUPPORT_PUBLISHED: tuple[Table, ...] = (
    tables.ROADMAP_STATUS,
    tables.SUPPORT_MONITORING,
    tables.SCHOOL_SUPPORT,
    tables.SUPPORT_FACTS,
    tables.SUPPORT_FILES,
    tables.SUPPORT_RETURNS,
    tables.SUPPORTED_SCHOOLS,
    tables.MUNICIPAL_PLANS,
    causes.MEASURES,
    *programmes.PUBLISHED,
    *effect.TABLES,
    sources.REJECTS,
    sources.SOURCE_FILES,
)


def taken_over(run: Run) -> dict[str, object]:
    """What a run stands on besides the files that came back: signed orders, and publications with hash and run.

    Register of causes: of the year, whose survey is a proof, and of the list whose programmes are followed. A
    publication that there is not is not told.
    """
    day = date.fromisoformat(str(run.as_of))
    known = orders_on(load_archive(run.root).orders, day)
    signed = known[~known["status_code"].isin(UNSIGNED) & (known["valid_from_date"].dt.date <= day)]
    orders = {
        row["order_id"]: {
            "number": row["number"],
            "date": None if row["signed_date"] is None else f"{row['signed_date']:%Y-%m-%d}",
            "seal_sha256": row["seal_sha256"],
        }
        for row in records(signed[signed["year"] <= run.year])
    }
    identification = stage_effect.newest_identification(run)
    causes_years = sorted({run.year, stage_programmes.programme_year(run)})
    found = [find_published(run.root, "monitoring", run.year), identification]
    found += [find_published(run.root, "causes", year) for year in causes_years]
    publications = {
        f"{one.manifest['flow']}/{one.manifest['year']}": {
            "run_id": one.manifest["run_id"],
            "edition": one.manifest["edition"],
            "manifest_sha256": sha256(one.folder / MANIFEST),
        }
        for one in found
        if one is not None
    }
    return {"orders": orders, "publications": publications}
