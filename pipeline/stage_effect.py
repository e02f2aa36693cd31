"""The stages of what became of listed schools: how the lists change, and results against what was foretold."""

import json
from dataclasses import replace
from datetime import date

import pandas as pd

from pipeline import deciding, methodology, order_files
from pipeline import dynamics as core
from pipeline import effect as effect_core
from pipeline.errors import PipelineError
from pipeline.expected import pool_cells, without
from pipeline.lineage import carry_over, successors
from pipeline.methodology import Methodology
from pipeline.objectivity import carried_doubt
from pipeline.order_archive import Archive, load_archive
from pipeline.orders import UNSIGNED, list_of_year, orders_on
from pipeline.region import commission_decisions
from pipeline.register import left_out_schools
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.schema import Table
from pipeline.store import Published, Store, read_parquet
from pipeline.tables import orders as order_tables
from pipeline.tables.decision import SELECTION
from pipeline.tables.effect import DYNAMICS, EFFECT_PARAMETERS, EFFECT_SCHOOLS, EFFECT_SUMMARY
from pipeline.tables.objectivity import OBJECTIVITY
from pipeline.tables.reference import SCHOOL_LINEAGE, SCHOOLS
from pipeline.tables.results import RESULTS
from pipeline.tables.support import PERIODS, SUPPORT_FACTS

DECIDING_SECTIONS = ("pool", "familiar", "stability", "selection", "objectivity")


def dynamics(run: Run) -> str:
    """Tell how the signed lists changed from year to year, and why."""
    lists = _SignedLists(run)
    evidence = {year: lists.evidence(year) for year in lists.years if year - 1 in lists.years}
    table = core.dynamics({year: lists.listed(year) for year in lists.years}, lists.archive.lineage, evidence)
    Store(run).write(DYNAMICS, table)
    if not evidence:
        return f"{plural(len(lists.years), 'перечень', 'перечня', 'перечней')} подряд нет: сравнить не с чем"
    newest = table[table["year"] == max(evidence)]
    counts = newest["change_code"].value_counts()
    told = [f"{words}: {counts[code]}" for code, words in core.COUNTED_WORDS.items() if code in counts]
    unknown = int((newest["cause_code"] == "not_established").sum())
    return f"{max(evidence)} год: {', '.join(told)}; причина не установлена: {unknown}"


def effect(run: Run) -> str:
    """Compare the results of listed schools a year later with what they would have shown without support."""
    store, method = Store(run), methodology.load(run.edition, run.root)
    lists = _SignedLists(run)
    found: list[effect_core.Effect] = []
    lacking: list[str] = []
    for year in lists.years:
        published = _identification(run, year + 1)
        known = _years_of_results(published)
        if published is None or year + 1 not in known:
            continue
        if year not in known:
            lacking.append(f"{year}: нет результатов года перечня")
            continue
        try:
            evidence = _list_evidence(run, lists, published, year, method)
        except PipelineError as error:
            lacking.append(f"{year}: {error.what}")
            continue
        found.append(effect_core.effect(evidence, method.effect))
    for table, frames in (
        (EFFECT_SCHOOLS, [one.schools for one in found]),
        (EFFECT_SUMMARY, [one.summary for one in found]),
        (EFFECT_PARAMETERS, [one.parameters for one in found]),
    ):
        store.write(table, pd.concat([table.empty(), *frames], ignore_index=True))
    told = f"сравнено перечней с прогнозом: {len(found)}"
    return told + "".join(f"; не с чем сравнить — {reason}" for reason in lacking)


