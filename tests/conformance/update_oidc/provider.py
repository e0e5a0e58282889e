"""An OpenID provider for tests: what it answers can be spoiled, one thing at a time."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import secrets
import subprocess
import threading
import time
import urllib.parse

CLIENT = "update-service"
AUDIENCE = "https://updates.example/api"


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def openssl(*words, given=None):
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True,
                          timeout=60).stdout


class Key:
    """RSA or P-256."""

    def __init__(self, place, kid, kind="RSA"):
        self.kid, self.kind = kid, kind
        self.path = os.path.join(place, kid + ".pem")
        options = (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "RSA" else
                   ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        openssl("genpkey", *options, "-out", self.path)
        self.public_pem = openssl("pkey", "-in", self.path, "-pubout")

    def jwk(self):
        if self.kind == "RSA":
            text = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode()
            modulus = bytes.fromhex(text.strip().split("=")[1])
            return {"kty": "RSA", "kid": self.kid, "use": "sig", "n": b64(modulus), "e": "AQAB"}
        point = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")[-64:]
        return {"kty": "EC", "kid": self.kid, "crv": "P-256",
                "x": b64(point[:32]), "y": b64(point[32:])}

    def sign(self, text):
        raw = openssl("dgst", "-sha256", "-sign", self.path, given=text)
        if self.kind == "RSA":
            return raw
        shown = openssl("asn1parse", "-inform", "DER", given=raw).decode()
        numbers = re.findall(r"INTEGER\s+:([0-9A-F]+)", shown)
        return b"".join(bytes.fromhex(each.zfill(64)) for each in numbers)


def token(key, claims, algorithm=None, kid=None, header=None):
    """`algorithm` none and HS256 (with the public key as the secret) are forgeries."""
    algorithm = algorithm or ("RS256" if key.kind == "RSA" else "ES256")
    head = {"alg": algorithm, "kid": kid or key.kid, "typ": "JWT", **(header or {})}
    text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}".encode()
    if algorithm == "none":
        signature = b""
    elif algorithm == "HS256":
        signature = hmac.digest(key.public_pem, text, "sha256")
    else:
        signature = key.sign(text)
    return f"{text.decode()}.{b64(signature)}"


class Provider:
    """`user` logs in; `make_id_token(claims)` and `answers[path]` are what tests spoil."""

    def __init__(self, place):
        self.place = place
        self.key = Key(place, "first")
        self.published = [self.key]
        self.asked = {}  # path: how often
        self.codes = {}
        self.released = threading.Event()
        self.reset()
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                provider.serve(self, b"")

            def do_POST(self):
                provider.serve(self, self.rfile.read(int(self.headers["Content-Length"])))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self.server.server_port}/realm"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def reset(self):
        self.user = {"sub": "1", "preferred_username": "ann", "roles": ["fleet-admin"]}
        self.userinfo = None
        self.answers = {}
        self.make_id_token = lambda claims: token(self.key, claims)

    def claims(self, **more):
        now = int(time.time())
        return {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, **self.user,
                **more}

    def access_token(self, **more):
        return token(self.key, self.claims(aud=AUDIENCE, **more))

    def serve(self, handler, body):
        path = urllib.parse.urlsplit(handler.path).path.removeprefix("/realm")
        self.asked[path] = self.asked.get(path, 0) + 1
        if path in self.answers:
            spoiled = self.answers[path]
            if spoiled == "stall":
                self.released.wait(60)
                return
            return self.reply(handler, *spoiled)
        status, value = self.answer(path, handler, urllib.parse.parse_qs(body.decode()))
        self.reply(handler, status, json.dumps(value))

    @staticmethod
    def reply(handler, status, text):
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    def answer(self, path, handler, form):
        if path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/auth",
                         "token_endpoint": self.issuer + "/token",
                         "userinfo_endpoint": self.issuer + "/userinfo",
                         "jwks_uri": self.issuer + "/keys"}
        if path == "/keys":
            return 200, {"keys": [key.jwk() for key in self.published]}
        if path == "/token":
            return self.redeem(form)
        if path == "/userinfo":
            is_ours = handler.headers["Authorization"] == "Bearer opaque"
            return (200, self.userinfo) if is_ours else (401, {"error": "invalid_token"})
        return 404, {}

    def authorize(self, location):
        """What the browser gets after the user has typed the password: the answer's query."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT, asked
        assert asked["code_challenge_method"] == "S256", asked
        assert asked["scope"] == "openid profile email", asked
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def redeem(self, form):
        asked = self.codes.pop(form["code"][0], None)
        if asked is None:
            return 400, {"error": "invalid_grant"}
        challenge = b64(hashlib.sha256(form["code_verifier"][0].encode()).digest())
        if (challenge != asked["code_challenge"] or form["client_id"][0] != CLIENT
                or form["redirect_uri"][0] != asked["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        claims = self.claims(nonce=asked["nonce"])
        return 200, {"access_token": "opaque", "token_type": "Bearer",
                     "id_token": self.make_id_token(claims)}
