import { createHash } from "node:crypto";
import { fieldsAt, stringAt, type Fields } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { FetchStep } from "../../script/course";

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

type Miss = Exclude<FetchStep, "found">;

function missed(reason: string, message: string): Fetched {
  return { isFound: false, reason, message };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function noSuchHost(url: string): string {
  return `dial tcp: lookup ${hostOf(url)}: no such host`;
}

/** The index of a Helm repository. */
export function fetchIndex(repository: KubeObject, step: FetchStep): Fetched {
  const url = stringAt(repository, "spec", "url");
  if (step !== "found") {
    const why: Readonly<Record<Miss, string>> = {
      missing: `failed to fetch ${url}/index.yaml : 404 Not Found`,
      unauthorized: `failed to fetch ${url}/index.yaml : 401 Unauthorized`,
      unreachable: `Get "${url}/index.yaml": ${noSuchHost(url)}`,
    };
    return missed(
      "Failed",
      `failed to fetch Helm repository index: failed to cache index to temporary file: ${why[step]}`,
    );
  }
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
export function fetchOciArtifact(
  repository: KubeObject,
  step: FetchStep,
): Fetched {
  const url = stringAt(repository, "spec", "url");
  const ref = fieldsAt(repository, "spec", "ref");
  const tag = stringAt(ref, "tag") || stringAt(ref, "semver") || "latest";
  if (step !== "found") {
    const why: Readonly<Record<Miss, string>> = {
      missing: `GET ${url}:${tag}: MANIFEST_UNKNOWN: manifest unknown`,
      unauthorized: `GET ${url}:${tag}: UNAUTHORIZED: authentication required`,
      unreachable: `Get "https://${hostOf(url)}/v2/": ${noSuchHost(url)}`,
    };
    return missed(
      "OCIArtifactPullFailed",
      `failed to determine artifact digest: ${why[step]}`,
    );
  }
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
export function fetchChart(chart: KubeObject, step: FetchStep): Fetched {
  const name = stringAt(chart, "spec", "chart");
  const version = stringAt(chart, "spec", "version") || "*";
  if (step === "missing")
    return missed(
      "InvalidChartReference",
      `invalid chart reference: failed to get chart version for remote reference: no '${name}' chart with version matching '${version}' found`,
    );
  if (step !== "found")
    return missed(
      "ChartPullError",
      `chart pull error: failed to download chart for remote reference: ${step === "unauthorized" ? "401 Unauthorized" : "dial tcp: i/o timeout"}`,
    );
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
