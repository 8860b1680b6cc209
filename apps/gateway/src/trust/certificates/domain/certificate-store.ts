import type { Authority } from "./authority";
import type { ReadCertificate } from "./presented.decide";
import type { AuthorityState } from "./rotation.decide";

/** A CA as the database has it. */
export interface AuthorityRow {
  /** x5t#S256 of its certificate. */
  readonly id: string;
  readonly certificatePem: string;
  readonly state: AuthorityState | "root";
  /** Undefined where the key is elsewhere or gone. */
  readonly sealedKey: Buffer | undefined;
}

export interface NewAuthority extends Pick<Authority, "certificatePem"> {
  readonly id: string;
  readonly rootId: string | undefined;
  readonly state: AuthorityState | "root";
  readonly sealedKey: Buffer;
}

/** What was issued to a cluster. */
export interface NewClusterCertificate extends ReadCertificate {
  readonly expiresAt: Date;
}

/** Of whom a certificate was. */
export interface RevokedCertificate {
  readonly organizationId: string;
  readonly clusterId: string;
  readonly thumbprint: string;
}

/** CAs of the gateway: as the worker. */
export abstract class AuthorityStore {
  /** Those that have not ended, oldest first; the root among them. */
  abstract all(): Promise<readonly AuthorityRow[]>;
  /** The same, and whoever else changes them waits until this transaction has ended. */
  abstract lockAll(): Promise<readonly AuthorityRow[]>;
  abstract add(authority: NewAuthority): Promise<void>;
  abstract setState(id: string, state: AuthorityState): Promise<void>;
  abstract remove(id: string): Promise<void>;
  abstract removeKey(id: string): Promise<void>;
}

/** Certificates of clusters. */
export abstract class ClusterCertificateStore {
  /** In the organization of the unit of work. */
  abstract add(certificate: NewClusterCertificate): Promise<void>;
  /** Whether it was issued to that cluster, neither is revoked, and the row is of this very certificate; as the worker. */
  abstract isLive(certificate: ReadCertificate): Promise<boolean>;
  /** As the worker. @returns of whom it was; undefined where nothing live has that serial */
  abstract revoke(serial: string): Promise<RevokedCertificate | undefined>;
}
