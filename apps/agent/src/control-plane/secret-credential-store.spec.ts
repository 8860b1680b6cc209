import { MemoryKubeApi } from "../testing/memory-kube-api";
import type { StoredCredentials } from "./credential-store";
import { SecretCredentialStore } from "./secret-credential-store";

const EVERYTHING: Required<StoredCredentials> = {
  controlPlaneBaseUrl: "https://gateway.example.com",
  clusterId: "prod-1",
  current: {
    token: "new",
    issuedAt: 1_790_000_000_000,
    expiresAt: 1_790_000_001_000,
    certificate: { chain: "chain", key: "key" },
  },
  previous: { token: "old", certificate: { chain: "former", key: "key" } },
  registrationTokenDigest: "digest",
  dpopKey: '{"kty":"EC"}',
  caBundle: "bundle",
  encryptionKeys: ['{"kid":"1"}', '{"kid":"2"}'],
  trustRoot: '{"kty":"OKP"}',
  payloadKeySet: "payload.key.set",
  approvalKeySet: "approval.key.set",
};

describe("Credentials in a Secret", () => {
  const newStore = () => new SecretCredentialStore(new MemoryKubeApi(), "vw");

  it("are found again, every part of them", async () => {
    const store = newStore();
    await store.save(EVERYTHING);
    expect(await store.load()).toEqual(EVERYTHING);
  });

  it("are none where nothing was kept", async () => {
    expect(await newStore().load()).toBe(undefined);
  });
});
