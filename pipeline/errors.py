"""Errors shown to the operator: one clear Russian paragraph (what, where, remedy), never a traceback."""

SPACES = "\n\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


class PipelineError(Exception):
    """A fault of the input or the setting, told to the operator in Russian; the command ends with exit code 1.

    Args:
        what: what is wrong, one sentence.
        where: the file, sheet, row or setting concerned; empty where there is none.
        remedy: what the operator can do about it, one sentence or two.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.paragraph())

    def paragraph(self) -> str:
        """The whole message as one Russian paragraph."""
        parts = [self.what.rstrip(".") + "."]
        if self.where:
            parts.append(f"Где: {self.where.rstrip('.')}.")
        if self.remedy:
            parts.append(f"Что сделать: {self.remedy.rstrip('.')}.")
        # Words of files and their names stand in it: a terminal must not take them for orders.
        return "".join(sign if sign.isprintable() or sign in SPACES else "�" for sign in " ".join(parts))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows (IPython asks by this name): the paragraph, as the command line shows it."""
        return [self.paragraph()]


class ConfigError(PipelineError):
    """The region's folder, its settings or its reference tables are missing or contradict themselves."""


class SourceError(PipelineError):
    """A received file cannot be opened or read."""


class UnreadableFilesError(SourceError):
    """Several received files cannot be read; the message has a paragraph for each."""

    def __init__(self, errors: "list[SourceError]") -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(error.what for error in errors))

    def paragraph(self) -> str:
        """The paragraphs of the files, one below the other."""
        return "\n".join(error.paragraph() for error in self.errors)


class UnknownLayoutError(SourceError):
    """A received file opens but fits no known layout; the message names the nearest one and the differences."""


class NoDataError(PipelineError):
    """Nothing was received for the year that was asked for."""


class QualityGateError(PipelineError):
    """A critical check of plausibility failed; nothing is published."""


class MethodologyError(PipelineError):
    """An edition of the methodology is unknown, incomplete or out of range."""


class MatchError(PipelineError):
    """A decision about a proposed school match names something that does not exist."""


class UnknownSchoolError(PipelineError):
    """A command asks about a school that nobody knows, or that several schools fit; the likely ones are listed.

    Args:
        what: what is wrong, one sentence.
        schools: the likely schools, a line each.
        remedy: what the operator can do about it.
    """

    def __init__(self, what: str, schools: tuple[str, ...], remedy: str) -> None:
        self.schools = schools
        super().__init__(what, remedy=remedy)

    def paragraph(self) -> str:
        """What is wrong, the likely schools below each other, and the remedy."""
        return "\n".join([self.what.rstrip(".") + ".", *self.schools, f"Что сделать: {self.remedy.rstrip('.')}."])


class StoreError(PipelineError):
    """The folder of the region cannot be written or a published table cannot be read."""
