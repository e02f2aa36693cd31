"""A made-up region with a known truth, written in the formats in which a real region's files arrive.

350 schools in 27 municipalities, three school years, realistic dirt (1–5 %). Everything comes from one seed: the same
seed gives the same bytes. Every file is marked «ДЕМО» where its format permits.
"""

import shutil
from datetime import date
from pathlib import Path

from pipeline.synthetic.files import write_parquet, write_reference
from pipeline.synthetic.names import REGION_NAME
from pipeline.synthetic.region import make_register
from pipeline.synthetic.scores import draw_cells, plant_support
from pipeline.synthetic.truth import load_truth, make_truth, past_list, supported_truth
from pipeline.synthetic.write_confirm import write_confirm
from pipeline.synthetic.write_context import make_conditions, write_context
from pipeline.synthetic.write_fisoko import write_fisoko
from pipeline.synthetic.write_gia import write_gia
from pipeline.synthetic.write_lists import write_federal_lists, write_own_lists
from pipeline.synthetic.write_okr import matches, write_okr
from pipeline.synthetic.write_support import write_support
from pipeline.synthetic.write_survey import make_survey, write_survey
from pipeline.synthetic.write_vpr import write_protocols, write_pupils
from pipeline.synthetic.write_workbooks import write_workbooks

__all__ = ["AMENDED_YEAR", "AMENDMENT_DAY", "AMENDMENT_NUMBER", "forget_region", "load_truth", "make_region"]

YEAR_COUNT = 3
# The order by which the commission's decision is carried out; `shnro demo` signs it by the acts of a real region.
AMENDED_YEAR, AMENDMENT_NUMBER, AMENDMENT_DAY = 2024, "ДЕМО-2", date(2024, 11, 20)
MADE_FOLDERS = ("raw", "reference", "decisions", "corrections", "layouts", "truth")

SETTINGS = f"""# Учебный регион: школы, результаты и люди выдуманы.
name = "{REGION_NAME}"
short_name = "Деморегион"
issuer = "Министерство образования Деморегиона (ДЕМО)"
signatory_post = "Министр образования Деморегиона"
signatory_name = "И. О. Образцов"
time_zone = "Europe/Moscow"
is_demo = true
"""


def forget_region(directory: Path) -> None:
    """Remove what an earlier `make_region` wrote, so that no file of it stays behind; runs and published tables stay.

    The caller has made sure that the region is a made-up one.
    """
    for name in MADE_FOLDERS:
        if (directory / name).is_dir():
            shutil.rmtree(directory / name)


def make_region(directory: Path, seed: int = 2026, last_year: int = 2026, support_effect: float = 0.0) -> None:
    """Write a whole region: settings, reference tables, past lists, layout, raw files of three years, and the truth.

    Args:
        directory: the region's folder (DIR); files of the same names are overwritten, others are left alone.
        seed: of everything random.
        last_year: year of the newest results.
        support_effect: share of their low results that the schools of the list before are spared by support; what was
            planted is written to `truth/support.parquet`. 0 changes no file.
    """
    # Before all else: an interrupted region is known as a made-up one and can be made again.
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "region.toml").write_text(SETTINGS, encoding="utf-8")
    years = tuple(range(last_year - YEAR_COUNT + 1, last_year + 1))
    register = make_register(seed, last_year)
    truth = make_truth(register, seed, years)
    cells = draw_cells(register, truth, seed, years)
    if support_effect:
        supported = supported_truth(register, truth, seed, last_year, support_effect)
        write_parquet(directory / "truth" / "support.parquet", supported)
        cells = plant_support(cells, frozenset(supported["school_id"]), last_year, support_effect, seed)
    for name, frame in (
        ("municipalities", register.municipalities),
        ("schools", register.schools),
        ("school_codes", register.codes),
        ("school_lineage", register.lineage),
        ("school_matches", matches(register, seed, last_year)),
    ):
        write_reference(directory / "reference" / f"{name}.csv", frame)
    write_own_lists(directory, register, truth, seed, last_year)
    write_federal_lists(directory, register, truth, seed, last_year)
    write_parquet(directory / "truth" / "truth.parquet", truth)
    conditions = make_conditions(truth, seed, last_year)
    write_parquet(directory / "truth" / "context.parquet", conditions)
    survey = make_survey(register, truth, seed, last_year)
    write_parquet(directory / "truth" / "causes.parquet", survey.truth)
    raw = directory / "raw"
    write_fisoko(raw, register, cells, seed)
    write_protocols(raw, register, cells, seed)
    write_pupils(raw, register, cells, seed)
    write_gia(raw, register, cells, seed)
    write_workbooks(raw, register, cells)
    write_okr(directory, register, cells, seed)
    write_context(raw, register, conditions, seed, last_year)
    write_survey(raw, register, survey, seed, last_year)
    write_support(directory, register, past_list(register, truth, seed, last_year - 1), seed, last_year)
    write_confirm(directory, register, cells, seed, last_year)
