"""What a file looks like: lengths, guards, banned words, furniture of a folder."""

import os
import re

from houselint.tree import Finding

MAX_COLUMNS = 100
MAX_FUNCTION_LINES = 70
MAX_FILE_LINES = 600

NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*$")
FUNCTION_END = re.compile(r"\)[\s\w&]*(->.*)?$", re.DOTALL)


def check(tree):
    findings = []
    for source in tree.sources + tree.others:
        findings += check_lengths(source.path, source.lines())
        findings += check_functions(source)
        findings += check_words(source)
    for folder in tree.folders.values():
        findings += check_furniture(tree, folder)
    for path in house_scripts(tree):
        findings += check_lengths(path, tree.read(path).split("\n"))
    return findings + list(check_references(tree))


def house_scripts(tree):
    paths = [p for p in ("argosy", "CMakeLists.txt", "src/CMakeLists.txt") if tree.exists(p)]
    for place, ending in (("tools", ".py"), ("cmake", ".cmake")):
        for base, _, names in os.walk(os.path.join(tree.root, place)):
            paths += [os.path.relpath(os.path.join(base, n), tree.root)
                      for n in sorted(names) if n.endswith(ending)]
    return paths + [folder.cmake for folder in tree.folders.values() if folder.cmake]


def check_lengths(path, lines):
    if len(lines) > MAX_FILE_LINES:
        yield Finding(path, MAX_FILE_LINES + 1, f"has {len(lines)} lines, more than "
                      f"{MAX_FILE_LINES}; split it by idea")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield Finding(path, number, f"has {len(line)} columns, more than {MAX_COLUMNS}; "
                          "break the line")


def without_noise(text):
    """Comments, texts and directives blanked, newlines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return DIRECTIVE.sub(blank, NOISE.sub(blank, text))


def functions(text):
    """Pairs of first and last line of each outermost function's definition."""
    text = without_noise(text)
    stack = []  # for each open brace: the first line of a function, or None for a scope
    inside = 0  # braces open within a function
    start = 0
    line = 1
    line_at_start = 1
    for at, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char in "{};":
            head = text[start:at]
            lead = len(head) - len(head.lstrip())
            first = line_at_start + head[:lead].count("\n")
            if char == "{":
                is_function = inside == 0 and not opens_scope(head)
                inside += 1 if is_function or inside else 0
                stack.append(first if is_function else None)
            elif char == "}" and stack:
                begun = stack.pop()
                inside -= 1 if inside else 0
                if begun is not None:
                    yield begun, line
            start, line_at_start = at + 1, line


def opens_scope(head):
    head = head.strip()
    if head.endswith("="):
        return True
    return SCOPE.search(head) is not None and not FUNCTION_END.search(head)


def check_functions(source):
    for first, last in functions(source.text):
        length = last - first + 1
        if length > MAX_FUNCTION_LINES:
            yield Finding(source.path, first, f"a function of {length} lines, more than "
                          f"{MAX_FUNCTION_LINES}; move its steps into functions of their own")


def check_words(source):
    for number, line in enumerate(source.lines(), 1):
        if re.search(r"\bTODO\b(?!\([^)]+\))", line):
            yield Finding(source.path, number, "a TODO without a reason; write TODO(reason)")
        if re.search(r"\b(FIXME|XXX)\b", line):
            yield Finding(source.path, number, "FIXME and XXX; write TODO(reason) or repair it")
        if source.is_header and re.match(r"\s*using namespace\b", line):
            yield Finding(source.path, number, "`using namespace` in a header; name what it needs")
    for number, _, what in source.includes():
        if what == "regex":
            yield Finding(source.path, number, "includes <regex>: it is slow and can overflow the "
                          "stack; parse by hand (base/text.h)")
        if what == "iostream" and source.name != "main.cc":
            yield Finding(source.path, number, "includes <iostream>: only a main.cc may; return "
                          "text (base/format.h) or log it (sys/log)")
    if source.is_header and "#pragma once" not in source.text:
        yield Finding(source.path, 1, "has no #pragma once; add it below the opening comment")


def check_furniture(tree, folder):
    place = f"src/{folder.name}"
    if folder.files and not folder.cmake:
        yield Finding(folder.files[0].path, 1, f"{place} has no CMakeLists.txt; add one with "
                      f"module({folder.name} USES ...)")
        return
    if folder.files and not folder.is_module and not folder.programs:
        yield Finding(folder.cmake, 1, f"declares no module({folder.name} ...)")
    if folder.files and not tree.exists(f"{place}/README.md"):
        yield Finding(folder.cmake, 1, f"{place} has no README.md; say in 10 to 40 lines what it "
                      "is for, its invariants and how to test it")
    if "main.cc" in [s.name for s in folder.files] and "main.cc" not in folder.programs:
        yield Finding(folder.cmake, 1, "has a main.cc that no program() builds")
    if folder.cmake and folder.files and tree.exists("src/CMakeLists.txt"):
        if not re.search(rf"(?<![\w/]){re.escape(folder.name)}(?![\w/])",
                         tree.read("src/CMakeLists.txt")):
            yield Finding("src/CMakeLists.txt", 1, f"does not name {folder.name}; nothing builds "
                          "it")


def check_references(tree):
    included = {what for source in tree.sources + tree.others
                for _, quote, what in source.includes() if quote == '"'}
    for source in tree.sources:
        if source.is_header and source.path[len("src/"):] not in included:
            yield Finding(source.path, 1, "no file includes this header; delete it")
