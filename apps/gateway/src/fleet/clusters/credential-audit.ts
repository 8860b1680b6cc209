import type { Stores } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import { type Actor, gatewayActor } from "../../trust/identity/domain/actor";
import type { PresentedProof } from "./domain/presented-proof";
import type { Confirmation } from "./domain/sender-constraint.decide";

/** What became of a credential. */
export interface CredentialEvent {
  readonly organizationId: string;
  readonly cluster: {
    readonly clusterId: string;
    readonly clusterCode: string;
  };
  readonly action:
    | "cluster.register"
    | "cluster.repeat_registration"
    | "cluster.change_hands"
    | "cluster.rotate_credential"
    | "cluster.renew_ended_credential"
    | "cluster.credential_reuse";
  readonly credentialId: string;
  readonly confirmation: Confirmation;
  /** Of the request; what the gateway does by itself has none. */
  readonly proof?: PresentedProof;
}

/** Writes it down in the transaction of the change: the credential and its keys by id and thumbprint, and from where. */
export function auditCredential(
  stores: Stores,
  event: CredentialEvent,
): Promise<void> {
  const { organizationId, cluster, action, confirmation, proof } = event;
  const { clusterId: id, clusterCode: name } = cluster;
  const actor: Actor =
    action === "cluster.change_hands"
      ? gatewayActor(organizationId)
      : { organizationId, type: "cluster", id, name };
  return stores.get(AuditStore).append(actor, {
    action,
    subject: { type: "cluster", id, name },
    detail: {
      credential_id: event.credentialId,
      key_thumbprint: confirmation.jkt,
      certificate_thumbprint: confirmation["x5t#S256"],
      address: proof?.address,
    },
  });
}
