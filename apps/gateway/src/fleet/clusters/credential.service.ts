import { Injectable } from "@nestjs/common";
import type { RegisterRequest, RotateRequest } from "@vworkspace/contract";
import {
  DomainError,
  type DomainErrorOptions,
  isUuid,
} from "@vworkspace/kernel";
import { UnitOfWork } from "../../database/unit-of-work";
import {
  ClusterTokenService,
  type ReadClusterToken,
} from "../../trust/identity/cluster-token.service";
import type { IssuedCredential } from "./credential-issuer";
import { NOBODYS } from "../../trust/identity/domain/nobodys";
import type { ClusterPrincipal, CredentialRow } from "./domain/cluster";
import { CredentialStore } from "./domain/credential-store";
import type { PresentedProof } from "./domain/presented-proof";
import {
  refusalOfRotation,
  refusalOfSender,
  type SenderRefusal,
} from "./domain/sender-constraint.decide";
import { RegistrationService } from "./registration.service";
import { SuccessionService } from "./succession.service";

const MAX_TOKEN_CHARACTERS = 4096;

/** The check of every request of an agent, and its way from one credential to the next (agent contract, AUTH, ROT). */
@Injectable()
export class CredentialService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly tokens: ClusterTokenService,
    private readonly registrations: RegistrationService,
    private readonly successions: SuccessionService,
  ) {}

  /** {@link RegistrationService.register} */
  register(
    bearer: string | undefined,
    request: RegisterRequest,
    proof: PresentedProof,
  ): Promise<IssuedCredential> {
    return this.registrations.register(bearer, request, proof);
  }

  /** {@link SuccessionService.rotate} */
  rotate(
    principal: ClusterPrincipal,
    request: RotateRequest,
    proof: PresentedProof,
  ): Promise<IssuedCredential> {
    return this.successions.rotate(principal, request, proof);
  }

  /**
   * The cluster behind a token. Said no to only after a successful look-up.
   * @throws DomainError unauthenticated or certificate_refused (401), forbidden (403: the cluster is disabled), unavailable (503)
   */
  authenticate(
    bearer: string | undefined,
    proof: PresentedProof,
  ): Promise<ClusterPrincipal> {
    return this.identify(bearer, (row) =>
      row.isLive ? refusalOfSender(row, proof) : REFUSED,
    );
  }

  /** The same for who wants to rotate: the token may have ended, if a key that was registered with it is proven. */
  authenticateForRotation(
    bearer: string | undefined,
    proof: PresentedProof,
  ): Promise<ClusterPrincipal> {
    return this.identify(bearer, (row) =>
      row.isLive || row.isRenewable ? refusalOfRotation(row, proof) : REFUSED,
    );
  }

  /**
   * That who was let in some time ago would be let in still; what its request proved stays proven.
   * @throws DomainError as {@link authenticate}
   */
  async requireLive(principal: ClusterPrincipal): Promise<void> {
    await this.unitOfWork.inOrganization(
      principal.organizationId,
      async (stores) => {
        const row = await stores
          .get(CredentialStore)
          .find(principal.credentialId);
        admit(row, (found) => (found.isLive ? undefined : REFUSED));
      },
    );
  }

  private async identify(
    bearer: string | undefined,
    refusalOf: (row: CredentialRow) => SenderRefusal | undefined,
  ): Promise<ClusterPrincipal> {
    const claims = await this.readToken(bearer);
    const { organizationId, clusterId, credentialId } = claims;
    return this.unitOfWork.inOrganization(organizationId, async (stores) => {
      const row = await stores.get(CredentialStore).find(credentialId, claims);
      const found = admit(
        row?.clusterId === clusterId ? row : undefined,
        refusalOf,
      );
      if (found.isFirstUse && found.isLive && !found.isUnconfirmed)
        await this.successions.noteFirstUse(stores, organizationId, found);
      const { clusterCode } = found;
      return { organizationId, clusterId, clusterCode, credentialId };
    });
  }

  private async readToken(
    bearer: string | undefined,
  ): Promise<ReadClusterToken> {
    if (!bearer || bearer.length > MAX_TOKEN_CHARACTERS) {
      throw new DomainError(
        "unauthenticated",
        "Send the cluster's token as `Authorization: Bearer <token>`.",
        NOBODYS,
      );
    }
    const claims = await this.tokens.read(bearer);
    const ids = [claims.organizationId, claims.clusterId, claims.credentialId];
    if (!ids.every(isUuid)) throw refused(REFUSED, NOBODYS);
    return claims;
  }
}

const REFUSED: SenderRefusal = {
  code: "unauthenticated",
  sentence: "The cluster's credential is unknown, expired or revoked.",
};

function refused(
  { code, sentence }: SenderRefusal,
  options: DomainErrorOptions = {},
): DomainError {
  return new DomainError(code, sentence, options);
}

/** Lets a row in, or says why not. */
function admit(
  row: CredentialRow | undefined,
  refusalOf: (row: CredentialRow) => SenderRefusal | undefined,
): CredentialRow {
  if (!row) throw refused(REFUSED, NOBODYS);
  const refusal = refusalOf(row);
  if (refusal !== undefined) throw refused(refusal);
  if (row.clusterState === "disabled")
    throw new DomainError(
      "forbidden",
      `Cluster ${row.clusterCode} is disabled.`,
    );
  return row;
}
