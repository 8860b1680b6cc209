import { createServer as createProxy, type Server } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { SystemClock } from "@vworkspace/kernel";
import type { ConnectionSettings } from "../../apps/agent/src/connection-settings";
import { ControlPlaneError } from "../../apps/agent/src/control-plane/control-plane-error";
import { ControlPlaneTime } from "../../apps/agent/src/control-plane/control-plane-time";
import { DpopProver } from "../../apps/agent/src/control-plane/dpop-prover";
import { HttpWire } from "../../apps/agent/src/control-plane/http-wire";
import { Connections } from "../../apps/agent/src/control-plane/tls/connections";
import { makeTestAuthority, type TestAuthority } from "./test-authority";

jest.setTimeout(60_000);

const ends: (() => unknown)[] = [];
let authority: TestAuthority;
let other: TestAuthority;

beforeAll(async () => {
  authority = await makeTestAuthority();
  other = await makeTestAuthority();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A control plane that says which path it was asked for; `held` waits until it is called back. */
async function serve(
  options: ServerOptions,
  held?: (answer: () => unknown) => void,
) {
  const server = createServer(options, (request, response) => {
    const answer = () =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ path: request.url }));
    if (request.url === "/api/agent/held") held?.(answer);
    else answer();
  });
  return listen(server);
}

function wireTo(
  port: number,
  settings: ConnectionSettings,
  bundle: () => string | undefined = () => undefined,
  host = "localhost",
) {
  const time = new ControlPlaneTime(new SystemClock());
  const wire = new HttpWire(
    `https://${host}:${port}`,
    "agent-under-test",
    { time, prover: new DpopProver(time) },
    new Connections(settings, {
      caBundle: bundle,
      clientCertificate: () => undefined,
    }),
  );
  ends.push(() => wire.close());
  return (path = "/jobs") =>
    wire.send({ method: "GET", path, token: "t", timeoutMs: 20_000 });
}

/** How a request fails that must fail. */
async function failureOf(sent: Promise<unknown>): Promise<ControlPlaneError> {
  const failure: unknown = await sent.catch((error: unknown) => error);
  if (failure instanceof ControlPlaneError) return failure;
  throw new Error("The request was answered.");
}

describe("The agent's connection to its control plane", () => {
  it("takes a certificate of the pinned authority", async () => {
    const port = await serve(await authority.issue());
    const send = wireTo(port, { ca: authority.pem });
    await expect(send()).resolves.toMatchObject({ path: "/api/agent/jobs" });
  });

  it("refuses one of nobody it knows, of another authority, of another name, or of yesterday, and says which", async () => {
    const ca = authority.pem;
    const trouble = "server-certificate";
    const good = await serve(await authority.issue());
    await expect(wireTo(good, {})()).rejects.toMatchObject({
      kind: "unreachable",
      trouble,
    });
    await expect(wireTo(good, { ca: other.pem })()).rejects.toMatchObject({
      trouble,
    });
    const named = await serve(
      await authority.issue({ name: "elsewhere.test" }),
    );
    const elsewhere = await failureOf(wireTo(named, { ca })());
    expect(elsewhere).toMatchObject({ trouble });
    expect(elsewhere.message).toContain("another name");
    const expired = await serve(await authority.issue({ days: -1 }));
    const ended = await failureOf(wireTo(expired, { ca })());
    expect(ended).toMatchObject({ trouble });
    expect(ended.message).toContain("expired");
  });

  it("refuses TLS older than 1.2", async () => {
    const port = await serve({
      ...(await authority.issue()),
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const old = await failureOf(wireTo(port, { ca: authority.pem })());
    expect(old.message).toContain("TLS 1.2");
  });

  it("goes by another bundle from the next request on, while those under way end on the old connection", async () => {
    let arrived: (answer: () => unknown) => void;
    const underWay = new Promise<() => unknown>((resolve) => {
      arrived = (answer) => resolve(answer);
    });
    const before = await serve(await authority.issue(), (answer) =>
      arrived(answer),
    );
    let bundle: string | undefined = authority.pem;
    const send = wireTo(before, {}, () => bundle);
    await send();
    const poll = send("/held");
    const answer = await underWay;
    bundle = other.pem;
    await expect(send()).rejects.toMatchObject({
      trouble: "server-certificate",
    });
    bundle = `${authority.pem}\n${other.pem}`;
    await send();
    answer();
    await expect(poll).resolves.toMatchObject({ path: "/api/agent/held" });
  });

  it("goes through a proxy with TLS inside, and past it for a host of NO_PROXY", async () => {
    const port = await serve(await authority.issue());
    const { tunnels, url } = await startProxy("u:p");
    const ca = authority.pem;
    const through = (httpsProxy: string, noProxy = "") => ({
      ca,
      proxy: { httpProxy: "", httpsProxy, noProxy },
    });
    await wireTo(port, through(url("u:p@")))();
    expect(tunnels).toEqual([`localhost:${port}`]);
    await wireTo(port, through(url("u:p@"), "localhost"))();
    expect(tunnels).toHaveLength(1);
    const stranger = await failureOf(wireTo(port, through(url("")))());
    expect(stranger.message).toContain("407");
    await expect(
      wireTo(port, { ...through(url("u:p@")), ca: other.pem })(),
    ).rejects.toMatchObject({ trouble: "server-certificate" });
    const named = await serve(
      await authority.issue({ name: "elsewhere.test" }),
    );
    await expect(wireTo(named, through(url("u:p@")))()).rejects.toMatchObject({
      trouble: "server-certificate",
    });
  });
});

/** A CONNECT proxy that wants a password. */
async function startProxy(credentials: string) {
  const tunnels: string[] = [];
  const wanted = `Basic ${Buffer.from(credentials).toString("base64")}`;
  const proxy = createProxy();
  proxy.on("connect", (request, client) => {
    client.on("error", () => client.destroy());
    if (request.headers["proxy-authorization"] !== wanted) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    tunnels.push(request.url ?? "");
    const port = Number(request.url?.split(":")[1]);
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    ends.push(() => client.destroy());
  });
  const port = await listen(proxy);
  return { tunnels, url: (user: string) => `http://${user}127.0.0.1:${port}` };
}
