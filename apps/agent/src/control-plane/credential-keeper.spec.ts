import { ManualClock } from "@vworkspace/kernel";
import { KeptLog } from "../testing/kept-log";
import { MemoryCredentialStore } from "../testing/memory-credential-store";
import { ScriptedWire } from "../testing/scripted-wire";
import { settle } from "../testing/settle";
import { failureOfStatus } from "./control-plane-error";
import { CredentialKeeper } from "./credential-keeper";
import { publicPartOf } from "./encryption-keys";
import { Link } from "./link";
import type { WireRequest } from "./wire";

const DAY = 86_400_000;

async function setUp(
  answer: (request: WireRequest) => unknown,
  previous?: string,
) {
  const clock = new ManualClock();
  const link = new Link(clock);
  const log = new KeptLog();
  const wire = new ScriptedWire(answer);
  const store = new MemoryCredentialStore({
    controlPlaneBaseUrl: "http://gateway",
    clusterId: "c1",
    current: {
      token: "current",
      issuedAt: clock.now(),
      expiresAt: clock.now() + 30 * DAY,
    },
    ...(previous && { previous: { token: previous } }),
  });
  const keeper = new CredentialKeeper({
    wire,
    store,
    link,
    clock,
    log,
    requestTimeoutMs: 1_000,
    random: () => 0.5,
  });
  await keeper.load();
  const call = () =>
    keeper.withToken((token) =>
      wire.send({ method: "POST", path: "/events", token, timeoutMs: 1 }),
    );
  return { clock, link, log, wire, store, keeper, call };
}

