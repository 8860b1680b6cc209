"""The formats of docs/contract/vectors by another implementation: jwcrypto and rfc8785. A line of JSON in, one out."""

import base64
import hashlib
import json
import sys

import rfc8785
from jwcrypto import jwe, jwk, jws, jwt

jws.default_allowed_algs = ["EdDSA"]


def private(key):
    return jwk.JWK(**key)


def sign(command):
    signature = jws.JWS(rfc8785.dumps(command["payload"]))
    signature.add_signature(
        private(command["key"]),
        alg="EdDSA",
        protected=json.dumps(command["header"]),
    )
    signature.detach_payload()
    return signature.serialize(compact=True)


def verify(command):
    signature = jws.JWS()
    signature.deserialize(command["signature"])
    signature.verify(
        private(command["key"]), detached_payload=rfc8785.dumps(command["payload"])
    )
    return json.loads(signature.objects["protected"])


def encrypt(command):
    key = private(command["key"])
    token = jwe.JWE(
        json.dumps(command["content"]).encode(),
        recipient=key,
        protected=json.dumps(command["header"]),
    )
    return token.serialize(compact=True)


def decrypt(command):
    token = jwe.JWE()
    token.deserialize(command["jwe"], key=private(command["key"]))
    return json.loads(token.payload)


def sign_set(command):
    token = jws.JWS(json.dumps(command["set"]).encode())
    token.add_signature(
        private(command["key"]),
        alg="EdDSA",
        protected=json.dumps(command["header"]),
    )
    return token.serialize(compact=True)


def verify_set(command):
    token = jws.JWS()
    token.deserialize(command["jws"])
    token.verify(private(command["key"]))
    return json.loads(token.payload)


def sign_claim(command):
    token = jwt.JWT(header=command["header"], claims=command["claims"])
    token.make_signed_token(private(command["key"]))
    return token.serialize()


def read_claim(command):
    # The vector's times have passed: what is checked here is the signature and the audience.
    token = jwt.JWT(
        jwt=command["jwt"],
        key=private(command["key"]),
        algs=["EdDSA"],
        check_claims={"aud": "vworkspace-approval", "exp": None, "iat": None},
    )
    return json.loads(token.claims)


def operation_digest(command):
    spec = dict(command["spec"])
    for member in ("approvals", "cancel"):
        spec.pop(member, None)
    digest = hashlib.sha256(rfc8785.dumps(spec)).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def canonical(command):
    return rfc8785.dumps(command["payload"]).decode()


COMMANDS = {
    each.__name__: each
    for each in (
        sign,
        verify,
        encrypt,
        decrypt,
        sign_set,
        verify_set,
        sign_claim,
        read_claim,
        operation_digest,
        canonical,
    )
}

for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = {"result": COMMANDS[command["do"]](command)}
    except Exception as error:  # a refusal is an answer here
        answer = {"error": type(error).__name__}
    print(json.dumps(answer), flush=True)
