"""The analyst's decisions about proposed school matches: proposals lie in `forms/`, decisions in `reference/`.

A proposal changes nothing by itself. An accepted one becomes a line of `reference/school_matches.csv` with who and
when, and holds for every file and year in which the same name stands.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import MatchError
from pipeline.formula_guard import guarded
from pipeline.names import normalise, normalise_municipality
from pipeline.region import read_reference, reference_table
from pipeline.schema import records
from pipeline.skeleton import write_reference
from pipeline.store import write_whole
from pipeline.tables.quality import MATCH_PROPOSALS
from pipeline.tables.reference import SCHOOL_MATCHES

PROPOSALS = Path("forms") / "match_proposals.csv"
NAME = ["municipality_text", "school_text", "code_text"]


def save_proposals(root: Path, proposals: pd.DataFrame) -> None:
    """Write the proposals of a run where the analyst looks for them (`forms/match_proposals.csv`)."""
    # Names come from other people's files, and the analyst opens this one in a spreadsheet.
    texts = {
        c.name: proposals[c.name].map(guarded, na_action="ignore")
        for c in MATCH_PROPOSALS.columns
        if c.kind == "string"
    }
    text = proposals.assign(**texts).to_csv(index=False, lineterminator="\n")
    write_whole(root, PROPOSALS.as_posix(), text.encode("utf-8-sig"))


def load_proposals(root: Path) -> pd.DataFrame:
    """The proposals of the last run; names that were decided meanwhile are left out."""
    path = root / PROPOSALS
    if not path.is_file():
        raise MatchError(
            "Предложений ещё нет", where=str(PROPOSALS), remedy="сначала выполните «shnro check» или «shnro monitor»"
        )
    proposals = read_reference(path, MATCH_PROPOSALS).fillna(dict.fromkeys(NAME, ""))
    decided = {_spelled(row) for row in records(reference_table(root, SCHOOL_MATCHES))}
    # A plain empty list would choose no columns instead of no rows.
    is_open = pd.Series([_spelled(row) not in decided for row in records(proposals)], proposals.index, dtype=bool)
    return proposals[is_open].sort_values(["match_score", *NAME, "proposal_rank"], ascending=[False, *[True] * 4])


def accept(root: Path, ids: tuple[str, ...], above: float | None, by: str, on: date) -> int:
    """Record proposals as accepted, by number or all first ones at or above a score; gives how many.

    A name for which two schools score the same is left to a decision by number.
    """
    proposals = load_proposals(root)
    chosen = _by_ids(proposals, ids)
    if above is not None:
        first = proposals[(proposals["proposal_rank"] == 1) & (proposals["match_score"] >= above)]
        rivals = proposals[proposals["proposal_rank"] == 2].set_index(NAME)["match_score"]
        best = first.set_index(NAME)["match_score"]
        is_tied = (best == rivals.reindex(best.index)).to_numpy()
        chosen = pd.concat([chosen, first[~is_tied]]).drop_duplicates("proposal_id")
    elif not ids:
        raise MatchError("Не сказано, что принять", remedy="укажите номера предложений или --above со сходством")
    hopeless = chosen[chosen["school_id"].isna()]
    if not hopeless.empty:
        raise MatchError(
            f"У имени «{hopeless.iloc[0]['school_text']}» нет предложенной школы",
            where=f"предложение {hopeless.iloc[0]['proposal_id']}",
            remedy="впишите решение с кодом школы в reference/school_matches.csv или отклоните имя",
        )
    if chosen.duplicated(NAME).any():
        raise MatchError("Для одного имени выбраны две школы", remedy="оставьте один номер на каждое имя")
    return _record(root, chosen, "accepted", by, on)


def reject(root: Path, ids: tuple[str, ...], by: str, on: date) -> int:
    """Record that names mean no school of the register; gives how many names."""
    chosen = _by_ids(load_proposals(root), ids).drop_duplicates(NAME).assign(school_id=None)
    return _record(root, chosen, "rejected", by, on)


def _by_ids(proposals: pd.DataFrame, ids: tuple[str, ...]) -> pd.DataFrame:
    unknown = sorted(set(ids) - set(proposals["proposal_id"]))
    if unknown:
        raise MatchError(
            f"Нет предложений с номерами: {', '.join(unknown)}", remedy="посмотрите номера: «shnro match list»"
        )
    return proposals[proposals["proposal_id"].isin(ids)]


def _record(root: Path, chosen: pd.DataFrame, decision: str, by: str, on: date) -> int:
    """Add decisions to the reference table; those that stand there stay as they are."""
    known = reference_table(root, SCHOOL_MATCHES)
    rows = [
        {name: row[name] for name in NAME}
        | {
            "school_id": row["school_id"],
            "decision_code": decision,
            "decided_by": by,
            "decided_date": on.isoformat(),
            "note": None if row["match_score"] is None else f"сходство {row['match_score']:g}",
        }
        for row in records(chosen)
    ]
    kept = records(known.assign(decided_date=known["decided_date"].dt.strftime("%Y-%m-%d")))
    write_reference(root, SCHOOL_MATCHES, [*kept, *rows])
    return len(rows)


def _spelled(row: dict[str, Any]) -> tuple[str, str, str]:
    """The key under which one decision serves every spelling of a name."""
    municipality, school, code = (row[name] or "" for name in NAME)
    return normalise_municipality(municipality), normalise(school), code.lower()
