import type { KubeApi, KubeObject } from "@vworkspace/kube";
import { parse } from "yaml";
import { z } from "zod";
import { gunzipJson } from "../gunzip-json.observe";
import { JOB, type Job } from "../job-run/job-run";
import type { HookSeen } from "./released-hooks";

const MOST_BYTES = 8 * 1024 * 1024;
/** Of one manifest; a larger one is refused by every API server. */
const MOST_MANIFEST_CHARACTERS = 1024 * 1024;
/** As many as a hand writes; aliases of aliases would unfold without an end. */
const MOST_ALIASES = 100;

/** The part of helm.sh/release.v1 that is read. */
const releaseSchema = z.object({
  version: z.number(),
  hooks: z
    .array(
      z.object({ name: z.string(), kind: z.string(), manifest: z.string() }),
    )
    .nullish(),
});

const jobSchema = z.looseObject({
  apiVersion: z.literal(JOB.apiVersion),
  kind: z.literal(JOB.kind),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    template: z.looseObject({ spec: z.looseObject({}) }),
  }),
});

export interface ReleaseName {
  readonly namespace: string;
  readonly name: string;
}

/** The Job of a name among the hooks of what is released now, from Helm's own record. */
export async function readHook(
  api: Pick<KubeApi, "get" | "list">,
  release: ReleaseName,
  hookName: string,
): Promise<HookSeen> {
  const called = `Helm release ${release.name} of namespace ${release.namespace}`;
  const secret = await deployedSecret(api, release);
  const base64 = secret?.data?.["release"];
  if (secret === undefined || base64 === undefined)
    return { problem: `${called} has no deployed revision` };
  const record = await gunzipJson(
    // Kubernetes' base64 around Helm's own.
    Buffer.from(base64, "base64").toString("latin1"),
    MOST_BYTES,
  );
  const parsed = releaseSchema.safeParse(record);
  if (!parsed.success)
    return {
      problem: `the record of ${called}, Secret ${secret.metadata.name}, can't be read, or is longer than ${MOST_BYTES} bytes`,
    };
  const { hooks, version: revision } = parsed.data;
  const jobs = (hooks ?? []).filter(({ kind }) => kind === JOB.kind);
  const hook = jobs.find(({ name }) => name === hookName);
  if (hook === undefined)
    return { others: jobs.map(({ name }) => name), revision };
  const job = parsedJob(hook.manifest);
  return job === undefined
    ? { problem: `hook ${hookName} of ${called} is no Job of batch/v1` }
    : { job, revision };
}

interface ReleaseSecret extends KubeObject {
  data?: Readonly<Record<string, string>>;
}

/** Of the newest deployed revision; an upgrade under way has not replaced it yet. */
async function deployedSecret(
  api: Pick<KubeApi, "get" | "list">,
  { namespace, name }: ReleaseName,
): Promise<ReleaseSecret | undefined> {
  const kind = { apiVersion: "v1", kind: "Secret" };
  const deployed = await api.list(kind, {
    namespace,
    labelSelector: `owner=helm,name=${name},status=deployed`,
    metadataOnly: true,
  });
  const prefix = `sh.helm.release.v1.${name}.v`;
  const [newest] = deployed
    .map(({ metadata }) => metadata.name)
    .filter((secret) => secret.startsWith(prefix))
    .map((secret) => Number(secret.slice(prefix.length)))
    .filter(Number.isInteger)
    .sort((a, b) => b - a);
  if (newest === undefined) return undefined;
  return api.get<ReleaseSecret>({
    ...kind,
    namespace,
    name: `${prefix}${newest}`,
  });
}

function parsedJob(manifest: string): Job | undefined {
  if (manifest.length > MOST_MANIFEST_CHARACTERS) return undefined;
  try {
    const parsed = jobSchema.safeParse(
      parse(manifest, { maxAliasCount: MOST_ALIASES }),
    );
    return parsed.success ? parsed.data : undefined;
  } catch {
    // No YAML, several documents, or a bomb; the parser's words quote the manifest, which may hold secrets.
    return undefined;
  }
}
