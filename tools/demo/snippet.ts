import type { DemoFile } from "./demo-file";

/** Python programs to copy and paste: one lists applications and makes another one, one backs that up as two people. */
export function snippet(
  demo: DemoFile,
  file: string,
  hasVelero: boolean,
): string {
  return `Try it from another terminal (Python's own library, nothing to install):

python3 - <<'PY'
${loginOf(file)}
call = person(demo["login"], demo["key"])
cluster = call("cluster", "search", [["code", "=", demo["clusterId"]]])[0]
wiki = call("application.instance", "create", {"name": "wiki", "namespace": "demo-wiki", "cluster_id": cluster, "catalog_code": "wiki"})
while call("application.instance", "read", [wiki], ["state"])[0]["state"] == "deploying":
    time.sleep(0.5)
for app in call("application.instance", "search_read", [], fields=["name", "namespace", "chart_version", "state"]):
    print(app["namespace"], app["name"], app["chart_version"], app["state"])
PY
${hasVelero ? backUp(file) : ""}
The gateway is at ${demo.url}; its keys are in ${file}. Ctrl-C stops everything.`;
}

function backUp(file: string): string {
  return `
Then back that up: the operator asks, the approver agrees, and the cluster tells how far it is:

python3 - <<'PY'
${loginOf(file)}
operator, approver = [person(login, demo["people"][login]) for login in ("operator", "approver")]
wiki = operator("application.instance", "search", [["name", "=", "wiki"], ["state", "!=", "deleted"]])[0]
backup = operator("operation", "create", {"instance_id": wiki, "type": "Backup", "engine": "velero"})
approver("operation", "action_approve", [backup])
said, ended = "", False
while not ended:
    now = operator("operation", "read", [backup], ["state", "progress", "reason", "message"])[0]
    ended = now["state"] in ("succeeded", "failed", "cancelled") and now["reason"]
    line = now["state"] + " " + (now["progress"] if now["state"] == "running" else now["message"])
    if line != said and (now["reason"] or now["state"] == "delivering"):
        said = line
        print(said)
    time.sleep(0.2)
PY
`;
}

/** What a person calls with: execute_kw under his key. */
function loginOf(file: string): string {
  return `import json, time, xmlrpc.client
demo = json.load(open(${JSON.stringify(file)}))
def person(login, key):
    uid = xmlrpc.client.ServerProxy(demo["url"] + "/xmlrpc/2/common").authenticate(demo["database"], login, key, {})
    models = xmlrpc.client.ServerProxy(demo["url"] + "/xmlrpc/2/object")
    return lambda model, method, *args, **kw: models.execute_kw(demo["database"], uid, key, "vworkspace." + model, method, list(args), kw)`;
}
