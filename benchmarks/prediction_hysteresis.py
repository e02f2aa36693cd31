"""What it costs to keep schools on the list: the real choice of schools, September after September.

`selection.select` itself makes the lists, each with the last one as the list in force, under the edition's rules of
leaving and under others. Every September has the same places under all of them: a seventh of the schools tested in the
year. Called by `benchmarks/prediction.py`; alone, `python -m benchmarks.prediction_hysteresis [FOLDER]` prints the
section for the panels of a folder.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.prediction_counts import Counts, Floats, Mask, counts_of, following_years, outcome
from benchmarks.prediction_evaluation import Draws
from benchmarks.prediction_measures import bootstrap_weights, listed
from benchmarks.prediction_regions import KINDS, Kind, make_region
from benchmarks.prediction_report import table
from pipeline import methodology, stability
from pipeline.methodology.rules import PoolRules, SelectionRules
from pipeline.selection import select
from pipeline.tables.reference import SCHOOLS

PROJECT = Path(__file__).resolve().parents[1]
PANELS = PROJECT.parent / "shared" / "data" / "panels"
SEED = 2026
RESAMPLES = 200
REGIONS_PER_KIND = 10


@dataclass(frozen=True)
class StayRule:
    """A rule of leaving: the edition's with some numbers changed, or none at all.

    Args:
        title: as the report calls it.
        changes: fields of `SelectionRules`; None: every list is made as if there had been none before.
        holds_entrants: who has just entered stays for a second list whatever happens.
    """

    title: str
    changes: Mapping[str, float] | None
    holds_entrants: bool = False


NO_RULE, OURS = StayRule("no stay rule", None), StayRule("**the edition's**", {})
STAY_RULES = (
    NO_RULE,
    OURS,
    *(StayRule(f"rank {factor:.1f} K", {"stay_rank_factor": factor}) for factor in (1.0, 1.1, 1.2, 1.3, 1.4, 1.6)),
    StayRule("T < .20", {"stay_probability": 0.20}),
    StayRule("T < .40", {"stay_probability": 0.40}),
    StayRule("T, whatever the year", {"stay_year_probability": 1.0}),
    StayRule("rank alone, 1.2 K", {"stay_rank_factor": 1.2, "stay_probability": 0.0}),
    StayRule("rank alone, 1.4 K", {"stay_rank_factor": 1.4, "stay_probability": 0.0}),
    StayRule("two lists at least", {}, holds_entrants=True),
)

Key = tuple[str, str]  # rule, measure
_TRUTH = "the truth"  # not a rule: how much the true worst K themselves change from year to year


@dataclass
class Sums:
    """Numerators and denominators of shares by rule and measure, one value per draw, added up over Septembers."""

    parts: dict[Key, tuple[Floats, Floats]] = field(default_factory=dict)

    def add(self, rule: str, measure: str, part: Floats, whole: Floats) -> None:
        """Add a September's."""
        old = self.parts.get((rule, measure), (np.zeros_like(part), np.zeros_like(whole)))
        self.parts[rule, measure] = (old[0] + part, old[1] + whole)

    def share(self, rule: str, measure: str, of: Mask, among: Mask, weights: Floats) -> None:
        """Add the schools of `among` that are also in `of`, and those of `among`."""
        self.add(rule, measure, weights @ (of & among), weights @ among.astype("float64"))


Measured = Mapping[Key, Draws]


@dataclass(frozen=True)
class September:
    """A year of decision: what every rule of leaving starts from, and what is known afterwards.

    Args:
        year: year of decision.
        rules, pool: the edition's, with the places of the year.
        model: `STABILITY` of the year.
        worst: by "hit" (next year) and "hit, 3 years" (up to three following years): the K worst, and the schools
            about which that is known; masks over all schools of the panel.
        is_true: the K schools that truly are the lowest; None where the truth is not known.
    """

    year: int
    rules: SelectionRules
    pool: PoolRules
    model: pd.DataFrame
    worst: Mapping[str, tuple[Mask, Mask]]
    is_true: Mask | None


