/** What the caller of an agent request has shown besides its token; each part is verified before it stands here. */
export interface PresentedProof {
  /** The address that the request came from, as far as configured proxies can be believed. */
  readonly address: string;
  /**
   * The client certificate of the connection (or of a configured proxy's header): issued by a CA that is trusted now, in
   * its time and not revoked. `thumbprint` is RFC 8705's x5t#S256: base64url of the SHA-256 of its DER.
   */
  readonly certificate?: {
    readonly thumbprint: string;
    /** UUID of the cluster that its SPIFFE ID names. */
    readonly clusterId: string;
  };
  /** Why a certificate that came does not stand above, as a sentence. */
  readonly certificateProblem?: string;
  /** Thumbprint (RFC 7638) of the key of a fresh, unused DPoP proof of this method, URL and token (RFC 9449). */
  readonly dpopThumbprint?: string;
}
