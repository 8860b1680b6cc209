import { timingSafeEqual } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { LIMITS, type RegisterRequest } from "@vworkspace/contract";
import { DomainError, isUuid, newId } from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import { ClusterTokenService } from "../../trust/identity/cluster-token.service";
import { type Actor, gatewayActor } from "../../trust/identity/domain/actor";
import { REGISTRATION_TOKEN_PURPOSE } from "./cluster.service";
import type { ClusterPrincipal, CredentialRow } from "./domain/cluster";
import { ClusterStore } from "./domain/cluster-store";
import { CredentialStore } from "./domain/credential-store";
import { FLEET_OPTIONS, type FleetOptions } from "./fleet-options";

export interface IssuedCredential {
  readonly clusterId: string;
  readonly token: string;
  readonly expiresAt: Date;
}

const MAX_TOKEN_CHARACTERS = 4096;

/** Registration, rotation and the check of every request of an agent (agent contract, REG, ROT, AUTH). */
@Injectable()
export class CredentialService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly tokens: ClusterTokenService,
    private readonly masterKey: MasterKey,
    @Inject(FLEET_OPTIONS) private readonly options: FleetOptions,
  ) {}

  /** Exchanges a registration token for a credential. Of many at once, exactly one wins. */
  async register(
    bearer: string | undefined,
    request: RegisterRequest,
  ): Promise<IssuedCredential> {
    const token = oneToken(bearer, request.registrationToken);
    const hash = this.masterKey.hash(REGISTRATION_TOKEN_PURPOSE, token);
    const found = await this.unitOfWork.beforeSignIn((stores) =>
      stores.get(CredentialStore).findRegistrationToken(hash),
    );
    if (!found) throw refusedToken();
    const issued = await this.unitOfWork.inOrganization(
      found.organizationId,
      (stores) => this.exchange(stores, found, request),
    );
    return this.sign(found.organizationId, issued);
  }

  /**
   * The cluster behind a bearer token. Said no to only after a successful look-up.
   * @throws DomainError unauthenticated (401), forbidden (403: the cluster is disabled), unavailable (503)
   */
  async authenticate(bearer: string | undefined): Promise<ClusterPrincipal> {
    const claims = await this.readToken(bearer);
    return this.unitOfWork.inOrganization(
      claims.organizationId,
      async (stores) => {
        const row = await stores.get(CredentialStore).find(claims.credentialId);
        if (!row?.isLive || row.clusterId !== claims.clusterId)
          throw refusedCredential();
        if (row.clusterState === "disabled")
          throw new DomainError(
            "forbidden",
            `Cluster ${row.clusterCode} is disabled.`,
          );
        if (row.isFirstUse)
          await this.noteFirstUse(stores, claims.organizationId, row);
        return {
          organizationId: claims.organizationId,
          clusterId: row.clusterId,
          clusterCode: row.clusterCode,
          credentialId: row.id,
        };
      },
    );
  }

  /**
   * A successor for the credential. A repeat replaces a successor that nobody used, so a lost answer costs nothing; once
   * the successor was used the older credential may no longer rotate: someone holds a copy.
   */
  async rotate(principal: ClusterPrincipal): Promise<IssuedCredential> {
    const { organizationId } = principal;
    const issued = await this.unitOfWork.inOrganization(
      organizationId,
      (stores) => this.succeed(stores, principal),
    );
    if (issued) return this.sign(organizationId, issued);
    await this.unitOfWork.inOrganization(organizationId, (stores) =>
      this.record(
        stores,
        organizationId,
        { clusterId: principal.clusterId, clusterCode: principal.clusterCode },
        {
          action: "cluster.credential_reuse",
          credential: principal.credentialId,
        },
      ),
    );
    throw new DomainError(
      "unauthenticated",
      "This credential was succeeded by one that is in use: it may no longer rotate.",
    );
  }

  /** The successor, or undefined where one is in use already. */
  private async succeed(
    stores: Stores,
    principal: ClusterPrincipal,
  ): Promise<Issued | undefined> {
    const credentials = stores.get(CredentialStore);
    const row = await credentials.lock(principal.credentialId);
    if (!row?.isLive) throw refusedCredential();
    if (!(await credentials.takeBackSuccessor(row))) return undefined;
    const id = newId();
    const { clusterId, clusterCode } = row;
    const expiresAt = await credentials.add({
      id,
      clusterId,
      ttlSeconds: LIMITS.tokenSeconds,
    });
    await credentials.succeed(row, id, this.options.credentialGraceSeconds);
    await credentials.endPredecessor(row);
    await this.record(stores, principal.organizationId, row, {
      action: "cluster.rotate_credential",
      credential: id,
    });
    return { id, clusterId, clusterCode, expiresAt };
  }

  private async exchange(
    stores: Stores,
    found: { organizationId: string; tokenId: string },
    request: RegisterRequest,
  ): Promise<Issued> {
    const credentials = stores.get(CredentialStore);
    const owner = await credentials.clusterOfToken(found.tokenId);
    if (!owner) throw refusedToken();
    this.refuseForeign(request, owner.clusterCode);
    const clusters = stores.get(ClusterStore);
    // The cluster's row is held before the token's, as where a cluster is revoked: neither undoes the other.
    const cluster = await clusters.lock(owner.clusterId);
    const isOpen = cluster?.state === "pending" || cluster?.state === "active";
    if (!isOpen || !(await credentials.consumeRegistrationToken(found.tokenId)))
      throw refusedToken();
    const id = newId();
    const expiresAt = await credentials.add({
      id,
      clusterId: owner.clusterId,
      registrationTokenId: found.tokenId,
      ttlSeconds: LIMITS.tokenSeconds,
    });
    await clusters.setState(owner.clusterId, "active");
    await clusters.setFacts(owner.clusterId, {
      agentVersion: request.agentVersion,
      clusterUid: request.clusterUid,
      simulated: request.simulated,
    });
    await this.record(stores, found.organizationId, owner, {
      action: "cluster.register",
      credential: id,
    });
    return {
      id,
      clusterId: owner.clusterId,
      clusterCode: owner.clusterCode,
      expiresAt,
    };
  }

  private refuseForeign(request: RegisterRequest, clusterCode: string): void {
    if (request.clusterId && request.clusterId !== clusterCode) {
      throw new DomainError(
        "forbidden",
        `clusterId is "${request.clusterId}": the registration token is for another cluster.`,
      );
    }
    if (request.simulated && !this.options.acceptsSimulated) {
      throw new DomainError(
        "forbidden",
        "This gateway takes no simulated clusters: they belong to the demo.",
      );
    }
  }

  private async noteFirstUse(
    stores: Stores,
    organizationId: string,
    row: CredentialRow,
  ): Promise<void> {
    const ended = await stores.get(CredentialStore).noteFirstUse(row);
    if (ended > 0)
      await this.record(stores, organizationId, row, {
        action: "cluster.change_hands",
        credential: row.id,
      });
  }

  private async readToken(bearer: string | undefined) {
    if (!bearer || bearer.length > MAX_TOKEN_CHARACTERS) {
      throw new DomainError(
        "unauthenticated",
        "Send the cluster's token as `Authorization: Bearer <token>`.",
      );
    }
    const claims = await this.tokens.read(bearer);
    if (
      ![claims.organizationId, claims.clusterId, claims.credentialId].every(
        isUuid,
      )
    )
      throw refusedCredential();
    return claims;
  }

  private async sign(
    organizationId: string,
    issued: Issued,
  ): Promise<IssuedCredential> {
    const claims = {
      organizationId,
      clusterId: issued.clusterId,
      credentialId: issued.id,
    };
    return {
      clusterId: issued.clusterCode,
      token: await this.tokens.issue(claims, issued.expiresAt),
      expiresAt: issued.expiresAt,
    };
  }

  private record(
    stores: Stores,
    organizationId: string,
    cluster: { clusterId: string; clusterCode: string },
    what: { action: string; credential: string },
  ): Promise<void> {
    const actor: Actor =
      what.action === "cluster.change_hands"
        ? gatewayActor(organizationId)
        : {
            organizationId,
            type: "cluster",
            id: cluster.clusterId,
            name: cluster.clusterCode,
          };
    return stores.get(AuditStore).append(actor, {
      action: what.action,
      subject: {
        type: "cluster",
        id: cluster.clusterId,
        name: cluster.clusterCode,
      },
      detail: { credential_id: what.credential },
    });
  }
}

interface Issued {
  readonly id: string;
  readonly clusterId: string;
  readonly clusterCode: string;
  readonly expiresAt: Date;
}

/** The token may stand in the header, in the body, or in both if they are equal. */
function oneToken(
  bearer: string | undefined,
  inBody: string | undefined,
): string {
  const token = bearer || inBody;
  if (!token)
    throw new DomainError(
      "unauthenticated",
      "Send the registration token as bearer token or as registrationToken.",
    );
  if (bearer && inBody) {
    const [left, right] = [Buffer.from(bearer), Buffer.from(inBody)];
    const isEqual =
      left.length === right.length && timingSafeEqual(left, right);
    if (!isEqual)
      throw new DomainError(
        "unauthenticated",
        "The bearer token and registrationToken differ: send one, or both the same.",
      );
  }
  return token;
}

function refusedToken(): DomainError {
  return new DomainError(
    "unauthenticated",
    "The registration token is unknown, used or expired: issue a new one for the cluster.",
  );
}

function refusedCredential(): DomainError {
  return new DomainError(
    "unauthenticated",
    "The cluster's credential is unknown, expired or revoked.",
  );
}
