import {
  CHART_NAME_PATTERN,
  PROBE_PATH_PATTERN,
} from "./application-instance.schema";
import { DNS_LABEL_PATTERN, DNS_SUBDOMAIN_PATTERN } from "./dns-names";
import { EXACT_SEMVER_PATTERN } from "./exact-semver";
import { INGRESS_PATH_PATTERN } from "./integrations.schema";
import { CRON_PATTERN } from "./maintenance-windows.schema";
import { SECRET_KEY_PATTERN } from "./schema-parts";

const HINTS: ReadonlyMap<string, string> = new Map([
  [
    EXACT_SEMVER_PATTERN,
    "exactly one SemVer 2.0.0 version, for example 1.2.3 or 2.0.0-rc.1 (no range, no latest, no leading v)",
  ],
  [
    DNS_LABEL_PATTERN,
    "a DNS label: lower-case letters, digits and -, with a letter or digit at both ends",
  ],
  [
    DNS_SUBDOMAIN_PATTERN,
    "a DNS name: lower-case letters, digits, - and ., with a letter or digit at both ends",
  ],
  [
    CHART_NAME_PATTERN,
    "the name of a chart: letters, digits, -, _, . and /, with a letter or digit at both ends of each part",
  ],
  [SECRET_KEY_PATTERN, "a key of letters, digits, -, _ and ."],
  [CRON_PATTERN, "five cron fields separated by spaces, for example 0 2 * * 6"],
  [PROBE_PATH_PATTERN, "a path that begins with /, without fragment"],
  [
    INGRESS_PATH_PATTERN,
    "a path that begins with /, without query or fragment",
  ],
  ["^https?://.+$", "an address that begins with https:// or http://"],
  ["^(https?://.+)?$", "an address that begins with https:// or http://"],
]);

/** What a pattern asks for, in words. */
export function patternHint(pattern: string): string {
  return HINTS.get(pattern) ?? `text that matches ${pattern}`;
}
