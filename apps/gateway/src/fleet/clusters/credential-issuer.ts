import { createHash, X509Certificate } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { LIMITS, type PublicJwk } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import {
  CertificateService,
  type SignedCertificate,
} from "../../trust/certificates/certificate.service";
import { PayloadKeyService } from "../../trust/payload-keys/payload-key.service";
import { ClusterTokenService } from "../../trust/identity/cluster-token.service";
import {
  CredentialStore,
  type Lifetime,
  type NewCredential,
} from "./domain/credential-store";
import {
  claimedConfirmation,
  type Confirmation,
  type TokenMode,
} from "./domain/sender-constraint.decide";

/** What an agent is answered: its token, and what came of the request for a certificate. */
export interface IssuedCredential {
  /** The cluster's code. */
  readonly clusterId: string;
  readonly token: string;
  readonly expiresAt: Date;
  readonly issuer: string;
  /** What the agent pins: it signs the set of payload keys. */
  readonly trustRoot: PublicJwk;
  /** Where a csr came: the certificate with its chain, PEM. */
  readonly certificate?: string;
  /** What the agents' listener is to be trusted by, PEM; where that isn't a matter of the operator's own certificate. */
  readonly caBundle?: string;
}

/** A credential that stands in the database and whose token is still to be signed. */
export interface AddedCredential extends Lifetime {
  readonly id: string;
  readonly organizationId: string;
  readonly clusterId: string;
  readonly clusterCode: string;
  readonly tokenMode: TokenMode;
  readonly confirmation: Confirmation;
  readonly certificate: string | undefined;
  readonly certificateKey: string | undefined;
}

export interface CredentialOrder {
  readonly organizationId: string;
  readonly cluster: {
    readonly clusterId: string;
    readonly clusterCode: string;
    readonly tokenMode: TokenMode;
  };
  /** What the agent sent for it. */
  readonly request: {
    readonly csr?: string | undefined;
    readonly publicKey?: PublicJwk | undefined;
  };
  readonly credential: Pick<
    NewCredential,
    "confirmation" | "certificateKey" | "isUnconfirmed" | "registration"
  >;
}

/** Makes credentials: the row with what it is bound to in the change's transaction, the token after its commit. */
@Injectable()
export class CredentialIssuer {
  constructor(
    private readonly tokens: ClusterTokenService,
    private readonly payloadKeys: PayloadKeyService,
    private readonly certificates: CertificateService,
  ) {}

  async add(stores: Stores, order: CredentialOrder): Promise<AddedCredential> {
    const { organizationId, cluster, credential, request } = order;
    const { clusterId } = cluster;
    const id = newId();
    const isRegistration = credential.registration !== undefined;
    await this.payloadKeys.keepRecipient(
      stores,
      { ...cluster, credentialId: id, isRegistration },
      request.publicKey,
    );
    const signed = await this.signCsr(stores, order);
    const confirmation = {
      ...credential.confirmation,
      ...(signed && { "x5t#S256": signed.thumbprint }),
    };
    const certificateKey = signed
      ? keyOf(signed.chainPem)
      : credential.certificateKey;
    const lifetime = await stores.get(CredentialStore).add({
      ...credential,
      confirmation,
      certificateKey,
      id,
      clusterId,
      ttlSeconds: LIMITS.tokenSeconds,
    });
    return {
      ...lifetime,
      ...cluster,
      id,
      organizationId,
      confirmation,
      certificate: signed?.chainPem,
      certificateKey,
    };
  }

  private async signCsr(
    stores: Stores,
    { organizationId, cluster, request }: CredentialOrder,
  ): Promise<SignedCertificate | undefined> {
    if (request.csr === undefined) return undefined;
    const { clusterId } = cluster;
    const owner = { organizationId, clusterId };
    return this.certificates.signClientCertificate(stores, owner, request.csr);
  }

  async sign(added: AddedCredential): Promise<IssuedCredential> {
    const { organizationId, clusterId, issuedAt, expiresAt } = added;
    const { token, issuer } = await this.tokens.issue(
      {
        organizationId,
        clusterId,
        credentialId: added.id,
        confirmation: claimedConfirmation(added),
      },
      { issuedAt, expiresAt },
    );
    const trustRoot = await this.payloadKeys.trustRoot();
    const caBundle = await this.certificates.caBundle();
    const { certificate } = added;
    return {
      ...(certificate !== undefined && { certificate }),
      ...(caBundle !== undefined && { caBundle }),
      clusterId: added.clusterCode,
      token,
      expiresAt,
      issuer,
      trustRoot,
    };
  }
}

/** SHA-256 of the public key of a chain's first certificate (RFC 5280 SubjectPublicKeyInfo), in base64url. */
function keyOf(chainPem: string): string {
  const { publicKey } = new X509Certificate(chainPem);
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url");
}
