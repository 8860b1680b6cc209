/** A CA that is kept in files: its certificate first, and after it others that are trusted as well. */
export interface CaFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Of the SPIFFE IDs. */
  readonly domain: string;
  readonly caFiles: CaFiles | undefined;
  /** Whether the agents' listener shows a certificate of this CA, which agents then have to trust. */
  readonly servesByOwnCa: boolean;
}

export const CERTIFICATE_OPTIONS = Symbol("CertificateOptions");
