import type { PresentedProof } from "./presented-proof";
import {
  claimedConfirmation,
  type ConstrainedCredential,
  refusalOfMode,
  refusalOfRotation,
  refusalOfSender,
  type TokenMode,
} from "./sender-constraint.decide";

const CLUSTER = "0199c0de-0000-7000-8000-000000000001";
const OTHER = "0199c0de-0000-7000-8000-000000000002";
const key = { jkt: "key-1" };
const certificate = { "x5t#S256": "cert-1" };
const both = { ...key, ...certificate };

const bare: PresentedProof = { address: "192.0.2.1" };
const withKey: PresentedProof = { ...bare, dpopThumbprint: "key-1" };
const withOtherKey: PresentedProof = { ...bare, dpopThumbprint: "key-2" };
const shown = (thumbprint: string, clusterId = CLUSTER) => ({
  certificate: { thumbprint, clusterId },
});
const withCertificate: PresentedProof = { ...bare, ...shown("cert-1") };

const credential = (
  tokenMode: TokenMode,
  confirmation: ConstrainedCredential["confirmation"],
) => ({ clusterId: CLUSTER, tokenMode, confirmation });

describe("what a token mode and a credential ask of a request", () => {
  it.each<
    [TokenMode, ConstrainedCredential["confirmation"], PresentedProof, string]
  >([
    ["bearer", {}, bare, ""],
    ["bearer", {}, withKey, ""],
    ["bearer", certificate, bare, ""],
    ["bearer", key, bare, "send a DPoP proof"],
    ["bearer", key, withOtherKey, "another key"],
    ["bearer", key, withKey, ""],
    ["dpop", {}, bare, "bound to no key"],
    ["dpop", {}, withKey, "bound to no key"],
    ["dpop", key, bare, "send a DPoP proof"],
    ["dpop", key, withOtherKey, "another key"],
    ["dpop", key, withKey, ""],
    ["dpop", key, withCertificate, "send a DPoP proof"],
    ["dpop", both, withKey, ""],
    ["mtls", {}, withCertificate, "bound to no certificate"],
    ["mtls", key, withKey, "bound to no certificate"],
    ["mtls", certificate, bare, "present it"],
    ["mtls", certificate, withKey, "present it"],
    ["mtls", certificate, withCertificate, ""],
    ["mtls", certificate, { ...bare, ...shown("cert-2") }, "another one"],
    [
      "mtls",
      certificate,
      { ...bare, ...shown("cert-1", OTHER) },
      "another cluster",
    ],
    ["mtls", both, withCertificate, "send a DPoP proof"],
    ["mtls", both, { ...withCertificate, ...withKey }, ""],
  ])("%s, %j, shown %j: %s", (mode, confirmation, proof, expected) => {
    const refusal = refusalOfSender(credential(mode, confirmation), proof);
    if (expected === "") expect(refusal).toBeUndefined();
    else expect(refusal?.sentence).toContain(expected);
  });

  it.each<
    [
      string,
      TokenMode,
      ConstrainedCredential["confirmation"],
      { isLive: boolean; certificateKey?: string },
      PresentedProof,
      string,
    ]
  >([
    ["a live one", "bearer", {}, { isLive: true }, bare, ""],
    ["a live one", "bearer", key, { isLive: true }, bare, "DPoP proof"],
    [
      "a live one whose certificate has ended, by its key",
      "mtls",
      both,
      { isLive: true },
      withKey,
      "",
    ],
    [
      "a live one without both",
      "mtls",
      certificate,
      { isLive: true },
      bare,
      "present it",
    ],
    ["an ended one", "bearer", {}, { isLive: false }, bare, "has expired"],
    ["an ended one by its key", "dpop", key, { isLive: false }, withKey, ""],
    [
      "an ended one by another key",
      "dpop",
      key,
      { isLive: false },
      withOtherKey,
      "has expired",
    ],
    [
      "an ended one without its key, though it has a certificate",
      "mtls",
      both,
      { isLive: false, certificateKey: "spki" },
      withCertificate,
      "has expired",
    ],
    [
      "an ended one whose csr is still to be judged",
      "mtls",
      certificate,
      { isLive: false, certificateKey: "spki" },
      bare,
      "",
    ],
  ])("lets rotate: %s (%s)", (...row) => {
    const [, mode, confirmation, { isLive, certificateKey }] = row;
    const [proof, expected] = row.slice(4) as [PresentedProof, string];
    const refusal = refusalOfRotation(
      { ...credential(mode, confirmation), isLive, certificateKey },
      proof,
    );
    if (expected === "") expect(refusal).toBeUndefined();
    else expect(refusal?.sentence).toContain(expected);
  });

  it("blames the certificate only where the token and its key are right", () => {
    const codeFor = (proof: PresentedProof) =>
      refusalOfSender(credential("mtls", both), proof)?.code;
    const other = shown("cert-1", OTHER);
    expect([bare, { ...bare, ...other }].map(codeFor)).toEqual([
      "unauthenticated",
      "unauthenticated",
    ]);
    const certificateProblem = "The client certificate has expired.";
    for (const proof of [withKey, { ...withKey, ...other }])
      expect(codeFor(proof)).toBe("certificate_refused");
    expect(
      refusalOfSender(credential("mtls", both), {
        ...withKey,
        certificateProblem,
      }),
    ).toEqual({ code: "certificate_refused", sentence: certificateProblem });
  });

  it.each<
    [
      TokenMode,
      ConstrainedCredential["confirmation"] | undefined,
      string | undefined,
    ]
  >([
    ["dpop", undefined, undefined],
    ["mtls", undefined, undefined],
    ["bearer", {}, undefined],
    ["dpop", {}, "DPoP key"],
    ["dpop", key, undefined],
    ["mtls", key, "client certificate"],
    ["mtls", both, undefined],
  ])("a switch to %s with %j is refused: %s", (mode, live, expected) => {
    const refusal = refusalOfMode(mode, live);
    if (expected === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toContain(expected);
  });

  it("stands in the token: a key always, a certificate where every request has to show it", () => {
    expect(claimedConfirmation(credential("bearer", {}))).toBeUndefined();
    expect(claimedConfirmation(credential("bearer", both))).toEqual(key);
    expect(claimedConfirmation(credential("dpop", both))).toEqual(key);
    expect(claimedConfirmation(credential("mtls", both))).toEqual(both);
  });
});
