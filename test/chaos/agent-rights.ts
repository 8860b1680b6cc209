import { ADMISSION_USERS } from "@vworkspace/resources";
import { AGENT_PERMISSIONS } from "../../apps/agent/src/permissions/agent-permissions";
import { agentRbac } from "../../apps/agent/src/permissions/agent-rbac";

const { agentNamespace } = ADMISSION_USERS;

/** The agent's namespace with the roles that deploy/agent gives it: in the middle of faults too it has no other rights. */
export const AGENT_RIGHTS: readonly object[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: agentNamespace } },
  ...agentRbac(AGENT_PERMISSIONS, agentNamespace).map(
    ({ manifest }) => manifest,
  ),
];
