"""Bad flags, values, variables and files of configuration."""

import os

from cluster import free_ports


def row_flag_unknown(s):
    return s.program("--nonsense")


def row_flag_word(s):
    return s.program("word")


def row_flag_no_value(s):
    return s.program("--name")


def row_flag_not_a_number(s):
    return s.program("--snapshot-count=x")


def row_flag_not_a_boolean(s):
    return s.program("--pre-vote=maybe")


def row_flag_not_a_duration(s):
    return s.program("--grpc-keepalive-min-time=5")


def row_flag_url_scheme(s):
    return s.program("--listen-client-urls", "ftp://127.0.0.1:2379")


def row_flag_url_port(s):
    return s.program("--listen-peer-urls", "http://localhost")


def row_flag_url_path(s):
    return s.program("--listen-peer-urls", "http://localhost:2380/path")


def row_flag_cluster_state(s):
    return s.program("--initial-cluster-state=maybe")


def row_value_bind_name(s):
    return s.program("--listen-peer-urls", "http://etcd.example:2380")


def row_value_advertise(s):
    return s.program("--listen-client-urls", "http://127.0.0.1:2379")


def row_value_election(s):
    return s.program("--heartbeat-interval=100", "--election-timeout=300")


def row_value_election_long(s):
    return s.program("--election-timeout=60000")


def row_value_heartbeat(s):
    return s.program("--heartbeat-interval=0")


def row_value_log_level(s):
    return s.program("--log-level=loud")


def row_value_compaction_mode(s):
    return s.program("--auto-compaction-mode=sometimes")


def row_value_not_served(s):
    return s.program("--discovery=http://127.0.0.1:1/token")


def row_cluster_without_me(s):
    return s.program("--initial-cluster", "other=http://localhost:2380")


def row_cluster_other_urls(s):
    return s.program("--initial-cluster", "default=http://localhost:2381")


def row_cluster_duplicate_url(s):
    # Ports of its own: a neighbour that has the usual ones would be the error instead.
    peer, client = (f"http://localhost:{port}" for port in free_ports(2))
    return s.program("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                     "--listen-client-urls", client, "--advertise-client-urls", client,
                     "--initial-cluster", f"default={peer},b={peer}")


def row_variable_bad_value(s):
    return s.program(environment={"ETCD_SNAPSHOT_COUNT": "x"})


def row_variable_and_flag(s):
    return s.program("--name=a", environment={"ETCD_NAME": "b"})


def row_variable_unknown(s):
    cluster = s.cluster()
    cluster[0].start(cluster.initial, environment={"ETCD_NONSENSE": "1"}).wait_ready()
    return "runs", cluster[0].log()


def configured(s, text):
    path = os.path.join(s.root, "etcd.yml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return s.program("--config-file", path)


def row_file_missing(s):
    return s.program("--config-file", "/nonexistent")


def row_file_syntax(s):
    return configured(s, "name: a\ndata-dir: [b\n")


def row_file_bad_value(s):
    return configured(s, "name: a\nheartbeat-interval: often\n")


def row_file_no_mapping(s):
    return configured(s, "- a\n- b\n")


def secure(s, *more):
    return s.program("--listen-client-urls", "https://127.0.0.1:1",
                     "--advertise-client-urls", "https://127.0.0.1:1", *more)


def row_tls_no_certificate(s):
    return secure(s)


def row_tls_missing_certificate(s):
    return secure(s, "--cert-file=/nonexistent.crt", "--key-file=/nonexistent.key")


def row_tls_damaged_certificate(s):
    path = os.path.join(s.root, "not.pem")
    with open(path, "w", encoding="utf-8") as file:
        file.write("nonsense\n")
    return secure(s, f"--cert-file={path}", f"--key-file={path}")
