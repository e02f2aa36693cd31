"""The stages of context: what schools reported about their conditions, and what follows for the decision."""

from pipeline import context as model
from pipeline import context_facts, identity, methodology
from pipeline.errors import ConfigError
from pipeline.register import left_out_schools, valid_in
from pipeline.run import Run
from pipeline.russian import number, plural
from pipeline.store import Store
from pipeline.tables import context, decision, quality, reference, sources

NO_FILES = "сведений об условиях нет: контекстная форма и социальный паспорт не получены"


def conditions(run: Run) -> str:
    """Choose the newest fact about each school's conditions and question those that cannot be right."""
    store, rules = Store(run), methodology.load(run.edition, run.root).context
    indicators, facts = store.read(context.CONTEXT_INDICATORS), store.read(context.CONTEXT_FACTS)
    unknown = sorted(set(facts["indicator_code"]) - set(indicators["indicator_code"]))
    if unknown:
        raise ConfigError(
            f"Макет называет показатели, которых нет в справочнике: {', '.join(unknown)}",
            where="reference/context_indicators.csv",
            remedy="добавьте показатель в справочник или исправьте его имя в макете",
        )
    attached = identity.attach(facts, store.read(quality.SCHOOL_REFERENCES))
    files = store.read(sources.SOURCE_FILES)
    loads = dict(zip(files["file_id"], files["load_date"], strict=True))
    known = attached[attached["school_id"].notna()].drop(columns="how_code")
    known = known.assign(load_date=known["file_id"].map(loads))
    schools = store.read(reference.SCHOOLS)
    table, rejects = context_facts.school_context(known, indicators, schools, rules, year=run.year, as_of=run.as_of)
    store.write(context.SCHOOL_CONTEXT, table)
    store.write(sources.REJECTS, rejects, part="5-conditions")
    if table.empty:
        return NO_FILES
    questioned = table.loc[table["is_questioned"].astype(bool), "school_id"].nunique()
    return f"{plural(table['school_id'].nunique(), 'школа', 'школы', 'школ')}, со спорными сведениями: {questioned}"


def assess(run: Run) -> str:
    """Compare the results of schools with what is usual in their conditions."""
    store, method = Store(run), methodology.load(run.edition, run.root).with_capacity(run.capacity)
    selection, schools = store.read(decision.SELECTION), store.read(reference.SCHOOLS)
    known = store.read(context.SCHOOL_CONTEXT)
    outcome = model.assess(
        known[known["school_id"].isin(valid_in(schools, run.year)["school_id"])],
        store.read(context.CONTEXT_INDICATORS),
        store.read(context.ADVERSE_CRITERIA),
        store.read(decision.STABILITY),
        selected=frozenset(selection.loc[selection["status_code"] == "selected", "school_id"]),
        left_out=left_out_schools(schools, run.year, method.pool),
        year=run.year,
        rules=method.context,
    )
    store.write(context.CONTEXT, outcome.table)
    store.write(context.CONTEXT_MODEL, outcome.figures)
    if outcome.table.empty:
        return NO_FILES
    adverse, resilient = (int(outcome.table[name].sum()) for name in ("is_adverse", "is_resilient"))
    told = f"условия неблагоприятны у {plural(adverse, 'школы', 'школ', 'школ')}, из них результаты выше ожидаемых: "
    return f"{told}{resilient}. {_quality(outcome)}"


def _quality(outcome: model.Outcome) -> str:
    """How good the model is, or why there is none, one sentence."""
    if outcome.is_used:
        share = f"{number(outcome.figure('r2'))} ± {number(outcome.figure('r2_error'))}"
        return f"Условия объясняют долю различий результатов R² = {share}."
    if outcome.why_code == "no_signal":
        return "Связи условий с результатами нет (R² ≤ 0): индекса нет, решает таблица критериев."
    return "Школ с известными условиями и результатами мало: индекса нет, решает таблица критериев."
