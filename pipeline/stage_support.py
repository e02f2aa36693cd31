"""The stages of support: whom it is for and what the plan asks, what came back, what counts, plan against fact."""

from datetime import date

import pandas as pd

from pipeline import identity, methodology, region
from pipeline.errors import ConfigError
from pipeline.outputs import support_workbook
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.schema import records
from pipeline.store import Store
from pipeline.support import Support, roadmap_status, school_support, support_monitoring
from pipeline.support_events import count_events
from pipeline.support_proofs import known_proofs, proven_facts
from pipeline.support_request import plan_in_force
from pipeline.support_returns import read_returns
from pipeline.supported import supported_schools
from pipeline.tables import causes, reference, sources
from pipeline.tables import support as tables

REGISTER_TABLES = (
    reference.MUNICIPALITIES,
    reference.SCHOOLS,
    reference.SCHOOL_CODES,
    reference.SCHOOL_LINEAGE,
    reference.SCHOOL_MATCHES,
)
PLANS_FILE = "decisions/municipal_plans.csv"
FORMS = "forms"  # part of the tables to which the reading of programmes adds as well


def judging_day(run: Run) -> date:
    """The day on which states are judged."""
    assert run.as_of is not None, "a run of support has its day from the start"
    return date.fromisoformat(run.as_of)


def plan_support(run: Run) -> str:
    """Take the lists that the year serves, the measures of the plan in force, and the plans of municipalities."""
    store = Store(run)
    supported = supported_schools(run.root, run.year, judging_day(run))
    measures = plan_in_force(region.reference_table(run.root, causes.MEASURES), run.year)
    if measures.empty:
        raise ConfigError(
            f"Дорожной карты на {run.year} год нет: в таблице нет мер этого года или более ранних",
            where="reference/measures.csv, столбец plan_year",
            remedy="добавьте меры этого года или проверьте год в команде",
        )
    store.write(tables.SUPPORTED_SCHOOLS, supported)
    store.write(causes.MEASURES, measures)
    store.write(tables.MEASURE_PROOFS, known_proofs(run.root, measures))
    store.write(tables.MUNICIPAL_PLANS, _municipal_plans(run, measures))
    told = f"{plural(len(measures), 'мера', 'меры', 'мер')} дорожной карты {measures['plan_year'].iloc[0]} года; "
    return told + _lists_told(supported)


def read_support(run: Run) -> str:
    """Read every returned form and table of facts; what cannot be used is told file by file."""
    store = Store(run)
    returns = read_returns(
        run.root,
        run.year,
        run.period,
        judging_day(run),
        region.load_region(run.root).name,
        store.read(tables.SUPPORTED_SCHOOLS),
        store.read(causes.MEASURES),
        identity.Register(*(store.read(table) for table in REGISTER_TABLES)),
    )
    store.write(tables.REPORTED_FACTS, returns.facts)
    store.write(tables.SUPPORT_FILES, returns.files)
    store.write(tables.SUPPORT_RETURNS, returns.returns)
    store.write(sources.SOURCE_FILES, returns.source_files, FORMS)
    store.write(sources.REJECTS, returns.rejects, FORMS)
    count, asked = int(returns.returns["is_returned"].sum()), len(returns.returns)
    return (
        f"{plural(len(returns.files), 'файл', 'файла', 'файлов')}, фактов {len(returns.facts)}; "
        f"вернули форму {count} из {asked}"
    )


def count_support(run: Run) -> str:
    """Add what the system itself can prove, and mark what tells an event that is counted already."""
    store = Store(run)
    proven = proven_facts(run, store.read(causes.MEASURES), store.read(tables.MEASURE_PROOFS))
    frames = [frame for frame in (store.read(tables.REPORTED_FACTS), proven) if not frame.empty]
    told = pd.concat(frames, ignore_index=True) if frames else tables.REPORTED_FACTS.empty()
    facts = count_events(told, store.read(reference.SCHOOLS), judging_day(run))
    store.write(tables.SUPPORT_FACTS, facts)
    left = facts["left_out_code"].value_counts()
    return (
        f"в счёте {int(facts['is_counted'].sum())} из {plural(len(facts), 'факта', 'фактов', 'фактов')}, "
        f"из них известны самой системе {len(proven)}"
        + f"; повторов {int(left.get('repeated', 0) + left.get('contradicted', 0))}"
        + f", с разными числами {left.get('contradicted', 0)}" * bool(left.get("contradicted", 0))
    )


