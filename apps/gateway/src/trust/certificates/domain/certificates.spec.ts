import { generateKeyPairSync, X509Certificate } from "node:crypto";
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "@peculiar/x509";
import { type Authority, makeIntermediate, makeRoot } from "./authority";
import { keyOfRequest } from "./client-request";
import {
  certificateThumbprint,
  issueForCluster,
  issueForServer,
  LEAF_DAYS,
} from "./leaf";
import { judgePresented, type TrustedAuthority } from "./presented.decide";

const NOW = Date.parse("2026-03-01T00:00:00Z");
const DAY_MS = 86_400_000;
const CLUSTER = "01890a5d-ac96-774b-bcce-b302099a8057";
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 1024,
};

async function requestOf(
  algorithm: { readonly name: string } = EC,
  changes: object = {},
): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=whatever",
    keys: keys as never,
    signingAlgorithm: algorithm as never,
    ...changes,
  });
  return request.toString("pem");
}

const trustedOf = (authority: Authority): TrustedAuthority => {
  const certificate = new X509Certificate(authority.certificatePem);
  return { id: certificateThumbprint(certificate.raw), certificate };
};

describe("certificates of clusters", () => {
  let root: Authority;
  let authority: Authority;
  let stranger: Authority;

  beforeAll(async () => {
    root = await makeRoot("gateway.example.com", NOW);
    authority = await makeIntermediate(root, "gateway.example.com", NOW);
    // Of the same root: what is trusted is the CA that issues, not what stands above it.
    stranger = await makeIntermediate(root, "gateway.example.com", NOW);
  });

  const issue = async (
    { by = authority, at = NOW, clusterId = CLUSTER } = {},
    csr?: string,
  ) => {
    const leaf = await issueForCluster(
      by,
      await keyOfRequest(csr ?? (await requestOf())),
      { domain: "gateway.example.com", clusterId, now: at },
    );
    return { ...leaf, certificate: new X509Certificate(leaf.certificatePem) };
  };

  it("lead from the leaf over the intermediate to the root", async () => {
    const { certificate } = await issue();
    const issuer = new X509Certificate(authority.certificatePem);
    const anchor = new X509Certificate(root.certificatePem);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(issuer.verify(anchor.publicKey)).toBe(true);
    expect([certificate.ca, issuer.ca, anchor.ca]).toEqual([false, true, true]);
  });

  it("carry our names, 90 days from five minutes ago and a serial of 128 bits, whatever was asked for", async () => {
    const csr = await requestOf(EC, {
      extensions: [
        new BasicConstraintsExtension(true, 9, true),
        new SubjectAlternativeNameExtension([
          { type: "dns", value: "gateway.example.com" },
          { type: "url", value: "spiffe://gateway.example.com/cluster/other" },
        ]),
      ],
    });
    const { certificate, serial, thumbprint, expiresAt } = await issue({}, csr);
    expect(certificate.ca).toBe(false);
    expect(certificate.subject).toBe(`CN=${CLUSTER}`);
    expect(certificate.subjectAltName).toBe(
      `URI:spiffe://gateway.example.com/cluster/${CLUSTER}`,
    );
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(certificate.serialNumber.toLowerCase()).toBe(serial);
    expect(serial).toMatch(/^[0-9a-f]{32}$/);
    expect(thumbprint).toBe(certificateThumbprint(certificate.raw));
    const from = certificate.validFromDate.getTime();
    expect(from).toBe(NOW - 300_000);
    expect(certificate.validToDate).toEqual(expiresAt);
    expect(expiresAt.getTime() - from).toBe(LEAF_DAYS * DAY_MS);
    expect((await issue()).serial).not.toBe(serial);
  });

  it.each([
    ["P-256", EC],
    ["P-384", { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" }],
    ["Ed25519", { name: "Ed25519" }],
  ])("are issued for a key of %s", async (_name, algorithm) => {
    const { certificate } = await issue({}, await requestOf(algorithm));
    const trusted = [trustedOf(authority)];
    expect(judgePresented(certificate, trusted, NOW)).toMatchObject({
      ok: true,
      certificate: { clusterId: CLUSTER, issuer: trusted[0]?.id },
    });
  });

  it.each<[string, () => Promise<string> | string]>([
    ["RSA 1024", () => requestOf(RSA)],
    ["RSA 2048", () => requestOf({ ...RSA, modulusLength: 2048 } as never)],
    [
      "P-521",
      () =>
        requestOf({
          name: "ECDSA",
          namedCurve: "P-521",
          hash: "SHA-512",
        } as never),
    ],
    ["a wrong signature", async () => withOtherBit(await requestOf())],
    ["two blocks", async () => `${await requestOf()}\n${await requestOf()}`],
    ["text before the block", async () => `x\n${await requestOf()}`],
    ["a certificate", () => root.certificatePem],
    [
      "a private key",
      () =>
        generateKeyPairSync("ed25519")
          .privateKey.export({ type: "pkcs8", format: "pem" })
          .toString(),
    ],
    ["nothing", () => ""],
    [
      "junk in PEM",
      () =>
        "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----",
    ],
    [
      "far too much",
      () =>
        `-----BEGIN CERTIFICATE REQUEST-----\n${"A".repeat(60_000)}\n-----END CERTIFICATE REQUEST-----`,
    ],
  ])("are refused to a request of %s", async (_name, csr) => {
    await expect(keyOfRequest(await csr())).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringMatching(/^csr /) as string,
    });
  });

  describe("when presented", () => {
    const judge = async (
      order: Parameters<typeof issue>[0],
      now = NOW,
      trusted = [trustedOf(authority)],
    ) => {
      const { certificate } = await issue(order);
      const judgement = judgePresented(certificate, trusted, now);
      return judgement.ok ? "ok" : judgement.problem;
    };

    it("count by the CA that issued them, not by its root", async () => {
      expect(await judge({ by: stranger })).toBe(
        "is of no CA that is trusted here",
      );
      const both = [trustedOf(authority), trustedOf(stranger)];
      expect(await judge({ by: stranger }, NOW, both)).toBe("ok");
      expect(await judge({}, NOW, [trustedOf(root)])).toBe(
        "is of no CA that is trusted here",
      );
      expect(await judge({}, NOW, [])).toBe("is of no CA that is trusted here");
    });

    it("count in their time only", async () => {
      expect(await judge({}, NOW - 301_000)).toBe("is not valid yet");
      expect(await judge({}, NOW - 299_000)).toBe("ok");
      const end = NOW - 300_000 + LEAF_DAYS * DAY_MS;
      expect(await judge({}, end)).toBe("ok");
      expect(await judge({}, end + 1000)).toBe("has expired");
    });

    it("never outlive their CA", async () => {
      const end = new X509Certificate(authority.certificatePem).validToDate;
      const late = await issue({ at: end.getTime() - DAY_MS });
      expect(late.expiresAt).toEqual(end);
    });

    it("count for a cluster, and not for a server", async () => {
      expect(await judge({ clusterId: "../../admin" })).toBe(
        "names no cluster",
      );
      const server = await issueForServer(authority, ["127.0.0.1", "a.b"], NOW);
      const certificate = new X509Certificate(server.certificatePem);
      expect(certificate.subjectAltName).toBe("IP Address:127.0.0.1, DNS:a.b");
      expect(
        judgePresented(certificate, [trustedOf(authority)], NOW),
      ).toMatchObject({ ok: false, problem: "is not one for clients" });
    });
  });
});

/** The same request with its last bit turned: the end of its signature. */
function withOtherBit(pem: string): string {
  const body = pem.replace(/-----[^-]+-----|\s/g, "");
  const der = Buffer.from(body, "base64");
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
}