describe("CredentialKeeper", () => {
  it("uses the current credential and forgets the previous one once the current has worked", async () => {
    const { call, wire, store, link } = await setUp(() => undefined, "old");
    await call();
    expect(wire.trail).toEqual(["/events current"]);
    expect(store.stored?.previous).toBe(undefined);
    expect(link.facts.authentication.status).toBe("accepted");
  });

  it("keeps the new credential where something is noted beside it while it is being stored", async () => {
    const { keeper, store } = await setUp(() => ({ token: "new" }));
    const save = store.save.bind(store);
    let noted: Promise<void> | undefined;
    store.save = (credentials) => {
      if (credentials.current.token === "new")
        noted ??= keeper.amend({ approvalKeySet: "set" });
      return save(credentials);
    };
    await keeper.rotate();
    await noted;
    expect(store.stored).toMatchObject({
      current: { token: "new" },
      approvalKeySet: "set",
    });
    expect(keeper.credentials).toEqual(store.stored);
  });

  it("tries the previous credential on a 401 and goes on with the one that works", async () => {
    const { call, wire, store } = await setUp(
      ({ token }) => (token === "current" ? 401 : undefined),
      "old",
    );
    await call();
    expect(wire.trail).toEqual(["/events current", "/jobs old", "/events old"]);
    expect(store.stored?.current.token).toBe("old");
  });

  it("rotates once when nothing else is left, and stores the successor before it uses it", async () => {
    const storedAtUse: (string | undefined)[] = [];
    const state = await setUp(({ path, token }) => {
      if (path === "/credentials/rotate") return { token: "new" };
      if (token === "current") return 401;
      storedAtUse.push(state.store.stored?.current.token);
      return undefined;
    });
    await state.call();
    expect(state.wire.trail).toEqual([
      "/events current",
      "/credentials/rotate current",
      "/events new",
    ]);
    expect(storedAtUse).toEqual(["new"]);
  });

  it("counts as rejected when the rotation is refused as well, and does not try it for every request", async () => {
    const { call, wire, link, clock } = await setUp(() => 401);
    await expect(call()).rejects.toMatchObject({ kind: "unauthenticated" });
    await expect(call()).rejects.toMatchObject({ kind: "unauthenticated" });
    expect(link.facts.authentication.status).toBe("rejected");
    const rotations = () =>
      wire.sent.filter(({ path }) => path === "/credentials/rotate").length;
    expect(rotations()).toBe(1);
    await clock.advance(61_000);
    await expect(call()).rejects.toMatchObject({ kind: "unauthenticated" });
    expect(rotations()).toBe(2);
  });

  it.each([
    ["certificate_refused", "uncertified"],
    ["unauthenticated", "rejected"],
    ["some_word_of_another_control_plane", "rejected"],
  ])("tells a refusal that is called %s as %s", async (code, status) => {
    const message = "The client certificate has expired.";
    const { call, link } = await setUp(({ path }) =>
      path === "/credentials/rotate"
        ? failureOfStatus(401)
        : failureOfStatus(401, { code, message }),
    );
    await expect(call()).rejects.toMatchObject({ kind: "unauthenticated" });
    expect(link.facts.authentication).toEqual({
      status,
      message: `The control plane answered 401: ${message}`,
    });
  });

  it("does not take a gateway that can't look up for one that refuses", async () => {
    const { call, link } = await setUp(({ path }) =>
      path === "/credentials/rotate" ? 503 : 401,
    );
    await expect(call()).rejects.toMatchObject({ kind: "unavailable" });
    expect(link.facts.authentication.status).not.toBe("rejected");
  });

  it("shares one recovery between requests that fail together", async () => {
    const { call, wire } = await setUp(({ path, token }) => {
      if (path === "/credentials/rotate") return { token: "new" };
      return token === "current" ? 401 : undefined;
    });
    await Promise.all([call(), call(), call()]);
    const rotations = wire.sent.filter(
      ({ path }) => path === "/credentials/rotate",
    );
    expect(rotations).toHaveLength(1);
  });

  it("renews in the last third of the credential's life, and keeps the old one until the new has worked", async () => {
    const { keeper, call, clock, store, wire } = await setUp(({ path }) =>
      path === "/credentials/rotate" ? { token: "new" } : undefined,
    );
    await clock.advance(24 * DAY);
    await keeper.renewIfDue();
    expect(wire.sent).toHaveLength(0);
    await clock.advance(2 * DAY);
    await keeper.renewIfDue();
    expect(store.stored).toMatchObject({
      current: { token: "new" },
      previous: { token: "current" },
    });
    await call();
    expect(store.stored?.previous).toBe(undefined);
  });

  it("does not renew again and again where its clock is ahead by more than a credential's life", async () => {
    const expiresAt = new Date(Date.UTC(2026, 0, 31)).toISOString();
    const { keeper, call, clock, wire } = await setUp(({ path, token }) => {
      if (path === "/credentials/rotate") return { token: "new", expiresAt };
      return token === "new" ? undefined : 401;
    });
    clock.setTimeOfDay(365 * DAY);
    for (let poll = 0; poll < 5; poll += 1) {
      await keeper.renewIfDue();
      await call();
      await clock.advance(60_000);
    }
    const rotations = wire.sent.filter(
      ({ path }) => path === "/credentials/rotate",
    );
    expect(rotations).toHaveLength(1);
  });

  it("holds the certificates that come with a rotation, and keeps them where none come", async () => {
    const answers = [{ token: "a", caBundle: "PEM" }, { token: "b" }];
    const { keeper, store } = await setUp(() => answers.shift());
    await keeper.rotate();
    await keeper.rotate();
    expect(store.stored?.current.token).toBe("b");
    expect(store.stored?.caBundle).toBe("PEM");
  });

  it("keeps using the old credential when the successor could not be stored", async () => {
    const { keeper, call, store, wire } = await setUp(({ path }) =>
      path === "/credentials/rotate" ? { token: "new" } : undefined,
    );
    store.failures = 1;
    await expect(keeper.rotate()).rejects.toThrow("away");
    await call();
    expect(wire.trail.at(-1)).toBe("/events current");
  });

  it("gives a cluster that registered without a key one at its rotation, held before anybody hears of it, and keeps it", async () => {
    const heldAtUse: (string | undefined)[] = [];
    const { keeper, store, wire } = await setUp(() => {
      heldAtUse.push(store.stored?.dpopKey);
      return { token: "new" };
    });
    await keeper.rotate();
    await keeper.rotate();
    const proven = wire.sent.map(({ dpopKey }) => dpopKey);
    expect(proven).toEqual(heldAtUse);
    expect(new Set(proven)).toEqual(new Set([store.stored?.dpopKey]));
    expect(store.stored?.dpopKey).toContain('"P-256"');
  });

  it("keeps the key of the token in use, however many rotations get no answer", async () => {
    const { keeper, store, wire } = await setUp(() => ({ token: "next" }));
    await keeper.rotate();
    const [held] = store.stored?.encryptionKeys ?? [];
    wire.answer = () => 503;
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(keeper.rotate()).rejects.toThrow();
    expect(store.stored?.encryptionKeys).toEqual([held]);
    wire.answer = () => ({ token: "last" });
    await keeper.rotate();
    const { publicKey } = wire.sent.at(-1)?.body as { publicKey: unknown };
    const [newest = "{}", ...others] = store.stored?.encryptionKeys ?? [];
    expect(publicPartOf(newest)).toEqual(publicKey);
    expect(others).toEqual([held]);
  });

  it("writes no token into the log", async () => {
    const { keeper, log } = await setUp(() => ({ token: "very-secret" }));
    await keeper.rotate();
    expect(log.text).not.toContain("very-secret");
    expect(log.text).not.toContain('"current"');
  });

  it("never puts an older credential over a newer one, however long a save takes", async () => {
    const { keeper, call, store } = await setUp(
      ({ path }) =>
        path === "/credentials/rotate" ? { token: "newest" } : undefined,
      "old",
    );
    const save = store.save.bind(store);
    let release: () => void = () => undefined;
    store.save = async (credentials) => {
      store.save = save;
      await new Promise<void>((resolve) => (release = resolve));
      await save(credentials);
    };
    const slow = call();
    await settle();
    const rotated = keeper.rotate();
    await settle();
    release();
    await Promise.all([slow, rotated]);
    expect(store.stored?.current.token).toBe("newest");
  });
});
