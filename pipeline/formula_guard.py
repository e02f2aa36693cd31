"""Texts in files that people open in a spreadsheet: none is reckoned as a formula, each is read back as it was."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is reckoned by a spreadsheet, not shown
MARK = "'"


def guarded(text: str) -> str:
    """The text as a cell of a CSV that a spreadsheet shows and does not reckon."""
    return f"{MARK}{text}" if text.startswith(FORMULA_SIGNS) else text


def unguarded(text: str) -> str:
    """The text as it was before `guarded`."""
    return text[1:] if text.startswith(MARK) and text[1:].startswith(FORMULA_SIGNS) else text
