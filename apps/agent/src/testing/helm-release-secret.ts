import { gzipSync } from "node:zlib";
import type { KubeObject } from "@vworkspace/kube";

export interface ReleasedHook {
  readonly name: string;
  readonly kind: string;
  readonly manifest: string;
}

export interface ReleaseRecord {
  readonly namespace: string;
  readonly revision: number;
  readonly hooks: readonly ReleasedHook[];
  /** As Helm says it; deployed where it isn't given. */
  readonly status?: string;
}

/** The Secret in which Helm keeps a revision of release "web". */
export function helmReleaseSecret({
  namespace,
  revision,
  hooks,
  status = "deployed",
}: ReleaseRecord): KubeObject {
  const release = { name: "web", namespace, version: revision, hooks };
  const zipped = gzipSync(JSON.stringify(release)).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "helm.sh/release.v1",
    metadata: {
      name: `sh.helm.release.v1.web.v${revision}`,
      namespace,
      labels: {
        owner: "helm",
        name: "web",
        status,
        version: String(revision),
      },
    },
    data: { release: Buffer.from(zipped).toString("base64") },
  };
}

/** A hook that is a Job of one container "migrate". */
export function jobHook(name: string, more = ""): ReleasedHook {
  const manifest = `
apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  annotations:
    helm.sh/hook: pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 6
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migrate
          image: web:1
          args: ["--all"]
${more}`;
  return { name, kind: "Job", manifest };
}