def septembers(counts: Counts, truth: Floats | None) -> Iterator[September]:
    """Every year with results that has one before it."""
    method = methodology.load()
    for year in counts.years_with_results[1:]:
        history = counts.until(year)
        tested = history.tested_recently
        rules = replace(method.selection, capacity=int(tested.sum()) // 7)
        later = following_years(counts, year)
        worst = {}
        for name, years in (("hit", later[:1]), ("hit, 3 years", later if len(later) > 1 else [])):
            if years:
                seen = outcome(counts, year, years)
                worst[name] = (_whole(seen.rows[seen.is_worst], counts), _whole(seen.rows, counts))
        is_true = None
        if truth is not None:
            level = np.where(tested, truth[:, len(history.years) - 1], np.nan)
            is_true = listed(level, rules.capacity)
        model = stability.fit(history.results, year, method.stability, rules).table
        yield September(year, rules, method.pool, model, worst, is_true)


def walk(counts: Counts, truth: Floats | None, weights: Floats, rules: Sequence[StayRule] = STAY_RULES) -> Sums:
    """All rules of leaving through all Septembers of a panel.

    Args:
        counts: the panel.
        truth: school by year of the panel, where it is known.
        weights: draws by schools.
        rules: what is compared.
    """
    sums = Sums()
    register = _register(counts)
    past: dict[str, list[Mask]] = {rule.title: [] for rule in rules}
    truths: list[Mask] = []
    for september in septembers(counts, truth):
        fresh = _list(september, register, NO_RULE, [])
        for rule in rules:
            lists = past[rule.title]
            now = _list(september, register, rule, lists) if lists else fresh
            if lists:
                _judge(sums, rule.title, september, now, fresh, lists, weights)
            lists.append(now)
        if september.is_true is not None:
            if truths:
                sums.share(_TRUTH, "overlap", truths[-1], september.is_true, weights)
            truths.append(september.is_true)
    return sums


def _judge(
    sums: Sums, rule: str, september: September, now: Mask, fresh: Mask, lists: Sequence[Mask], weights: Floats
) -> None:
    """Add what one list of a rule is worth; `fresh` is the list of the same September without any stay rule."""
    sums.add(rule, "size", weights @ now.astype("float64"), weights @ fresh.astype("float64"))
    sums.share(rule, "overlap", lists[-1], now, weights)
    if len(lists) > 1:
        entrants, leavers = lists[-1] & ~lists[-2], lists[-2] & ~lists[-1]
        sums.share(rule, "gone after one list", ~now, entrants, weights)
        sums.share(rule, "back after one list", now, leavers, weights)
    known = dict(september.worst)
    if september.is_true is not None:
        known["true hit"] = (september.is_true, np.ones(len(now), dtype=bool))
    for name, (is_worst, is_judged) in known.items():
        sums.share(rule, name, is_worst, now & is_judged, weights)
        sums.share(rule, f"{name}: kept", is_worst, now & ~fresh & is_judged, weights)
        sums.share(rule, f"{name}: put off", is_worst, fresh & ~now & is_judged, weights)


def _list(september: September, register: pd.DataFrame, rule: StayRule, lists: Sequence[Mask]) -> Mask:
    """The schools selected in a September, after the lists that the rule has made before."""
    in_force = register.loc[lists[-1], ["school_id"]] if lists and rule.changes is not None else None
    held = lists[-1] & ~lists[-2] if rule.holds_entrants and len(lists) > 1 else np.zeros(len(register), dtype=bool)
    chosen = select(
        september.model,
        register,
        _NO_RULE_LOW,
        september.year,
        replace(september.rules, **(rule.changes or {})),  # type: ignore[arg-type]
        september.pool,
        list_in_force=in_force,
        decisions=register.loc[held, ["school_id"]].assign(action="include"),
    )
    selected = chosen.loc[chosen["status_code"] == "selected", "school_id"]
    return register["school_id"].isin(selected).to_numpy()


# The familiar rule gives reasons and never a place.
_NO_RULE_LOW = pd.DataFrame({"school_id": pd.Series([], dtype="str"), "is_rule_low": pd.Series([], dtype="bool")})


def _register(counts: Counts) -> pd.DataFrame:
    """Every school of the panel, ordinary and open for ever."""
    ids = counts.school_ids
    return SCHOOLS.typed(
        pd.DataFrame({"school_id": ids, "school_name": ids, "municipality_id": "m", "kind_code": "ordinary"})
    )


def _whole(rows: "np.ndarray[tuple[int], np.dtype[np.int64]]", counts: Counts) -> Mask:
    mask = np.zeros(len(counts.school_ids), dtype=bool)
    mask[rows] = True
    return mask


def real_panel(path: Path) -> Measured:
    """The measures of a real panel, with resamples of its schools; empty where it has too few years."""
    counts = counts_of(pd.read_parquet(path))
    if len(counts.years_with_results) < 4:  # two years before the first list, another to judge the second
        return {}
    sums = walk(counts, None, bootstrap_weights(len(counts.school_ids), RESAMPLES, SEED))
    return {key: _draws(*parts) for key, parts in sums.parts.items()}


def made_up_kind(kind: Kind) -> Measured:
    """The measures of a kind of made-up region, with resamples of its regions."""
    found = []
    for number in range(REGIONS_PER_KIND):
        region = make_region(kind, SEED + number)
        counts = counts_of(region.results)
        truth = region.truth[region.school_ids.isin(counts.school_ids).to_numpy()]
        found.append(walk(counts, truth, np.ones((1, len(counts.school_ids)))).parts)
    weights = bootstrap_weights(len(found), RESAMPLES, SEED)
    return {
        key: _draws(*(weights @ np.array([parts[key][side][0] for parts in found]) for side in (0, 1)))
        for key in found[0]
    }


def hysteresis_section(folder: Path) -> str:
    """The section of the report, Markdown, on the panels of the folder and on the made-up regions."""
    panels = {path.stem: real_panel(path) for path in sorted(folder.glob("*.parquet"))}
    panels = {name: measured for name, measured in panels.items() if measured}
    kinds = {kind.code: made_up_kind(kind) for kind in KINDS}
    real = ["Real panels, means:", _by_rule(panels, "hit")] if panels else []
    return "\n\n".join(
        [
            _INTRODUCTION,
            *real,
            f"Made-up regions ({REGIONS_PER_KIND} of each kind), means over the kinds:",
            _by_rule(kinds, "true hit"),
            "Panel by panel:",
            _by_group({**panels, **kinds}),
        ]
    )


_INTRODUCTION = f"""### The choice of schools itself, under several rules of leaving

Every list is made by `selection.select`, with the last one as the list in force, from the second
year with results to the last; K is a seventh of the schools tested in the year. The edition's rule of leaving stands
beside others that differ from it in the one thing named: the rank beyond which a school leaves, the T below which it
leaves if this year's T is low too, one of the two alone, or a second list granted to whoever has entered
([decision 0013](decisions/0013-staying-on-the-list.md)).

*List / none*: length of the list over that of the list without any stay rule (a shorter list is right a little more
often by that alone). *Overlap*: share of the list that stood
on the last one. *Right*: share of the list among the next year's observed worst K (real panels) or the true worst K
of the same year (made-up regions); *change* is against “{NO_RULE.title}”. *3 years on*: share among the worst K of up
to three following years together. *Kept* are the schools that are listed only because they stay, *put off* those that
would be listed in their place: how many of each are right. *Gone*: share of the schools that enter and are off the
next list. *Back*: share of those who leave and are on again a year later."""

Groups = Mapping[str, Measured]


def _by_rule(groups: Groups, right: str) -> str:
    """A row per rule of leaving: means over panels or kinds."""
    rows = []
    for rule in STAY_RULES:
        found = _mean(groups, rule.title, right)
        rows.append(
            [
                rule.title,
                _told(_mean(groups, rule.title, "size"), digits=2),
                _told(_mean(groups, rule.title, "overlap")),
                _told(found),
                "" if rule is NO_RULE else _told(found - _mean(groups, NO_RULE.title, right), "+"),
                _told(_mean(groups, rule.title, "hit, 3 years")),
                _told(_mean(groups, rule.title, f"{right}: kept"), digits=2),
                _told(_mean(groups, rule.title, f"{right}: put off"), digits=2),
                _told(_mean(groups, rule.title, "gone after one list"), digits=2),
                _told(_mean(groups, rule.title, "back after one list"), digits=2),
            ]
        )
    head = ["leaving", "list / none", "overlap", "right", "change", "3 years on", "kept: right", "put off: right"]
    return table([*head, "gone", "back"], rows)


def _by_group(groups: Groups) -> str:
    """A row per panel or kind: overlap and right listings without a stay rule and with the edition's."""
    rows = []
    for name, one in groups.items():
        right = "true hit" if (NO_RULE.title, "true hit") in one else "hit"
        cells = [_told(one[rule.title, measure]) for measure in ("overlap", right) for rule in (NO_RULE, OURS)]
        rows.append([name, *cells, _told(one.get((_TRUTH, "overlap")))])
    head = ["panel", "overlap", "overlap, staying", "right", "right, staying", "overlap of the truth itself"]
    return table(head, rows)


def _mean(groups: Groups, rule: str, measure: str) -> Draws:
    """Mean over panels or kinds; those in which nothing of the sort happened are left out."""
    values = np.array([one[rule, measure].values for one in groups.values() if (rule, measure) in one])
    known = ~np.isnan(values)
    return _draws(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0).astype("float64"))


def _told(draws: Draws | None, sign: str = "", digits: int = 3) -> str:
    """A measure with its standard error; a dash where nothing of the sort ever happened."""
    if draws is None or np.isnan(draws.value):
        return "—"
    return f"{draws.value:{sign}.{digits}f} ± {np.nanstd(draws.values[1:], ddof=1):.{digits}f}"


def _draws(part: Floats, whole: Floats) -> Draws:
    return Draws(np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0), is_bootstrap=True)


if __name__ == "__main__":
    print(hysteresis_section(Path(sys.argv[1]) if len(sys.argv) > 1 else PANELS))
