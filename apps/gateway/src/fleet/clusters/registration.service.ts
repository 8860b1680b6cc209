import { timingSafeEqual } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import type { RegisterRequest } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import { calculateJwkThumbprint, type JWK } from "jose";
import { MasterKey } from "../../database/master-key";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { REGISTRATION_TOKEN_PURPOSE } from "./cluster.service";
import { NOBODYS } from "../../trust/identity/domain/nobodys";
import { auditCredential } from "./credential-audit";
import {
  type AddedCredential,
  CredentialIssuer,
  type IssuedCredential,
} from "./credential-issuer";
import type { Cluster } from "./domain/cluster";
import { ClusterStore } from "./domain/cluster-store";
import {
  CredentialStore,
  type RegistrationTokenRow,
} from "./domain/credential-store";
import type { PresentedProof } from "./domain/presented-proof";
import { FLEET_OPTIONS, type FleetOptions } from "./fleet-options";

/** One exchange of a registration token. */
interface Exchange {
  readonly organizationId: string;
  readonly tokenId: string;
  readonly request: RegisterRequest;
  readonly proof: PresentedProof;
  /** Thumbprint of the key that the token will be bound to, proven in this request. */
  readonly jkt: string | undefined;
}

/** How a cluster comes by its first credential, and by a new first one (agent contract, REG). */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly issuer: CredentialIssuer,
    private readonly masterKey: MasterKey,
    @Inject(FLEET_OPTIONS) private readonly options: FleetOptions,
  ) {}

  /**
   * Exchanges a registration token for a credential. Of many at once, exactly one wins. Within ten minutes the holder of the
   * same proven key may ask again, since the answer may have been lost: the new credential replaces the unused one.
   */
  async register(
    bearer: string | undefined,
    request: RegisterRequest,
    proof: PresentedProof,
  ): Promise<IssuedCredential> {
    const token = oneToken(bearer, request.registrationToken);
    const jkt = await provenKey(request, proof);
    const hash = this.masterKey.hash(REGISTRATION_TOKEN_PURPOSE, token);
    const found = await this.unitOfWork.beforeSignIn((stores) =>
      stores.get(CredentialStore).findRegistrationToken(hash),
    );
    if (!found) throw refusedToken();
    const added = await this.unitOfWork.inOrganization(
      found.organizationId,
      (stores) => this.exchange(stores, { ...found, request, proof, jkt }),
    );
    return this.issuer.sign(added);
  }

  private async exchange(
    stores: Stores,
    exchange: Exchange,
  ): Promise<AddedCredential> {
    const token = await stores
      .get(CredentialStore)
      .registrationToken(exchange.tokenId);
    if (!token) throw refusedToken();
    this.refuseForeign(exchange.request, token.clusterCode);
    // The cluster's row is held before the token's, as where a cluster is revoked: neither undoes the other.
    const cluster = await stores.get(ClusterStore).lock(token.clusterId);
    if (cluster?.state !== "pending" && cluster?.state !== "active")
      throw refusedToken();
    refuseUnbound(cluster, exchange);
    const action = await this.spend(stores, exchange);
    const added = await this.add(stores, cluster, exchange);
    await auditCredential(stores, {
      organizationId: exchange.organizationId,
      cluster: token,
      action,
      credentialId: added.id,
      confirmation: added.confirmation,
      proof: exchange.proof,
    });
    return added;
  }

  /** Uses the token, or takes back what a lost answer brought. */
  private async spend(
    stores: Stores,
    { tokenId, jkt }: Exchange,
  ): Promise<"cluster.register" | "cluster.repeat_registration"> {
    const credentials = stores.get(CredentialStore);
    if (await credentials.consumeRegistrationToken(tokenId))
      return "cluster.register";
    // Asked again: another caller may have used the token while this one waited for the cluster.
    const token: RegistrationTokenRow | undefined =
      await credentials.registrationToken(tokenId);
    if (
      token?.isRepeatable &&
      jkt !== undefined &&
      (await credentials.takeBackRegistered(tokenId, jkt))
    )
      return "cluster.repeat_registration";
    throw refusedToken();
  }

  private async add(
    stores: Stores,
    cluster: Cluster,
    { organizationId, tokenId, request, proof, jkt }: Exchange,
  ): Promise<AddedCredential> {
    const credentials = stores.get(CredentialStore);
    const isUnconfirmed = await credentials.asksConfirmation(cluster.id);
    const { clusterUid, agentVersion, simulated } = request;
    const added = await this.issuer.add(stores, {
      organizationId,
      cluster: {
        clusterId: cluster.id,
        clusterCode: cluster.code,
        tokenMode: cluster.tokenMode,
      },
      request,
      credential: {
        confirmation: jkt === undefined ? {} : { jkt },
        certificateKey: undefined,
        isUnconfirmed,
        registration: { tokenId, clusterUid, address: proof.address },
      },
    });
    if (isUnconfirmed) return added;
    // Else one that was issued before, and kept by somebody, would put another agent in this one's place.
    await credentials.endUnusedTokens(cluster.id);
    const clusters = stores.get(ClusterStore);
    await clusters.setState(cluster.id, "active");
    await clusters.setFacts(cluster.id, {
      agentVersion,
      clusterUid,
      simulated,
    });
    return added;
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
      NOBODYS,
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

/** A public key alone can be sent again by anybody who saw it: it counts with a proof of it only. */
async function provenKey(
  { dpopKey }: RegisterRequest,
  { dpopThumbprint }: PresentedProof,
): Promise<string | undefined> {
  if (dpopKey === undefined) return dpopThumbprint;
  const named = await calculateJwkThumbprint(dpopKey as JWK).catch(() => {
    throw new DomainError(
      "invalid_request",
      "dpopKey is no public key: give an EC key on P-256, or an Ed25519 key, as JWK.",
    );
  });
  if (dpopThumbprint === undefined)
    throw new DomainError(
      "unauthenticated",
      "dpopKey needs a proof: send a DPoP header of that key.",
    );
  if (dpopThumbprint !== named)
    throw new DomainError(
      "unauthenticated",
      "The DPoP proof is of another key than dpopKey.",
    );
  return named;
}

/** Said before the token is spent: a credential that the cluster's mode refuses at the first poll would be of no use. */
function refuseUnbound(
  { code, tokenMode }: Cluster,
  { jkt, request }: Exchange,
): void {
  if (tokenMode === "dpop" && jkt === undefined)
    throw new DomainError(
      "unauthenticated",
      `The token mode of cluster ${code} is dpop: register with dpopKey and a DPoP proof of it.`,
    );
  if (tokenMode === "mtls" && request.csr === undefined)
    throw new DomainError(
      "unauthenticated",
      `The token mode of cluster ${code} is mtls: register with a csr.`,
    );
}

function refusedToken(): DomainError {
  return new DomainError(
    "unauthenticated",
    "The registration token is unknown, used or expired: issue a new one for the cluster.",
    NOBODYS,
  );
}
