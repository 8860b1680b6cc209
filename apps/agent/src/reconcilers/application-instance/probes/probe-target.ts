import { ABSENT_MEANS, type Probe } from "@vworkspace/resources";
import type { ProbeTarget } from "./prober";

/**
 * Where a probe knocks: at a Service of the instance's own namespace and nowhere else. The name ends in `.svc` without a dot
 * after it, so that the cluster's own search list completes it, whatever its domain is.
 */
export function probeTarget(probe: Probe, namespace: string): ProbeTarget {
  const host = `${probe.service}.${namespace}.svc`;
  const timeoutMs =
    (probe.timeoutSeconds ?? ABSENT_MEANS.probeTimeoutSeconds) * 1000;
  if (probe.type === "tcp")
    return { type: "tcp", host, port: probe.port, timeoutMs };
  const path = (probe.path ?? ABSENT_MEANS.probePath).replace(/^\/*/, "/");
  return {
    type: "http",
    url: `http://${host}:${probe.port}${path}`,
    timeoutMs,
    ...(probe.expectStatus !== undefined && {
      expectStatus: probe.expectStatus,
    }),
  };
}

/** As people write it. */
export function addressOf(target: ProbeTarget): string {
  return target.type === "http"
    ? target.url
    : `tcp://${target.host}:${target.port}`;
}
