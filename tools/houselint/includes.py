"""Who may include whom: floors, declared siblings, outside libraries, circles."""

import re

from houselint.tree import FLOORS, Finding, floor_of, part_of

# Headers from outside, and the LIBS (or USES) that allow them.
LIBRARIES = (
    (re.compile(r"^openssl/"), "openssl"),
    (re.compile(r"^nghttp2/"), "nghttp2"),
    (re.compile(r"^uv(/.*)?\.h$"), "uv"),
    (re.compile(r"^boost/json"), "boost_json"),
    (re.compile(r"^boost/"), "boost_beast"),
    (re.compile(r"^spdlog/"), "spdlog"),
    (re.compile(r"^fmt/"), "fmt"),
    (re.compile(r"^yaml\.h$"), "yaml"),
    (re.compile(r"^sqlite3\.h$"), "sqlite3"),
    (re.compile(r"^libpq-fe\.h$"), "pq"),
    (re.compile(r"^pugixml\.hpp$"), "pugixml"),
    (re.compile(r"^prometheus/"), "prometheus"),
    (re.compile(r"^curl/"), "curl"),
    (re.compile(r"^zlib\.h$"), "zlib"),
    (re.compile(r"^bzlib\.h$"), "bzip2"),
    (re.compile(r"^lzma\.h$"), "lzma"),
    (re.compile(r"^zstd\.h$"), "zstd"),
    (re.compile(r"^isa-l/"), "isal"),
    (re.compile(r"^divsufsort\.h$"), "divsufsort"),
    (re.compile(r"^ext2fs/"), "ext2fs"),
    (re.compile(r"^update/.*\.pb\.h$"), "proto/update"),
    (re.compile(r"^systemd/"), "systemd"),
    (re.compile(r"^(google/protobuf/|.*\.pb\.h$)"), "proto/etcd"),
)
TEST_ONLY = re.compile(r"^(doctest|benchmark|rapidcheck|grpcpp|grpc)(/|\.h)")
IMPURE = re.compile(
    r"^(thread|mutex|shared_mutex|condition_variable|future|fstream|filesystem|random|iostream|"
    r"unistd\.h|fcntl\.h|pthread\.h|time\.h|ctime|sys/.*|netinet/.*)$"
)
CLOCK = re.compile(r"\b(system_clock|steady_clock|high_resolution_clock)\s*::\s*now\b|"
                   r"\bclock_gettime\s*\(|\bgettimeofday\s*\(")


def check(tree):
    findings = []
    for folder in tree.folders.values():
        findings += check_declared(tree, folder)
        findings += check_purity(tree, folder)
        for source in folder.files:
            findings += check_source(tree, folder, source)
        findings += check_unused(tree, folder)
        findings += check_unused_libraries(folder)
    return findings + check_circles(tree)


def rights(folder, source, for_tests):
    """The folders and libraries that a file of this folder may include."""
    uses, libs = set(folder.uses), set(folder.libs)
    if for_tests:
        uses |= set(folder.test_uses)
        libs |= set(folder.test_libs)
    program = folder.programs.get(source.name)
    if program:
        uses |= set(program["USES"])
        libs |= set(program["LIBS"])
    return uses, libs


def is_for_tests(tree, source):
    """A test, or a header that only tests include."""
    if source.is_test:
        return True
    users = tree.users_of(source)
    return bool(users) and all(user.is_test for user in users)


def check_source(tree, folder, source):
    for_tests = is_for_tests(tree, source)
    uses, libs = rights(folder, source, for_tests)
    for line, quote, what in source.includes():
        if quote == '"':
            text = judge_ours(tree, folder, uses, what)
        else:
            text = judge_outside(folder, source, uses, libs, what, for_tests)
        if text:
            yield Finding(source.path, line, text)


def judge_ours(tree, folder, uses, what):
    if what not in tree.by_include:
        return f'includes "{what}": there is no such file; paths are written from src/'
    target = tree.by_include[what].folder
    if target == folder.name or target in uses:
        return None
    lead = f'includes "{what}" of {target}: '
    refusal = refuse(folder.name, target)
    if refusal:
        return lead + refusal
    return lead + (f"{folder.name} does not declare it; add {target} to USES in {folder.cmake} "
                   "(TEST_USES if only tests need it), or do without it")


def refuse(name, target):
    """Why a folder may never use another, or None if it could declare it."""
    mine, other = floor_of(name), floor_of(target)
    if target.split("/")[0] == "sim":
        if name.split("/")[0] == "sim":
            return None
        return "sim is for tests only; declare it under TEST_USES and include it in *_test.cc"
    if name.split("/")[0] == "sim":
        if other is not None and other > FLOORS.index("io"):
            return "sim stands on base, sys and io; move what it needs down to one of them"
        return None
    if mine is None or other is None:
        return f"a folder is on one of the floors {', '.join(FLOORS)} or in sim"
    if other > mine:
        return (f"floor {FLOORS[other]} is above floor {FLOORS[mine]}; pass it in through an "
                f"interface of {name}, or move {name} up")
    if part_of(target) and part_of(target) != part_of(name):
        if part_of(name):
            return "parts do not know each other; what both need belongs into lib/"
        return "only a part's own folders may include it; start its program as a process"
    return None


