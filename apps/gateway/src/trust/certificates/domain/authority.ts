import { randomBytes, type webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

export const P256 = {
  name: "ECDSA",
  namedCurve: "P-256",
  hash: "SHA-256",
} as const;

const DAY_MS = 86_400_000;
const ROOT_DAYS = 20 * 365;
const INTERMEDIATE_DAYS = 5 * 365;
/** So that a clock that is a little behind takes what was just issued. */
export const BACKDATE_MS = 5 * 60_000;

/** A CA certificate and its private key (PKCS#8), as PEM. */
export interface Authority {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A self-signed root of a gateway (P-256, twenty years): it signs intermediates only, and can stay offline. */
export function makeRoot(domain: string, now: number): Promise<Authority> {
  return makeAuthority({ name: `${domain} agents root`, days: ROOT_DAYS, now });
}

/** An intermediate under a root (P-256, five years, no CA below it): it signs what agents and their listener present. */
export function makeIntermediate(
  root: Authority,
  domain: string,
  now: number,
): Promise<Authority> {
  const name = `${domain} agents CA ${randomBytes(4).toString("hex")}`;
  return makeAuthority({ name, days: INTERMEDIATE_DAYS, now, parent: root });
}

/** 128 random bits, positive (RFC 5280 §4.1.2.2), in hex. */
export function randomSerial(): string {
  const bytes = randomBytes(16);
  // The first bit is the sign; a first byte of zero would be left out by DER.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

/** The key of a CA, ready to sign. @throws Error for a key that isn't P-256 in PKCS#8 */
export function signingKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const [der] = PemConverter.decode(keyPem);
  if (!der) throw new Error("The file holds no private key in PEM.");
  return crypto.subtle.importKey("pkcs8", der, P256, false, ["sign"]);
}

async function makeAuthority(order: {
  readonly name: string;
  readonly days: number;
  readonly now: number;
  readonly parent?: Authority;
}): Promise<Authority> {
  const { parent, now } = order;
  const keys = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const issuer = parent && new X509Certificate(parent.certificatePem);
  const subject = [{ CN: [order.name] }];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date(now - BACKDATE_MS),
    notAfter: new Date(now + order.days * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: parent ? await signingKey(parent.keyPem) : keys.privateKey,
    signingAlgorithm: P256,
    extensions: [
      new BasicConstraintsExtension(true, parent ? 0 : 1, true),
      new KeyUsagesExtension(
        KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
        true,
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(
        issuer?.publicKey ?? keys.publicKey,
      ),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificatePem: `${certificate.toString("pem")}\n`,
    keyPem: `${PemConverter.encode(key, "PRIVATE KEY")}\n`,
  };
}
