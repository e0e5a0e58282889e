"""HTTP/2 by hand: frames as they should be and as they should not (RFC 9113)."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS = 1, 4
ERRORS = ["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR",
          "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL",
          "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM"]


def frame(kind, flags, stream, payload=b""):
    return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
            + struct.pack(">I", stream) + payload)


def field(name, value):
    """A field without an index and without Huffman's code (RFC 7541, 6.2.2)."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def request_fields(*more, path=b"/etcdserverpb.KV/Range"):
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path),
              (b":authority", b"a"), (b"content-type", b"application/grpc"),
              (b"te", b"trailers"), *more]
    return b"".join(field(*one) for one in fields)


def exchange(port, data, seconds=1.5):
    """Sends the bytes; the frames that come until the server closes or is silent."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
        peer.sendall(data)
        peer.settimeout(seconds)
        try:
            while piece := peer.recv(65536):
                received += piece
        except (TimeoutError, ConnectionResetError):
            pass
    return received


def parse(received):
    frames = []
    while len(received) >= 9:
        size = int.from_bytes(received[:3], "big")
        frames.append((received[3], received[4], int.from_bytes(received[5:9], "big"),
                       received[9:9 + size]))
        received = received[9 + size:]
    return frames


def verdict(port, data):
    """How the server ended it: "GOAWAY <error> <text>" or "RST_STREAM <error>"."""
    for kind, _, _, payload in parse(exchange(port, PREFACE + frame(SETTINGS, 0, 0) + data)):
        if kind == GOAWAY:
            error = int.from_bytes(payload[4:8], "big")
            return f"GOAWAY {ERRORS[error]} {payload[8:].decode(errors='replace')}".strip()
        if kind == RST_STREAM:
            return f"RST_STREAM {ERRORS[int.from_bytes(payload, 'big')]}"
    return "nothing"
