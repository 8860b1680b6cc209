import type { KubeObject } from "@vworkspace/kube";
import { readyCondition } from "./flux-objects";
import { type World, withDerived } from "./model-world";

/** What cert-manager, external-secrets and an ingress controller do next; the same world again where that is nothing. */
export function addOnRound(world: World): World {
  for (const kind of Object.keys(world.integrations)) {
    const next = withDerived(world, kind, (object) =>
      object.metadata.deletionTimestamp === undefined
        ? { ...object, ...statusOf(world, object) }
        : undefined,
    );
    if (JSON.stringify(next) !== JSON.stringify(world)) return next;
  }
  return world;
}

function statusOf({ around }: World, object: KubeObject) {
  const observedGeneration = object.metadata.generation ?? 1;
  if (object.kind === "Certificate") {
    const { certificateProblem } = around;
    const ready =
      certificateProblem === undefined
        ? readyCondition("True", "Ready")
        : readyCondition("False", "DoesNotExist", certificateProblem);
    return { status: { conditions: [{ ...ready, observedGeneration }] } };
  }
  if (object.kind !== "ExternalSecret") return {};
  const { secretProblem } = around;
  const known = object["status"] as object | undefined;
  return secretProblem === undefined
    ? {
        status: {
          conditions: [readyCondition("True", "SecretSynced")],
          syncedResourceVersion: `${observedGeneration}-abc`,
        },
      }
    : {
        status: {
          ...known,
          conditions: [
            readyCondition("False", "SecretSyncedError", secretProblem),
          ],
        },
      };
}
