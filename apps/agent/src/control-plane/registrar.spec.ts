import { ManualClock } from "@vworkspace/kernel";
import { KeptLog } from "../testing/kept-log";
import { MemoryCredentialStore } from "../testing/memory-credential-store";
import { ScriptedWire } from "../testing/scripted-wire";
import { advanceUntil, settle } from "../testing/settle";
import { publicPartOf } from "./encryption-keys";
import { ControlPlaneError } from "./control-plane-error";
import { CredentialKeeper } from "./credential-keeper";
import { publicPartOfDpopKey } from "./dpop-key";
import { Link } from "./link";
import { Registrar } from "./registrar";
import type { WireRequest } from "./wire";

function setUp(
  answer: (request: WireRequest) => unknown,
  given: { registrationToken?: string; agentToken?: string; file?: string },
  store = new MemoryCredentialStore(),
) {
  const clock = new ManualClock();
  const link = new Link(clock);
  const log = new KeptLog();
  const wire = new ScriptedWire(answer);
  const common = { wire, link, clock, log, requestTimeoutMs: 1_000 };
  const keeper = new CredentialKeeper({ ...common, store });
  const registrar = new Registrar({
    ...common,
    keeper,
    controlPlaneEndpoint: "http://gateway",
    clusterId: "c1",
    agentToken: given.agentToken,
    registrationToken: () => given.registrationToken,
    unreadableTokenFile: () => given.file,
    describe: () => Promise.resolve({ agentVersion: "1" }),
    random: () => 0.5,
  });
  const stop = new AbortController();
  return { clock, link, log, wire, store, keeper, registrar, stop };
}

const GRANTED = { clusterId: "c1", token: "granted" };

