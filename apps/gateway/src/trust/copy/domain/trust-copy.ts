/** A signing key as a row has it; the private half stays sealed. */
export interface CopiedKey {
  readonly kid: string;
  readonly purpose: string;
  readonly algorithm: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** Base64. */
  readonly sealedPrivateKey: string;
}

/** A row of a tenant, by UUIDs. */
export interface TenantRow {
  readonly organizationId: string;
  readonly id: string;
}

/** A certificate of a cluster. */
export interface CertificateRow {
  readonly organizationId: string;
  /** x5t#S256 of the CA that issued it. */
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serial: string;
}

/** What must not be forgotten with a database: who is let in no more, and what was signed with. */
export interface TrustCopy {
  /** Rises with every change; in a database that was restored it is lower than it was. */
  readonly version: number;
  readonly signingKeys: readonly CopiedKey[];
  readonly revokedClusters: readonly TenantRow[];
  /** Ended before their time, of clusters that live on: until nobody could renew them any more. */
  readonly revokedCredentials: readonly TenantRow[];
  /** Revoked by themselves: until their time is over anyhow. */
  readonly revokedCertificates: readonly CertificateRow[];
}

/** What a restored database had forgotten. */
export interface Forgotten {
  readonly clusters: readonly (TenantRow & { readonly code: string })[];
  readonly credentials: number;
  readonly certificates: readonly (CertificateRow & {
    readonly clusterId: string;
  })[];
  readonly signingKeys: number;
}

/** The side of the copy that is in the database. */
export abstract class TrustCopyStore {
  /** Of all replicas one at a time, until the transaction ends: one that read before never writes after. */
  abstract takeTurn(): Promise<void>;
  abstract version(): Promise<number>;
  abstract read(): Promise<TrustCopy>;
  /** Ends again what the copy says has ended, adds its keys to those that verify, and raises the version above the copy's. */
  abstract putRight(copy: TrustCopy): Promise<Forgotten>;
}
