import { isStorable, MAX_JSON_DEPTH, parseJson } from "@vworkspace/contract";
import {
  isDnsLabel,
  isExactSemver,
  validateApplicationInstance,
} from "@vworkspace/resources";
import { satisfies } from "semver";
import type { CatalogEntry } from "../../catalog/domain/catalog-entry";
import { valuesProblem } from "../../catalog/domain/catalog-rules";
import type { InstanceIntent } from "./instance";
import { instanceManifest } from "./instance-manifest";

const MAX_VALUES_CHARACTERS = 256 * 1024;

/**
 * The first thing that is wrong with an intent, as a sentence that names field, value and remedy; undefined: nothing.
 * What the cluster would refuse is refused here already, before anything is queued.
 */
export function intentProblem(
  intent: InstanceIntent,
  entry: CatalogEntry,
): string | undefined {
  return (
    nameProblem(intent) ??
    versionProblem(intent, entry) ??
    jsonProblem(intent) ??
    contentProblem(intent, entry)
  );
}

function nameProblem(intent: InstanceIntent): string | undefined {
  for (const field of ["name", "namespace"] as const) {
    if (!isDnsLabel(intent[field])) {
      return `${field} is "${intent[field].slice(0, 80)}": use a DNS label (lower-case letters, digits, hyphens; at most 63).`;
    }
  }
  return undefined;
}

function versionProblem(
  intent: InstanceIntent,
  entry: CatalogEntry,
): string | undefined {
  const version = intent.chart_version;
  if (version === "")
    return `chart_version is empty, and catalog entry ${entry.code} recommends none: give an exact version, for example 1.2.3.`;
  if (!isExactSemver(version))
    return `chart_version is "${version.slice(0, 80)}": give one exact version, for example 1.2.3.`;
  const isAllowed =
    entry.allowed_versions.length === 0 ||
    entry.allowed_versions.some((range) =>
      satisfies(version, range, { includePrerelease: true }),
    );
  return isAllowed
    ? undefined
    : `chart_version is ${version}: catalog entry ${entry.code} allows ${entry.allowed_versions.join(", ")}.`;
}

function jsonProblem(intent: InstanceIntent): string | undefined {
  if (intent.values_json.length > MAX_VALUES_CHARACTERS)
    return "values_json is larger than 256 KiB: put large values into a Secret of the namespace.";
  if (!isStorable(intent))
    return "values_json, values_secret_ref or integrations hold U+0000 or a lone surrogate: leave such characters out.";
  return valuesTextProblem(intent.values_json);
}

function valuesTextProblem(text: string): string | undefined {
  const parsed = parseJson(new TextEncoder().encode(text));
  if (!parsed.ok)
    return `values_json is no JSON text of at most ${MAX_JSON_DEPTH} levels: give a JSON object, for example {}.`;
  const values = parsed.value;
  const isObject =
    typeof values === "object" && values !== null && !Array.isArray(values);
  return isObject
    ? undefined
    : "values_json must be the text of a JSON object, for example {}.";
}

function contentProblem(
  intent: InstanceIntent,
  entry: CatalogEntry,
): string | undefined {
  const [problem] = validateApplicationInstance(
    instanceManifest(intent, entry),
  );
  if (problem) return problem.message;
  return valuesProblem(entry, JSON.parse(intent.values_json));
}
