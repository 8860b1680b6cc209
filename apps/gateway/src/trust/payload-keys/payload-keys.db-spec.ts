import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  BARE_PROOF,
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { generateKeyPair, exportJWK } from "jose";
import type { PublicJwk } from "@vworkspace/contract";
import { PollService } from "../../delivery/pull/poll.service";
import { ClusterService } from "../../fleet/clusters/cluster.service";
import { CredentialService } from "../../fleet/clusters/credential.service";
import { PayloadKeyService } from "./payload-key.service";

async function newPublicKey(): Promise<PublicJwk> {
  const pair = await generateKeyPair("ECDH-ES+A256KW", { extractable: true });
  return (await exportJWK(pair.publicKey)) as PublicJwk;
}

describe("protection of payloads that an admin asks for", () => {
  let db: TestDatabase;
  let tenant: TestTenant;

  beforeAll(async () => {
    db = await openTestDatabase();
    tenant = await TestTenant.make(db);
    await tenant.allow();
  });

  afterAll(() => db.stop());

  const ask = (
    clusterId: string,
    changes: { isSigned?: boolean; isEncrypted?: boolean },
  ) =>
    tenant.in((stores) =>
      db
        .get(ClusterService)
        .requirePayloadProtection(stores, tenant.actor, clusterId, changes),
    );

  /** The next credential of the cluster, with a key; not used yet. */
  const rotate = async ({ principal }: TestCluster) => {
    const credentials = db.get(CredentialService);
    const request = { publicKey: await newPublicKey() };
    const { token } = await credentials.rotate(principal, request, BARE_PROOF);
    return () => credentials.authenticate(token, BARE_PROOF);
  };

  const poll = (principal: TestCluster["principal"]) =>
    db.get(PollService).poll(principal, {
      waitMs: 0,
      resume: false,
      signal: new AbortController().signal,
    });

  it("is refused while the agent has given no key, and kept in the audit log when it is not", async () => {
    const cluster = await tenant.cluster();
    for (const changes of [{ isSigned: true }, { isEncrypted: true }])
      await expect(ask(cluster.id, changes)).rejects.toMatchObject({
        code: "validation_failed",
      });
    await rotate(cluster);
    await ask(cluster.id, { isSigned: true });
    await ask(cluster.id, { isEncrypted: true });
    const told = (await tenant.audit()).filter(
      ({ action, subject }) =>
        action === "cluster.require_payload_protection" &&
        subject.id === cluster.id,
    );
    expect(told.map(({ detail }) => detail)).toEqual([
      {
        from: { isSigned: false, isEncrypted: false },
        to: { isSigned: true, isEncrypted: false },
      },
      {
        from: { isSigned: true, isEncrypted: false },
        to: { isSigned: true, isEncrypted: true },
      },
    ]);
  });

  it("of a cluster that is to register decides which agent may", async () => {
    const { id } = await tenant.addCluster();
    await ask(id, { isSigned: true });
    const registrationToken = await tenant.registrationToken(id);
    const credentials = db.get(CredentialService);
    await expect(
      credentials.register(registrationToken, {}, BARE_PROOF),
    ).rejects.toMatchObject({ code: "validation_failed" });
    const request = { publicKey: await newPublicKey() };
    await credentials.register(registrationToken, request, BARE_PROOF);
  });

  it("lets jobs wait for a credential that came with a key, and nothing go out in clear", async () => {
    const cluster = await tenant.cluster();
    const successor = await rotate(cluster);
    await tenant.createInstance(cluster.id, { name: "waits" });
    await ask(cluster.id, { isEncrypted: true });
    const payloadKeys = db.get(PayloadKeyService);
    const offered = await poll(cluster.principal);
    expect(await payloadKeys.protect(cluster.principal, offered)).toEqual([]);
    const next = await successor();
    const again = await poll(next);
    expect(again.map(({ id }) => id)).toEqual(offered.map(({ id }) => id));
    const [job] = await payloadKeys.protect(next, again);
    expect(typeof job?.encryptedPayload).toBe("string");
    expect(job?.payload).toBeUndefined();
  });
});
