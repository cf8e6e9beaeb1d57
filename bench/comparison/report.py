"""Tables: one line per row on the terminal while the work goes on, and Markdown for docs/performance.md at the end."""

import os
import platform
from datetime import date


def line(row, result):
    """One row for the terminal."""
    columns = [f"{header} {cell}" for header, cell in zip(row.HEADERS[1:], result.cells[1:]) if cell]
    mark = "pass" if result.passed else "FAIL"
    warning = f"  ({result.warning})" if result.warning else ""
    return f"{mark}  {row.name:<16} {'  '.join(columns)}{warning}"


def markdown(programs, measured, settings):
    """The whole report. `measured` holds (row, result) pairs in the order of the report."""
    text = [f"Measured on {date.today().isoformat()}: {_machine()}; {settings}.", ""]
    text += [f"- {program.label}: {version}" for program, version in programs]
    section = None
    for row, result in measured:
        if row.SECTION != section:
            section = row.SECTION
            text += ["", f"### {section}", "", _cells([*row.HEADERS, "result"]),
                     _cells(["---"] * (len(row.HEADERS) + 1))]
        text.append(_cells([*result.cells, "pass" if result.passed else "**fail**"]))
    warnings = [f"- {row.name}: {result.warning}" for row, result in measured if result.warning]
    if warnings:
        text += ["", "Doubtful, because the machine was not quiet:", "", *warnings]
    return "\n".join(text) + "\n"


def _cells(cells):
    return "| " + " | ".join(cells) + " |"


def _machine():
    model = platform.machine()
    with open("/proc/cpuinfo") as info:
        for entry in info:
            if entry.startswith("model name"):
                model = entry.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}"
