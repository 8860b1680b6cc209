/** PEM; the chain begins with the certificate that the key belongs to. */
export interface ClientCertificate {
  readonly chain: string;
  readonly key: string;
}

/** What a connection to the control plane shows and trusts, as it is held at the moment. */
export interface HeldCertificates {
  /** Certificates (PEM) that the control plane gave to know it by. */
  caBundle(): string | undefined;
  /** The client certificate that belongs to a token: a token may be bound to it (RFC 8705). */
  clientCertificate(token: string): ClientCertificate | undefined;
}

export const NOTHING_HELD: HeldCertificates = {
  caBundle: () => undefined,
  clientCertificate: () => undefined,
};
