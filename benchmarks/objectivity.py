"""False alarms of the signs of non-objective results, what they find, and what follows for the list.

Run: `python benchmarks/objectivity.py [seeds]`. Made-up regions with and without planted inflation (a school gives
about 70 % of its marks «2» of ВПР the lowest score of «3»); the rest of a region's numbers is the same in both.
Reported once with distributions of scores in grades 4 and 5 only, as in the demo, and once in grades 4 to 8.
"""

import sys
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from benchmarks.objectivity_region import (
    ALL_GRADES,
    DEMO_GRADES,
    YEARS,
    MadeUp,
    inflating,
    make,
    read_scales,
    taking_part,
    truly_low,
)
from pipeline import deciding, methodology, objectivity
from pipeline.methodology import Methodology
from pipeline.tables import orders

SIZE_EDGES = (0, 100, 214, 600, 2000)
SEED_COUNT = 12
TRIALS = 3  # how many alarm levels are compared


def flags_of(region: MadeUp, method: Methodology) -> pd.DataFrame:
    """One row per judged marker, with `is_inflating` and the size band of the school."""
    flags = objectivity.objectivity_flags(region.evidence, method.objectivity)
    return _told(flags, region)


def verdicts_of(region: MadeUp, method: Methodology) -> pd.DataFrame:
    """One row per school of the region and year in which it was tested: `is_vpr_doubtful`, false where not judged."""
    flags = objectivity.objectivity_flags(region.evidence, method.objectivity)
    verdicts = objectivity.verdicts(flags, method.objectivity)
    results = region.evidence.results
    tested = results.loc[results["procedure"] == "vpr", ["school_id", "year"]].drop_duplicates()
    known = tested.merge(verdicts[["school_id", "year", "is_vpr_doubtful"]], how="left")
    known = known.assign(is_vpr_doubtful=known["is_vpr_doubtful"].fillna(False).astype(bool))
    return _told(known, region)


def lists_of(region: MadeUp, honest: MadeUp, method: Methodology) -> pd.DataFrame:
    """One row per way of deciding and school: its status, T and whether its ВПР were set aside."""
    frames = []
    for name, source, is_judged in (("honest", honest, False), ("without", region, False), ("with", region, True)):
        flags = objectivity.objectivity_flags(source.evidence, method.objectivity)
        judged = objectivity.verdicts(flags, method.objectivity) if is_judged else None
        case = deciding.make_case(
            YEARS[-1], source.evidence.results, source.register.schools, source.register.lineage,
            source.past.iloc[:0], source.past.iloc[:0], orders.COMMISSION_DECISIONS.empty(), judged,
        )  # fmt: skip
        chosen = deciding.choose(case, method, deciding.fit(case, method).table)
        frames.append(chosen[["school_id", "status_code", "probability", "reason_codes"]].assign(way=name))
    return _told(pd.concat(frames), region).assign(is_truly_low=lambda f: f["school_id"].isin(truly_low(region)))


def main(seeds: Iterable[int]) -> None:
    """Print every table."""
    method, scales = methodology.load(), read_scales()
    for title, grades in (("grades 4 and 5", DEMO_GRADES), ("grades 4 to 8", ALL_GRADES)):
        pairs = [
            tuple(make(seed, is_inflated=is_inflated, grades=grades, scales=scales) for is_inflated in (True, False))
            for seed in seeds
        ]
        print(f"\n# Distributions of scores in {title}, {len(pairs)} regions")
        _print_markers(pairs, method)
        _print_verdicts(pairs, method)
        _print_levels(pairs, method)
        _print_lists(pairs, method)


def _print_markers(pairs: "list[tuple[MadeUp, ...]]", method: Methodology) -> None:
    planted, clean = (pd.concat([flags_of(pair[i], method) for pair in pairs]) for i in (0, 1))
    table = pd.DataFrame(
        {
            "judged": clean.groupby("marker_code").size(),
            "false_no_inflation": clean.groupby("marker_code")["is_flagged"].mean(),
            "false_with_inflation": planted[~planted["is_inflating"]].groupby("marker_code")["is_flagged"].mean(),
            "found": planted[planted["is_inflating"]].groupby("marker_code")["is_flagged"].mean(),
        }
    )
    print("\nPer marker (rows judged):")
    print(table.round(4).to_string())


