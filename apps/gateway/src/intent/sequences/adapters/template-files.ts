import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigurationError } from "@vworkspace/kernel";
import { parse } from "yaml";
import { readTemplate } from "../domain/read-template";
import type { SequenceTemplate } from "../domain/sequence-template";

const FOLDER = join("deploy", "sequences");

/** Where the templates are that come with the gateway: the same from the source tree, from dist/ and in the image. */
export function templatesFolder(from = __dirname): string {
  const folder = join(from, FOLDER);
  if (existsSync(folder)) return folder;
  const parent = dirname(from);
  if (parent === from)
    throw new ConfigurationError(
      `There is no folder ${FOLDER} above the gateway's program: put it beside dist.`,
    );
  return templatesFolder(parent);
}

/**
 * Every template of a folder, one per file of its name.
 * @throws ConfigurationError naming file and field, so that the gateway doesn't start with a broken one
 */
export function readTemplates(folder: string): readonly SequenceTemplate[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return files.sort().map((file) => readFile(folder, file));
}

function readFile(folder: string, file: string): SequenceTemplate {
  try {
    const text = readFileSync(join(folder, file), "utf8");
    const template = readTemplate(parse(text, { maxAliasCount: 0 }));
    if (`${template.name}.yaml` !== file)
      throw new Error(`name: it is "${template.name}"; name the file after it`);
    return template;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(
      `Sequence template ${join(folder, file)}: ${why}`,
    );
  }
}
