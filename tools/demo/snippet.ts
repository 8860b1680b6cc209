import type { DemoFile } from "./demo-file";

/** A Python program to copy and paste: lists applications and makes another one. */
export function snippet(demo: DemoFile, file: string): string {
  return `Try it from another terminal (Python's own library, nothing to install):

python3 - <<'PY'
import json, time, xmlrpc.client
demo = json.load(open(${JSON.stringify(file)}))
uid = xmlrpc.client.ServerProxy(demo["url"] + "/xmlrpc/2/common").authenticate(demo["database"], demo["login"], demo["key"], {})
models = xmlrpc.client.ServerProxy(demo["url"] + "/xmlrpc/2/object")
call = lambda model, method, *args, **kw: models.execute_kw(demo["database"], uid, demo["key"], "vworkspace." + model, method, list(args), kw)
cluster = call("cluster", "search", [["code", "=", demo["clusterId"]]])[0]
wiki = call("application.instance", "create", {"name": "wiki", "namespace": "demo-wiki", "cluster_id": cluster, "catalog_code": "wiki"})
while call("application.instance", "read", [wiki], ["state"])[0]["state"] == "deploying":
    time.sleep(0.5)
for app in call("application.instance", "search_read", [], fields=["name", "namespace", "chart_version", "state"]):
    print(app["namespace"], app["name"], app["chart_version"], app["state"])
PY

The gateway is at ${demo.url}; its key is in ${file}. Ctrl-C stops everything.`;
}
