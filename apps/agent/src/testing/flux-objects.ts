import type { KubeObject } from "@vworkspace/kube";
import type { ApplicationInstance } from "@vworkspace/resources";
import { desiredObjects } from "../reconcilers/application-instance/desired";
import type {
  FluxSource,
  HelmRelease,
} from "../reconcilers/application-instance/flux";
import {
  type IntegrationsSeen,
  NO_INTEGRATIONS,
} from "../reconcilers/application-instance/integrations/integrations-seen";
import type { Observation } from "../reconcilers/application-instance/observation";
import { instanceManifest } from "./instance-manifest";

const DIGEST = "sha256:aaaaaaaaaaaaaaaa";

/** An instance as the API server has it, with our finalizer. */
export function instance(
  spec: Readonly<Record<string, unknown>> = {},
  metadata: Partial<KubeObject["metadata"]> = {},
  status?: ApplicationInstance["status"],
): ApplicationInstance {
  const manifest = instanceManifest("shop", "web", spec);
  return {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      uid: "u-web",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      finalizers: ["apps.vworkspace.io/uninstall"],
      ...metadata,
    },
    ...(status && { status }),
  } as unknown as ApplicationInstance;
}

export function readyCondition(
  status: string,
  reason: string,
  message = "",
): { type: "Ready"; status: "True"; reason: string; message: string } {
  return { type: "Ready", status: status as "True", reason, message };
}

/** The source as Flux leaves it: fetched, unless `status` says otherwise. */
export function fetched(
  of: ApplicationInstance,
  status: FluxSource["status"] = {},
): FluxSource {
  const { source } = desiredObjects(of, undefined);
  const { version = "" } = of.spec.chart ?? {};
  return {
    ...source,
    metadata: { ...source.metadata, uid: "u-source", generation: 1 },
    status: {
      observedGeneration: 1,
      artifact: {
        revision: `${version.replace("+", "_")}@${DIGEST}`,
        digest: "sha256:bbbb",
      },
      conditions: [readyCondition("True", "Succeeded")],
      ...status,
    },
  };
}

/** The HelmRelease as Flux leaves it: deployed, unless `status` says otherwise. */
export function deployed(
  of: ApplicationInstance,
  status: HelmRelease["status"] = {},
  metadata: Partial<KubeObject["metadata"]> = {},
): HelmRelease {
  const { release } = desiredObjects(of, undefined);
  const { version = "" } = of.spec.chart ?? {};
  return {
    ...release,
    metadata: {
      ...release.metadata,
      uid: "u-release",
      generation: 1,
      ...metadata,
    },
    status: {
      observedGeneration: 1,
      lastAttemptedRevisionDigest: DIGEST,
      history: [
        { status: "deployed", chartVersion: `${version}+aaaa`, version: 1 },
      ],
      conditions: [readyCondition("True", "InstallSucceeded")],
      ...status,
    },
  };
}

/** What is seen of integrations, which have nothing to tell unless it is said. */
export function integrationsSeen(
  over: Partial<IntegrationsSeen>,
): IntegrationsSeen {
  return { ...NO_INTEGRATIONS, ...over };
}

/** An instance that is ready, with what is known of it. */
export function observation(
  over: Partial<Observation> = {},
  of = over.instance ?? instance(),
): Observation {
  return {
    instance: of,
    now: Date.UTC(2026, 0, 1),
    problems: [],
    missingKinds: [],
    desired: desiredObjects(of, undefined),
    source: fetched(of),
    release: deployed(of),
    staleSources: [],
    isSourceAsDesired: true,
    isReleaseAsDesired: true,
    integrations: NO_INTEGRATIONS,
    ...over,
  };
}
