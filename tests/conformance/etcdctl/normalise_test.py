"""The normaliser hides what it should, and nothing more."""

import unittest

from normalise import Normaliser


class Names(unittest.TestCase):
    def test_an_id_is_found_in_hex_and_in_decimal(self):
        normal = Normaliser()
        normal.name_id("9e737febb6b99eee", "member m1")
        self.assertEqual(normal("9e737febb6b99eee, started"), "<member m1>, started")
        self.assertEqual(normal('"member_id":11417610130673999598,'),
                         '"member_id":<member m1>,')

    def test_an_id_with_leading_zeros_is_found_padded_and_bare(self):
        normal = Normaliser()
        normal.name_id("0abc00000000001", "lease")
        self.assertEqual(normal("abc00000000001 00abc00000000001"), "<lease> <lease>")

    def test_an_id_that_is_padded_with_a_blank(self):
        normal = Normaliser()
        normal.name_id("abc000000000001", "added")
        self.assertEqual(normal("Member  abc000000000001 removed"), "Member <added> removed")
        self.assertEqual(normal("a, abc000000000001, b"), "a, <added>, b")

    def test_a_name_inside_a_longer_word_stays(self):
        normal = Normaliser()
        normal.name("2379", "client port")
        self.assertEqual(normal("23790 a2379 2379"), "23790 a2379 <client port>")

    def test_the_longer_name_wins(self):
        normal = Normaliser()
        normal.name("/tmp/a", "root")
        normal.name("/tmp/a/m1.etcd", "data")
        self.assertEqual(normal("/tmp/a/m1.etcd /tmp/a/x"), "<data> <root>/x")

    def test_an_empty_value_names_nothing(self):
        normal = Normaliser()
        normal.name("", "nothing")
        self.assertEqual(normal("a b"), "a b")


class Shapes(unittest.TestCase):
    def test_a_warning_of_the_client(self):
        line = ('{"level":"warn","ts":"2026-01-02T03:04:05.678Z","caller":"a.go:62",'
                '"target":"endpoint://client-01234567-89ab-cdef-0123-456789abcdef/x",'
                '"attempt":0,"error":"rpc error: code = NotFound desc = gone"}')
        self.assertEqual(
            Normaliser()(line),
            '{"level":"warn","ts":"<time>","caller":"a.go:62",'
            '"target":"endpoint://client-<uuid>/x",'
            '"attempt":0,"error":"rpc error: code = NotFound desc = gone"}')

    def test_durations(self):
        self.assertEqual(Normaliser()("took = 1.349695ms"), "took = <duration>")
        self.assertEqual(Normaliser()('"took":"913.2µs"'), '"took":"<duration>"')

    def test_times_of_a_snapshot(self):
        self.assertEqual(Normaliser()('{"ts":1795447118.44,"took":0.0033}'),
                         '{"ts":"<time>","took":<seconds>}')

    def test_what_matters_stays(self):
        for text in ('"revision":3', '"create_revision":2', '"raft_term":2', '"count":1',
                     "compacted revision 3", "code = OutOfRange", '"TTL":60', "20 kB",
                     '"compact_revision":-1', "granted with TTL(60s)", "exit status 4"):
            self.assertEqual(Normaliser()(text), text)


class Slack(unittest.TestCase):
    def test_remaining_seconds_round_up_to_ten(self):
        normal = Normaliser()
        self.assertEqual(normal("remaining(99s)"), "remaining(100s)")
        self.assertEqual(normal("remaining(100s)"), "remaining(100s)")
        self.assertEqual(normal("remaining(85s)"), "remaining(90s)")
        self.assertEqual(normal('"ttl":598'), '"ttl":600')

    def test_a_lease_that_is_gone_stays_gone(self):
        self.assertEqual(Normaliser()('"ttl":-1'), '"ttl":-1')


class Keys(unittest.TestCase):
    def test_a_lease_has_its_keys_in_no_order(self):
        self.assertEqual(Normaliser()('"keys":["b","a"]'), '"keys":["a","b"]')
        self.assertEqual(Normaliser()("attached keys([k2 k1])"), "attached keys([k1 k2])")

    def test_the_keys_of_a_range_keep_theirs(self):
        self.assertEqual(Normaliser()('"kvs":["b","a"]'), '"kvs":["b","a"]')


class More(unittest.TestCase):
    def test_only_when_asked(self):
        line = "<client 1>, <member m1>, 3.4.23, 20 kB, true, false, 2, 9, 9, "
        self.assertEqual(Normaliser()(line), line)
        self.assertEqual(Normaliser(["raft", "size"])(line),
                         "<client 1>, <member m1>, 3.4.23, <size>, true, false, "
                         "<term>, <index>, <index>, ")

    def test_a_status_in_json(self):
        self.assertEqual(
            Normaliser(["raft", "size"])('"dbSize":20480,"raftIndex":9,"raftTerm":2'),
            '"dbSize":<size>,"raftIndex":<index>,"raftTerm":<term>')

    def test_hashes(self):
        normal = Normaliser(["hash"])
        self.assertEqual(normal('"hash":846839875,"compact_revision":-1'),
                         '"hash":<hash>,"compact_revision":-1')
        self.assertEqual(normal("<client 1>, 846839875"), "<client 1>, <hash>")

    def test_members_in_any_order(self):
        normal = Normaliser(["unordered"])
        self.assertEqual(normal("head\n<member 2>, b\n<member 1>, a\ntail\n"),
                         "head\n<member 1>, a\n<member 2>, b\ntail\n")
        self.assertEqual(normal('{"members":[{"ID":2,"x":[]},{"ID":1}]}'),
                         '{"members":[{"ID":1},{"ID":2,"x":[]}]}')
        self.assertEqual(normal('[{"endpoint":"b"},{"endpoint":"a"}]'),
                         '[{"endpoint":"a"},{"endpoint":"b"}]')
        self.assertEqual(normal("b, 1\na, 2\n"), "b, 1\na, 2\n")

    def test_http(self):
        head = "HTTP/1.1 200 OK\r\nX-B: 1\r\nDate: Mon\r\nA: 2\r\nContent-Length: 4\r\n\r\nB: 0\n"
        self.assertEqual(Normaliser(["http"])(head), "HTTP/1.1 200 OK\na: 2\nx-b: 1\n\nB: 0\n")

    def test_tables(self):
        self.assertEqual(Normaliser(["table"])("+-----+------+\n|   a | b |"),
                         "+--+--+\n| a | b |")


if __name__ == "__main__":
    unittest.main()
