"""The tree as the rules see it: folders as their CMakeLists.txt declare them, and files."""

import os
import re
from dataclasses import dataclass, field

FLOORS = ("proto", "base", "sys", "io", "lib", "parts", "argosy")
LISTS = ("USES", "LIBS", "TEST_USES", "TEST_LIBS", "SOURCE")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


@dataclass
class Folder:
    """One folder of src/, which is one target."""

    name: str
    cmake: str = ""
    is_module: bool = False
    is_pure: bool = False
    uses: list = field(default_factory=list)
    libs: list = field(default_factory=list)
    test_uses: list = field(default_factory=list)
    test_libs: list = field(default_factory=list)
    # By source: what program() adds for that file.
    programs: dict = field(default_factory=dict)
    files: list = field(default_factory=list)


@dataclass
class Source:
    """A C++ file; `path` is relative to the tree's root."""

    path: str
    folder: str
    text: str

    @property
    def name(self):
        return os.path.basename(self.path)

    @property
    def is_header(self):
        return self.path.endswith(".h")

    @property
    def is_test(self):
        return re.search(r"_(test|fuzz|bench)\.(cc|h)$", self.path) is not None

    def lines(self):
        return self.text.split("\n")[:-1] if self.text.endswith("\n") else self.text.split("\n")

    def includes(self):
        """Triples: line number, '<' or '"', what."""
        for number, line in enumerate(self.lines(), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def floor_of(folder):
    """Its place among the floors; None for sim and what is on no floor."""
    first = folder.split("/")[0]
    return FLOORS.index(first) if first in FLOORS else None


def part_of(folder):
    """The part that a folder belongs to, such as "etcd"; None outside parts/."""
    pieces = folder.split("/")
    return pieces[1] if pieces[0] == "parts" and len(pieces) > 1 else None


class Tree:
    def __init__(self, root):
        self.root = root
        self.folders = {}
        self.sources = []  # under src/
        self.others = []  # C++ files under tests/, bench/ and cmake/
        self._read_src()
        for place in ("tests", "bench", "cmake"):
            for path in self._walk(place):
                if path.endswith((".cc", ".h")):
                    self.others.append(Source(path, place, self.read(path)))
        self.by_include = {source.path[len("src/"):]: source for source in self.sources}
        self._users = {}
        for source in self.sources:
            for _, quote, what in source.includes():
                if quote == '"':
                    self._users.setdefault(what, []).append(source)

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def users_of(self, source):
        """The files under src/ that include it."""
        return self._users.get(source.path[len("src/"):], [])

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def _walk(self, place):
        for base, directories, names in os.walk(os.path.join(self.root, place)):
            directories[:] = sorted(d for d in directories if d not in ("testdata", "__pycache__"))
            for name in sorted(names):
                yield os.path.relpath(os.path.join(base, name), self.root)

    def _read_src(self):
        for path in self._walk("src"):
            folder = os.path.dirname(path)[len("src/"):]
            if path.endswith("CMakeLists.txt") and folder:
                self._read_cmake(path, folder)
            elif path.endswith((".cc", ".h")):
                source = Source(path, folder, self.read(path))
                self.sources.append(source)
                self._folder(folder).files.append(source)

    def _folder(self, name):
        return self.folders.setdefault(name, Folder(name))

    def _read_cmake(self, path, name):
        folder = self._folder(name)
        folder.cmake = path
        text = re.sub(r"#.*", "", self.read(path))
        for kind, inside in re.findall(r"\b(module|program)\s*\(([^)]*)\)", text):
            words = parse_words(inside.split())
            if kind == "module":
                folder.is_module = words["NAME"] == [name]
                folder.is_pure = "PURE" in inside.split()
                folder.uses = words["USES"]
                folder.libs = words["LIBS"]
                folder.test_uses = words["TEST_USES"]
                folder.test_libs = words["TEST_LIBS"]
            else:
                source = words["SOURCE"][0] if words["SOURCE"] else "main.cc"
                folder.programs[source] = words

    def closure(self, names):
        """The folders that these use, by way of others too, themselves included."""
        seen = set()
        left = list(names)
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left.extend(self.folders[name].uses if name in self.folders else [])
        return seen


def parse_words(words):
    lists = {"NAME": words[:1], **{key: [] for key in LISTS}}
    current = None
    for word in words[1:]:
        if word in LISTS:
            current = word
        elif word != "PURE" and current:
            lists[current].append(word)
    return lists
