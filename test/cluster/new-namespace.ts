import { randomBytes } from "node:crypto";
import { KubeHttp } from "./kube-http";

/** Creates a namespace of a name nobody else uses and returns the name. */
export async function newNamespace(
  kubeconfigPath: string,
  prefix: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString("hex")}`;
  const http = new KubeHttp(kubeconfigPath);
  try {
    const { code, body } = await http.post("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels },
    });
    if (code !== 201) throw new Error(body.message ?? String(code));
    return name;
  } finally {
    await http.close();
  }
}
