const NUMBER = "(0|[1-9][0-9]{0,14})";
const PRERELEASE_PART = "(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
const BUILD_PART = "[0-9a-zA-Z-]+";

/**
 * SemVer 2.0.0 in full: three numbers, pre-release, build metadata; no leading v, no range. Numbers have at most 15 digits,
 * so that every implementation holds them exactly (JavaScript's safe integers, Go's uint64).
 */
export const EXACT_SEMVER_PATTERN =
  `^${NUMBER}[.]${NUMBER}[.]${NUMBER}` +
  `(-${PRERELEASE_PART}([.]${PRERELEASE_PART})*)?` +
  `([+]${BUILD_PART}([.]${BUILD_PART})*)?$`;

/** An OCI tag, which a chart's version becomes, has at most 128 characters. */
export const SEMVER_MAX_LENGTH = 128;

const exactSemver = new RegExp(EXACT_SEMVER_PATTERN);

/** Whether `text` names one version: what `spec.chart.version` accepts. */
export function isExactSemver(text: string): boolean {
  return text.length <= SEMVER_MAX_LENGTH && exactSemver.test(text);
}
