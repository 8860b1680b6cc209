import { Pkcs10CertificateRequest, type PublicKey } from "@peculiar/x509";
import { DomainError } from "@vworkspace/kernel";

/** Characters of PEM: far more than a request with a key of these kinds needs. */
const MAX_REQUEST_CHARACTERS = 8192;
const PEM =
  /^\s*-----BEGIN (NEW )?CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]+-----END (NEW )?CERTIFICATE REQUEST-----\s*$/;
const CURVES: readonly unknown[] = ["P-256", "P-384"];

/**
 * The public key of a PKCS#10 request (RFC 2986) whose sender has shown that he holds it. Nothing else of the request
 * counts: neither its subject nor what extensions it asks for.
 * @throws DomainError invalid_request
 */
export async function keyOfRequest(csrPem: string): Promise<PublicKey> {
  if (csrPem.length > MAX_REQUEST_CHARACTERS)
    throw refused(`is longer than ${MAX_REQUEST_CHARACTERS} characters`);
  if (!PEM.test(csrPem))
    throw refused("is not one PEM block CERTIFICATE REQUEST");
  const request = parse(csrPem);
  if (!isAllowed(request.publicKey))
    throw refused("has a key of another kind than P-256, P-384 or Ed25519");
  if (!(await isSigned(request)))
    throw refused("is not signed by the key that it names");
  return request.publicKey;
}

function parse(csrPem: string): Pkcs10CertificateRequest {
  try {
    const request = new Pkcs10CertificateRequest(csrPem);
    // Read here, since it is parsed when it is first asked for.
    void request.publicKey.algorithm;
    return request;
  } catch {
    throw refused("is no PKCS#10 request");
  }
}

function isAllowed({ algorithm }: PublicKey): boolean {
  const { name, namedCurve } = algorithm as {
    name: string;
    namedCurve?: string;
  };
  return (
    name === "Ed25519" || (name === "ECDSA" && CURVES.includes(namedCurve))
  );
}

async function isSigned(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch {
    return false;
  }
}

function refused(why: string): DomainError {
  return new DomainError(
    "invalid_request",
    `csr ${why}: send a PKCS#10 request signed by a P-256, P-384 or Ed25519 key.`,
  );
}
