import type { Permission } from "../permissions/permission";
import { AGENT_LEASE } from "./lease-leadership";

/** What it takes that one of several replicas works. */
export const LEADERSHIP_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    verbs: ["create"],
    scope: "agent-namespace",
    why: "Makes the Lease that says which replica works.",
  },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: [AGENT_LEASE],
    verbs: ["get", "patch"],
    scope: "agent-namespace",
    why: "Reads, takes and renews the Lease that says which replica works.",
  },
];
