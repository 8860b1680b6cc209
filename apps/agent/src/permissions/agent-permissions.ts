import { CLUSTER_EVENTS_PERMISSIONS } from "../cluster-events/cluster-events.permissions";
import { CONTROL_PLANE_PERMISSIONS } from "../control-plane/control-plane.permissions";
import { ENGINES_PERMISSIONS } from "../engines/engines.permissions";
import { INTAKE_PERMISSIONS } from "../intake/intake.permissions";
import { LEADERSHIP_PERMISSIONS } from "../leadership/leadership.permissions";
import { INSTANCE_PERMISSIONS } from "../reconcilers/application-instance/instance.permissions";
import { INTEGRATION_PERMISSIONS } from "../reconcilers/application-instance/integrations/integrations.permissions";
import { OPERATION_PERMISSIONS } from "../reconcilers/operation/operation.permissions";
import { CLUSTER_PERMISSIONS } from "../reconcilers/cluster/cluster.permissions";
import { WATCH_PERMISSIONS } from "../watches/watch.permissions";
import type { Permission } from "./permission";

/** Everything that the agent may do in a cluster: the rooms' needs, put together. */
export const AGENT_PERMISSIONS: readonly Permission[] = [
  ...WATCH_PERMISSIONS,
  ...LEADERSHIP_PERMISSIONS,
  ...INTAKE_PERMISSIONS,
  ...INSTANCE_PERMISSIONS,
  ...INTEGRATION_PERMISSIONS,
  ...OPERATION_PERMISSIONS,
  ...ENGINES_PERMISSIONS,
  ...CLUSTER_EVENTS_PERMISSIONS,
  ...CLUSTER_PERMISSIONS,
  ...CONTROL_PLANE_PERMISSIONS,
];
