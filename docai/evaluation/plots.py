"""Plots as inline SVG. Colours come from the page's style sheet, by class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from docai.evaluation.calibration import Calibration
from docai.evaluation.report import GroupReport, Tally
from docai.evaluation.table import format_ratio


def plot_fields(groups: Sequence[GroupReport]) -> str:
    """F1 of every field as a row; a dot for each group of documents, a bar for all of them."""
    keys = list(groups[0].fields)
    left, width, row_px, top = 280, 1080, 26, 14
    height = top + row_px * len(keys) + 30
    scale = width - left - 60
    out = [_open(width, height, "F1 of each field"), *_axis(left, top, scale, row_px * len(keys))]
    for n, key in enumerate(keys):
        y = top + row_px * n + row_px / 2
        f1 = groups[0].fields[key].f1
        out.append(_text(left - 10, y + 4, key.strip("/"), "end", "label"))
        if f1 is not None:
            size = f'width="{f1 * scale:.1f}" height="14"'
            out.append(f'<rect class="bar" x="{left}" y="{y - 7:.1f}" {size} rx="2"/>')
        out.append(_text(left + scale + 10, y + 4, format_ratio(f1), "start", "value"))
        for g, group in enumerate(groups[1:]):
            own = group.fields[key].f1 if key in group.fields else None
            if own is not None:
                title = f"<title>{escape(group.name)}: {format_ratio(own)}</title>"
                x = left + own * scale
                out.append(f'<circle class="g{g}" cx="{x:.1f}" cy="{y:.1f}" r="4.5">{title}</circle>')
    out.append("</svg>")
    return "".join(out)


def plot_reliability(calibration: Calibration) -> str:
    """Accuracy over confidence by bin, a dot's area by its count; the diagonal is what should be."""
    left, top, side = 46, 14, 270
    out = [_open(left + side + 20, top + side + 44, "Accuracy over confidence")]
    out.append(f'<rect class="frame" x="{left}" y="{top}" width="{side}" height="{side}"/>')
    out.append(f'<line class="ideal" x1="{left}" y1="{top + side}" x2="{left + side}" y2="{top}"/>')
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = left + tick * side, top + (1 - tick) * side
        out.append(_text(x, top + side + 18, f"{tick:g}", "middle", "tick"))
        out.append(_text(left - 8, y + 4, f"{tick:g}", "end", "tick"))
    most = max((b.count for b in calibration.bins), default=1)
    points = [
        (left + b.confidence * side, top + (1 - b.accuracy) * side, 4 + 9 * (b.count / most) ** 0.5, b)
        for b in calibration.bins
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    out.append(f'<polyline class="curve" points="{line}"/>')
    for x, y, radius, b in points:
        title = f"{b.count} values: confidence {b.confidence:.3f}, right {b.accuracy:.3f}"
        circle = f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
        out.append(f"{circle}<title>{title}</title></circle>")
    out.append(_text(left + side / 2, top + side + 38, "confidence", "middle", "label"))
    turn = f'transform="translate(12 {top + side / 2}) rotate(-90)"'
    out.append(f'<text class="label" text-anchor="middle" {turn}>share right</text>')
    out.append("</svg>")
    return "".join(out)


def plot_confidences(confidences: Iterable[tuple[float, bool]], bin_count: int = 20) -> str:
    """How many values have which confidence, the right ones upwards and the wrong ones downwards."""
    right, wrong = [0] * bin_count, [0] * bin_count
    for confidence, is_right in confidences:
        (right if is_right else wrong)[min(int(max(confidence, 0.0) * bin_count), bin_count - 1)] += 1
    left, top, width, height = 46, 14, 270, 270
    most_up, most_down = max(right) or 1, max(wrong)
    zero = top + height * most_up / (most_up + most_down)
    scale = height / (most_up + most_down)
    step = width / bin_count
    out = [_open(left + width + 20, top + height + 44, "Values by confidence")]
    for n in range(bin_count):
        x = left + n * step + 1
        for count, name, y in ((right[n], "right", zero - right[n] * scale), (wrong[n], "wrong", zero)):
            if count:
                span = f"{n / bin_count:.2f} to {(n + 1) / bin_count:.2f}"
                title = f"<title>{count} {name}, confidence {span}</title>"
                out.append(
                    f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{step - 2:.1f}" '
                    f'height="{max(count * scale, 1):.1f}">{title}</rect>'
                )
    out.append(f'<line class="zero" x1="{left}" y1="{zero:.1f}" x2="{left + width}" y2="{zero:.1f}"/>')
    out.append(_text(left - 8, top + 10, str(max(right)), "end", "tick"))
    if most_down:
        out.append(_text(left - 8, top + height, str(most_down), "end", "tick"))
    for tick in (0.0, 0.5, 1.0):
        out.append(_text(left + tick * width, top + height + 18, f"{tick:g}", "middle", "tick"))
    out.append(_text(left + width / 2, top + height + 38, "confidence", "middle", "label"))
    out.append("</svg>")
    return "".join(out)


def plot_statuses(statuses: Mapping[str, Tally]) -> str:
    """A bar for each status, the right part of it apart from the wrong one."""
    left, row_px, top, width = 110, 30, 6, 1080
    most = max((t.count for t in statuses.values()), default=1) or 1
    scale = width - left - 220
    out = [_open(width, top + row_px * len(statuses) + 8, "Leaves by status")]
    for n, (status, tally) in enumerate(statuses.items()):
        y = top + row_px * n
        good, all_of_it = tally.right / most * scale, tally.count / most * scale
        out.append(_text(left - 10, y + 19, status, "end", "label"))
        out.append(f'<rect class="wrong" x="{left}" y="{y + 6}" width="{all_of_it:.1f}" height="18" rx="2"/>')
        out.append(f'<rect class="right" x="{left}" y="{y + 6}" width="{good:.1f}" height="18" rx="2"/>')
        text = f"{tally.right} of {tally.count} right ({format_ratio(tally.accuracy)})"
        out.append(_text(left + all_of_it + 8, y + 19, text, "start", "value"))
    out.append("</svg>")
    return "".join(out)


def _axis(left: float, top: float, scale: float, height: float) -> list[str]:
    out = []
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        x = left + tick * scale
        out.append(f'<line class="grid" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + height}"/>')
        out.append(_text(x, top + height + 18, f"{tick:g}", "middle", "tick"))
    return out


def _open(width: float, height: float, title: str) -> str:
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    return f'<svg class="plot" {size} role="img" aria-label="{title}">'


def _text(x: float, y: float, text: str, anchor: str, name: str) -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
