import { startFakeGateway } from "../fake-gateway/start-fake-gateway";
import type { ConformanceTarget, SuiteObject, TargetTimes } from "./target";

const API_VERSION = "apps.vworkspace.io/v1alpha1";
const KIND = "ApplicationInstance";

/** The fake gateway under the suite: what agents are tested against must itself keep the contract. */
export async function startFakeTarget(
  times: TargetTimes,
): Promise<ConformanceTarget> {
  const gateway = await startFakeGateway({ ...times, signs: true });
  let edits = 0;
  let hasStopped = false;
  return {
    name: "fake",
    url: gateway.url,
    times,
    newCluster: () => Promise.resolve(gateway.newCluster()),
    reissueRegistration: (clusterId) =>
      Promise.resolve(gateway.newCluster(clusterId).registrationToken),
    expireRegistrations: (clusterId) =>
      Promise.resolve(gateway.expireRegistrations(clusterId)),
    issueApply: (clusterId, object) => {
      edits += 1;
      return Promise.resolve(
        gateway.issueApply(clusterId, manifestOf(object, edits)),
      );
    },
    issueDelete: (clusterId, { namespace, name }) =>
      Promise.resolve(
        gateway.issueDelete(clusterId, {
          apiVersion: API_VERSION,
          kind: KIND,
          namespace,
          name,
        }),
      ),
    issueRotate: (clusterId) =>
      Promise.resolve(
        gateway.issueIntent(clusterId, {
          intent: "rotate-operator-credentials",
        }),
      ),
    jobFacts: (_clusterId, jobId) => Promise.resolve(gateway.job(jobId)),
    revoke: (clusterId) => Promise.resolve(gateway.revoke(clusterId)),
    stop: async () => {
      if (hasStopped) return;
      hasStopped = true;
      await gateway.stop();
    },
  };
}

function manifestOf({ namespace, name }: SuiteObject, edit: number) {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { namespace, name },
    spec: { values: { source: "inline", inline: { edit } } },
  };
}
