import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";

export interface ClusterAccess {
  /** For example `https://127.0.0.1:6443`. */
  readonly server: string;
  readonly token: string;
  /** PEM; absent for plain HTTP. */
  readonly certificateAuthority?: string;
}

interface KubeconfigFile {
  clusters: {
    name: string;
    cluster: { server: string; "certificate-authority-data"?: string };
  }[];
  users: { name: string; user: { token: string } }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
  "current-context": string;
}

/** Writes a kubeconfig (mode 600) with one cluster, one user and one context, all called `name`. */
export function writeKubeconfig(
  path: string,
  access: ClusterAccess,
  name = "test",
): void {
  const authority = access.certificateAuthority;
  const cluster = {
    server: access.server,
    ...(authority
      ? {
          "certificate-authority-data":
            Buffer.from(authority).toString("base64"),
        }
      : {}),
  };
  const content = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster }],
    users: [{ name, user: { token: access.token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  writeFileSync(path, stringify(content), { mode: 0o600 });
}

/** Reads what writeKubeconfig wrote (or any kubeconfig with a token and embedded certificate authority). */
export function readKubeconfig(path: string): ClusterAccess {
  const file = parse(readFileSync(path, "utf8")) as KubeconfigFile;
  const current = file["current-context"];
  const context = file.contexts.find(({ name }) => name === current)?.context;
  const cluster = file.clusters.find(({ name }) => name === context?.cluster);
  const user = file.users.find(({ name }) => name === context?.user);
  if (!cluster || !user)
    throw new Error(`${path} has no complete context "${current}".`);
  const authority = cluster.cluster["certificate-authority-data"];
  return {
    server: cluster.cluster.server,
    token: user.user.token,
    ...(authority
      ? {
          certificateAuthority: Buffer.from(authority, "base64").toString(),
        }
      : {}),
  };
}