def judge_outside(folder, source, uses, libs, what, for_tests):
    if TEST_ONLY.match(what):
        if for_tests:
            return None
        return f"includes <{what}>: only *_test, *_fuzz and *_bench files may"
    for pattern, library in LIBRARIES:
        if not pattern.match(what):
            continue
        if library == "fmt" and source.path == "src/base/format.h":
            return None
        if library == "fmt" and not source.path.startswith("src/base/"):
            return f'includes <{what}>: use "base/format.h", the one door to fmt'
        if library in libs or library in uses:
            return None
        key = "USES" if "/" in library else "LIBS"
        return (f"includes <{what}> of the library {library}: only folders that wrap it may; "
                f"use the folder that does, or add {library} to {key} in {folder.cmake}")
    return None


def check_purity(tree, folder):
    if not folder.is_pure:
        return
    for source in folder.files:
        if is_for_tests(tree, source):
            continue
        for line, quote, what in source.includes():
            if quote == "<" and IMPURE.match(what):
                yield Finding(source.path, line, f"includes <{what}>: {folder.name} is PURE; "
                              "let its caller do that and pass the result in")
        for number, text in enumerate(source.lines(), 1):
            if CLOCK.search(text.split("//")[0]):
                yield Finding(source.path, number, f"reads a clock: {folder.name} is PURE; take "
                              "the time as an argument")


def check_declared(tree, folder):
    """The declarations themselves: they exist, go down, and keep purity."""
    for name in folder.uses + folder.test_uses:
        if name not in tree.folders and not tree.exists(f"{name}/CMakeLists.txt") \
                and not tree.exists("proto/CMakeLists.txt"):
            yield Finding(folder.cmake, 1, f"uses {name}: there is no such folder")
    for name in folder.uses:
        refusal = refuse(folder.name, name)
        if refusal:
            yield Finding(folder.cmake, 1, f"{folder.name} uses {name}: {refusal}")
        used = tree.folders.get(name)
        if folder.is_pure and (used is None or not used.is_pure):
            yield Finding(folder.cmake, 1, f"{folder.name} is PURE and uses {name}, which is not; "
                          "take what it gives as a value")
    for name in folder.test_uses:
        if name.split("/")[0] != "sim" and floor_of(name) is not None:
            refusal = refuse(folder.name, name)
            if refusal and floor_of(folder.name) is not None and part_of(name):
                yield Finding(folder.cmake, 1, f"tests of {folder.name} use {name}: {refusal}")


def check_unused(tree, folder):
    """What is declared and never included makes the picture lie."""
    def included(only_tests):
        seen = set()
        for source in folder.files:
            if not only_tests and source.is_test:
                continue
            for _, quote, what in source.includes():
                if quote == '"' and what in tree.by_include:
                    seen.add(tree.by_include[what].folder)
                else:
                    seen |= set([name for pattern, name in LIBRARIES
                                 if name.startswith("proto/") and pattern.match(what)][:1])
        return seen

    if not folder.is_module or not folder.files:
        return
    for name in folder.uses:
        if name not in included(only_tests=False):
            yield Finding(folder.cmake, 1, f"{folder.name} declares USES {name} but includes "
                          "nothing of it; take it out of the line")
    for name in folder.test_uses:
        if name not in included(only_tests=True):
            yield Finding(folder.cmake, 1, f"{folder.name} declares TEST_USES {name} but no test "
                          "includes it; take it out of the line")


def check_unused_libraries(folder):
    """What is linked and never included: the table of libraries would lie."""
    wanted = [what for source in folder.files for _, quote, what in source.includes()
              if quote == "<"]
    for library in folder.libs:
        patterns = [pattern for pattern, name in LIBRARIES if name == library]
        if folder.is_module and not any(p.match(what) for p in patterns for what in wanted):
            yield Finding(folder.cmake, 1, f"{folder.name} declares LIBS {library} but includes "
                          "none of its headers; take it out of the line")


def check_circles(tree):
    state = {}

    def visit(name, path):
        if state.get(name) == "done" or name not in tree.folders:
            return None
        if name in path:
            return path[path.index(name):] + [name]
        for used in tree.folders[name].uses:
            circle = visit(used, path + [name])
            if circle:
                return circle
        state[name] = "done"
        return None

    for name in sorted(tree.folders):
        circle = visit(name, [])
        if circle:
            return [Finding(tree.folders[circle[0]].cmake, 1,
                            f"a circle: {' -> '.join(circle)}; move what both sides need into a "
                            "folder below them")]
    return []
