import { createHash } from "node:crypto";
import { fieldsAt, stringAt, type Fields } from "../../json";
import type { KubeObject } from "../../kube-object";

/** What a source controller finds where a source points: content, or why there is none. */
export type Fetched =
  | {
      readonly isFound: true;
      readonly revision: string;
      readonly digest: string;
      readonly reason: string;
      readonly message: string;
    }
  | {
      readonly isFound: false;
      readonly reason: string;
      readonly message: string;
    };

export function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** Names that begin with `missing` and versions that end with `-missing` are not there, so that a person can see a failure. */
function isMissing(name: string, version = ""): boolean {
  return name.startsWith("missing") || version.endsWith("-missing");
}

function lastSegment(url: string): string {
  return url.replace(/\/+$/, "").split("/").at(-1) ?? "";
}

/** The index of a Helm repository. */
export function fetchIndex(repository: KubeObject): Fetched {
  const url = stringAt(repository, "spec", "url");
  if (isMissing(lastSegment(url)))
    return {
      isFound: false,
      reason: "Failed",
      message: `failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch ${url}/index.yaml : 404 Not Found`,
    };
  const digest = sha256(url);
  return {
    isFound: true,
    revision: digest,
    digest,
    reason: "Succeeded",
    message: `stored artifact: revision '${digest}'`,
  };
}

/** The artifact under an OCI repository's tag; its revision is `tag@digest`. */
export function fetchOciArtifact(repository: KubeObject): Fetched {
  const url = stringAt(repository, "spec", "url");
  const ref = fieldsAt(repository, "spec", "ref");
  const tag = stringAt(ref, "tag") || stringAt(ref, "semver") || "latest";
  if (isMissing(lastSegment(url), tag))
    return {
      isFound: false,
      reason: "OCIArtifactPullFailed",
      message: `failed to determine artifact digest: GET ${url}:${tag}: MANIFEST_UNKNOWN: manifest unknown`,
    };
  const revision = `${tag}@${sha256(`${url}:${tag}`)}`;
  return {
    isFound: true,
    revision,
    digest: sha256(`layer of ${revision}`),
    reason: "Succeeded",
    message: `stored artifact for digest '${revision}'`,
  };
}

/** A chart of a Helm repository that is there. */
export function fetchChart(chart: KubeObject): Fetched {
  const name = stringAt(chart, "spec", "chart");
  const version = stringAt(chart, "spec", "version") || "*";
  if (isMissing(name, version))
    return {
      isFound: false,
      reason: "InvalidChartReference",
      message: `invalid chart reference: failed to get chart version for remote reference: no '${name}' chart with version matching '${version}' found`,
    };
  // A range has no index here to choose from: it stands for its own lowest version.
  const revision = /\d+\.\d+\.\d+\S*/.exec(version)?.[0] ?? "0.1.0";
  return {
    isFound: true,
    revision,
    digest: sha256(`${name}@${revision}`),
    reason: "ChartPullSucceeded",
    message: `pulled '${name}' chart with version '${revision}'`,
  };
}

/** status.artifact as Flux writes it. */
export function artifactStatus(
  { kind, metadata }: KubeObject,
  fetched: Extract<Fetched, { isFound: true }>,
  now: string,
): Fields {
  const { namespace = "", name } = metadata;
  const file = fetched.digest.slice("sha256:".length);
  const path = `${kind.toLowerCase()}/${namespace}/${name}/${file}.tar.gz`;
  return {
    digest: fetched.digest,
    revision: fetched.revision,
    lastUpdateTime: now,
    path,
    url: `http://source-controller.flux-system.svc.cluster.local./${path}`,
  };
}
