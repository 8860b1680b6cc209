import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ENGINE_PARAMETERS,
  type Operation,
  OPERATION,
  readParameters,
  validateOperation,
} from "@vworkspace/resources";
import { parseAllDocuments } from "yaml";
import { repositoryRoot } from "../cluster/repository-root";

const DIRECTORY = join(repositoryRoot(), "docs", "operations");
const BLOCK = /^```ya?ml\n([^]*?)^```$/gm;

const pages = readdirSync(DIRECTORY).filter((file) => file.endsWith(".md"));
const ENGINES = Object.keys(ENGINE_PARAMETERS);

/** The page of an engine: `helm-hook-job.md` of helmHookJob. */
function pageOf(engine: string): string {
  return `${engine.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.md`;
}

/** What a reader copies from a page: every Operation of its code blocks. */
function operationsOf(page: string): readonly Operation[] {
  const text = readFileSync(join(DIRECTORY, page), "utf8");
  return [...text.matchAll(BLOCK)]
    .flatMap(([, block = ""]) => parseAllDocuments(block))
    .map((document) => {
      if (document.errors[0]) throw document.errors[0];
      return document.toJS() as Operation;
    })
    .filter(({ kind }) => kind === OPERATION.kind);
}

describe("The manifests of docs/operations", () => {
  it.each(ENGINES)("are there to copy for the engine %s", (engine) => {
    const shown = operationsOf(pageOf(engine)).map(({ spec }) => spec.engine);
    expect(shown).toContain(engine);
  });

  it.each(
    pages.flatMap((page) =>
      operationsOf(page).map(
        (operation) => [page, operation.metadata.name, operation] as const,
      ),
    ),
  )("are accepted: %s, %s", (_page, _name, operation) => {
    expect(validateOperation(operation)).toEqual([]);
    expect(readParameters(operation.spec).problems).toEqual([]);
  });
});
