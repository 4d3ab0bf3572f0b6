"""docs/adr/README.md: the list of decisions, from the title, status and date that each of them states."""

import re
from pathlib import Path

FOLDER = "docs/adr"
INDEX = f"{FOLDER}/README.md"
TITLE = re.compile(r"^# (\d+)\. (.+)$", re.M)
STATUS = re.compile(r"^- Status: (accepted|superseded by ADR \d+)$", re.M)
DATE = re.compile(r"^- Date: (\d{4}-\d{2}-\d{2})$", re.M)
HEAD = """# Decisions

Why things are as they are, one decision a page; `make docs` writes this list. A new one starts from
[template.md](template.md) with the next number. A decision that no longer holds is not deleted: its status names the
one that took its place.

| | decision | status | date |
|---:|---|---|---|
"""


def index(repository: Path) -> tuple[str, list[str]]:
    """The list, and what is wrong with the decisions' heads, one sentence each."""
    rows: list[str] = []
    problems: list[str] = []
    for path in sorted((repository / FOLDER).glob("[0-9]*.md")):
        text = path.read_text()
        title, status, date = TITLE.match(text), STATUS.search(text), DATE.search(text)
        if title is None or int(title[1]) != int(path.name.split("-")[0]):
            problems.append(f"{FOLDER}/{path.name}: begin with `# NUMBER. Title`, the number that the file name has")
        elif status is None or date is None:
            problems.append(
                f"{FOLDER}/{path.name}: state `- Status: accepted` and `- Date: YYYY-MM-DD`, as template.md does"
            )
        else:
            rows.append(f"| {title[1]} | [{title[2]}]({path.name}) | {status[1]} | {date[1]} |")
    return HEAD + "\n".join(rows) + "\n", problems
