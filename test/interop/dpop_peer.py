"""DPoP proofs (RFC 9449) by another implementation: jwcrypto. A line of JSON in, one out."""

import json
import sys

from jwcrypto import jwk, jws

jws.default_allowed_algs = ["ES256", "EdDSA"]


def read(command):
    token = jws.JWS()
    token.deserialize(command["proof"])
    header = json.loads(token.objects["protected"])
    key = jwk.JWK(**header["jwk"])
    token.verify(key)
    return {
        "header": header,
        "claims": json.loads(token.payload),
        "thumbprint": key.thumbprint(),
    }


def make(command):
    key = jwk.JWK.generate(**command["kind"])
    header = {
        "typ": "dpop+jwt",
        "alg": command["alg"],
        "jwk": key.export_public(as_dict=True),
    }
    token = jws.JWS(json.dumps(command["claims"]).encode())
    token.add_signature(key, alg=command["alg"], protected=json.dumps(header))
    return {"proof": token.serialize(compact=True), "thumbprint": key.thumbprint()}


COMMANDS = {each.__name__: each for each in (read, make)}

for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = {"result": COMMANDS[command["do"]](command)}
    except Exception as error:  # a refusal is an answer here
        answer = {"error": type(error).__name__}
    print(json.dumps(answer), flush=True)
