"""Uses a server through odoorpc as a program would: one JSON command a line in, one JSON answer a line out."""

import json
import sys
import urllib.parse

import odoorpc

url = urllib.parse.urlparse(sys.argv[1])
login, key = sys.argv[2:4]


def connect():
    client = odoorpc.ODOO(url.hostname, protocol="jsonrpc", port=url.port, timeout=20)
    return client


def sign_in(client, command):
    client.login("any", login, key)
    return {"version": client.version, "uid": client.env.uid, "context": dict(client.env.context)}


def create(client, command):
    return client.env[command["model"]].create(command["values"])


def browse(client, command):
    """Every field that fields_get lists and that odoorpc reads as an attribute, as its repr or name."""
    record = client.env[command["model"]].browse(command["id"])
    values = {}
    for name, field in client.env[command["model"]].fields_get().items():
        value = getattr(record, name)
        values[name] = value.display_name if field["type"] == "many2one" and value else str(value)
    return values


def assign(client, command):
    record = client.env[command["model"]].browse(command["id"])
    setattr(record, command["field"], command["value"])
    return getattr(record, command["field"])


def search(client, command):
    return client.env[command["model"]].search(command["domain"], **command.get("options", {}))


def run(client, command):
    return getattr(client.env[command["model"]], command["method"])(*command["args"])


def defaults(client, command):
    return client.env[command["model"]].default_get(["name"])


ACTIONS = {
    "sign_in": sign_in,
    "create": create,
    "browse": browse,
    "assign": assign,
    "search": search,
    "run": run,
    "defaults": defaults,
}

odoo = connect()
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"result": ACTIONS[request["do"]](odoo, request)}
    except odoorpc.error.RPCError as error:
        answer = {"error": str(error), "name": (error.info or {}).get("data", {}).get("name") if isinstance(error.info, dict) else None}
    print(json.dumps(answer), flush=True)
