"""The picture of folders and what they use, for docs/architecture.md."""

from houselint.tree import FLOORS, Finding

PAGE = "docs/architecture.md"
BEGIN = "<!-- folders: written by tools/lint.py --write-picture -->"
END = "<!-- end of folders -->"


def floors(tree):
    groups = {floor: [] for floor in FLOORS if floor != "proto"}
    groups["sim"] = []
    for name, folder in sorted(tree.folders.items()):
        if (folder.is_module or folder.programs) and name.split("/")[0] in groups:
            groups[name.split("/")[0]].append(folder)
    return {floor: folders for floor, folders in groups.items() if folders}


def all_uses(folder):
    uses = list(folder.uses)
    for program in folder.programs.values():
        uses += [name for name in program["USES"] if name not in uses and name != folder.name]
    return uses


def siblings(tree, folder):
    """Uses on the same floor that no other of its uses brings along."""
    floor = folder.name.split("/")[0]
    near = [u for u in all_uses(folder) if u.split("/")[0] == floor and u in tree.folders]
    return [u for u in near
            if not any(u in tree.closure(tree.folders[other].uses) for other in near)]


def mermaid(tree):
    """Boxes for floors, arrows between siblings; each floor may use all below it."""
    lines = ["```mermaid", "flowchart TD"]
    groups = floors(tree)
    identify = lambda name: name.replace("/", "_")
    order = [floor for floor in reversed(FLOORS) if floor in groups]
    for floor in order + [f for f in groups if f not in order]:
        title = floor + (" (tests only)" if floor == "sim" else "")
        lines.append(f'  subgraph floor_{floor}["{title}"]')
        for folder in groups[floor]:
            shape = ('(["', '"])') if folder.is_pure else ('["', '"]')
            short = folder.name.removeprefix(floor + "/")
            lines.append(f"    {identify(folder.name)}{shape[0]}{short}{shape[1]}")
        lines.append("  end")
    for floor in groups:
        for folder in groups[floor]:
            for used in siblings(tree, folder):
                lines.append(f"  {identify(folder.name)} --> {identify(used)}")
    for upper, lower in zip(order, order[1:]):
        lines.append(f"  floor_{upper} ==> floor_{lower}")
    return "\n".join(lines + ["```"])


def text(tree):
    """One line a folder, from the ground up, with all that it declares."""
    lines = ["```"]
    groups = floors(tree)
    width = max(len(f.name) for folders in groups.values() for f in folders) + 1
    for floor in groups:
        for folder in groups[floor]:
            mark = "*" if folder.is_pure else ""
            head = f"{folder.name + mark:<{width}} <-"
            lines += wrap(head, all_uses(folder) + folder.libs)
    return "\n".join(lines + ["```"])


def wrap(head, words, limit=98):
    lines, current = [], head
    for word in words:
        if len(current) + 1 + len(word) > limit:
            lines.append(current)
            current = " " * len(head)
        current += " " + word
    return lines + [current]


def block(tree):
    return "\n".join([
        BEGIN, "",
        "Rounded boxes are PURE; thin arrows are the siblings that a folder declares (without",
        "those that follow from others); every floor may use all floors below it.", "",
        mermaid(tree), "",
        "All that each folder declares, PURE ones with a star, outside libraries last:", "",
        text(tree), "", END])


def split_page(page):
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return (before, after) if end else None


def check(tree):
    if not tree.exists(PAGE):
        return []
    parts = split_page(tree.read(PAGE))
    if parts is None:
        return [Finding(PAGE, 1, f"has no place for the folders, between {BEGIN} and {END}")]
    if parts[0] + block(tree) + parts[1] != tree.read(PAGE):
        line = parts[0].count("\n") + 1
        return [Finding(PAGE, line, "its picture of the folders is old; run: tools/lint.py "
                        "--write-picture")]
    return []


def write(tree, path):
    parts = split_page(tree.read(PAGE))
    with open(path, "w", encoding="utf-8") as file:
        file.write(parts[0] + block(tree) + parts[1])
