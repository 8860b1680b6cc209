import type { KubeObject } from "@vworkspace/kube";
import {
  ANNOTATIONS,
  type ClusterSpec,
  type ClusterStatus,
} from "@vworkspace/resources";

/** What the Cluster object asks to be done about the credential. */
export type CredentialWish =
  | { readonly type: "none" }
  /** The annotation: registers with a token that wasn't used yet, else rotates. A flag is cleared when it is done. */
  | {
      readonly type: "renew";
      readonly handles: string;
      readonly isFlag: boolean;
    }
  /** spec.rotateCredentials. */
  | { readonly type: "rotate" };

const ROTATION_PAUSE_MS = 3_600_000;
/** A value that is set anew and cleared each time, in place of another value each time. */
const FLAG = "true";

/**
 * What is asked for now. A flag that stands again within an hour of the newest credential was put back by whoever keeps the
 * manifest, a Git controller for example, and is ignored so long; a registration token that wasn't used yet is used anyway.
 * @param issuedAt of the credential in use, in milliseconds since the epoch
 */
export function credentialWish(
  cluster: KubeObject,
  issuedAt: number | undefined,
  now: number,
): CredentialWish {
  const { handles, lastHandledRotation, rotateCredentials } = asked(cluster);
  const mayHeedFlags =
    issuedAt === undefined || now - issuedAt >= ROTATION_PAUSE_MS;
  if (handles === FLAG && mayHeedFlags)
    return { type: "renew", handles, isFlag: true };
  if (!["", FLAG, lastHandledRotation].includes(handles))
    return { type: "renew", handles, isFlag: false };
  return rotateCredentials && mayHeedFlags
    ? { type: "rotate" }
    : { type: "none" };
}

function asked(cluster: KubeObject) {
  const { annotations } = cluster.metadata;
  const { rotateCredentials } = (cluster["spec"] ?? {}) as ClusterSpec;
  const { lastHandledRotation } = (cluster["status"] ?? {}) as ClusterStatus;
  const handles = annotations?.[ANNOTATIONS.rotateCredentials] ?? "";
  return { handles, lastHandledRotation, rotateCredentials };
}
