import type {
  Prober,
  ProbeTarget,
} from "../reconcilers/application-instance/probes/prober";
import type { Place } from "./fake-prober";

export interface ProberWorld {
  readonly prober: Prober;
  /** Puts something somewhere. @returns where */
  readonly place: (
    what: Place,
  ) => Promise<{ readonly host: string; readonly port: number }>;
  /** How often somebody asked for the path that a redirect of a place leads to. */
  readonly followed: () => number;
}

const NEVER = new AbortController().signal;

/** What every Prober does. */
export function proberContract(open: () => ProberWorld): void {
  httpContract(open);
  tcpContract(open);
  stoppedContract(open);
}

function httpContract(open: () => ProberWorld): void {
  async function http(
    what: Place,
    over: { readonly expectStatus?: number; readonly timeoutMs?: number } = {},
  ) {
    const { prober, place } = open();
    const { host, port } = await place(what);
    const target: ProbeTarget = {
      type: "http",
      url: `http://${host}:${port}/healthz?deep=1`,
      timeoutMs: 5_000,
      ...over,
    };
    return prober.probe(target, NEVER);
  }

  it.each([200, 204, 399])("takes %d for an answer", async (status) => {
    expect(await http(status)).toBe(undefined);
  });

  it("takes a redirect for an answer and does not follow it", async () => {
    expect(await http(302)).toBe(undefined);
    expect(open().followed()).toBe(0);
  });

  it("says which status came instead of the one that was expected", async () => {
    expect(await http(503)).toBe("answered 503 instead of 200 to 399");
    expect(await http(200, { expectStatus: 204 })).toBe(
      "answered 200 instead of 204",
    );
    expect(await http(404, { expectStatus: 404 })).toBe(undefined);
  });

  it("says that nobody answers in time", async () => {
    expect(await http("silent", { timeoutMs: 200 })).toBe(
      "gave no answer within 0.2 s",
    );
  });

  it("says that a connection is refused", async () => {
    expect(await http("refusing")).toBe("refused the connection");
  });
}

function stoppedContract(open: () => ProberWorld): void {
  it("ends at once when it is stopped", async () => {
    const { prober, place } = open();
    const { host, port } = await place("silent");
    const url = `http://${host}:${port}/`;
    const target: ProbeTarget = { type: "http", url, timeoutMs: 60_000 };
    expect(await prober.probe(target, AbortSignal.abort())).toBeDefined();
  });
}

function tcpContract(open: () => ProberWorld): void {
  async function tcp(what: Place) {
    const { prober, place } = open();
    const target = { ...(await place(what)), type: "tcp", timeoutMs: 5_000 };
    return prober.probe(target as ProbeTarget, NEVER);
  }

  it("asks of tcp no more than that a connection opens", async () => {
    expect(await tcp("open")).toBe(undefined);
    expect(await tcp("silent")).toBe(undefined);
  });

  it("says of tcp as well that a connection is refused", async () => {
    expect(await tcp("refusing")).toBe("refused the connection");
  });
}
