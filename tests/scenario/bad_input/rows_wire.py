"""Bad input from the network: HTTP/2 frames, gRPC messages, requests, peers."""

import atexit
import socket

from frames import (END_HEADERS, END_STREAM, DATA, HEADERS, PING, SETTINGS, WINDOW_UPDATE, exchange,
                    field, frame, request_fields, verdict)
from surroundings import Surroundings, grpc, message

RANGE = "/etcdserverpb.KV/Range"
PUT = "/etcdserverpb.KV/Put"


SHARED = []


def serving():
    """One server for all rows of this file: none of them may harm it."""
    if not SHARED:
        surroundings = Surroundings()
        atexit.register(surroundings.__exit__)
        SHARED.append(surroundings.cluster().start())
    return SHARED[0]


def ended_by(_, data):
    """The server's verdict on frames; afterwards it must serve others as before."""
    cluster = serving()
    said = verdict(cluster[0].client_port, data)
    cluster.ctl("put", "still", "alive")
    return "serves on", said


def called(s, path, body, headers=(), flags=()):
    cluster = s.cluster(flags=flags).start() if flags else serving()
    outcome = grpc(cluster[0].endpoint, path, body, headers)
    cluster.ctl("put", "still", "alive")
    return outcome


def row_frame_too_large(s):
    return ended_by(s, frame(DATA, 0, 1, b"x" * 16385))


def row_frame_headers_on_zero(s):
    return ended_by(s, frame(HEADERS, END_HEADERS, 0, request_fields()))


def row_frame_even_stream(s):
    return ended_by(s, frame(HEADERS, END_HEADERS, 2, request_fields()))


def row_frame_settings_on_stream(s):
    return ended_by(s, frame(SETTINGS, 0, 1))


def row_frame_bad_compression(s):
    return ended_by(s, frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff"))


def row_frame_window_overflow(s):
    return ended_by(s, frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"))


def row_frame_ping_size(s):
    return ended_by(s, frame(PING, 0, 0, b"short"))


def row_frame_ping_flood(s):
    return ended_by(s, frame(PING, 0, 0, b"12345678") * 5)


def row_fields_capital(s):
    return ended_by(s, frame(HEADERS, END_HEADERS | END_STREAM, 1,
                             request_fields((b"Capital", b"1"))))


def row_fields_connection(s):
    return ended_by(s, frame(HEADERS, END_HEADERS | END_STREAM, 1,
                             request_fields((b"connection", b"close"))))


def row_fields_no_path(s):
    return ended_by(s, frame(HEADERS, END_HEADERS | END_STREAM, 1,
                             field(b":method", b"POST") + field(b":scheme", b"http")))


def row_fields_length(s):
    return ended_by(s, frame(HEADERS, END_HEADERS, 1, request_fields((b"content-length", b"9")))
                    + frame(DATA, END_STREAM, 1, message(b"")))


def row_fields_too_many(s):
    many = b"".join(field(b"x", b"y" * 120) for _ in range(100))
    data = frame(HEADERS, 0, 1, request_fields() + many)
    for _ in range(6):
        data += frame(9, 0, 1, many)
    return ended_by(s, data + frame(9, END_HEADERS, 1, many))


def row_http1_garbage(_):
    cluster = serving()
    received = exchange(cluster[0].client_port, b"GARBAGE\r\n\r\n").decode(errors="replace")
    cluster.ctl("put", "still", "alive")
    return "serves on", received


def row_http1_half(_):
    cluster = serving()
    with socket.create_connection(("127.0.0.1", cluster[0].client_port)) as peer:
        peer.sendall(b"GET /version HT")
        cluster.ctl("put", "still", "alive")
        peer.shutdown(socket.SHUT_WR)
        peer.settimeout(5)
        received = peer.recv(1000).decode()
    return "serves on", received or "nothing"


def row_grpc_unknown_service(s):
    return called(s, "/nope.Nope/Do", message(b""))


def row_grpc_unknown_method(s):
    return called(s, "/etcdserverpb.KV/Nope", message(b""))


def row_grpc_compressed(s):
    return called(s, RANGE, message(b"", flag=1))


def row_grpc_compression_unknown(s):
    return called(s, RANGE, message(b"xx", flag=1), ["grpc-encoding: zip"])


def row_grpc_cut_short(s):
    return called(s, RANGE, message(b"ab", length=5))


def row_grpc_no_message(s):
    return called(s, RANGE, b"")


def row_grpc_two_messages(s):
    return called(s, RANGE, message(b"") * 2)


def row_grpc_not_protobuf(s):
    return called(s, RANGE, message(b"\xff\xff\xff"))


def row_grpc_bad_timeout(s):
    return called(s, RANGE, message(b""), ["grpc-timeout: soon"])


def row_grpc_message_too_large(s):
    return called(s, PUT, message(b"x" * 2_200_000))


def row_grpc_request_too_large(s):
    # key "k" and a value of 1.6 million bytes
    value = b"x" * 1_600_000
    return called(s, PUT, message(b"\x0a\x01k\x12" + varint(len(value)) + value))


def row_grpc_limit_by_flag(s):
    return called(s, PUT, message(b"\x0a\x01k\x12" + varint(2000) + b"x" * 2000),
                  flags=["--max-request-bytes", "1000"])


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def peer_says(_, method, path, headers):
    cluster = serving()
    status = cluster.statuses()["m1"]["header"]
    known = {"X-Server-Version": "3.4.23", "X-Min-Cluster-Version": "3.0.0",
             "X-Etcd-Cluster-ID": f"{status['cluster_id']:x}"}
    known.update(headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in known.items())
    request = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n{head}\r\nabc"
    received = exchange(cluster[0].peer_port, request.encode()).decode(errors="replace")
    cluster.ctl("put", "still", "alive")
    return "HTTP " + received.split(" ")[1], received


def row_peer_old_version(s):
    return peer_says(s, "GET", "/raft/stream/message/1234", {"X-Server-Version": "2.3.8"})


def row_peer_other_cluster(s):
    return peer_says(s, "GET", "/raft/stream/message/1234", {"X-Etcd-Cluster-ID": "1"})


def row_peer_bad_message(s):
    return peer_says(s, "POST", "/raft", {})


def row_peer_unknown_stream(s):
    return peer_says(s, "GET", "/raft/stream/nonsense/1234", {})


def row_peer_not_me(s):
    return peer_says(s, "GET", "/raft/stream/message/1234", {"X-Raft-To": "1"})
