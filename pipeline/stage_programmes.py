"""The stage of programmes: what schools have written against the causes of the register, and what it still lacks."""

from datetime import date

import pandas as pd

from pipeline import methodology, programmes, region
from pipeline.lineage import bearers_on
from pipeline.programme_blank import in_force
from pipeline.programme_forms import load_register
from pipeline.programme_returns import read_programmes
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.store import Store
from pipeline.tables import programmes as tables
from pipeline.tables import reference, sources
from pipeline.tables.support import PERIODS, SUPPORTED_SCHOOLS

PART = "programmes"  # of the tables to which the reading of facts adds as well


def programme_year(run: Run) -> int:
    """The year of the list whose programmes are followed: June serves the list before, November the one of the year."""
    return run.year - 1 if run.period == PERIODS[0] else run.year


def check_programmes(run: Run) -> str:
    """Read the programmes of the list's schools and lay them beside the register of causes in force."""
    store, list_year = Store(run), programme_year(run)
    rules = methodology.load(run.edition, run.root).support
    assert run.as_of is not None, "a run of support has its day from the start"
    day = min(date.fromisoformat(run.as_of), in_force(list_year)[1])
    bearers = bearers_on(store.read(reference.SCHOOL_LINEAGE), day)
    register = load_register(run.root, list_year, store.read(SUPPORTED_SCHOOLS)).carried(bearers)
    listed = frozenset(register.schools["school_id"])
    returns = read_programmes(run.root, list_year, region.load_region(run.root).name, listed, bearers)
    lines = programmes.judge_lines(returns.lines, register)
    checks = programmes.check_causes(lines, register, rules)
    table = programmes.programmes(lines, checks, returns.returned, register)
    store.write(tables.PROGRAMME_LINES, lines)
    store.write(tables.PROGRAMME_CHECKS, checks)
    store.write(tables.PROGRAMMES, table)
    store.write(tables.PROGRAMME_FILES, returns.files)
    store.write(sources.SOURCE_FILES, returns.source_files, PART)
    store.write(sources.REJECTS, returns.rejects, PART)
    return _account(table, returns.files, list_year)


def _account(table: pd.DataFrame, files: pd.DataFrame, list_year: int) -> str:
    """A short Russian account of what was found."""
    if (table["state_code"] == "no_register").all():
        return f"реестр причин {list_year} года не опубликован: программы не с чем сверить"
    count = int(table["has_programme"].sum())
    told = f"представили {count} из {plural(len(table), 'школы', 'школ', 'школ')} перечня {list_year} года"
    told += f", полных {int((table['state_code'] == 'complete').sum())}"
    remarks = int((files["remark_text"] != "").sum())
    told += f"; файлов с замечаниями: {remarks}" * bool(remarks)
    return told + "; перечень не подписан, взят проект" * (not table["is_signed"].all())
