import { apiKeyModel } from "./api-key.model";
import { applicationInstanceModel } from "./application-instance.model";
import { auditEntryModel } from "./audit-entry.model";
import { catalogEntryModel } from "./catalog-entry.model";
import { clusterModel } from "./cluster.model";
import { eventModel } from "./event.model";
import { irModel } from "./ir-model.model";
import { jobModel } from "./job.model";
import { odooDatabaseModel } from "./odoo-database.model";
import { operationScheduleModel } from "./operation-schedule.model";
import { operationSequenceModel } from "./operation-sequence.model";
import { operationModel } from "./operation.model";
import { organizationModel } from "./organization.model";
import { policyModel } from "./policy.model";
import { userIdentityModel } from "./user-identity.model";
import { userSessionModel } from "./user-session.model";
import { usersModel } from "./users.model";
import type { OdooModel } from "../registry/odoo-model";

/**
 * Every model, each leading to the one instance of its relations' targets.
 * @param publicUrl where people reach the gateway; empty while that isn't known
 */
export function makeModels(
  disconnectAfterSeconds: number,
  publicUrl: () => string = () => "",
) {
  const organization = organizationModel();
  const cluster = clusterModel(organization, disconnectAfterSeconds);
  const users = usersModel(organization);
  const applicationInstance: OdooModel = applicationInstanceModel(
    organization,
    cluster,
    () => operation,
  );
  const targets = { organization, cluster, users, applicationInstance };
  const operationSchedule = operationScheduleModel(targets);
  const operationSequence = operationSequenceModel(targets);
  const operation = operationModel(
    { ...targets, operationSchedule, operationSequence },
    publicUrl,
  );
  return {
    organization,
    cluster,
    catalogEntry: catalogEntryModel(organization),
    policy: policyModel(organization, cluster),
    applicationInstance,
    operation,
    operationSchedule,
    operationSequence,
    job: jobModel(organization, cluster),
    event: eventModel(organization, cluster),
    auditEntry: auditEntryModel(organization),
    apiKey: apiKeyModel(organization, users),
    userIdentity: userIdentityModel(organization, users),
    userSession: userSessionModel(organization, users),
    users,
    odooDatabase: odooDatabaseModel(organization, users),
    irModel: irModel(),
  };
}
