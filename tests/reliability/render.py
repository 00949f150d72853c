"""A comparison, and the figures of long tests, as docs/reliability.md."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from tests.amounts import SLACK
from tests.faults.page import AREAS
from tests.figures import KEPT
from tests.reliability.judge import MEMORY
from tests.reliability.peers.answer import DATA
from tests.reliability.report import CLIENTS, OURS, Report, Row

CONTROLS, LIVES = "A", "L"
TITLES = {
    CONTROLS: "Nothing is wrong",
    **{letter: title for letter, (title, _) in AREAS.items()},
    LIVES: "Processes and event loops",
}
"""Of the areas, by the letter that a row's name begins with."""

METHOD = f"""\
Each fault is performed by a server on loopback that says exactly these bytes, anew for each client. The
test suite performs the same faults from the same table ([faults.md](faults.md)), and demands more of
fastfetch: the class, the phase and the message of the error, and how often the request was sent.

Every client runs in a process of its own, with a new client for each row, as it is by default, except
that it trusts the authority of the servers, follows up to 20 redirects, has HTTP/2 on where it can speak
it, has the packages for all codings that it can decode, and has 30 seconds for the whole, or what the row
needs. Where a row is about a limit that fastfetch has and another client has not, that client goes
without. No process may have more than {DATA / 10**9:g} GB of memory. The first rows, where nothing is
wrong, show that each client was told what it has to know.

* **right**: what has to come of it came, in time. Where an error is due, any error of the client's own
  will do; of fastfetch alone its class is demanded.
* **took … for the answer**: an error was due, and an answer came. **gave …**: an answer was due, and
  another one came. **failed**: an answer was due, and an error came. **broke**: the client's own code
  failed.
* **late**: later than the row allows, and {SLACK:g} s. **no end**: nothing came, and the process was
  ended. **died**: the process ended itself.
* **used … MB**: memory rose by more than {MEMORY / 10**6:.0f} MB beside twice the bodies.
* **the next request**: the same client asked the same server for something else afterwards, and did not
  get it.
* **–**: the client cannot be told what the row needs.
"""


def figures() -> dict[str, str]:
    """What long tests have measured."""
    kept: dict[str, str] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return kept


def render(report: Report, figures: Mapping[str, str]) -> str:
    lines = ["# Reliability", "", "Rendered by `make torture`; not edited by hand.", ""]
    lines += ["What was promised and measured, and how fastfetch and its peers do on the same faults.", ""]
    lines += [f"Compared on {report['date']}.", ""]
    lines += grid(("machine", ""), report["machine"].items())
    lines += grid(("program", "version"), report["versions"].items())
    lines += [
        "## At a glance",
        "",
        *grid(("client", "right", "of", "not applicable"), totals(report["rows"])),
    ]
    lines += ["## Where others do better", "", *others_do_better(report["rows"])]
    lines += ["## Promised and measured", "", *measured(figures)]
    lines += ["## Side by side", "", METHOD]
    for title, rows in areas(report["rows"]):
        cells = (
            (row["id"], row["what"], row["due"], *(shown(row, name) for name in CLIENTS)) for row in rows
        )
        lines += [f"### {title}", "", *grid(("", "what happens", "what is due", *CLIENTS), cells)]
    return "\n".join(lines).rstrip() + "\n"


def totals(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    for name in CLIENTS:
        grades = [row["cells"][name]["grade"] for row in rows]
        absent = grades.count("not applicable")
        yield name, str(grades.count("right")), str(len(rows) - absent), str(absent)


def others_do_better(rows: list[Row]) -> list[str]:
    better = [row for row in rows if row["cells"][OURS]["grade"] != "right" and rivals_right(row)]
    if not better:
        return ["None.", ""]
    cells = ((row["id"], row["what"], shown(row, OURS), ", ".join(rivals_right(row))) for row in better)
    return grid(("", "what happens", OURS, "right"), cells)


def rivals_right(row: Row) -> list[str]:
    return [name for name in CLIENTS if name != OURS and row["cells"][name]["grade"] == "right"]


def measured(figures: Mapping[str, str]) -> list[str]:
    if not figures:
        return ["Nothing yet.", ""]
    return grid(("what was done", "what came of it"), figures.items())


def areas(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows by area, in the order of the areas and within each in that of the table."""
    order = list(TITLES)

    def place(row: Row) -> int:
        return order.index(row["id"][0])

    for number, group in groupby(sorted(rows, key=place), key=place):
        yield TITLES[order[number]], list(group)


def shown(row: Row, name: str) -> str:
    """How a client did, in a cell."""
    cell = row["cells"][name]
    match cell["grade"]:
        case "not applicable":
            return "–"
        case "right":
            return cell["words"]
        case _:
            return f"**{cell['words']}**"


def grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table, and the empty line after it."""
    lines = [header, ("---",) * len(header), *(tuple(map(escaped, row)) for row in rows)]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def escaped(text: str) -> str:
    """For a cell of a table: no line ends, and no marks of its own."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text if "`" in text else text.replace("<", "&lt;").replace("_", "\\_")
