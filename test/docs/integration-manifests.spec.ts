import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ApplicationInstance,
  APPLICATION_INSTANCE,
  validateApplicationInstance,
} from "@vworkspace/resources";
import { parseAllDocuments } from "yaml";
import { repositoryRoot } from "../cluster/repository-root";

const PAGE = join(repositoryRoot(), "docs", "integrations.md");
const BLOCK = /^```ya?ml\n([^]*?)^```$/gm;

/** What a reader copies from the page. */
function instances(): readonly ApplicationInstance[] {
  return [...readFileSync(PAGE, "utf8").matchAll(BLOCK)]
    .flatMap(([, block = ""]) => parseAllDocuments(block))
    .map((document) => {
      if (document.errors[0]) throw document.errors[0];
      return document.toJS() as ApplicationInstance;
    })
    .filter(({ kind }) => kind === APPLICATION_INSTANCE.kind);
}

describe("The manifest of docs/integrations.md", () => {
  it("is accepted, and asks for every integration", () => {
    const [manifest, ...others] = instances();
    expect(others).toEqual([]);
    expect(validateApplicationInstance(manifest)).toEqual([]);
    const { externalSecrets, certManager, ingress } =
      manifest?.spec.integrations ?? {};
    for (const integration of [externalSecrets, certManager, ingress])
      expect(integration?.enabled).toBe(true);
  });
});
