import { dpopThumbprint, makeDpopProof } from "@vworkspace/contract";
import { ManualClock, newId } from "@vworkspace/kernel";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { NONCE_SLOTS, NONCE_WINDOW_MS, windowAt } from "./domain/nonce-windows";
import { DpopNonces } from "./dpop-nonces";
import { DpopVerifier } from "./dpop-verifier.service";

const BASE = "https://gateway.example.com";
const PATH = "/api/agent/jobs";

/** One gateway of several on the database of the test, by a clock of its own. */
function openReplica(db: TestDatabase, clock = new ManualClock()) {
  const nonces = new DpopNonces(db.unitOfWork, db.masterKey, clock);
  const options = { urls: () => [BASE] };
  const verifier = new DpopVerifier(db.unitOfWork, nonces, options);
  const verify = (proof: string) =>
    verifier.verify({ proof, method: "GET", url: `${PATH}?cluster=c1` });
  const nonce = async () => (await nonces.get()).current;
  return { clock, nonces, verify, nonce };
}

/** What a crash of PostgreSQL, or a fail-over, leaves of tables that are not logged. */
const CRASH = "truncate dpop_epoch, dpop_proofs";

const REFUSED = {
  code: "unauthenticated",
  details: { dpop: "invalid_dpop_proof" },
};
const WANTS_NONCE = { details: { dpop: "use_dpop_nonce" } };

describe("DpopVerifier", () => {
  let db: TestDatabase;
  let key: JWK;

  beforeAll(async () => {
    db = await openTestDatabase();
    const pair = await generateKeyPair("ES256", { extractable: true });
    key = await exportJWK(pair.privateKey);
  });

  afterAll(() => db.stop());

  const make = (nonce: string | undefined, changes: object = {}) =>
    makeDpopProof(
      {
        method: "GET",
        url: `${BASE}${PATH}`,
        jti: newId(),
        issuedAt: 1,
        nonce,
        ...changes,
      },
      key,
    );
  const remembered = async () => {
    const [row] = await db.look<{ count: number }>(
      "select count(*)::int as count from dpop_proofs",
    );
    return row?.count;
  };

  it("asks for its nonce, and takes a proof with it, whatever the sender's clock says", async () => {
    const { verify, nonce } = openReplica(db);
    await expect(verify(await make(undefined))).rejects.toMatchObject(
      WANTS_NONCE,
    );
    const proof = await make(await nonce(), { issuedAt: 4e9 });
    expect(await verify(proof)).toBe(await dpopThumbprint(key));
  });

  it("says nothing of a request without a proof", async () => {
    const verifier = db.get(DpopVerifier);
    const presented = { proof: undefined, method: "GET", url: PATH };
    expect(await verifier.verify(presented)).toBe(undefined);
  });

  it("refuses a proof for another URL in words, with the code of RFC 9449", async () => {
    const { verify, nonce } = openReplica(db);
    const url = "https://evil.example.com/api/agent/jobs";
    const proof = await make(await nonce(), { url });
    await expect(verify(proof)).rejects.toMatchObject(REFUSED);
    await expect(verify(proof)).rejects.toThrow("VWORKSPACE_PUBLIC_URL");
  });

  it("takes a proof once, on whatever replica", async () => {
    const [one, other] = [openReplica(db), openReplica(db)];
    const proof = await make(await one.nonce());
    await one.verify(proof);
    await expect(one.verify(proof)).rejects.toMatchObject(REFUSED);
    await expect(other.verify(proof)).rejects.toMatchObject(REFUSED);
  });

  it("takes a proof once when it comes twenty times at the same moment on two replicas", async () => {
    const [one, other] = [openReplica(db), openReplica(db)];
    const proof = await make(await one.nonce());
    const uses = Array.from({ length: 10 }, () => [
      one.verify(proof),
      other.verify(proof),
    ]).flat();
    const settled = await Promise.allSettled(uses);
    const taken = settled.filter(({ status }) => status === "fulfilled");
    expect(taken).toHaveLength(1);
  });

  it("takes the nonces of a replica whose clock is ahead or behind by less than a window", async () => {
    const clock = new ManualClock();
    const ahead = openReplica(
      db,
      new ManualClock(clock.now() + NONCE_WINDOW_MS),
    );
    const here = openReplica(db, clock);
    expect(await here.verify(await make(await ahead.nonce()))).toBeDefined();
    expect(await ahead.verify(await make(await here.nonce()))).toBeDefined();
  });

  it("gives out a new nonce as time passes, and takes the one before for a window more", async () => {
    const { verify, nonce, clock } = openReplica(db);
    const first = await nonce();
    await clock.advance(NONCE_WINDOW_MS);
    expect(await nonce()).not.toBe(first);
    expect(await verify(await make(first))).toBeDefined();
    await clock.advance(NONCE_WINDOW_MS);
    await expect(verify(await make(first))).rejects.toMatchObject(WANTS_NONCE);
  });

  it("takes no proof from before a crash that lost what was used, nor a nonce of that time", async () => {
    const [one, other] = [openReplica(db), openReplica(db)];
    const old = await one.nonce();
    await other.nonce();
    const used = await make(old);
    await one.verify(used);
    await db.look(CRASH);
    for (const proof of [used, await make(old)]) {
      await expect(one.verify(proof)).rejects.toMatchObject(WANTS_NONCE);
      await expect(other.verify(proof)).rejects.toMatchObject(WANTS_NONCE);
    }
  });

  it("goes on after such a crash with one repeat, on every replica", async () => {
    const [one, other] = [openReplica(db), openReplica(db)];
    const old = await one.nonce();
    await other.nonce();
    await db.look(CRASH);
    await expect(one.verify(await make(old))).rejects.toMatchObject(
      WANTS_NONCE,
    );
    const renewed = await one.nonce();
    expect(renewed).not.toBe(old);
    await other.clock.advance(1000);
    // The other has not noticed: the nonce that it doesn't know makes it look.
    expect(await other.verify(await make(renewed))).toBeDefined();
    expect(await one.verify(await make(await other.nonce()))).toBeDefined();
  });

  it("forgets what was used once no replica takes its nonce, without anybody's help", async () => {
    await db.look(CRASH);
    const { verify, nonce, clock } = openReplica(db);
    await verify(await make(await nonce()));
    expect(await remembered()).toBe(1);
    const start = windowAt(clock.now());
    while (windowAt(clock.now()) < start + NONCE_SLOTS) {
      await clock.advance(NONCE_WINDOW_MS);
      await nonce();
    }
    for (let look = 0; look < 100 && (await remembered()) !== 0; look += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await remembered()).toBe(0);
  });

  it("keeps the memory out of the reach of the request role, but for adding to it", async () => {
    const rights = await db.look<{ right: string }>(
      `select privilege as right from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) privilege
       where has_table_privilege('vworkspace_app', 'dpop_proofs', privilege)`,
    );
    expect(rights).toEqual([{ right: "insert" }]);
  });
});
