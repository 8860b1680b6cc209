import { ReadMethods } from "../methods/read.methods";
import { WriteMethods } from "../methods/write.methods";
import type { ModelRegistry } from "../registry/model-registry";
import { ApiKeyChanges } from "./api-key.changes";
import { ApplicationInstanceChanges } from "./application-instance.changes";
import { CatalogEntryChanges } from "./catalog-entry.changes";
import { ClusterChanges } from "./cluster.changes";
import { makeRegistry } from "./make-registry";
import { OdooDatabaseChanges } from "./odoo-database.changes";
import { OperationScheduleChanges } from "./operation-schedule.changes";
import { OperationSequenceChanges } from "./operation-sequence.changes";
import { OperationChanges } from "./operation.changes";
import { OrganizationChanges } from "./organization.changes";
import { PolicyChanges } from "./policy.changes";
import { UserSessionChanges } from "./user-session.changes";
import { UsersChanges } from "./users.changes";

/** Every model and method as they are, to be described or compared: there is nothing behind them, so that none can be called. */
export function idleRegistry(): ModelRegistry {
  const none = undefined as never;
  const options = { disconnectAfterSeconds: 120, publicUrl: () => "" };
  return makeRegistry(options, new ReadMethods(none), new WriteMethods(none), {
    organization: new OrganizationChanges(none),
    cluster: new ClusterChanges(none, none, none),
    catalogEntry: new CatalogEntryChanges(none),
    policy: new PolicyChanges(none),
    applicationInstance: new ApplicationInstanceChanges(none),
    operation: new OperationChanges(none),
    operationSchedule: new OperationScheduleChanges(none),
    operationSequence: new OperationSequenceChanges(none),
    apiKey: new ApiKeyChanges(none),
    userSession: new UserSessionChanges(none),
    users: new UsersChanges(none, none, none),
    odooDatabase: new OdooDatabaseChanges(none, none, none, none),
  });
}
