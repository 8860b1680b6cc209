import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { eventually } from "./eventually";
import { KubeHttp } from "./kube-http";

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served?: boolean;
    }[];
  };
}

const PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Applies every CustomResourceDefinition of a directory's YAML files and waits until all are served. */
export async function installCrds(
  kubeconfigPath: string,
  directory: string,
): Promise<void> {
  const definitions = readdirSync(directory)
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(directory, file), "utf8")),
    )
    .map((document) => document.toJS() as Definition);
  await applyDefinitions(kubeconfigPath, definitions);
}

/** As installCrds, of manifests at hand. @throws Error with the server's words when it refuses one */
export async function applyDefinitions(
  kubeconfigPath: string,
  definitions: readonly object[],
): Promise<void> {
  const http = new KubeHttp(kubeconfigPath);
  try {
    for (const definition of definitions as Definition[]) {
      const path = `${PATH}/${definition.metadata.name}?force=true`;
      const { code, body } = await http.apply(path, "test", definition);
      if (code >= 300)
        throw new Error(`${definition.metadata.name}: ${body.message ?? code}`);
    }
    for (const definition of definitions as Definition[])
      await served(http, definition);
  } finally {
    await http.close();
  }
}

async function served(http: KubeHttp, { spec }: Definition): Promise<void> {
  for (const version of spec.versions.filter((one) => one.served !== false))
    await eventually(
      `${spec.names.plural}.${spec.group} is served`,
      async () => {
        const path = `/apis/${spec.group}/${version.name}/${spec.names.plural}?limit=1`;
        return (await http.get(path)).code === 200;
      },
    );
}
