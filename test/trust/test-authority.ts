import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

/** A certificate authority that issues what a server shows. */
export interface TestAuthority {
  readonly pem: string;
  /** @param days until it ends; negative: that long ago */
  issue(wanted?: {
    readonly name?: string;
    readonly days?: number;
  }): Promise<{ readonly cert: string; readonly key: string }>;
}

export async function makeTestAuthority(): Promise<TestAuthority> {
  const keys = await makeKeys();
  const name = `CN=authority ${crypto.randomUUID()}`;
  const root = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 3 * DAY_MS),
    notAfter: new Date(Date.now() + 3 * DAY_MS),
    extensions: [new BasicConstraintsExtension(true, 1, true)],
  });
  return {
    pem: root.toString("pem"),
    async issue({ name: host = "localhost", days = 1 } = {}) {
      const own = await makeKeys();
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${host}`,
        issuer: name,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        notBefore: new Date(Date.now() - 2 * DAY_MS),
        notAfter: new Date(Date.now() + days * DAY_MS),
        extensions: [
          new SubjectAlternativeNameExtension([
            { type: isIP(host) === 0 ? "dns" : "ip", value: host },
          ]),
        ],
      });
      const key = await crypto.subtle.exportKey("pkcs8", own.privateKey);
      return {
        cert: certificate.toString("pem"),
        key: PemConverter.encode(key, "PRIVATE KEY"),
      };
    },
  };
}

function makeKeys() {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}
