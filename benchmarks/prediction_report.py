"""The prediction report: what was measured as Markdown tables and two pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.prediction_counts import Floats, Mask
from benchmarks.prediction_evaluation import FUTURE, TRUTH, Draws, Evaluation, Key, mean_of
from benchmarks.prediction_measures import reliability_bins
from benchmarks.prediction_plots import dot_chart, reliability_chart
from benchmarks.prediction_regions import KINDS
from benchmarks.prediction_rules import Rule

Measures = Mapping[Key, Draws]
Row = Sequence[str]

GOAL_HIT, GOAL_PRECISION, GOAL_DEVIANCE, GOAL_PANEL, GOAL_CALIBRATION = 0.02, 0.03, 0.95, -0.01, 0.03
GOAL_SLOPE = (0.9, 1.1)


@dataclass(frozen=True)
class PanelFacts:
    """What a real panel is: schools, years with results, origins, pupils of the median cell."""

    name: str
    schools: int
    years: tuple[int, ...]
    origins: tuple[int, ...]
    median_tested: float


@dataclass(frozen=True)
class Report:
    """Everything measured.

    Args:
        facts: of the real panels.
        panels: measures of each real panel.
        kinds: measures of each kind of made-up region.
        said: evaluations of all panels and regions, for the pictures of reliability.
        rules: what was compared.
        messages: what was skipped, and why.
        staying: what keeping schools on the list costs (`prediction_hysteresis`), Markdown; empty: not measured.
    """

    facts: tuple[PanelFacts, ...]
    panels: Mapping[str, Measures]
    kinds: Mapping[str, Measures]
    said: tuple[Evaluation, ...]
    rules: tuple[Rule, ...]
    messages: tuple[str, ...]
    staying: str = ""

    @property
    def ours(self) -> str:
        """Code of this project's model."""
        return next(rule.code for rule in self.rules if rule.is_ours)

    @property
    def models(self) -> tuple[str, ...]:
        """Codes of this project's model and of its other forms: what the goals are asked of."""
        return (self.ours, *(rule.code for rule in self.rules if rule.is_variant))

    def mean(self, groups: Mapping[str, Measures], rule: str, measure: str) -> Draws | None:
        """Mean of a measure over panels or kinds; None where one of them lacks it."""
        found = [one[rule, measure] for one in groups.values() if (rule, measure) in one]
        return mean_of(found) if found and len(found) == len(groups) else None

    def best_rival(self, groups: Mapping[str, Measures], measure: str, sign: int = 1) -> str:
        """The rule with the best mean over panels or kinds, models apart; sign −1 where less is better."""
        rivals = [rule.code for rule in self.rules if rule.code not in self.models]
        means = [(self.mean(groups, code, measure), code) for code in rivals]
        return max((sign * mean.value, code) for mean, code in means if mean is not None)[1]


def write(report: Report, document: Path) -> None:
    """Write the document, and its pictures into the folder of the same name beside it."""
    pictures = document.with_suffix("")
    pictures.mkdir(exist_ok=True)
    document.write_text(render(report), encoding="utf-8")
    (pictures / "hits.svg").write_text(_hits_picture(report), encoding="utf-8")
    (pictures / "reliability.svg").write_text(_reliability_picture(report), encoding="utf-8")


def render(report: Report) -> str:
    """The whole document; what needs real panels is left out where there are none."""
    sections = [
        _introduction(report),
        *(_real_panels(report) if report.panels else []),
        "## Made-up regions: the truth is known",
        _kinds(report),
        "Share of the list among the true worst K of the origin's year:",
        _by_rule(report, report.kinds, "true hit", with_gain=True),
        "Share of the list among the next year's observed worst K:",
        _by_rule(report, report.kinds, "hit"),
        "## Probabilities\n\n![Said and seen, our model](prediction/reliability.svg)",
        _probabilities(report),
        "## Lists from year to year",
        *([report.staying] if report.staying else []),
        "### All rules, with the plainest rule of staying\n\nMeans over panels and kinds, from the second origin on. "
        "With *stay*, a listed school keeps its place while it ranks within 1.4 K and nothing else is asked; the list "
        "has K schools either way, and nobody is left to experts.",
        _stability(report),
        "## Small schools\n\nShare of the smallest 30 % of schools (tested pupils in three years) in each list.",
        _small(report),
        "## The rules",
        "\n".join(f"- **{rule.code}.** {rule.source}" for rule in report.rules),
    ]
    return "\n\n".join(sections) + "\n"


