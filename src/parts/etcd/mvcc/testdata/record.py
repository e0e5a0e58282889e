#!/usr/bin/env python3
"""Asks an etcd for the answers of a store_*.txt or recorded_*.txt file.

  record.py FILE            shows where the file and etcd differ
  record.py --write FILE    writes etcd's answers into it
  record.py --random SEED COUNT FILE    makes a file of random requests first

Starts /usr/bin/etcd (3.4) on loopback with a directory of its own. "status",
"slice" and "restart" are not asked; their answers stay.
"""
import base64, http.client, json, random, re, shutil, socket, subprocess, sys, tempfile, time

CODES = {3: "InvalidArgument", 5: "NotFound", 9: "FailedPrecondition", 11: "OutOfRange"}
TARGETS = ["VERSION", "CREATE", "MOD", "VALUE", "LEASE"]
UNION = ["version", "create_revision", "mod_revision", "value", "lease"]
RESULTS = {"=": "EQUAL", ">": "GREATER", "<": "LESS", "!=": "NOT_EQUAL"}


def b64(text):
    return base64.b64encode(text.encode()).decode()


def unb64(text):
    return base64.b64decode(text or "").decode()


class Failed(Exception):
    pass


class Etcd:
    def __init__(self):
        self.dir = tempfile.mkdtemp()
        ports = []
        for _ in range(2):
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                ports.append(s.getsockname()[1])
        client, peer = (f"http://127.0.0.1:{p}" for p in ports)
        self.process = subprocess.Popen(
            ["/usr/bin/etcd", "--data-dir", self.dir, "--name", "m", "--listen-client-urls", client,
             "--advertise-client-urls", client, "--listen-peer-urls", peer,
             "--initial-advertise-peer-urls", peer, "--initial-cluster", f"m={peer}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.address = ("127.0.0.1", ports[0])
        for _ in range(100):
            time.sleep(0.1)
            try:
                self.call("/v3/kv/range", {"key": b64("ready")})
                return
            except (OSError, Failed):
                pass
        sys.exit("etcd does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir)

    def call(self, path, body):
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        connection.request("POST", path, json.dumps(body))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        if "error" in answer:
            raise Failed(f"{CODES[answer['code']]}: {answer['message']}\n")
        return answer


    # The gateway of 3.4 has no way to HashKV.
    def hash_kv(self, revision):
        host, port = self.address
        done = subprocess.run(["etcdctl", "--endpoints", f"{host}:{port}", "endpoint", "hashkv",
                               "--rev", str(revision), "-w", "json"], capture_output=True,
                              text=True, env={"ETCDCTL_API": "3", "PATH": "/usr/bin:/bin"})
        if done.returncode != 0:
            text = re.search(r"etcdserver: [^\"\n)]*", done.stderr + done.stdout).group(0)
            return text + "\n"
        r = json.loads(done.stdout)[0]["HashKV"]
        return f"hash={r['hash']} compacted={r.get('compact_revision', 0)}\n"


def words_of(line):
    return [w[1:-1] if w.startswith("'") else "\0" if w == "\\0" else w
            for w in re.findall(r"'[^']*'|[^ ]+", line)]


def take(words, name):
    for i, word in enumerate(words[1:], 1):
        if word == name or word.startswith(name + "="):
            del words[i]
            return word[len(name) + 1:]
    return None


def get_request(words):
    r = {}
    for name, field in (("limit", "limit"), ("rev", "revision"), ("order", "sort_order"),
                        ("target", "sort_target"), ("min_mod", "min_mod_revision"),
                        ("max_mod", "max_mod_revision"), ("min_create", "min_create_revision"),
                        ("max_create", "max_create_revision")):
        value = take(words, name)
        if value is not None:
            r[field] = int(value)
    for name in ("keys_only", "count_only"):
        if take(words, name) is not None:
            r[name] = True
    return r | range_of(words)


def range_of(words):
    words = words + [""] * 3
    return {"key": b64(words[1]), "range_end": b64(words[2])}


def put_request(words):
    r = {}
    lease = take(words, "lease")
    if lease is not None:
        r["lease"] = int(lease)
    for name, field in (("prev", "prev_kv"), ("ignore_value", "ignore_value"),
                        ("ignore_lease", "ignore_lease")):
        if take(words, name) is not None:
            r[field] = True
    words = words + [""] * 3
    return r | {"key": b64(words[1]), "value": b64(words[2])}


def del_request(words):
    prev = take(words, "prev") is not None
    return range_of(words) | ({"prev_kv": True} if prev else {})


def compare_of(words):
    end = take(words, "end")
    operand = take(words, "operand")
    target = TARGETS.index(words[1].upper())
    union = target if operand is None else TARGETS.index(operand.upper())
    value = words[4]
    c = {"target": TARGETS[target], "result": RESULTS[words[3]], "key": b64(words[2]),
         UNION[union]: b64(value) if UNION[union] == "value" else int(value)}
    if end:
        c["range_end"] = b64("\0" if end == "\\0" else end)
    return c


def op_of(words, lines):
    if words[0] == "get":
        return {"request_range": get_request(words)}
    if words[0] == "put":
        return {"request_put": put_request(words)}
    if words[0] == "del":
        return {"request_delete_range": del_request(words)}
    return {"request_txn": txn_request(lines)}


def txn_request(lines):
    txn = {"compare": [], "success": [], "failure": []}
    while lines:
        words = words_of(lines.pop(0))
        if words[0] == "end":
            break
        if words[0] == "if":
            txn["compare"].append(compare_of(words))
        else:
            branch = "success" if words[0] == "then" else "failure"
            txn[branch].append(op_of(words[1:], lines))
    return txn


def show_kv(kv, indent):
    n = lambda f: kv.get(f, 0)
    return (f"{indent}{unb64(kv['key'])}={unb64(kv.get('value'))} create={n('create_revision')} "
            f"mod={n('mod_revision')} version={n('version')} lease={n('lease')}\n")


def show(kind, r, indent=""):
    revision = r.get("header", {}).get("revision", 0)
    flag = lambda f: str(r.get(f, False)).lower()
    inside = indent + "  "
    if kind == "range":
        head = f"get revision={revision} count={r.get('count', 0)} more={flag('more')}"
        rest = "".join(show_kv(kv, inside) for kv in r.get("kvs", []))
    elif kind == "put":
        head = f"put revision={revision}"
        rest = show_kv(r["prev_kv"], inside) if "prev_kv" in r else ""
    elif kind == "delete_range":
        head = f"del revision={revision} deleted={r.get('deleted', 0)}"
        rest = "".join(show_kv(kv, inside) for kv in r.get("prev_kvs", []))
    else:
        head = f"txn revision={revision} succeeded={flag('succeeded')}"
        rest = ""
        for op in r.get("responses", []):
            (name, one), = op.items()
            rest += show(name.removeprefix("response_"), one, inside)
    return f"{indent}{head}\n{rest}"


def ask(etcd, lines):
    words = words_of(lines[0])
    number = int(words[1]) if len(words) > 1 and re.fullmatch(r"-?\d+", words[1]) else 0
    command = words[0]
    if command == "get":
        return show("range", etcd.call("/v3/kv/range", get_request(words)))
    if command == "put":
        return show("put", etcd.call("/v3/kv/put", put_request(words)))
    if command == "del":
        return show("delete_range", etcd.call("/v3/kv/deleterange", del_request(words)))
    if command == "txn":
        return show("txn", etcd.call("/v3/kv/txn", txn_request(lines[1:])))
    if command == "hash":
        return etcd.hash_kv(number)
    if command == "lease":
        etcd.call("/v3/lease/grant", {"ID": number, "TTL": 5000})
    elif command == "revoke":
        etcd.call("/v3/lease/revoke", {"ID": number})
    elif command == "compact":
        etcd.call("/v3/kv/compaction", {"revision": number, "physical": True})
    elif command != "step":
        return None
    return "ok\n"


def read(path):
    blocks = []
    for text in re.split(r"(?<=\n)\n(?=.)", open(path).read()):
        comments = re.match(r"(#.*\n|\n)*", text).group(0)
        command, _, answer = text[len(comments):].partition("----\n")
        blocks.append([comments, command.splitlines(), answer])
    return [b for b in blocks if b[1]]


def write(path, blocks):
    with open(path, "w") as out:
        for comments, command, answer in blocks:
            out.write(comments + "\n".join(command) + "\n----\n" + answer.rstrip("\n"))
            out.write("\n\n" if answer.strip() else "\n")


class Chance(random.Random):
    KEYS = ["a", "b", "ba", "bb", "c", "d", "da"]

    def key(self):
        return self.choice(self.KEYS)

    def range(self):
        return self.key() + self.choice(["", "", f" {self.key()}", " \\0"])

    def revision(self):
        return self.choice([0, 0, self.randint(max(1, self.rev - 15), self.rev + 1)])

    def get(self):
        text = "get " + self.range()
        for name, most in (("limit", 4), ("order", 2), ("target", 4)):
            if self.random() < 0.3:
                text += f" {name}={self.randint(0, most)}"
        for name in ("min_mod", "max_mod", "min_create", "max_create"):
            if self.random() < 0.1:
                text += f" {name}={self.randint(1, self.rev + 1)}"
        for name in ("keys_only", "count_only"):
            if self.random() < 0.1:
                text += " " + name
        revision = self.revision()
        return text + (f" rev={revision}" if revision else "")

    def put(self):
        text = f"put {self.key()} {self.randint(0, 99)}"
        if self.random() < 0.1:
            text = f"put {self.key()} '' ignore_value"
        if self.random() < 0.3:
            text += f" lease={self.randint(1, 3)}"
        elif self.random() < 0.1:
            text += " ignore_lease"
        return text + self.choice(["", " prev"])

    def delete(self):
        return f"del {self.range()}" + self.choice(["", " prev"])

    def op(self, depth):
        pick = self.random()
        if pick < 0.35:
            return [self.put()]
        if pick < 0.6:
            return [self.get()]
        if pick < 0.8 or depth == 2:
            return [self.delete()]
        return ["txn"] + self.body(depth + 1) + ["end"]

    def body(self, depth):
        lines = []
        for _ in range(self.randint(0, 2)):
            target = self.choice(["version", "create", "mod", "value", "lease"])
            value = self.randint(0, 3 if target in ("version", "lease") else self.rev)
            end = self.choice(["", "", f" end={self.key()}", " end=\\0"])
            lines.append(f"if {target} {self.key()} {self.choice('= != < >'.split())} {value}{end}")
        for branch in ("then", "else"):
            for _ in range(self.randint(0, 3)):
                first, *rest = self.op(depth)
                lines += [f"{branch} {first}"] + rest
        return lines

    def command(self):
        pick = self.random()
        if pick < 0.25:
            return [self.put()]
        if pick < 0.45:
            return [self.get()]
        if pick < 0.55:
            return [self.delete()]
        if pick < 0.9:
            return ["txn"] + self.body(0)
        return [self.choice([f"lease {self.randint(1, 3)}", f"revoke {self.randint(1, 3)}", "hash",
                             f"hash {self.randint(max(1, self.rev - 15), self.rev)}",
                             f"compact {self.randint(max(1, self.rev - 30), self.rev)}"])]


def record_random(etcd, seed, count):
    chance = Chance(seed)
    chance.rev = 1
    blocks = []
    for _ in range(count):
        lines = chance.command()
        try:
            answer = ask(etcd, list(lines))
        except Failed as failure:
            if lines[0].startswith(("lease", "revoke")):
                continue
            answer = str(failure)
        blocks.append(["", lines, answer])
        if lines[0].startswith("compact"):
            blocks.append(["", ["step"], "ok\n"])
        match = re.search(r"^\w+ revision=(\d+)", answer)
        chance.rev = max(chance.rev, int(match.group(1)) if match else 0)
    blocks[0][0] = "# Random requests, as etcd 3.4.23 answered them (record.py).\n"
    return blocks


def main():
    path = sys.argv[-1]
    etcd = Etcd()
    try:
        if sys.argv[1] == "--random":
            write(path, record_random(etcd, int(sys.argv[2]), int(sys.argv[3])))
            return
        blocks = read(path)
        for block in blocks:
            try:
                answer = ask(etcd, list(block[1]))
            except Failed as failure:
                answer = str(failure)
            if answer is None:
                continue
            if sys.argv[1] == "--write":
                block[2] = answer
            elif answer.strip() != block[2].strip():
                print(f"{block[1]}\n  file: {block[2]!r}\n  etcd: {answer!r}")
        if sys.argv[1] == "--write":
            write(path, blocks)
    finally:
        etcd.stop()


main()
