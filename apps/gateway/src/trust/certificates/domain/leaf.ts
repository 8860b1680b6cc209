import { createHash, type webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  type PublicKey,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import {
  type Authority,
  BACKDATE_MS,
  P256,
  randomSerial,
  signingKey,
} from "./authority";

/** The longest life of what is issued. */
export const LEAF_DAYS = 90;
const DAY_MS = 86_400_000;

export interface IssuedLeaf {
  readonly certificatePem: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** x5t#S256. */
  readonly thumbprint: string;
  readonly expiresAt: Date;
}

/** A certificate for the agent of a cluster: its key, and a name that is ours. */
export function issueForCluster(
  authority: Authority,
  publicKey: PublicKey,
  {
    domain,
    clusterId,
    now,
  }: { domain: string; clusterId: string; now: number },
): Promise<IssuedLeaf> {
  return issue(authority, publicKey, {
    now,
    name: clusterId,
    usage: ExtendedKeyUsage.clientAuth,
    names: [{ type: "url", value: spiffeId(domain, clusterId) }],
  });
}

/** A certificate for the agents' listener, with a key of its own, under the names by which agents reach it. */
export async function issueForServer(
  authority: Authority,
  hostNames: readonly string[],
  now: number,
): Promise<IssuedLeaf & { readonly keyPem: string }> {
  const keys = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const leaf = await issue(authority, keys.publicKey, {
    now,
    name: hostNames[0] ?? "localhost",
    usage: ExtendedKeyUsage.serverAuth,
    names: hostNames.map((value) => ({
      type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const),
      value,
    })),
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { ...leaf, keyPem: `${PemConverter.encode(key, "PRIVATE KEY")}\n` };
}

/** The SPIFFE ID of a cluster's agent. */
export function spiffeId(domain: string, clusterId: string): string {
  return `spiffe://${domain}/cluster/${clusterId}`;
}

/** RFC 8705 §3.1: base64url of the SHA-256 of the certificate's DER. */
export function certificateThumbprint(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("base64url");
}

async function issue(
  authority: Authority,
  publicKey: PublicKey | webcrypto.CryptoKey,
  order: {
    readonly now: number;
    readonly name: string;
    readonly usage: ExtendedKeyUsage;
    readonly names: ConstructorParameters<
      typeof SubjectAlternativeNameExtension
    >[0];
  },
): Promise<IssuedLeaf> {
  const issuer = new X509Certificate(authority.certificatePem);
  const serial = randomSerial();
  const notBefore = new Date(order.now - BACKDATE_MS);
  const expiresAt = endOf(notBefore, issuer);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial,
    subject: [{ CN: [order.name.slice(0, 64)] }],
    issuer: issuer.subjectName,
    notBefore,
    notAfter: expiresAt,
    publicKey,
    signingKey: await signingKey(authority.keyPem),
    signingAlgorithm: P256,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([order.usage]),
      new SubjectAlternativeNameExtension(order.names),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ] satisfies Extension[],
  });
  return {
    certificatePem: `${certificate.toString("pem")}\n`,
    serial,
    thumbprint: certificateThumbprint(new Uint8Array(certificate.rawData)),
    expiresAt,
  };
}

/** Never beyond its CA, which would make it worthless earlier than it says. */
function endOf(notBefore: Date, issuer: X509Certificate): Date {
  const end = notBefore.getTime() + LEAF_DAYS * DAY_MS;
  return new Date(Math.min(end, issuer.notAfter.getTime()));
}