class _SignedLists:
    """The signed lists as they are known on the day of a run, and the calculations frozen with them."""

    def __init__(self, run: Run) -> None:
        assert run.as_of is not None, "a list is known from a day"
        self.archive: Archive = load_archive(run.root)
        self.run = run
        dated = orders_on(self.archive.orders, date.fromisoformat(run.as_of))
        is_known = dated["valid_from_date"] <= pd.Timestamp(run.as_of)
        self.orders = dated[is_known & ~dated["status_code"].isin(UNSIGNED) & (dated["year"] <= run.year)]
        own = self.orders[self.orders["kind_code"] == "list"]
        self.order_ids = {int(year): str(name) for year, name in zip(own["year"], own["order_id"], strict=True)}
        self.computed = {
            int(year) for year, run_id in zip(own["year"], own["run_id"], strict=True) if not pd.isna(run_id)
        }

    @property
    def years(self) -> list[int]:
        """Years of the lists, sorted."""
        return sorted(self.order_ids)

    def listed(self, year: int) -> pd.DataFrame:
        """One row per school on the list of a year (`LISTED_SCHOOLS`), amendments known on the day applied."""
        kept = self.archive.orders[self.archive.orders["order_id"].isin(self.orders["order_id"])]
        archive = self.archive
        return list_of_year(kept, archive.schools, archive.lineage, year, archive.names(year))

    def frozen(self, year: int, table: Table) -> pd.DataFrame:
        """A table of the calculation that a list stands on."""
        folder = order_files.order_folder(self.run.root, self.order_ids[year]) / "frozen"
        return read_parquet(table, [folder / f"{table.name}.parquet"])

    def evidence(self, year: int) -> core.YearEvidence:
        """What explains the changes between the list of the year before and this one."""
        known = core.YearEvidence(
            selection=None,
            previous=None,
            previous_again=None,
            by_old_method=None,
            on_old_data=None,
            replayed=None,
            decisions=commission_decisions(self.run.root),
            amended=self._amended(year),
            is_method_known=True,
        )
        if year not in self.computed:
            return known
        case = self._case(year)
        known = replace(known, selection=self.frozen(year, SELECTION))
        if year - 1 not in self.computed:
            return replace(known, replayed=_chosen(self._earlier_case(case), self._method(year)))
        known = replace(known, previous=self.frozen(year - 1, SELECTION))
        if self._method(year) is None:
            return replace(known, is_method_known=False)
        known = replace(known, on_old_data=self._on_old_data(year, case))
        new, old = (order_files.frozen_manifest(self.run.root, self.order_ids[y]) for y in (year, year - 1))
        if _deciding_numbers(new) == _deciding_numbers(old):
            is_same = new["code_sha256"] == old["code_sha256"]
            again = None if is_same else _chosen(self._case(year - 1), self._method(year - 1))
            return replace(known, previous_again=again)
        if new["edition"] == old["edition"] and new["capacity"] == old["capacity"]:
            return replace(known, is_method_known=False)
        by_old_method = _chosen(case, self._method(year - 1))
        return replace(known, by_old_method=by_old_method, is_method_known=by_old_method is not None)

    def _case(self, year: int) -> deciding.Case:
        """The facts of a frozen decision."""
        return deciding.make_case(year, *(self.frozen(year, table) for table in deciding.CASE_TABLES))

    def _earlier_case(self, case: deciding.Case) -> deciding.Case:
        """The facts of the decision a year earlier, as the later one knows them."""
        year = case.year - 1
        lineage, objectivity = (self.frozen(case.year, table) for table in (SCHOOL_LINEAGE, OBJECTIVITY))
        in_force, before = (
            self.archive.signed_list(y) if y in self.order_ids else order_tables.PAST_LIST.empty()
            for y in (year - 1, year - 2)
        )
        results, judged = (frame[frame["year"] <= year] for frame in (case.results, objectivity))
        decisions = commission_decisions(self.run.root)
        return deciding.make_case(year, results, case.schools, lineage, in_force, before, decisions, judged)

    def _on_old_data(self, year: int, case: deciding.Case) -> pd.DataFrame | None:
        """The choice of a year with what was known of earlier ones as the list before had it; None: it is the same."""
        homes = dict(zip(case.schools["school_id"], case.schools["municipality_id"], strict=True))
        final = successors(self.frozen(year, SCHOOL_LINEAGE), year)
        old = carry_over(self.frozen(year - 1, RESULTS), final, homes)
        is_new = case.results["year"] == year
        judged, judged_before = (self.frozen(y, OBJECTIVITY) for y in (year, year - 1))
        kept = pd.concat([judged_before[judged_before["year"] < year], judged[judged["year"] >= year]])
        doubtful = carried_doubt(kept, final)
        is_same = case.doubtful_vpr is not None and doubtful.equals(case.doubtful_vpr)
        if is_same and _counts(old).equals(_counts(case.results[~is_new])):
            return None
        mixed = RESULTS.conform(pd.concat([old, case.results[is_new]], ignore_index=True))
        return _chosen(replace(case, results=mixed, doubtful_vpr=doubtful), self._method(year))

    def _method(self, year: int) -> Methodology | None:
        """The edition and number of places of a frozen decision; None where the edition no longer says what it said."""
        manifest = order_files.frozen_manifest(self.run.root, self.order_ids[year])
        try:
            method = methodology.load(str(manifest["edition"]), self.run.root)
        except PipelineError:
            return None
        numbers = json.loads(json.dumps({f"{p.section}.{p.name}": p.value for p in method.parameters}))
        if _deciding_numbers({**manifest, "parameters": numbers}) != _deciding_numbers(manifest):
            return None
        return method.with_capacity(int(manifest["capacity"]))

    def _amended(self, year: int) -> frozenset[str]:
        """Schools in amendments of the year made by the method of the list itself."""
        own = self.orders[self.orders["year"] == year]
        edition = own.loc[own["kind_code"] == "list", "edition"]
        amendments = own[(own["kind_code"] == "amendment") & own["edition"].isin(edition.dropna())]
        schools = self.archive.schools
        return frozenset(schools.loc[schools["order_id"].isin(amendments["order_id"]), "school_id"].astype(str))


