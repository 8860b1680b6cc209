"""Uses a server through odoo-client-lib as a program would: one JSON command a line in, one JSON answer a line out."""

import json
import sys
import urllib.parse
import xmlrpc.client

import odoolib

url = urllib.parse.urlparse(sys.argv[1])
protocol, login, key = sys.argv[2:5]


def connect(password):
    return odoolib.get_connection(
        hostname=url.hostname, protocol=protocol, port=url.port, database="any", login=login, password=password
    )


def sign_in(connection, command):
    return connect(command.get("key", key)).get_user_context()["uid"]


def create(connection, command):
    made = connection.get_model(command["model"]).create(command["values"])
    return made[0] if isinstance(made, list) else made


def search(connection, command):
    return connection.get_model(command["model"]).search(command["domain"])


def read(connection, command):
    return connection.get_model(command["model"]).read(command["id"], command["fields"])


def write(connection, command):
    return connection.get_model(command["model"]).write([command["id"]], command["values"])


def run(connection, command):
    # The older connectors speak XML-RPC and JSON-RPC, where nothing is true.
    return getattr(connection.get_model(command["model"]), command["method"])([command["id"]])


ACTIONS = {"sign_in": sign_in, "create": create, "search": search, "read": read, "write": write, "run": run}

shared = connect(key)
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"result": ACTIONS[request["do"]](shared, request)}
    except xmlrpc.client.Fault as fault:
        answer = {"error": f"{fault.faultCode} {fault.faultString}"}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
