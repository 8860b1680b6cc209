"""Uses a server through odooly as a program would: one JSON command a line in, one JSON answer a line out."""

import contextlib
import json
import sys

import odooly

url, way, login, key = sys.argv[1:5]


def connect(secret):
    # An API key takes odooly to JSON-2, an address with /jsonrpc to that.
    if way == "json2":
        return odooly.Client(url, "any", login, api_key=secret)
    return odooly.Client(f"{url}/jsonrpc", "any", login, secret)


def sign_in(client, command):
    return connect(command.get("key", key)).env.uid


def create(client, command):
    # Over JSON-2 a create answers with a list, as Odoo's own does.
    made = client.env[command["model"]].create(command["values"]).id
    return made[0] if isinstance(made, list) else made


def search(client, command):
    return client.env[command["model"]].search([tuple(term) for term in command["domain"]]).ids


def read(client, command):
    return client.env[command["model"]].read(command["id"], command["fields"])


def write(client, command):
    return client.env[command["model"]].browse(command["id"]).write(command["values"])


def run(client, command):
    return getattr(client.env[command["model"]].browse(command["id"]), command["method"])()


ACTIONS = {"sign_in": sign_in, "create": create, "search": search, "read": read, "write": write, "run": run}

# It tells people what it does on the output that our answers go to.
with contextlib.redirect_stdout(sys.stderr):
    shared = connect(key)
for line in sys.stdin:
    request = json.loads(line)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            answer = {"result": ACTIONS[request["do"]](shared, request)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
