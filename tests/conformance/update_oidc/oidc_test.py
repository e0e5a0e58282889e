#!/usr/bin/env python3
"""update-service with an OpenID provider: who gets in, and who does not."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cluster"))
sys.path.insert(0, HERE)

from cluster import free_ports  # noqa: E402
from provider import AUDIENCE, CLIENT, Key, Provider, token  # noqa: E402
from update_service import TOKEN as ROOT_TOKEN, UpdateService  # noqa: E402

SECRET = "a secret that several servers share, of 32 bytes and more"
SESSION = "update_service_session"
LOGIN = "update_service_login"


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.cookies = {}
        for each in headers.get_all("Set-Cookie") or []:
            name, value = each.split(";")[0].split("=", 1)
            self.cookies[name] = value

    def json(self):
        return json.loads(self.body)


class Service(UpdateService):
    def __init__(self, place, issuer, *more):
        port = free_ports(1)[0]
        directory = os.path.join(place, str(port))
        os.makedirs(directory)
        super().__init__(directory, "-nebraska-url", f"http://127.0.0.1:{port}",
                         "-auth-mode", "oidc",
                         "-session-secret-file", self.file(directory, "secret", SECRET),
                         "-oidc-client-id", CLIENT, "-oidc-issuer-url", issuer,
                         "-oidc-admin-roles", "fleet-admin,boss",
                         "-oidc-operator-roles", "fleet-operator",
                         "-oidc-viewer-roles", "fleet-viewer", "-oidc-audience", AUDIENCE, *more,
                         port=port, database=os.environ.get("ARGOSY_POSTGRES"))

    @staticmethod
    def file(directory, name, text):
        path = os.path.join(directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        return path

    def get(self, path, cookies=None, bearer=None, method="GET", body=None, csrf=None):
        headers = {}
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        if csrf:
            headers["X-CSRF-Token"] = csrf
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.build_opener(StayHere).open(request, timeout=60) as reply:
                return Reply(reply.status, reply.headers, reply.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read().decode())


class OidcTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="argosy-update-oidc-")
        cls.addClassCleanup(place.cleanup)
        cls.place = place.name
        cls.provider = Provider(cls.place)
        cls.addClassCleanup(cls.provider.stop)
        cls.service = cls.new_service()

    @classmethod
    def new_service(cls, *more):
        service = Service(cls.place, cls.provider.issuer, *more)
        cls.addClassCleanup(service.stop)
        return service.start()

    def setUp(self):
        self.provider.reset()

    def begin(self, service=None):
        begun = (service or self.service).get("/login/oidc")
        self.assertEqual(begun.status, 302, begun.body)
        cookie = begun.headers["Set-Cookie"]
        for word in ("HttpOnly", "SameSite=Lax", "Max-Age=600", "Path=/login"):
            self.assertIn(word, cookie)
        return begun

    def finish(self, begun, service=None, **changed):
        query = {**self.provider.authorize(begun.headers["Location"]), **changed}
        return (service or self.service).get(
            "/login/callback?" + urllib.parse.urlencode(query), begun.cookies)

    def log_in(self, service=None):
        return self.finish(self.begin(service), service)

    def assert_refused(self, reply, status, words):
        self.assertEqual(reply.status, status, reply.body)
        self.assertIn(words, reply.json()["description"])
        self.assertNotIn(SESSION, reply.cookies)

    def session(self, reply, service=None):
        self.assertEqual(reply.status, 302, reply.body)
        self.assertEqual(reply.headers["Location"], "/")
        self.assertEqual(reply.cookies[LOGIN], "")
        return (service or self.service).get("/api/session", {SESSION: reply.cookies[SESSION]})

    def test_each_role(self):
        for names, role in ((["x", "fleet-viewer"], "viewer"), (["fleet-operator"], "operator"),
                            (["fleet-viewer", "boss"], "admin")):
            self.provider.user["roles"] = names
            shown = self.session(self.log_in())
            self.assertEqual(shown.status, 200, shown.body)
            self.assertEqual((shown.json()["user"], shown.json()["role"]), ("oidc:ann", role))
        self.provider.user["roles"] = ["other"]
        self.assert_refused(self.log_in(), 403, "oidc:ann has no role here")
        del self.provider.user["roles"]
        self.assert_refused(self.log_in(), 403, "has no role here")

    def test_what_a_session_may_and_the_book(self):
        reply = self.log_in()
        cookies = {SESSION: reply.cookies[SESSION]}
        csrf = self.session(reply).json()["csrf"]
        body = b'{"name":"otto","role":"viewer"}'
        users = {"cookies": cookies, "method": "POST", "body": body}
        self.assertEqual(self.service.get("/api/users", **users).status, 403)
        self.assertEqual(self.service.get("/api/users", **users, csrf=csrf).status, 200)
        book = self.service.get("/api/audit", bearer=ROOT_TOKEN).body
        self.assertIn('"oidc:ann"', book)
        forged = {SESSION: cookies[SESSION].replace("user:admin", "user:viewer")}
        self.assertEqual(self.service.get("/api/session", forged).status, 401)
        self.provider.user["roles"] = ["fleet-viewer"]
        reply = self.log_in()
        csrf = self.session(reply).json()["csrf"]
        self.assertEqual(self.service.get("/api/users", {SESSION: reply.cookies[SESSION]}, None,
                                          "POST", body, csrf).status, 403)

    def test_the_session_ends_with_the_id_token(self):
        now = int(time.time())
        # Within the leeway the token is taken, but no session outlives it.
        self.provider.make_id_token = lambda claims: token(self.provider.key,
                                                           {**claims, "exp": now - 5})
        shown = self.session(self.log_in())
        self.assertEqual(shown.status, 401)
        self.assertIn("the session is over", shown.body)

    def test_forged_tokens(self):
        provider, key = self.provider, self.provider.key
        other = Key(self.place, "other")

        def spoiled(text):
            return text[:-8] + ("AAAAAAAA" if text[-8:] != "AAAAAAAA" else "BBBBBBBB")

        forgeries = {
            "signature is wrong": [lambda claims: token(other, claims, kid=key.kid),
                                   lambda claims: spoiled(token(key, claims))],
            "neither with RS256": [lambda claims: token(key, claims, "none"),
                                   lambda claims: token(key, claims, "HS256")],
            "critical extension": [lambda claims: token(key, claims, header={"crit": ["x"]})],
            "three parts": [lambda claims: "", lambda claims: "garbage"],
        }
        for words, makers in forgeries.items():
            for maker in makers:
                provider.make_id_token = maker
                self.assert_refused(self.log_in(), 401, words)

    def test_wrong_claims(self):
        now = int(time.time())
        for change, words in (({"aud": "another"}, "another audience"),
                              ({"aud": [CLIENT, "x"]}, "no authorized party"),
                              ({"azp": "x"}, "another client"),
                              ({"iss": "https://evil.example"}, "another issuer"),
                              ({"exp": now - 61}, "has expired"),
                              ({"nbf": now + 300}, "not valid yet"),
                              ({"nonce": "x"}, "nonce is wrong"),
                              ({"nonce": None}, "nonce is wrong"),
                              ({"sub": ""}, "no subject")):
            self.provider.make_id_token = lambda claims, change=change: token(
                self.provider.key, {**claims, **change})
            self.assert_refused(self.log_in(), 401, words)

    def test_states(self):
        begun = self.begin()
        self.session(self.finish(begun))
        self.assert_refused(self.finish(begun), 400, "already finished")
        # Somebody else's answer in this browser, and the other way round.
        begun, other = self.begin(), self.begin()
        query = self.provider.authorize(other.headers["Location"])
        self.assert_refused(self.finish(begun, **query), 400, "belongs to another login")
        self.assert_refused(self.finish(begun, state=""), 400, "belongs to another login")
        self.assert_refused(self.finish(begun, iss="https://evil.example"), 400,
                            "another provider")
        self.assert_refused(self.finish(begun, code="guessed"), 401, "invalid_grant")
        begun = self.begin()
        begun.cookies[LOGIN] = begun.cookies[LOGIN][:-1]
        self.assert_refused(self.finish(begun), 400, "was not begun here")
        begun.cookies = {}
        self.assert_refused(self.finish(begun), 400, "has not begun")
        begun = self.begin()
        state = self.provider.authorize(begun.headers["Location"])["state"]
        denied = self.service.get(f"/login/callback?error=access_denied&state={state}",
                                  begun.cookies)
        self.assert_refused(denied, 401, "has not let you in")

    def test_a_login_goes_on_at_another_server(self):
        other = self.new_service()
        reply = self.finish(self.begin(), other)
        # The redirect's address is part of what the provider checks.
        self.assert_refused(reply, 401, "invalid_grant")
        shown = other.get("/api/session", {SESSION: self.log_in().cookies[SESSION]})
        self.assertEqual(shown.status, 200, shown.body)

    def test_keys_are_changed(self):
        service = self.new_service()
        self.session(self.log_in(service), service)
        old, self.provider.key = self.provider.key, Key(self.place, "second", "EC")
        self.addCleanup(setattr, self.provider, "key", old)
        self.addCleanup(setattr, self.provider, "published", [old])
        self.provider.published = [self.provider.key]
        self.session(self.log_in(service), service)
        asked = self.provider.asked["/keys"]
        self.provider.key = Key(self.place, "third")
        for _ in range(3):
            self.assert_refused(self.log_in(service), 401, "key is not known")
        self.assertEqual(self.provider.asked["/keys"], asked)
        self.provider.key = old
        self.assert_refused(self.log_in(service), 401, "key is not known")

    def test_a_provider_that_is_broken(self):
        for path, answer, words in (
                ("/.well-known/openid-configuration", (200, "<html>"), "no discovery document"),
                ("/.well-known/openid-configuration", (200, '{"issuer":"https://x"}'),
                 "another issuer"),
                ("/.well-known/openid-configuration", (503, "{}"), "no discovery document"),
                ("/keys", (200, "[]"), "no key set"),
                ("/keys", (200, '{"keys":[]}'), "no key for RS256"),
                ("/keys", (200, "x" * 1_000_000), "no key set")):
            service = self.new_service()
            self.provider.answers = {path: answer}
            self.assert_refused(service.get("/login/oidc"), 503, words)
            # Machines and tokens go on.
            self.assertEqual(service.get("/api/apps", bearer=ROOT_TOKEN).status, 200)
            service.stop()
        self.provider.answers = {}
        begun = self.begin()
        for answer, status, words in (((200, "garbage"), 503, "does not answer sensibly"),
                                      ((200, "{}"), 401, "three parts"),
                                      ((500, "{}"), 503, "does not answer sensibly"),
                                      ((400, '{"error":"<b>"}'), 401, "no reason")):
            self.provider.answers = {"/token": answer}
            self.assert_refused(self.finish(begun), status, words)
            self.provider.answers = {}
            begun = self.begin()

    def test_a_provider_that_stalls(self):
        begun = self.begin()
        self.provider.answers = {"/token": "stall"}
        self.assert_refused(self.finish(begun), 503, "does not answer")

    def test_access_tokens(self):
        good = self.provider.access_token()
        shown = self.service.get("/api/session", bearer=good).json()
        self.assertEqual((shown["user"], shown["role"]), ("oidc:ann", "admin"))
        login = {"method": "POST", "body": json.dumps({"token": good}).encode()}
        self.assertEqual(self.service.get("/login", **login).status, 401)
        refusals = [(token(self.provider.key, self.provider.claims()), "another audience"),
                    (self.provider.access_token(typ="ID"), "an ID token"),
                    (self.provider.access_token(exp=1), "has expired"),
                    (token(self.provider.key, self.provider.claims(aud=AUDIENCE), "HS256"),
                     "neither with RS256")]
        for text, words in refusals:
            self.assert_refused(self.service.get("/api/apps", bearer=text), 401, words)
        self.provider.user["roles"] = []
        nobody = self.service.get("/api/apps", bearer=self.provider.access_token())
        self.assert_refused(nobody, 403, "has no role here")
        self.assertEqual(self.service.get("/api/apps", bearer=ROOT_TOKEN).status, 200)

    def test_a_client_that_is_its_own_audience(self):
        """ID tokens are for the client: access tokens need RFC 9068's mark then."""
        service = self.new_service("-oidc-audience", CLIENT)
        id_token = token(self.provider.key, self.provider.claims())
        self.assert_refused(service.get("/api/apps", bearer=id_token), 401, "at+jwt")
        marked = token(self.provider.key, self.provider.claims(), header={"typ": "at+jwt"})
        self.assertEqual(service.get("/api/apps", bearer=marked).status, 200)
        self.assert_refused(self.service.get("/api/apps", bearer=marked), 401, "another audience")

    def log_out(self, cookies, service=None):
        gone = (service or self.service).get("/logout", cookies, method="POST", body=b"")
        self.assertEqual(gone.status, 204, gone.body)
        self.assertEqual(gone.cookies[SESSION], "")

    def test_who_has_logged_out_is_out(self):
        """Whoever has kept the cookie has nothing of it; other sessions go on."""
        first = {SESSION: self.log_in().cookies[SESSION]}
        second = {SESSION: self.log_in().cookies[SESSION]}
        self.log_out(first)
        kept = self.service.get("/api/session", first)
        self.assertEqual(kept.status, 401)
        self.assertIn("the session is over", kept.body)
        self.assertEqual(self.service.get("/api/session", second).status, 200)
        self.service.stop()
        self.service.start()
        self.assertEqual(self.service.get("/api/session", first).status, 401)
        self.assertEqual(self.service.get("/api/session", second).status, 200)
        self.log_out({SESSION: "forged"})
        self.log_out(None)
        login = {"method": "POST", "body": json.dumps({"token": ROOT_TOKEN}).encode()}
        root = {SESSION: self.service.get("/login", **login).cookies[SESSION]}
        self.assertEqual(self.service.get("/api/session", root).status, 200)
        self.log_out(root)
        self.assertEqual(self.service.get("/api/session", root).status, 401)

    @unittest.skipUnless("ARGOSY_POSTGRES" in os.environ, "servers share a PostgreSQL")
    def test_logged_out_at_all_servers(self):
        other = self.new_service()
        cookies = {SESSION: self.log_in().cookies[SESSION]}
        self.assertEqual(other.get("/api/session", cookies).status, 200)
        self.log_out(cookies)
        self.assertEqual(other.get("/api/session", cookies).status, 401)

    def test_userinfo(self):
        service = self.new_service("-oidc-use-userinfo", "-oidc-roles-path", "realm.roles")
        self.provider.userinfo = {"sub": "1", "realm": {"roles": ["fleet-operator"]}}
        shown = self.session(self.log_in(service), service).json()
        self.assertEqual(shown["role"], "operator")
        self.provider.userinfo["sub"] = "2"
        self.assert_refused(self.log_in(service), 401, "somebody else's")

    def test_flags(self):
        def refusal(*flags):
            done = subprocess.run(
                [os.environ["ARGOSY_UPDATE_SERVICE"], "-port", "0", "-database", ":memory:",
                 "-auth-mode", "oidc", *flags], capture_output=True, text=True, timeout=60,
                check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            return done.stderr
        self.assertIn("needs -oidc-issuer-url", refusal())
        self.assertIn("needs -oidc-client-id", refusal("-oidc-issuer-url", "https://i"))
        self.assertIn("is no https:// URL", refusal("-oidc-issuer-url", "http://i.example"))
        self.assertIn("needs -nebraska-url", refusal("-oidc-issuer-url", "https://i",
                                                     "-oidc-client-id", "c"))
        self.assertIn("less than 32 bytes",
                      refusal("-session-secret-file", self.service.file(self.place, "short", "secret")))

    def test_config(self):
        config = self.service.get("/config").json()
        self.assertEqual((config["authMode"], config["loginUrl"]), ("oidc", "/login/oidc"))


if __name__ == "__main__":
    unittest.main()