def newest_identification(run: Run) -> Published | None:
    """The newest published identification that the day of the run knows: in June that of the year before."""
    known = _identified_years(run)
    return Published(run.root, "identification", max(known)) if known else None


def _identification(run: Run, year: int) -> Published | None:
    """The identification of a year, else the newest one: in it schools merged since are one, closed ones left out."""
    return Published(run.root, "identification", year) if year in _identified_years(run) else newest_identification(run)


def _identified_years(run: Run) -> list[int]:
    """The years of the published identifications that the day of the run knows."""
    last = run.year - 1 if run.period == PERIODS[0] else run.year
    folder = run.root / "published" / "identification"
    years = [int(p.name) for p in folder.iterdir() if p.name.isdigit()] if folder.is_dir() else []
    return [year for year in years if year <= last]


def _years_of_results(published: Published | None) -> set[int]:
    """Years of which a publication holds results."""
    return set() if published is None else set(published.read(RESULTS)["year"].astype(int))


def _list_evidence(
    run: Run, lists: _SignedLists, published: Published, year: int, method: Methodology
) -> effect_core.ListEvidence:
    """One list, the model of its year, and the results of the next.

    Raises:
        NoDataError: nobody was tested in the list's year.
    """
    method = method.with_capacity(int(published.manifest["capacity"]))
    tables = {table.name: published.read(table) for table in deciding.CASE_TABLES}
    final = successors(tables[SCHOOL_LINEAGE.name], int(published.manifest["year"]))

    def case(last: int) -> deciding.Case:
        """The facts up to a year; lists of those years choose nobody here."""
        results, judged = (tables[t.name][tables[t.name]["year"] <= last] for t in (RESULTS, OBJECTIVITY))
        no_list = order_tables.PAST_LIST.empty()
        decisions = order_tables.COMMISSION_DECISIONS.empty()
        register, lineage = tables[SCHOOLS.name], tables[SCHOOL_LINEAGE.name]
        made = deciding.make_case(last, results, register, lineage, no_list, no_list, decisions)
        # The results stand under the successors of the publication, so the doubts about them have to.
        return replace(made, doubtful_vpr=carried_doubt(judged, final))

    later = case(year + 1)
    cells = without(pool_cells(later.results, method.pool), later.doubtful_cells(method))
    return effect_core.ListEvidence(
        listed=_members(lists, year, final, tables[SCHOOLS.name]),
        is_computed=year in lists.computed,
        fitted=deciding.fit(case(year), method),
        cells=cells[cells["year"] >= year],
        left_out=left_out_schools(tables[SCHOOLS.name], year + 1, method.pool),
        min_cell_schools=method.stability.min_cell_schools,
        facts=_carried_facts(_facts(run), final),
    )