def judge_support(run: Run) -> str:
    """Lay facts against the plan: by measure, by municipality, by school; say what is at risk."""
    store, rules = Store(run), methodology.load(run.edition, run.root).support
    support = Support(
        run.year,
        judging_day(run),
        store.read(causes.MEASURES),
        store.read(tables.SUPPORTED_SCHOOLS),
        store.read(reference.SCHOOLS),
        store.read(reference.MUNICIPALITIES),
        store.read(tables.SUPPORT_FACTS),
        store.read(tables.SUPPORT_RETURNS),
        store.read(tables.MUNICIPAL_PLANS),
        store.read(reference.SCHOOL_LINEAGE),
    )
    roadmap = roadmap_status(support, rules)
    store.write(tables.ROADMAP_STATUS, roadmap)
    store.write(tables.SUPPORT_MONITORING, support_monitoring(support, rules))
    store.write(tables.SCHOOL_SUPPORT, school_support(support, rules))
    counts = roadmap["status_code"].value_counts()
    return (
        f"выполнено {int(counts.get('done', 0))} из {plural(len(roadmap), 'меры', 'мер', 'мер')}, "
        f"под угрозой {int(roadmap['is_at_risk'].sum())}"
    )


def write_workbook(run: Run) -> str:
    """Write the workbook of the monitoring of support."""
    store, settings = Store(run), region.load_region(run.root)
    documents = run.folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    content = support_workbook.render(
        {table.name: store.read(table) for table in support_workbook.SHOWN},
        plan_year=run.year,
        period=run.period,
        region_name=settings.name,
        notice=region.DEMO_NOTICE if settings.is_demo else "",
    )
    (documents / support_workbook.WORKBOOK_NAME).write_bytes(content)
    return f"книга «{support_workbook.WORKBOOK_NAME}»"


def _municipal_plans(run: Run, measures: pd.DataFrame) -> pd.DataFrame:
    """The plans that were set for municipalities (`MUNICIPAL_PLANS`); empty where there is no such file."""
    path, table = run.root / PLANS_FILE, tables.MUNICIPAL_PLANS
    plans: pd.DataFrame = region.read_reference(path, table) if path.is_file() else table.empty()
    own = plans[plans["plan_year"] == run.year]
    known = set(region.reference_table(run.root, reference.MUNICIPALITIES)["municipality_id"])
    for row in records(own):
        what = ""
        if row["municipality_id"] not in known:
            what = f"указан муниципалитет «{row['municipality_id']}», которого нет в справочнике"
        elif row["measure_number"] not in set(measures["number"]):
            what = f"указана мера {row['measure_number']}, которой нет в дорожной карте"
        if what:
            raise ConfigError(
                f"В планах муниципалитетов {what}", where=PLANS_FILE, remedy="исправьте код или удалите строку"
            )
    return own


def _lists_told(supported: pd.DataFrame) -> str:
    """Which lists the year serves, and loudly which of them is not signed."""
    if supported.empty:
        return "ПОДПИСАННЫХ ПЕРЕЧНЕЙ НЕТ: школы не названы"
    told = []
    for year, own in supported.groupby("list_year"):
        count = plural(len(own), "школа", "школы", "школ")
        is_signed = bool(own["is_signed"].all())
        stand_in = "" if is_signed else f" — НЕ ПОДПИСАН, временно взят перечень {own['stand_in_year'].iloc[0]} года"
        told.append(f"перечень {year} года{stand_in}: {count}")
    return "; ".join(told)
