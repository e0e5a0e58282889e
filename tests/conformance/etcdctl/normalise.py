"""What two clusters may rightly say differently, made equal; nothing else.

Three kinds of rules, applied in this order:
  names   values that the test knows (ids of clusters, members and leases, ports,
          directories) become words, in every form that etcdctl prints them
  shapes  values that only their form betrays (times, durations, a client's uuid)
  slack   numbers that a clock moves: remaining seconds are rounded to ten
Revisions, versions, counts, raft terms and indexes of one member and all texts stay.
A script may ask for more (see MORE).
"""

import re

SHAPES = [
    # etcdctl's own log line for each failed call
    (re.compile(r'"ts":("[^"]*"|[0-9.e+]+)'), '"ts":"<time>"'),
    (re.compile(r'"took":[0-9.e-]+'), '"took":<seconds>'),
    (re.compile(r"client-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "client-<uuid>"),
    (re.compile(r"took = [0-9.]+(ns|µs|ms|s)\b"), "took = <duration>"),
    (re.compile(r'"took":"[0-9.]+(ns|µs|ms|s)"'), '"took":"<duration>"'),
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9:]+)?"), "<time>"),
]

def sort_fields(match):
    """The head of an HTTP answer: names in lower case, in order of names, without those
    that each server may set as it likes."""
    status, *fields = match[0].strip("\n").split("\n")
    split = [field.partition(": ") for field in fields]
    kept = sorted((name.lower(), value) for name, _, value in split
                  if name.lower() not in ("date", "content-length"))
    return "\n".join([status, *(f"{name}: {value}" for name, value in kept)]) + "\n"


def sort_lines(match):
    return "".join(sorted(match[0].splitlines(keepends=True)))


def sort_items(match):
    items = match[2].split("},{")
    return match[1] + "},{".join(sorted(items)) + match[3]


# Asked for by a script's line "normalise: ...".
MORE = {
    # A cluster of three elects as it happens to.
    "raft": [
        (re.compile(r'"raft(_t|T)erm":[0-9]+'), r'"raft\1erm":<term>'),
        (re.compile(r'"RaftTerm" : [0-9]+'), '"RaftTerm" : <term>'),
        (re.compile(r'"raft(Applied)?Index":[0-9]+'), r'"raft\1Index":<index>'),
        (re.compile(r'"Raft(Applied)?Index" : [0-9]+'), r'"Raft\1Index" : <index>'),
        (re.compile(r"(true|false), [0-9]+, [0-9]+, [0-9]+, "), r"\1, <term>, <index>, <index>, "),
        (re.compile(r"\|( +)[0-9]+ \|( +)[0-9]+ \|( +)[0-9]+ \|( *)\|"),
         "| <term> | <index> | <index> | |"),
    ],
    # The page files hold the same content in other pages.
    "size": [
        (re.compile(r"\b[0-9]+(\.[0-9])? [kM]?B\b"), "<size>"),
        (re.compile(r'"(dbSize|dbSizeInUse|totalSize)":[0-9]+'), r'"\1":<size>'),
        (re.compile(r'"(DBSize|DBSizeInUse)" : [0-9]+'), r'"\1" : <size>'),
    ],
    # Leases and members made at run time have ids of their own, and what is hashed
    # has them in it.
    "hash": [
        (re.compile(r'"hash":[0-9]+'), '"hash":<hash>'),
        (re.compile(r'"Hash" : [0-9]+'), '"Hash" : <hash>'),
        (re.compile(r"^(<client [0-9]>), [0-9]+$", re.MULTILINE), r"\1, <hash>"),
        (re.compile(r"^[0-9a-f]{1,8}, ", re.MULTILINE), "<hash>, "),
    ],
    # Members come in the order of their ids, which the ports make.
    "unordered": [
        (re.compile(r"(^ ?(http://)?<[^\n]*>, [^\n]*\n)+", re.MULTILINE), sort_lines),
        (re.compile(r'("members":\[\{)(.*?)(\}\]\})', re.DOTALL), sort_items),
        (re.compile(r'(^\[\{)("endpoint".*)(\}\]$)', re.MULTILINE), sort_items),
    ],
    # curl -i
    "http": [
        (re.compile(r"\r\n"), "\n"),
        (re.compile(r"^HTTP/[0-9.]+ [0-9]+.*\n([^\n:]+: .*\n)*", re.MULTILINE), sort_fields),
    ],
    # Figures of a load.
    "figures": [
        (re.compile(r"[0-9]+\.[0-9]+"), "<figure>"),
        (re.compile(r"is [0-9]+ writes/s"), "is <figure> writes/s"),
    ],
    # Columns are as wide as the widest cell.
    "table": [
        (re.compile(r"-{2,}"), "--"),
        (re.compile(r" {2,}"), " "),
    ],
}

# The keys of a lease, from a set without an order.
KEYS = re.compile(r'"keys":\[([^]]*)\]|attached keys\(\[([^]]*)\]\)')
REMAINING = re.compile(r"remaining\((\d+)s\)")
JSON_TTL = re.compile(r'"ttl":(\d+)')


def sort_keys(match):
    if match[1] is not None:
        return f'"keys":[{",".join(sorted(match[1].split(",")))}]'
    return f"attached keys([{' '.join(sorted(match[2].split(' ')))}])"


def round_up(seconds):
    return -(-int(seconds) // 10) * 10


class Normaliser:
    def __init__(self, more=()):
        self.names = {}
        self.rules = list(SHAPES)
        for name in more:
            self.rules += MORE[name]

    def name(self, text, word):
        """`text` is called <word> from now on."""
        if text:
            self.names[text] = f"<{word}>"

    def name_id(self, value, word):
        """A 64-bit id in hex, as etcdctl prints it in words, and in decimal, as in JSON."""
        number = int(value, 16)
        for text in (f"{number:x}", f"{number:016x}", f"{number:16x}", str(number)):
            self.name(text, word)

    def __call__(self, text):
        # The longest first: a path may begin with another path.
        for known in sorted(self.names, key=len, reverse=True):
            pattern = re.escape(known)
            if known[0] == " ":  # padding, besides the blank between words
                pattern = "(?<= )" + pattern
            if known[0].isalnum():
                pattern = "(?<![0-9A-Za-z])" + pattern
            if known[-1].isalnum():
                pattern += "(?![0-9A-Za-z])"
            text = re.sub(pattern, self.names[known], text)
        for pattern, word in self.rules:
            text = pattern.sub(word, text)
        text = KEYS.sub(sort_keys, text)
        text = REMAINING.sub(lambda m: f"remaining({round_up(m[1])}s)", text)
        return JSON_TTL.sub(lambda m: f'"ttl":{round_up(m[1])}', text)