describe("Registrar", () => {
  it("keeps the certificates that come with the credential", async () => {
    const { registrar, store, stop } = setUp(
      () => ({ ...GRANTED, caBundle: "PEM" }),
      { registrationToken: "reg" },
    );
    await registrar.ensure(stop.signal);
    expect(store.stored?.caBundle).toBe("PEM");
  });

  it("registers with its token and stores the credential", async () => {
    const { registrar, store, wire, stop } = setUp(() => GRANTED, {
      registrationToken: "reg",
    });
    expect(await registrar.ensure(stop.signal)).toBe(true);
    expect(wire.trail).toEqual(["/register reg"]);
    expect(wire.sent[0]?.body).toEqual({
      agentVersion: "1",
      clusterId: "c1",
      publicKey: publicPartOf(store.stored?.encryptionKeys?.[0] ?? "{}"),
      dpopKey: publicPartOfDpopKey(store.stored?.dpopKey ?? "{}"),
      csr: expect.stringContaining("CERTIFICATE REQUEST") as string,
    });
    expect(wire.sent[0]?.dpopKey).toBe(store.stored?.dpopKey);
    expect(JSON.stringify(wire.sent)).not.toContain("PRIVATE KEY");
    expect(store.stored).toMatchObject({
      controlPlaneBaseUrl: "http://gateway",
      clusterId: "c1",
      current: { token: "granted" },
    });
  });

  it("does not spend its token while the credential could not be written", async () => {
    const { registrar, store, wire, clock, log, stop } = setUp(() => GRANTED, {
      registrationToken: "reg",
    });
    store.refusedRehearsals = 2;
    const registered = registrar.ensure(stop.signal);
    await settle();
    expect(wire.sent).toHaveLength(0);
    expect(JSON.stringify(log)).toContain("the namespace does not exist");
    await advanceUntil(clock, () => store.stored !== undefined);
    expect(await registered).toBe(true);
    expect(wire.trail).toEqual(["/register reg"]);
  });

  it("repeats a registration whose answer got lost with the same key, also in the next process", async () => {
    const lost = new ControlPlaneError("unreachable", "cut");
    const given = { registrationToken: "reg" };
    const first = setUp(() => lost, given);
    const unfinished = first.registrar.ensure(first.stop.signal);
    await advanceUntil(first.clock, () => first.wire.sent.length > 1);
    first.stop.abort();
    expect(await unfinished).toBe(false);
    const second = setUp(() => GRANTED, given, first.store);
    await second.registrar.ensure(second.stop.signal);
    const proven = [...first.wire.sent, ...second.wire.sent].map(
      ({ dpopKey }) => dpopKey,
    );
    expect(proven.length).toBeGreaterThan(2);
    expect(new Set(proven)).toEqual(new Set([second.store.stored?.dpopKey]));
  });

  it("does not use up a token again that the stored credential came from", async () => {
    const first = setUp(() => GRANTED, { registrationToken: "reg" });
    await first.registrar.ensure(first.stop.signal);
    const second = setUp(() => 401, { registrationToken: "reg" }, first.store);
    expect(await second.registrar.ensure(second.stop.signal)).toBe(true);
    expect(second.wire.sent).toHaveLength(0);
  });

  it("registers again when it is given another token", async () => {
    const first = setUp(() => GRANTED, { registrationToken: "reg" });
    await first.registrar.ensure(first.stop.signal);
    const answer = () => ({ clusterId: "c1", token: "second" });
    const second = setUp(answer, { registrationToken: "reg-2" }, first.store);
    await second.registrar.ensure(second.stop.signal);
    expect(second.store.stored?.current.token).toBe("second");
  });

  it("takes a credential that was issued in advance without asking anybody", async () => {
    const { registrar, store, wire, stop } = setUp(() => 500, {
      agentToken: "given",
    });
    await registrar.ensure(stop.signal);
    expect(store.stored?.current.token).toBe("given");
    expect(wire.sent).toHaveLength(0);
  });

  it("tries again while the gateway is away", async () => {
    let attempts = 0;
    const { registrar, clock, stop, keeper } = setUp(
      () => (++attempts < 4 ? 503 : GRANTED),
      { registrationToken: "reg" },
    );
    const done = registrar.ensure(stop.signal);
    await advanceUntil(clock, () => keeper.credentials !== undefined, 300_000);
    expect(await done).toBe(true);
    expect(attempts).toBe(4);
  });

  it("says plainly that a token may be used up when an earlier answer got lost, and then asks rarely", async () => {
    let attempts = 0;
    const lost = new ControlPlaneError("unreachable", "cut");
    const { registrar, clock, link, log, stop } = setUp(
      () => (++attempts === 1 ? lost : 401),
      { registrationToken: "reg" },
    );
    const done = registrar.ensure(stop.signal);
    await advanceUntil(
      clock,
      () => link.facts.authentication.status === "rejected",
    );
    expect(log.text).toContain("an answer to an earlier attempt was lost");
    await clock.advance(4 * 60_000);
    await settle();
    expect(attempts).toBe(2);
    stop.abort();
    expect(await done).toBe(false);
  });

  it("holds on to a granted credential until it is stored", async () => {
    const state = setUp(() => GRANTED, { registrationToken: "reg" });
    state.store.failures = 3;
    const done = state.registrar.ensure(state.stop.signal);
    await advanceUntil(state.clock, () => state.store.stored !== undefined);
    expect(await done).toBe(true);
    expect(state.wire.sent).toHaveLength(1);
  });

  it("says what is missing when it has neither credential nor token", async () => {
    const { registrar, log, stop } = setUp(() => GRANTED, {});
    const done = registrar.ensure(stop.signal);
    await settle();
    expect(log.text).toContain("VWORKSPACE_REGISTRATION_TOKEN");
    stop.abort();
    expect(await done).toBe(false);
  });

  it.each([401, 403])(
    "goes on with its credential when another token is refused with %i, and asks for it once",
    async (refusal) => {
      const first = setUp(() => GRANTED, { registrationToken: "reg" });
      await first.registrar.ensure(first.stop.signal);
      const given = { registrationToken: "used long ago" };
      const second = setUp(() => refusal, given, first.store);
      expect(await second.registrar.ensure(second.stop.signal)).toBe(true);
      expect(await second.registrar.useNewToken()).toBe(false);
      expect(second.wire.trail).toEqual(["/register used long ago"]);
      expect(second.keeper.credentials?.current.token).toBe("granted");
      expect(second.link.facts.authentication.status).toBe("unknown");
    },
  );

  it("uses a new token once, however many ask at a time", async () => {
    const first = setUp(() => GRANTED, { registrationToken: "reg" });
    await first.registrar.ensure(first.stop.signal);
    const given = { registrationToken: "reg-2" };
    const { registrar, wire, stop } = setUp(() => GRANTED, given, first.store);
    await Promise.all([registrar.ensure(stop.signal), registrar.useNewToken()]);
    expect(wire.trail).toEqual(["/register reg-2"]);
  });

  it("names the file that should hold its token when it has no credential either", async () => {
    const file = "/etc/vworkspace/registration/token";
    const { registrar, log, stop } = setUp(() => GRANTED, { file });
    const done = registrar.ensure(stop.signal);
    await settle();
    expect(log.text).toContain(file);
    stop.abort();
    expect(await done).toBe(false);
  });
});