def _print_verdicts(pairs: "list[tuple[MadeUp, ...]]", method: Methodology) -> None:
    planted, clean = (pd.concat([verdicts_of(pair[i], method) for pair in pairs]) for i in (0, 1))
    rows = {
        "false_no_inflation": clean,
        "false_with_inflation": planted[~planted["is_inflating"]],
        "found": planted[planted["is_inflating"]],
    }
    for by in ("year", "size"):
        table = pd.DataFrame({name: f.groupby(by, observed=True)["is_vpr_doubtful"].mean() for name, f in rows.items()})
        print(f"\nVerdict by {by} (share of school years with ВПР):")
        print(table.round(4).to_string())
    print("all:", {name: round(float(f["is_vpr_doubtful"].mean()), 4) for name, f in rows.items()})


def _print_levels(pairs: "list[tuple[MadeUp, ...]]", method: Methodology) -> None:
    print("\nVerdict by alarm level: false with inflation, found")
    for level in (0.001, 0.003, 0.01, 0.03):
        other = replace(method, objectivity=replace(method.objectivity, alarm_level=level))
        f = pd.concat([verdicts_of(pair[0], other) for pair in pairs[:TRIALS]])
        shares = f.groupby("is_inflating")["is_vpr_doubtful"].mean()
        print(f"  {level}: {shares[False]:.4f}, {shares[True]:.4f}")


def _print_lists(pairs: "list[tuple[MadeUp, ...]]", method: Methodology) -> None:
    f = pd.concat([lists_of(*pair, method).assign(region=i) for i, pair in enumerate(pairs)])
    for name, status in (("is_listed", "selected"), ("is_reserve", "reserve"), ("is_expert", "insufficient_data")):
        f[name] = f["status_code"] == status
    groups = {
        "inflating, truly low": f["is_inflating"] & f["is_truly_low"],
        "inflating, not among the low": f["is_inflating"] & ~f["is_truly_low"],
        "honest, truly low": ~f["is_inflating"] & f["is_truly_low"],
        "honest, not among the low": ~f["is_inflating"] & ~f["is_truly_low"],
    }
    print("\nThe list, mean per region: number of schools; listed + reserve + experts")
    for name, mask in groups.items():
        sums = f[mask].groupby("way")[["is_listed", "is_reserve", "is_expert"]].sum() / len(pairs)
        count = mask.sum() / len(pairs) / f["way"].nunique()
        told = "; ".join(f"{way} " + " + ".join(f"{x:.1f}" for x in sums.loc[way]) for way in sums.index)
        print(f"  {name}: {count:.1f}: {told}")
    _print_changes(f, len(pairs))


def _print_changes(lists: pd.DataFrame, region_count: int) -> None:
    """What the fallback changes for the schools whose ВПР are set aside."""
    key = ["region", "school_id"]
    is_aside = lists["reason_codes"].str.contains("vpr_set_aside|thin_without_vpr", regex=True)
    ids = pd.MultiIndex.from_frame(lists.loc[is_aside, key])
    own = lists[pd.MultiIndex.from_frame(lists[key]).isin(ids)].set_index(key)
    before, after = (own[own["way"] == way].sort_index() for way in ("without", "with"))
    entered = after["is_listed"] & ~before["is_listed"]
    to_experts = after["is_expert"] & ~before["is_expert"]
    lost = before["is_listed"] & ~after["is_listed"]
    for name, mask in (("inflating", after["is_inflating"]), ("honest", ~after["is_inflating"])):
        told = [int((mask & change).sum()) / region_count for change in (mask, entered, to_experts, lost)]
        print(f"  set aside, {name}: {told[0]:.1f} per region; newly listed {told[1]:.2f}, newly to the experts "
              f"{told[2]:.2f}, no longer listed {told[3]:.2f}")  # fmt: skip
    print(f"  largest fall of T of a school whose ВПР are set aside: "
          f"{(before['probability'] - after['probability']).max():.4f}")  # fmt: skip


def _told(frame: pd.DataFrame, region: MadeUp) -> pd.DataFrame:
    """The rows of schools that may be listed, with `is_inflating` and `size` (band of pupils)."""
    own = frame[frame["school_id"].isin(taking_part(region))]
    sizes = region.register.traits.set_index("school_id")["size"]
    bands = pd.cut(own["school_id"].map(sizes), list(SIZE_EDGES))
    return own.assign(is_inflating=own["school_id"].isin(inflating(region)), size=bands)


if __name__ == "__main__":
    main(range(1, 1 + (int(sys.argv[1]) if len(sys.argv) > 1 else SEED_COUNT)))
