"""A channel's signed statement (docs/formats/channel-metadata.md), made with openssl."""

import base64
import datetime
import hashlib
import json
import os
import subprocess

import machine


class Signer:
    def __init__(self, folder):
        self.private = os.path.join(folder, "channel-key.pem")
        self.public = os.path.join(folder, "channel-key.pub.pem")
        self._openssl("genrsa", "-out", self.private, "2048")
        self._openssl("rsa", "-in", self.private, "-pubout", "-out", self.public)
        der = self._openssl("rsa", "-pubin", "-in", self.public, "-outform", "DER")
        self.key_id = hashlib.sha256(der).hexdigest()

    @staticmethod
    def _openssl(*words, data=None):
        return subprocess.run(["openssl", *words], check=True, capture_output=True,
                              input=data).stdout

    def statement(self, sequence, releases, rollback=False, lifetime_hours=24):
        """The element for a response; `releases` is [(version, payload)], the last the target."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        issued = now - datetime.timedelta(hours=48)
        expires = now + datetime.timedelta(hours=lifetime_hours)
        signed = {
            "_type": "argosy-channel-metadata", "format": 1, "application": machine.APP_ID[1:-1],
            "channel": "beta", "arch": "amd64", "sequence": sequence,
            "issued": issued.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"), "target": releases[-1][0],
            "rollback": rollback,
            "releases": [{"version": version, "floor": False, "packages": [
                {"name": "update.gz", "size": len(payload),
                 "sha256": hashlib.sha256(payload).hexdigest()}]}
                         for version, payload in releases]}
        text = json.dumps(signed, separators=(",", ":"))
        signature = self._openssl("dgst", "-sha256", "-sign", self.private, data=text.encode())
        document = (f'{{"signed":{text},"signatures":[{{"keyid":"{self.key_id}",'
                    f'"signature":"{base64.b64encode(signature).decode()}"}}]}}')
        return ("<channel_metadata>" + base64.b64encode(document.encode()).decode()
                + "</channel_metadata>")
