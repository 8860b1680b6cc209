import { isStorable } from "@vworkspace/contract";
import { isDnsLabel, isExactSemver } from "@vworkspace/resources";
import { validRange } from "semver";
import { capabilitiesProblem } from "./capabilities";
import type { CatalogFields } from "./catalog-entry";
import { misfit, schemaProblem } from "./values-schema";

const MAX_CHART_NAME = 253;
const MAX_RANGES = 500;
const MAX_RANGE_CHARACTERS = 256;

/** The first thing that is wrong with an entry, as a sentence that names field, value and remedy; undefined: nothing. */
export function catalogProblem(entry: CatalogFields): string | undefined {
  return (
    fieldProblem(entry) ??
    capabilitiesProblem(entry.capabilities) ??
    (entry.values_schema === null
      ? undefined
      : schemaProblem(entry.values_schema))
  );
}

function fieldProblem(entry: CatalogFields): string | undefined {
  const checks: readonly (readonly [boolean, string])[] = [
    [
      isDnsLabel(entry.code),
      `code is "${entry.code.slice(0, 80)}": use a DNS label (lower-case letters, digits, hyphens; at most 63).`,
    ],
    [entry.name.trim() !== "", "name is empty: give the application a name."],
    [
      isChartUrl(entry),
      `chart_url is "${shown(entry.chart_url)}": give ${entry.chart_source_type === "oci" ? "oci://HOST/PATH" : "an http(s) URL"} without credentials.`,
    ],
    [
      entry.chart_name.length <= MAX_CHART_NAME &&
        /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(
          entry.chart_name,
        ),
      `chart_name is "${entry.chart_name.slice(0, 80)}": give the chart's name.`,
    ],
    [
      entry.recommended_version === null ||
        isExactSemver(entry.recommended_version),
      `recommended_version is "${(entry.recommended_version ?? "").slice(0, 80)}": give one exact version, for example 1.2.3.`,
    ],
  ];
  if (!isStorable(entry))
    return "The entry holds U+0000 or a lone surrogate: leave such characters out.";
  const failed = checks.find(([isFine]) => !isFine);
  if (failed) return failed[1];
  if (entry.allowed_versions.length > MAX_RANGES)
    return `allowed_versions has ${entry.allowed_versions.length} items: at most ${MAX_RANGES} are allowed.`;
  const range = entry.allowed_versions.find((version) => !isRange(version));
  if (range !== undefined)
    return `allowed_versions holds "${String(range).slice(0, 80)}": give versions or ranges, for example 1.2.3 or ^1.2.`;
  return undefined;
}

/** The first way in which values don't fit the entry's schema; undefined: they fit. */
export function valuesProblem(
  entry: CatalogFields,
  values: unknown,
): string | undefined {
  return entry.values_schema === null
    ? undefined
    : misfit(entry.values_schema, values);
}

/** Of a length that is read at once, each time that somebody deploys. */
function isRange(version: unknown): boolean {
  return (
    typeof version === "string" &&
    version.length <= MAX_RANGE_CHARACTERS &&
    validRange(version) !== null
  );
}

/** Cut, and without the credentials that it may be refused for. */
function shown(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//…@").slice(0, 200);
}

function isChartUrl(entry: CatalogFields): boolean {
  if (entry.chart_url.length > 2048 || !URL.canParse(entry.chart_url))
    return false;
  const url = new URL(entry.chart_url);
  const protocols =
    entry.chart_source_type === "oci" ? ["oci:"] : ["http:", "https:"];
  return (
    protocols.includes(url.protocol) &&
    url.username === "" &&
    url.password === ""
  );
}
