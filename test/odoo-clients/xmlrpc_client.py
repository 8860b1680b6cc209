"""Calls a server with Python's own xmlrpc.client: one JSON command a line in, one JSON answer a line out."""

import json
import sys
import xmlrpc.client


def answer(url, command):
    proxy = xmlrpc.client.ServerProxy(
        url + command["path"], allow_none=True, use_builtin_types=True
    )
    try:
        return {"result": getattr(proxy, command["method"])(*command["params"])}
    except xmlrpc.client.Fault as fault:
        return {"fault": [fault.faultCode, fault.faultString]}
    except xmlrpc.client.ProtocolError as error:
        return {"status": error.errcode}


for line in sys.stdin:
    print(json.dumps(answer(sys.argv[1], json.loads(line))), flush=True)
