import { ManualClock } from "@vworkspace/kernel";
import type { Probe } from "@vworkspace/resources";
import { FakeProber } from "../../../testing/fake-prober";
import { settle } from "../../../testing/settle";
import { ProbeRounds } from "./probe-rounds";

const FRONT: Probe = {
  name: "front",
  type: "http",
  service: "web",
  port: 80,
  path: "/healthz",
  periodSeconds: 10,
  failureThreshold: 2,
};
const STORE: Probe = { name: "store", type: "tcp", service: "db", port: 5432 };

function setUp() {
  const clock = new ManualClock();
  const prober = new FakeProber();
  const closed = new Map<string, "closed" | "untold">();
  const mayKnock = (namespace: string, service: string) => {
    const what = closed.get(`${namespace}/${service}`);
    return what === "untold"
      ? Promise.reject(new Error("The API server is away."))
      : Promise.resolve(what === undefined);
  };
  const random = () => 0.5;
  const rounds = new ProbeRounds({ clock, prober, random, mayKnock });
  const changed: string[] = [];
  rounds.onChange((key) => changed.push(key));
  const stop = new AbortController();
  const ended = rounds.run(stop.signal);
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance(1_000);
      await settle(4);
    }
  };
  return { rounds, prober, changed, pass, stop, ended, closed };
}

describe("ProbeRounds", () => {
  it("knocks at Services of the instance's namespace, each at its own pace", async () => {
    const { rounds, prober, pass } = setUp();
    rounds.follow("shop/web", [FRONT, STORE]);
    await pass(30);
    const front = "http://web.shop.svc:80/healthz";
    expect(prober.knocks.filter((address) => address === front)).toHaveLength(
      3,
    );
    expect(
      prober.knocks.filter((address) => address === "tcp://db.shop.svc:5432"),
    ).toHaveLength(1);
  });

  it("says unreachable after as many failures in a row as it takes, and tells of it once", async () => {
    const { rounds, changed, pass } = setUp();
    rounds.follow("shop/web", [FRONT]);
    await pass(6);
    expect(rounds.unreachable("shop/web")).toBe(undefined);
    await pass(30);
    expect(rounds.unreachable("shop/web")).toEqual({
      url: "http://web.shop.svc:80/healthz",
      message: "probe front refused the connection",
    });
    expect(changed).toEqual(["shop/web"]);
  });

  it("takes it back at the first success, and counts anew", async () => {
    const { rounds, prober, changed, pass } = setUp();
    rounds.follow("shop/web", [FRONT]);
    await pass(20);
    expect(rounds.unreachable("shop/web")).toBeDefined();
    prober.places.set("http://web.shop.svc", 200);
    await pass(10);
    expect(rounds.unreachable("shop/web")).toBe(undefined);
    prober.places.set("http://web.shop.svc", 500);
    await pass(10);
    expect(rounds.unreachable("shop/web")).toBe(undefined);
    await pass(10);
    expect(rounds.unreachable("shop/web")?.message).toBe(
      "probe front answered 500 instead of 200 to 399",
    );
    expect(changed).toHaveLength(3);
  });

  it("goes on with what it was told before when it is told the same", async () => {
    const { rounds, pass } = setUp();
    rounds.follow("shop/web", [FRONT]);
    await pass(12);
    rounds.follow("shop/web", [{ ...FRONT }]);
    await pass(4);
    expect(rounds.unreachable("shop/web")).toBeDefined();
  });

  it("forgets what is probed no longer, and knocks there no more", async () => {
    const { rounds, prober, pass } = setUp();
    rounds.follow("shop/web", [FRONT]);
    await pass(20);
    rounds.forget("shop/web");
    const knocks = prober.knocks.length;
    await pass(60);
    expect(prober.knocks).toHaveLength(knocks);
    expect(rounds.unreachable("shop/web")).toBe(undefined);
  });

  it.each(["closed", "untold"] as const)(
    "asks before every knock, and takes no knock for no failure: %s",
    async (answer) => {
      const { rounds, prober, closed, pass } = setUp();
      rounds.follow("shop/web", [FRONT, STORE]);
      await pass(6);
      expect(prober.knocks).toHaveLength(1);
      closed.set("shop/web", answer);
      await pass(60);
      expect(prober.knocks).toEqual([
        "http://web.shop.svc:80/healthz",
        "tcp://db.shop.svc:5432",
        "tcp://db.shop.svc:5432",
      ]);
      expect(rounds.unreachable("shop/web")).toBe(undefined);
      closed.clear();
      await pass(20);
      expect(rounds.unreachable("shop/web")).toBeDefined();
    },
  );

  it("ends all rounds with its run, and begins none after it", async () => {
    const { rounds, prober, pass, stop, ended } = setUp();
    rounds.follow("shop/web", [FRONT]);
    stop.abort();
    await ended;
    rounds.follow("shop/web", [STORE]);
    await pass(60);
    expect(prober.knocks).toEqual([]);
  });
});
