import type { KubeObject } from "@vworkspace/kube";
import {
  certificateWords,
  externalSecretWords,
  isIssued,
  isMadeBy,
  newestRequest,
  secretProblem,
} from "./integration-state.decide";

function object(
  kind: string,
  status: object = {},
  metadata: Partial<KubeObject["metadata"]> = {},
): KubeObject {
  const name = "web-vworkspace";
  return {
    apiVersion: "v1",
    kind,
    metadata: { name, generation: 2, ...metadata },
    status,
  };
}

const ready = (status: string, rest: object = {}) => ({
  conditions: [
    { type: "Ready", status, reason: "Because", message: "", ...rest },
  ],
});

describe("Whether a Certificate is issued", () => {
  it.each<[string, object, boolean]>([
    ["nobody has looked at it", {}, false],
    ["it is not Ready", ready("False"), false],
    ["it is Ready", ready("True"), true],
    [
      "it is Ready as it is now",
      ready("True", { observedGeneration: 2 }),
      true,
    ],
    ["it was Ready before", ready("True", { observedGeneration: 1 }), false],
  ])("where %s", (_, status, expected) => {
    expect(isIssued(object("Certificate", status))).toBe(expected);
  });
});

describe("What is wrong with an ExternalSecret", () => {
  const synced = (generation: number) => ({
    syncedResourceVersion: `${generation}-abcdef`,
  });

  it.each<[string, object, string | undefined]>([
    ["nobody has looked at it", {}, "never-fetched"],
    ["it failed at first", ready("False"), "never-fetched"],
    ["it was fetched", { ...ready("True"), ...synced(2) }, undefined],
    ["it was fetched, by whom tells no version", ready("True"), undefined],
    [
      "what it asked for before was fetched",
      { ...ready("True"), ...synced(1) },
      "never-fetched",
    ],
    ["another one was, of number 20", synced(20), "never-fetched"],
    [
      "it can't be refreshed",
      { ...ready("False"), ...synced(2) },
      "not-refreshed",
    ],
  ])("where %s", (_, status, expected) => {
    expect(secretProblem(object("ExternalSecret", status))).toBe(expected);
  });
});

describe("Who made a Secret", () => {
  const owner = (kind: string, name = "web-vworkspace") => ({
    ownerReferences: [{ apiVersion: "v1", kind, name, uid: "u" }],
  });
  const certificateName = (name: string) => ({
    annotations: { "cert-manager.io/certificate-name": name },
  });

  it.each<[string, string, Partial<KubeObject["metadata"]>, boolean]>([
    ["a person", "ExternalSecret", {}, false],
    ["its ExternalSecret", "ExternalSecret", owner("ExternalSecret"), true],
    [
      "another ExternalSecret",
      "ExternalSecret",
      owner("ExternalSecret", "other"),
      false,
    ],
    ["something else", "ExternalSecret", owner("SealedSecret"), false],
    ["its Certificate", "Certificate", certificateName("web-vworkspace"), true],
    ["another Certificate", "Certificate", certificateName("other"), false],
    [
      "a Certificate of the same name as the ExternalSecret",
      "ExternalSecret",
      certificateName("web-vworkspace"),
      false,
    ],
  ])("is told where it was %s", (_, kind, metadata, expected) => {
    const secret = object("Secret", {}, { name: "tls", ...metadata });
    expect(isMadeBy(secret, object(kind))).toBe(expected);
  });
});

describe("The request of a Certificate", () => {
  it("is its newest, and nobody else's", () => {
    const request = (name: string, certificate: string, at: string) =>
      object(
        "CertificateRequest",
        {},
        {
          name,
          annotations: { "cert-manager.io/certificate-name": certificate },
          creationTimestamp: `2026-01-0${at}T00:00:00Z`,
        },
      );
    const requests = [
      request("one", "web-vworkspace", "1"),
      request("two", "web-vworkspace", "2"),
      request("three", "other", "3"),
    ];
    const found = newestRequest(object("Certificate"), requests);
    expect(found?.metadata.name).toBe("two");
    expect(newestRequest(object("Certificate"), [])).toBe(undefined);
  });
});

describe("The words for what is not ready", () => {
  const failing = (message: string) => ready("False", { message });

  it("are those of the Certificate, its request and its issuer", () => {
    const words = certificateWords(
      object("Certificate", failing("no Secret")),
      object("CertificateRequest", failing("pending"), { name: "r" }),
      ["Issuer ca", object("Issuer", failing("no account"))],
    );
    expect(words).toBe(
      "Certificate web-vworkspace is not ready: no Secret; CertificateRequest r: pending; Issuer ca: no account",
    );
  });

  it("name an issuer that doesn't exist, and leave out one that is ready or can't be read", () => {
    const certificate = object("Certificate", failing("no Secret"));
    const words = (issuer: Parameters<typeof certificateWords>[2][1]) =>
      certificateWords(certificate, undefined, ["Issuer ca", issuer]);
    const own = "Certificate web-vworkspace is not ready: no Secret";
    expect(words("missing")).toBe(
      `${own}; Issuer ca does not exist: create it`,
    );
    expect(words(undefined)).toBe(own);
    expect(words(object("Issuer", ready("True")))).toBe(own);
  });

  it("say that nobody has looked, where nobody has looked at what is there now", () => {
    const old = ready("False", { message: "old", observedGeneration: 1 });
    expect(
      certificateWords(object("Certificate", old), undefined, ["", undefined]),
    ).toContain("cert-manager has not looked at it yet");
    expect(
      externalSecretWords(object("ExternalSecret", ready("True")), [
        "",
        undefined,
      ]),
    ).toContain("external-secrets has not fetched it yet");
  });

  it("are bounded, on one line and without passwords of addresses", () => {
    const message = `https://user:hunter2@vault.example.com\n${"x".repeat(9_000)}`;
    const words = externalSecretWords(
      object("ExternalSecret", failing(message)),
      ["SecretStore vault", object("SecretStore", failing(message))],
    );
    expect(words.length).toBeLessThan(1_200);
    expect(words).not.toContain("hunter2");
    expect(words).not.toContain("\n");
  });
});
