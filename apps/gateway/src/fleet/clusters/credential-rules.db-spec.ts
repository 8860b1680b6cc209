import { webcrypto } from "node:crypto";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import {
  openTestDatabase,
  type TestDatabase,
  type TestGateway,
} from "../../../../../test/db/open-test-database";
import { BARE_PROOF, TestTenant } from "../../../../../test/db/test-tenant";
import { JobService } from "../../delivery/jobs/job.service";
import { PollService } from "../../delivery/pull/poll.service";
import { PolicyService } from "../../intent/policies/policy.service";
import { ClusterService } from "./cluster.service";
import { CredentialService } from "./credential.service";
import type { PresentedProof } from "./domain/presented-proof";

describe("what credentials are bound to", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let credentials: CredentialService;
  let cluster: { readonly id: string; readonly code: string };
  let dpopKey: { kty: "EC"; crv: string; x: string; y: string };
  let byKey: PresentedProof;

  beforeAll(async () => {
    db = await openTestDatabase({ credentialGraceSeconds: 3600 });
    credentials = db.get(CredentialService);
    const { publicKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(publicKey);
    dpopKey = jwk as typeof dpopKey;
    const dpopThumbprint = await calculateJwkThumbprint(jwk);
    byKey = { ...BARE_PROOF, dpopThumbprint };
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    cluster = await tenant.addCluster();
  });

  const isRefused = (call: Promise<unknown>, code = "unauthenticated") =>
    expect(call).rejects.toMatchObject({ code });
  const token = () => tenant.registrationToken(cluster.id);
  const register = async (proof = byKey) =>
    credentials.register(
      await token(),
      proof === byKey ? { dpopKey } : {},
      proof,
    );
  const set = (table: string, assignment: string) =>
    db.look(`update ${table} set ${assignment} where cluster_id = $1`, [
      cluster.id,
    ]);
  const setMode = (mode: "bearer" | "mtls" | "dpop") =>
    tenant.in((stores) =>
      db
        .get(ClusterService)
        .setTokenMode(stores, tenant.actor, cluster.id, mode),
    );
  const details = async (action: string) =>
    (await tenant.audit())
      .filter((leaf) => leaf.action === action)
      .map(({ detail }) => detail);

  describe("by a key", () => {
    it("work with a proof of it only, in every mode", async () => {
      const { token: bound } = await register();
      await credentials.authenticate(bound, byKey);
      await isRefused(credentials.authenticate(bound, BARE_PROOF));
      await isRefused(
        credentials.authenticate(bound, { ...byKey, dpopThumbprint: "other" }),
      );
      expect(await details("cluster.register")).toEqual([
        expect.objectContaining({
          address: BARE_PROOF.address,
          key_thumbprint: byKey.dpopThumbprint,
        }),
      ]);
    });

    it("aren't made for a key that nobody proved, and the token is not spent", async () => {
      const registration = await token();
      const request = { dpopKey };
      await isRefused(credentials.register(registration, request, BARE_PROOF));
      await isRefused(
        credentials.register(registration, request, {
          ...byKey,
          dpopThumbprint: "other",
        }),
      );
      await isRefused(
        credentials.register(
          registration,
          { dpopKey: { kty: "EC", crv: "P-256", x: "" } },
          byKey,
        ),
        "invalid_request",
      );
      await credentials.register(registration, request, byKey);
    });

    it("hand it on to their successors, and one without takes the key that is proven", async () => {
      const { token: bound } = await register();
      const principal = await credentials.authenticate(bound, byKey);
      const next = await credentials.rotate(principal, {}, byKey);
      await isRefused(credentials.authenticate(next.token, BARE_PROOF));
      await credentials.authenticate(next.token, byKey);

      const { token: plain } = await register(BARE_PROOF);
      const peer = await credentials.authenticate(plain, BARE_PROOF);
      const tied = await credentials.rotate(peer, {}, byKey);
      await isRefused(credentials.authenticate(tied.token, BARE_PROOF));
      await credentials.authenticate(tied.token, byKey);
    });
  });

  describe("after a lost answer", () => {
    it("come again for the same token and key, and the first is worth nothing", async () => {
      const registration = await token();
      const ask = () => credentials.register(registration, { dpopKey }, byKey);
      const lost = await ask();
      const found = await ask();
      await isRefused(credentials.authenticate(lost.token, byKey));
      await credentials.authenticate(found.token, byKey);
      expect(await details("cluster.repeat_registration")).toHaveLength(1);
    });

    it("don't come for another key, without one, once one was used, or after ten minutes", async () => {
      const registration = await token();
      const ask = (proof: PresentedProof) =>
        credentials.register(registration, {}, proof);
      const first = await ask(byKey);
      await isRefused(ask(BARE_PROOF));
      await isRefused(ask({ ...byKey, dpopThumbprint: "other" }));
      await set(
        "registration_tokens",
        "used_at = now() - interval '11 minutes'",
      );
      await isRefused(ask(byKey));
      await set("registration_tokens", "used_at = now()");
      await credentials.authenticate(first.token, byKey);
      await isRefused(ask(byKey));
    });

    it("leave one that lives, however many ask at once", async () => {
      const registration = await token();
      const answers = await Promise.allSettled(
        Array.from({ length: 10 }, () =>
          credentials.register(registration, { dpopKey }, byKey),
        ),
      );
      const live = await Promise.allSettled(
        answers.map((answer) =>
          answer.status === "fulfilled"
            ? credentials.authenticate(answer.value.token, byKey)
            : Promise.reject(new Error("refused")),
        ),
      );
      expect(live.filter(({ status }) => status === "fulfilled")).toHaveLength(
        1,
      );
    });
  });

  describe("whose time is over", () => {
    const end = (days: number) =>
      set(
        "cluster_credentials",
        `expires_at = now() - interval '${days} days'`,
      );
    const renew = async (old: string, proof: PresentedProof) =>
      credentials.rotate(
        await credentials.authenticateForRotation(old, proof),
        {},
        proof,
      );

    it("may still rotate with a proof of their key, for 90 days, and do nothing else", async () => {
      const { token: old } = await register();
      await end(89);
      await isRefused(credentials.authenticate(old, byKey));
      await isRefused(renew(old, BARE_PROOF));
      const { token: renewed } = await renew(old, byKey);
      await credentials.authenticate(renewed, byKey);
      expect(await details("cluster.renew_ended_credential")).toHaveLength(1);
      await end(91);
      await isRefused(renew(old, byKey));
    });

    it("may with a csr of the certificate key registered with them, where they have no other", async () => {
      const [own, foreign] = [await keyPair(), await keyPair()];
      const { token: old } = await credentials.register(
        await token(),
        { csr: await csrOf(own) },
        BARE_PROOF,
      );
      await credentials.authenticate(old, BARE_PROOF);
      await end(1);
      const principal = await credentials.authenticateForRotation(
        old,
        BARE_PROOF,
      );
      const ask = (request: { csr?: string }) =>
        credentials.rotate(principal, request, BARE_PROOF);
      await isRefused(ask({}));
      await isRefused(ask({ csr: await csrOf(foreign) }));
      const renewed = await ask({ csr: await csrOf(own) });
      expect(renewed.certificate).toContain("BEGIN CERTIFICATE");
      await credentials.authenticate(renewed.token, BARE_PROOF);
    });

    it("may not where they are revoked, or never had a key", async () => {
      const { token: plain } = await register(BARE_PROOF);
      await end(1);
      await isRefused(renew(plain, byKey));
      const { token: bound } = await register();
      await end(1);
      await set("cluster_credentials", "revoked_at = now()");
      await isRefused(renew(bound, byKey));
    });
  });

  describe("by the mode of their cluster", () => {
    it("count at once, so that a mode is refused which the live one can't meet", async () => {
      const { token: plain } = await register(BARE_PROOF);
      await isRefused(setMode("dpop"), "validation_failed");
      await isRefused(setMode("mtls"), "validation_failed");
      const { token: bound } = await register();
      await setMode("dpop");
      await isRefused(credentials.authenticate(plain, BARE_PROOF));
      await credentials.authenticate(bound, byKey);
      expect(await details("cluster.set_token_mode")).toEqual([
        { from: "bearer", to: "dpop" },
      ]);
    });

    it("aren't made without what it asks, and the token is not spent", async () => {
      await setMode("dpop");
      const registration = await token();
      await isRefused(credentials.register(registration, {}, BARE_PROOF));
      await setMode("mtls");
      await isRefused(credentials.register(registration, { dpopKey }, byKey));
      await setMode("dpop");
      await credentials.register(registration, { dpopKey }, byKey);
    });
  });

  describe("that an admin has to confirm", () => {
    const confirm = (thumbprint = byKey.dpopThumbprint ?? "") =>
      tenant.in((stores) =>
        db
          .get(ClusterService)
          .confirmRegistration(stores, tenant.actor, cluster.id, thumbprint),
      );
    const state = async () =>
      db.look("select state, cluster_uid from clusters where id = $1", [
        cluster.id,
      ]);
    const orderJob = () =>
      tenant.in((stores) =>
        db
          .get(JobService)
          .orderIntent(
            stores,
            tenant.actor,
            cluster.id,
            "rotate-operator-credentials",
          ),
      );

    beforeEach(() =>
      tenant.in((stores) =>
        db
          .get(PolicyService)
          .create(stores, tenant.actor, { confirm_registration: true }),
      ),
    );

    it("let in, and get no jobs until then", async () => {
      const request = { dpopKey, clusterUid: "uid-1" };
      const issued = await credentials.register(await token(), request, byKey);
      const principal = await credentials.authenticate(issued.token, byKey);
      expect(await state()).toEqual([{ state: "pending", cluster_uid: null }]);
      await orderJob();
      const claim = () => db.get(JobService).claim(principal, false);
      expect(await claim()).toEqual([]);
      await isRefused(confirm("another"), "conflict");
      await confirm();
      expect(await state()).toEqual([
        { state: "active", cluster_uid: "uid-1" },
      ]);
      expect(await claim()).toHaveLength(1);
      expect(await details("cluster.confirm_registration")).toEqual([
        expect.objectContaining({
          key_thumbprint: byKey.dpopThumbprint,
          cluster_uid: "uid-1",
          address: BARE_PROOF.address,
        }),
      ]);
      await isRefused(confirm(), "validation_failed");
    });

    it("end no other before, of a cluster that is at work", async () => {
      const first = await register();
      await confirm();
      const working = await credentials.authenticate(first.token, byKey);
      const next = await register();
      await credentials.authenticate(next.token, byKey);
      await orderJob();
      expect(await db.get(JobService).claim(working, false)).toHaveLength(1);
      await confirm();
      await credentials.authenticate(next.token, byKey);
      await isRefused(credentials.authenticate(first.token, byKey));
    });

    it("stay pending over a disable and enable", async () => {
      await register();
      for (const change of ["disable", "enable"] as const)
        await tenant.in((stores) =>
          db.get(ClusterService)[change](stores, tenant.actor, cluster.id),
        );
      expect(await state()).toEqual([{ state: "pending", cluster_uid: null }]);
    });
  });

  it("tells on the cluster's record of a copy that betrayed itself, until it is registered anew", async () => {
    const reused = async () =>
      db.look(
        "select credential_reuse_at is not null as told from clusters where id = $1",
        [cluster.id],
      );
    const old = await register(BARE_PROOF);
    const principal = await credentials.authenticate(old.token, BARE_PROOF);
    const next = await credentials.rotate(principal, {}, BARE_PROOF);
    await credentials.authenticate(next.token, BARE_PROOF);
    await isRefused(credentials.rotate(principal, {}, BARE_PROOF));
    expect(await reused()).toEqual([{ told: true }]);
    expect(await details("cluster.credential_reuse")).toEqual([
      expect.objectContaining({
        credential_id: principal.credentialId,
        address: BARE_PROOF.address,
      }),
    ]);
    const anew = await register(BARE_PROOF);
    await credentials.authenticate(anew.token, BARE_PROOF);
    expect(await reused()).toEqual([{ told: false }]);
  });

  describe("on another replica, while a poll waits", () => {
    let replica: TestGateway;

    beforeAll(async () => {
      replica = await db.openReplica();
    });

    afterAll(() => replica.close());

    /** Begins to wait there; `end` tells how it ended. */
    async function wait(bearer: string): Promise<{ end: Promise<string> }> {
      const principal = await replica
        .get(CredentialService)
        .authenticate(bearer, BARE_PROOF);
      const { signal } = new AbortController();
      const end = replica
        .get(PollService)
        .poll(principal, { waitMs: 60_000, resume: false, signal })
        .then(
          () => "answered",
          (error: unknown) => (error as { code: string }).code,
        );
      return { end };
    }

    async function refusal(
      what: string,
      { end }: { end: Promise<string> },
      cause: () => Promise<unknown>,
    ): Promise<string> {
      await cause();
      const since = performance.now();
      const code = await end;
      const ms = Math.round(performance.now() - since);
      process.stdout.write(`${what}: a waiting poll refused after ${ms} ms\n`);
      return code;
    }

    const rotate = async (bearer: string) =>
      credentials.rotate(
        await credentials.authenticate(bearer, BARE_PROOF),
        {},
        BARE_PROOF,
      );

    it("end it with the credential that its successor's rotation ended", async () => {
      const { token: first } = await register(BARE_PROOF);
      const waiting = await wait(first);
      const { token: second } = await rotate(first);
      expect(await refusal("rotation", waiting, () => rotate(second))).toBe(
        "unauthenticated",
      );
    });

    it("end it when the cluster changes hands", async () => {
      const { token: first } = await register(BARE_PROOF);
      await credentials.authenticate(first, BARE_PROOF);
      const waiting = await wait(first);
      const { token: next } = await register(BARE_PROOF);
      const use = () => credentials.authenticate(next, BARE_PROOF);
      expect(await refusal("change of hands", waiting, use)).toBe(
        "unauthenticated",
      );
    });

    it.each([
      ["disable", "forbidden"],
      ["revoke", "unauthenticated"],
    ] as const)("end it at a %s with %s", async (change, expected) => {
      const { token: first } = await register(BARE_PROOF);
      const waiting = await wait(first);
      const order = () =>
        tenant.in((stores) =>
          db.get(ClusterService)[change](stores, tenant.actor, cluster.id),
        );
      expect(await refusal(change, waiting, order)).toBe(expected);
    });
  });
});

function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function csrOf(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=whoever",
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  return request.toString("pem");
}
