import { readFileSync, statSync } from "node:fs";
import { ConfigurationError } from "@vworkspace/kernel";
import { parse } from "yaml";
import {
  type SimulatorScript,
  simulatorScriptSchema,
} from "./simulator-script";

const MAX_BYTES = 1024 * 1024;

/** Reads a script in YAML or JSON. @throws ConfigurationError naming the file, the field and what it should be */
export function readScript(file: string): SimulatorScript {
  const given = readYaml(file);
  const result = simulatorScriptSchema.safeParse(given ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".") || "the document";
  throw refused(file, `${field}: ${issue?.message ?? "is wrong"}`);
}

function readYaml(file: string): unknown {
  try {
    if (statSync(file).size > MAX_BYTES)
      throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return parse(readFileSync(file, "utf8"), { maxAliasCount: 100 });
  } catch (error) {
    throw refused(file, (error as Error).message);
  }
}

function refused(file: string, why: string): ConfigurationError {
  return new ConfigurationError(
    `VWORKSPACE_SIMULATOR_SCRIPT ${file} cannot be used (${why}): docs/simulator.md describes a script.`,
  );
}
