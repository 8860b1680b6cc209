/** A request for a client certificate, and the private key that it is for; both PEM. */
export interface CertificateRequest {
  readonly csr: string;
  readonly key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * A new key on P-256 and the PKCS#10 request for it. The key is made in the cluster and never leaves it; of the request the
 * gateway takes the key alone. The library is loaded when it is needed first: it would make the start longer.
 */
export async function makeCertificateRequest(): Promise<CertificateRequest> {
  const { PemConverter, Pkcs10CertificateRequestGenerator } =
    await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, [
    "sign",
    "verify",
  ]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=vworkspace-agent",
    keys,
    signingAlgorithm: ALGORITHM,
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    csr: request.toString("pem"),
    key: PemConverter.encode(key, "PRIVATE KEY"),
  };
}

/** What comes of a request: nothing where the control plane gave no certificate. */
export function issuedFor(
  { key }: CertificateRequest,
  chain: string | undefined,
): { readonly certificate?: { readonly chain: string; readonly key: string } } {
  return chain === undefined ? {} : { certificate: { chain, key } };
}
