"""The formats of docs/contract/vectors by another implementation: jwcrypto and rfc8785. A line of JSON in, one out."""

import json
import sys

import rfc8785
from jwcrypto import jwe, jwk, jws

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


def canonical(command):
    return rfc8785.dumps(command["payload"]).decode()


COMMANDS = {
    each.__name__: each
    for each in (sign, verify, encrypt, decrypt, sign_set, verify_set, canonical)
}

for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = {"result": COMMANDS[command["do"]](command)}
    except Exception as error:  # a refusal is an answer here
        answer = {"error": type(error).__name__}
    print(json.dumps(answer), flush=True)
