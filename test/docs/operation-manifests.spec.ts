import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type OperationSpec,
  readParameters,
  validateOperation,
} from "@vworkspace/resources";
import { parseAllDocuments } from "yaml";
import { repositoryRoot } from "../cluster/repository-root";

const FOLDER = join(repositoryRoot(), "docs", "operations");

interface Manifest {
  readonly kind?: string;
  readonly metadata: { readonly name: string };
  readonly spec: OperationSpec;
}

/** Operations in the code blocks of a page; blocks may show other kinds as well. */
function operationsIn(page: string): readonly Manifest[] {
  const text = readFileSync(join(FOLDER, page), "utf8");
  return [...text.matchAll(/^```ya?ml\n([^]*?)^```$/gm)]
    .flatMap(([, block = ""]) => parseAllDocuments(block))
    .map((document) => document.toJS() as Manifest)
    .filter(({ kind }) => kind === "Operation");
}

const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith(".md"));

describe.each(PAGES)("docs/operations/%s", (page) => {
  it("has a manifest to copy", () => {
    expect(operationsIn(page)).not.toEqual([]);
  });

  it("has manifests that an agent takes", () => {
    const problems = operationsIn(page).flatMap((operation) => [
      ...validateOperation(operation),
      ...readParameters(operation.spec).problems,
    ]);
    expect(problems).toEqual([]);
  });
});
