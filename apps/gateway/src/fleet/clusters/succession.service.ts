import { Inject, Injectable } from "@nestjs/common";
import type { RotateRequest } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { ClusterSignals } from "../signals/domain/cluster-signals";
import { auditCredential } from "./credential-audit";
import {
  type AddedCredential,
  CredentialIssuer,
  type IssuedCredential,
} from "./credential-issuer";
import type { ClusterPrincipal, CredentialRow } from "./domain/cluster";
import { ClusterStore } from "./domain/cluster-store";
import { CredentialStore } from "./domain/credential-store";
import type { PresentedProof } from "./domain/presented-proof";
import { FLEET_OPTIONS, type FleetOptions } from "./fleet-options";

interface Rotation {
  readonly request: RotateRequest;
  readonly proof: PresentedProof;
}

/** How one credential takes the place of another: by rotation, and by the first use of one that was registered anew (ROT, REG). */
@Injectable()
export class SuccessionService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly issuer: CredentialIssuer,
    private readonly signals: ClusterSignals,
    @Inject(FLEET_OPTIONS) private readonly options: FleetOptions,
  ) {}

  /**
   * A successor for the credential. A repeat replaces a successor that nobody used, so a lost answer costs nothing; once
   * the successor was used the older credential may no longer rotate: someone holds a copy.
   */
  async rotate(
    principal: ClusterPrincipal,
    request: RotateRequest,
    proof: PresentedProof,
  ): Promise<IssuedCredential> {
    const { organizationId } = principal;
    const added = await this.unitOfWork.inOrganization(
      organizationId,
      (stores) => this.succeed(stores, principal, { request, proof }),
    );
    if (added) return this.issuer.sign(added);
    await this.unitOfWork.inOrganization(organizationId, (stores) =>
      this.noteReuse(stores, principal, proof),
    );
    throw new DomainError(
      "unauthenticated",
      "This credential was succeeded by one that is in use: it may no longer rotate.",
    );
  }

  /** Notes the first use; that of a registered one ends every other of its cluster. */
  async noteFirstUse(
    stores: Stores,
    organizationId: string,
    row: CredentialRow,
  ): Promise<void> {
    const ended = await stores.get(CredentialStore).noteFirstUse(row);
    if (ended === 0) return;
    // Every copy of a former credential has ended with it.
    await stores.get(ClusterStore).noteReuse(row.clusterId, false);
    stores.afterCommit(() => this.signals.signal(row.clusterId));
    await auditCredential(stores, {
      organizationId,
      cluster: row,
      action: "cluster.change_hands",
      credentialId: row.id,
      confirmation: row.confirmation,
    });
  }

  /** The successor, or undefined where one is in use already. */
  private async succeed(
    stores: Stores,
    principal: ClusterPrincipal,
    { request, proof }: Rotation,
  ): Promise<AddedCredential | undefined> {
    const { organizationId, clusterId } = principal;
    const credentials = stores.get(CredentialStore);
    const row = await credentials.lock(principal.credentialId);
    if (!row || !(row.isLive || row.isRenewable)) throw refusedCredential();
    if (!(await credentials.takeBackSuccessor(row))) return undefined;
    const added = await this.addSuccessor(stores, row, {
      organizationId,
      request,
      proof,
    });
    refuseUnprovenRenewal(row, request, added);
    await credentials.succeed(
      row,
      added.id,
      this.options.credentialGraceSeconds,
    );
    await credentials.endPredecessor(row);
    // A poll that waits with the one that ended looks again, and is refused.
    stores.afterCommit(() => this.signals.signal(clusterId));
    await auditCredential(stores, {
      organizationId,
      cluster: row,
      action: row.isLive
        ? "cluster.rotate_credential"
        : "cluster.renew_ended_credential",
      credentialId: added.id,
      confirmation: added.confirmation,
      proof,
    });
    return added;
  }

  /** A key that was registered stays; a token of a time without one is bound to the key that is proven now. */
  private addSuccessor(
    stores: Stores,
    row: CredentialRow,
    { organizationId, request, proof }: Rotation & { organizationId: string },
  ): Promise<AddedCredential> {
    const jkt = row.confirmation.jkt ?? proof.dpopThumbprint;
    return this.issuer.add(stores, {
      organizationId,
      cluster: row,
      request,
      credential: {
        confirmation: {
          ...row.confirmation,
          ...(jkt !== undefined && { jkt }),
        },
        certificateKey: row.certificateKey,
        isUnconfirmed: row.isUnconfirmed,
      },
    });
  }

  private async noteReuse(
    stores: Stores,
    principal: ClusterPrincipal,
    proof: PresentedProof,
  ): Promise<void> {
    const { organizationId, credentialId } = principal;
    const row = await stores.get(CredentialStore).find(credentialId);
    await stores.get(ClusterStore).noteReuse(principal.clusterId, true);
    await auditCredential(stores, {
      organizationId,
      cluster: principal,
      action: "cluster.credential_reuse",
      credentialId,
      confirmation: row?.confirmation ?? {},
      proof,
    });
  }
}

/** An ended credential without a DPoP key is renewed by a csr of the certificate key that was registered with it. */
function refuseUnprovenRenewal(
  { isLive, confirmation, certificateKey }: CredentialRow,
  { csr }: RotateRequest,
  added: AddedCredential,
): void {
  if (isLive || confirmation.jkt !== undefined) return;
  if (csr !== undefined && added.certificateKey === certificateKey) return;
  throw new DomainError(
    "unauthenticated",
    "The cluster's credential has expired: to rotate still, send a csr of the certificate key registered with it.",
  );
}

function refusedCredential(): DomainError {
  return new DomainError(
    "unauthenticated",
    "The cluster's credential is unknown, expired or revoked.",
  );
}
