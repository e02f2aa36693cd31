"""Two small pictures of the prediction report as SVG, written by hand: no library, the same bytes every time."""

import math
from collections.abc import Sequence
from html import escape

INK, GREY, OURS, PALE = "#222222", "#8a8a8a", "#b3261e", "#e4e4e4"
TICK = 0.05  # between grid lines of the dot chart
STYLE = 'font-family="sans-serif" font-size="12"'


def dot_chart(title: str, rows: Sequence[tuple[str, float, float, bool]]) -> str:
    """A dot with two standard errors to either side for each row: label, value, standard error, whether it is ours."""
    left, width, step, top = 250, 420, 22, 48
    low = min(value - 2 * error for _, value, error, _ in rows)
    high = max(value + 2 * error for _, value, error, _ in rows)

    def across(value: float) -> float:
        return left + width * (value - low) / (high - low)

    height = top + step * len(rows) + 34
    parts = [_text(10, 20, title, INK, "start", "bold")]
    for tick in (number * TICK for number in range(math.ceil(low / TICK), math.floor(high / TICK) + 1)):
        parts.append(_line(across(tick), top - 12, across(tick), height - 30, PALE))
        parts.append(_text(across(tick), height - 12, f"{tick:.2f}", GREY, "middle"))
    for number, (label, value, error, is_ours) in enumerate(rows):
        y, colour = top + step * number, OURS if is_ours else INK
        parts.append(_text(left - 14, y + 4, label, colour, "end"))
        parts.append(_line(across(value - 2 * error), y, across(value + 2 * error), y, colour))
        parts.append(f'<circle cx="{across(value):.1f}" cy="{y}" r="4" fill="{colour}"/>')
    return _picture(left + width + 30, height, parts)


def reliability_chart(title: str, series: Sequence[tuple[str, Sequence[tuple[float, float, int]]]]) -> str:
    """Seen share over said probability, a line for each series of (said, seen, schools); the diagonal is perfect."""
    side, left, top = 340, 56, 44
    colours = ("#b3261e", "#1f5fa8", "#2e7d32", "#8a5a00", "#6a3d9a", "#00838f", "#555555", "#ad1457")

    def place(said: float, seen: float) -> str:
        return f"{left + side * said:.1f},{top + side * (1 - seen):.1f}"

    parts = [_text(10, 20, title, INK, "start", "bold"), _line(left, top + side, left + side, top, GREY)]
    parts.append(f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="{PALE}"/>')
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_text(left + side * tick, top + side + 18, f"{tick:g}", GREY, "middle"))
        parts.append(_text(left - 8, top + side * (1 - tick) + 4, f"{tick:g}", GREY, "end"))
    parts.append(_text(left + side / 2, top + side + 36, "said", INK, "middle"))
    parts.append(_text(left - 44, top - 8, "seen", INK, "start"))
    for number, (label, points) in enumerate(series):
        colour = colours[number % len(colours)]
        joined = " ".join(place(said, seen) for said, seen, _ in points)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for said, seen, _ in points:
            x, y = place(said, seen).split(",")
            parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
        parts.append(_text(left + side + 20, top + 16 + 20 * number, label, colour, "start"))
    return _picture(left + side + 230, top + side + 48, parts)


def _picture(width: int, height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    background = f'<rect width="{width}" height="{height}" fill="white"/>'
    return "\n".join([f"{head} {STYLE}>", background, *parts, "</svg>", ""])


def _text(x: float, y: float, text: str, colour: str, anchor: str, weight: str = "normal") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {place}>{escape(text)}</text>"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="1.5"/>'
