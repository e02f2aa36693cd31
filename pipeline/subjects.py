"""Which subject a file means: codes and spellings per procedure, from the reference table."""

from collections.abc import Mapping

import pandas as pd

from pipeline.sources.reading import header_text


def subject_codes(subjects: pd.DataFrame) -> Mapping[tuple[str, str], str]:
    """(procedure, spelling as header text) -> subject, for `ReadingContext`."""
    return {
        (str(row.procedure), header_text(str(row.spelling))): str(row.subject)
        for row in subjects.sort_values(["procedure", "spelling"]).itertuples()
    }
