"""The tables of docs/etcd-bad-input.md: each row's name, text and outcome.

A row is `| name | what is wrong | text | then |`. Texts stand in backquotes; <words in
angle brackets> stand for what differs from run to run. Several texts of one row must
all appear.
"""

import re


def rows(markdown):
    found = {}
    for line in markdown.splitlines():
        if not line.startswith("| `"):
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        name = cells[0].strip("`")
        if name in found:
            raise ValueError(f"two rows are called {name}")
        texts = [text.replace("\\|", "|") for text in re.findall(r"`([^`]+)`", cells[2])]
        found[name] = (texts, cells[3])
    return found


def matches(text, said):
    pattern = "".join(".+" if part.startswith("<") else re.escape(part)
                      for part in re.split(r"(<[^<>]+>)", text) if part)
    return re.search(pattern, said) is not None