def _real_panels(report: Report) -> list[str]:
    """The sections on the real panels."""
    return [
        _goals(report),
        "## Real panels: the next year\n\n![Share of the list among the next year's worst K](prediction/hits.svg)",
        "Share of the list among the next year's worst K:",
        _by_rule(report, report.panels, "hit", with_gain=True),
        "Average precision of the whole order:",
        _by_rule(report, report.panels, "precision", with_gain=True),
        "Poisson deviance of the next year's counts per school (less is better; rules that predict a ratio):",
        _by_rule(report, report.panels, "deviance"),
        "## Real panels: the following years together\n\nUp to three years after the origin (at least two), summed.",
        "Share of the list among the worst K:",
        _by_rule(report, report.panels, "hit, 3 years", with_gain=True),
        "Average precision:",
        _by_rule(report, report.panels, "precision, 3 years", with_gain=True),
        "## What rules name by themselves, and where they are silent",
        _own_thresholds(report),
    ]


def table(head: Row, rows: Sequence[Row]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def told(draws: Draws | None, sign: str = "", digits: int = 3) -> str:
    """A measure with its standard error."""
    return "—" if draws is None else f"{draws.value:{sign}.{digits}f} ± {draws.error:.{digits}f}"


def _introduction(report: Report) -> str:
    panels = [["panel", "schools", "years", "origins", "pupils in the median cell"]]
    panels += [
        [f.name, f"{f.schools}", f"{f.years[0]}–{f.years[-1]}", _joined(f.origins), f"{f.median_tested:.0f}"]
        for f in report.facts
    ]
    skipped = "".join(f"- {message}\n" for message in report.messages)
    left_out = f"Packages that are not installed here:\n\n{skipped}\n" if skipped else ""
    return f"""# How well the lists foretell

Made by `make bench-prediction`; do not edit. In each *origin* year t every rule sees the years up to t and draws a
list of K schools, a seventh of those judged. Judged are the schools tested in t and in the next year with results. The
*next year's worst K* are the judged schools with the highest observed / expected low results of that year, expected
from the region's rates of that year by exam, subject and grade. Ties, in lists and in outcomes, go to the lower
`school_id`. An origin needs an earlier year; a rule of three years makes do with two where the history has no more.
Every list has the same length, so rules with thresholds are turned into an order (see *The rules*). Nobody is left out:
schools on which a rule is silent come last.

*This project's model* chooses schools by T: whose results are lastingly among the K lowest. Beside it stand the same
model ranked by P, the chance of being among the *next year's observed* worst K, and the same without the size of
schools ([decision 0011](decisions/0011-model-candidates.md)). None of the three ever counts as the best rule.

± is one standard error: on real panels from resamples of schools (lists as drawn; the same resamples for all origins
and rules), in made-up regions over independent regions. It does not speak of other panels: for that there are too
few.

{left_out}{table(panels[0], panels[1:]) if report.facts else ""}"""


def _joined(values: Sequence[object]) -> str:
    return ", ".join(str(value) for value in values)


def _goals(report: Report) -> str:
    """The goals of the prediction issue beside what our model and its other forms reach."""
    reached = [_reached(report, model) for model in report.models]
    rows = [[*same[0][:2], *(value for *_, value in same)] for same in zip(*reached, strict=True)]
    head = ["goal", "asked", f"**{report.ours}**", *report.models[1:]]
    return (
        "## Goals\n\nThe list is made by T. The goals speak of the next year's observed worst, which is what P ranks "
        "by: both are shown.\n\n" + table(head, rows)
    )


def _reached(report: Report, model: str) -> list[list[str]]:
    """The goals in their order: title, what is asked, what the model reaches."""
    panels, rows = report.panels, []
    for measure, title, goal in (("hit", "hit rate", GOAL_HIT), ("precision", "average precision", GOAL_PRECISION)):
        rival = report.best_rival(panels, measure)
        best, own = report.mean(panels, rival, measure), report.mean(panels, model, measure)
        assert best is not None and own is not None
        gain = own - best
        rows.append([f"{title}, mean over panels, above the best rule ({rival})", f"≥ {goal}", told(gain, "+")])
    ratios = [one[model, "deviance"] / one[_best(report, one, "deviance", -1), "deviance"] for one in panels.values()]
    rows.append(["deviance against each panel's best rule, mean", f"≤ {GOAL_DEVIANCE}", told(mean_of(ratios))])
    gaps = [one[model, "hit"] - one[_best(report, one, "hit"), "hit"] for one in panels.values()]
    worst = min(gaps, key=lambda gap: gap.value)
    rows.append(["hit rate against the panel's best rule, worst panel", f"≥ {GOAL_PANEL}", told(worst, "+")])
    for name, one in panels.items():
        rows += _calibration_goals(name, one, model)
    for name, one in report.kinds.items():
        slope = told(one.get((model, "slope of truth")))
        rows.append([f"slope of `probability` against the truth, {name}", f"{GOAL_SLOPE[0]}–{GOAL_SLOPE[1]}", slope])
    return rows


def _calibration_goals(name: str, one: Measures, model: str) -> list[list[str]]:
    """Said against seen hits and the slope of `next_year_probability` on a panel; dashes where it is not given."""
    said = one.get((model, "said hits"))
    gap = None if said is None else said - one[model, "hit"]
    slope = one.get((model, "slope of next"))
    return [
        [f"`next_year_probability`: said minus seen hits, {name}", f"± {GOAL_CALIBRATION}", told(gap, "+")],
        [f"`next_year_probability`: slope, {name}", f"{GOAL_SLOPE[0]}–{GOAL_SLOPE[1]}", told(slope)],
    ]


def _best(report: Report, one: Measures, measure: str, sign: int = 1) -> str:
    """The best rule on one panel, models apart."""
    return report.best_rival({"": one}, measure, sign)


def _by_rule(report: Report, groups: Mapping[str, Measures], measure: str, with_gain: bool = False) -> str:
    """A row per rule, a column per panel or kind, the mean, and by how much ours is above it."""
    ours = report.mean(groups, report.ours, measure)
    head = ["rule", *groups, "mean", *(["ours above it"] if with_gain else [])]
    rows = []
    for rule in report.rules:
        found = [one.get((rule.code, measure)) for one in groups.values()]
        if not any(found):
            continue
        mean = report.mean(groups, rule.code, measure)
        gain = "" if rule.is_ours else told(None if ours is None or mean is None else ours - mean, "+")
        rows.append([_name(rule), *map(told, found), told(mean), *([gain] if with_gain else [])])
    return table(head, rows)


def _name(rule: Rule) -> str:
    return f"**{rule.code}**" if rule.is_ours else rule.code


def _own_thresholds(report: Report) -> str:
    """Named schools per place of the list, and the share of judged schools about which a rule says nothing."""
    head = ["rule", *(f"named / K, {name}" for name in report.panels), *(f"silent, {name}" for name in report.panels)]
    rows = []
    for rule in report.rules:
        named = [one.get((rule.code, "named")) for one in report.panels.values()]
        silent = [one.get((rule.code, "silent")) for one in report.panels.values()]
        if any(named) or any(one is not None and one.value > 0 for one in silent):
            rows.append([_name(rule), *(_plain(one, "{:.2f}") for one in named), *(_plain(one) for one in silent)])
    return table(head, rows)


def _plain(draws: Draws | None, form: str = "{:.1%}") -> str:
    return "—" if draws is None else form.format(draws.value)


def _kinds(report: Report) -> str:
    count = len(next(iter(next(iter(report.kinds.values())).values())).values)
    described = [f"- **{kind.code}**: {kind.description}" for kind in KINDS]
    return "\n".join([f"{count} regions of each kind, {KINDS[0].schools} schools, six years:", "", *described])


def _probabilities(report: Report) -> str:
    """Brier score and slope of both probabilities, and expected against seen unconfirmed listings, model by model."""
    rows: list[Row] = []
    for name, one in {**report.panels, **report.kinds}.items():
        for model in report.models:
            event = [
                one.get((model, f"{measure} of {of}")) for of in ("next", "truth") for measure in ("brier", "slope")
            ]
            counts = [one.get((model, f"wrong, {how}")) for how in ("said", "seen")]
            rows.append([name, model, *map(told, event), *(told(count, digits=1) for count in counts)])
    head = ["panel", "model", "next year: Brier", "slope", "truth (T): Brier", "slope", "unconfirmed: said", "seen"]
    return (
        "*Next year*: `next_year_probability` against being among the next year's worst K. *Truth*: `probability` (T) "
        "against being among the true K of a made-up region. The slope is that of a straight line of what happened on "
        "what was said. *Unconfirmed*: Σ(1 − T) over the list, and the listings that the truth does not confirm.\n\n"
        + table(head, rows)
    )


def _stability(report: Report) -> str:
    """Overlap of successive lists and their hits, without and with staying."""
    measures = ("overlap", "overlap, stay", "hit, no stay", "hit, stay", "true hit, no stay", "true hit, stay")
    groups = {title: one for title, one in (("real", report.panels), ("made up", report.kinds)) if one}
    columns = [
        (title, measure)
        for title, group in groups.items()
        for measure in measures
        if report.mean(group, report.ours, measure) is not None
    ]
    rows = [
        [_name(rule), *(told(report.mean(groups[title], rule.code, measure)) for title, measure in columns)]
        for rule in report.rules
    ]
    return table(["rule", *(f"{title}: {measure}" for title, measure in columns)], rows)


def _small(report: Report) -> str:
    groups = {**report.panels, **report.kinds}
    codes = [(f"*{FUTURE}*", FUTURE), (f"*{TRUTH}*", TRUTH), *((_name(rule), rule.code) for rule in report.rules)]
    rows = [[name, *(told(one.get((code, "small")), digits=2) for one in groups.values())] for name, code in codes]
    return table(["list", *groups], rows)


def _hits_picture(report: Report) -> str:
    means = [(rule, report.mean(report.panels, rule.code, "hit")) for rule in report.rules]
    rows = [(rule.code, mean.value, mean.error, rule.is_ours) for rule, mean in means if mean is not None]
    rows.sort(key=lambda row: (-row[1], row[0]))
    return dot_chart("Share of the list among the next year's worst K, mean over real panels (± 2 s.e.)", rows)


def _reliability_picture(report: Report) -> str:
    """Our model, said and seen: T against the truth by kind, next year's probability by real panel where given."""
    pairs: dict[str, list[tuple[Floats, Mask]]] = {}
    for one in report.said:
        for event, label in (("truth", "T, the truth"), ("next", "next year")):
            if event == "truth" or one.name in report.panels:
                found = one.said.get((report.ours, event), [])
                pairs.setdefault(f"{one.name}: {label}", []).extend((said, seen) for said, seen, _ in found)
    series = [
        (label, reliability_bins(np.concatenate([p[0] for p in found]), np.concatenate([p[1] for p in found])))
        for label, found in pairs.items()
        if found
    ]
    return reliability_chart("Probabilities: said and seen", series)