def _members(lists: _SignedLists, year: int, final: dict[str, str], schools: pd.DataFrame) -> pd.DataFrame:
    """One row per school of a list, successors in place, with its municipality and whether it is new on it."""
    listed = _carried(lists.listed(year), final)
    homes = dict(zip(schools["school_id"], schools["municipality_id"], strict=True))
    before = set(_carried(lists.listed(year - 1), final)["school_id"]) if year - 1 in lists.years else None
    is_entered = [pd.NA if before is None else school_id not in before for school_id in listed["school_id"]]
    table = listed[["school_id", "school_name", "municipality_name"]].assign(
        municipality_id=[homes.get(school_id, "") for school_id in listed["school_id"]],
        is_entered=pd.array(is_entered, dtype="boolean"),
    )
    return table.reset_index(drop=True)


def _carried(listed: pd.DataFrame, final: dict[str, str]) -> pd.DataFrame:
    """A list with the schools that bear its results now."""
    ids = listed["school_id"].map(lambda school_id: final.get(school_id, school_id))
    return listed.assign(school_id=ids).drop_duplicates("school_id")


def _carried_facts(facts: pd.DataFrame, final: dict[str, str]) -> pd.DataFrame:
    """The facts with the schools that bear the results now: what reached a merged school reached its successor."""
    ids = facts["school_id"].map(lambda school_id: final.get(school_id, school_id), na_action="ignore")
    return facts.assign(school_id=ids.astype("str"))


def _facts(run: Run) -> pd.DataFrame:
    """The facts of the run, and those of earlier plan years as the newest publication of each knows them."""
    frames = [Store(run).read(SUPPORT_FACTS)]
    folder = run.root / "published" / "support"
    for year in sorted({int(p.name[:4]) for p in folder.glob("[0-9][0-9][0-9][0-9]-*")} if folder.is_dir() else ()):
        periods = [period for period in PERIODS if (folder / f"{year}-{period}").exists()]
        if year < run.year and periods:
            frames.append(Published(run.root, "support", year, periods[-1]).read(SUPPORT_FACTS))
    return pd.concat(frames, ignore_index=True)


def _chosen(case: deciding.Case, method: Methodology | None) -> pd.DataFrame | None:
    """The choice of schools on some facts by some method; None where nothing can be decided."""
    if method is None:
        return None
    try:
        return deciding.choose(case, method, deciding.fit(case, method).table, is_explained=False)
    except PipelineError:
        return None


def _deciding_numbers(manifest: dict[str, object]) -> dict[str, object]:
    """The numbers of a frozen run that decide about schools."""
    parameters = manifest["parameters"]
    assert isinstance(parameters, dict), "a manifest holds its parameters"
    told = {name: value for name, value in parameters.items() if name.split(".")[0] in DECIDING_SECTIONS}
    return {**told, "capacity": manifest["capacity"]}


def _counts(results: pd.DataFrame) -> pd.DataFrame:
    """What of the results decides, in one order."""
    names = ["school_id", "year", "procedure", "subject", "grade", "tested_count", "low_count"]
    return results[names].sort_values(names, ignore_index=True)
