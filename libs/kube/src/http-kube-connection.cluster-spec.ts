import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { HttpKubeConnection } from "./http-kube-connection";
import { type KubeRequest, LIMITS } from "./kube-connection";
import { KubeCredentials, readKubeConfig } from "./kube-credentials";
import { KubeError } from "./kube-error";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const GET: KubeRequest = { method: "GET", path: "/api/v1" };
const never = () => new AbortController().signal;

/** What a well-behaved API server never does, and a network does; so the server here is no API server. */
describe("HttpKubeConnection", () => {
  let folder: string;
  let server: Server;
  let handler: Handler;
  const connections: HttpKubeConnection[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "http-kube-connection-"));
    server = createServer((request, response) => handler(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  afterEach(async () => {
    for (const connection of connections.splice(0)) await connection.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  function connect(
    limits: Partial<Record<keyof typeof LIMITS, number>> = {},
    user: Record<string, unknown> = { token: "t1" },
  ): HttpKubeConnection {
    const { port } = server.address() as AddressInfo;
    const file = join(folder, "config");
    const cluster = { server: `http://127.0.0.1:${port}/k8s/a/` };
    const config = {
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    writeFileSync(file, stringify(config));
    const credentials = new KubeCredentials(() =>
      readKubeConfig(file, undefined),
    );
    const connection = new HttpKubeConnection(credentials, {
      ...LIMITS,
      ...limits,
    });
    connections.push(connection);
    return connection;
  }

  async function reasonOf(work: Promise<unknown>): Promise<string> {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof KubeError) return error.reason;
    throw new Error(`expected a KubeError, got ${String(error)}`);
  }

  /** Reads a stream to its end. */
  async function readAll(
    connection: HttpKubeConnection,
    signal: AbortSignal,
    onChunk: (text: string) => void = () => undefined,
  ): Promise<void> {
    const answer = await connection.open(GET, signal);
    if (!("chunks" in answer)) throw new Error(`status ${answer.status}`);
    for await (const chunk of answer.chunks)
      onChunk(Buffer.from(chunk).toString());
  }

  it("sends path, query, body and token below the server's own path", async () => {
    const seen: unknown[] = [];
    handler = (request, response) => {
      const { method, url, headers } = request;
      seen.push(method, url, headers.authorization, headers["content-type"]);
      request.pipe(response);
    };
    const response = await connect().send({
      method: "PATCH",
      path: "/api/v1/namespaces/a%3Ab",
      query: { force: "true", labelSelector: "a=b,c" },
      body: { contentType: "application/apply-patch+yaml", text: "{}" },
    });
    expect(response).toEqual({ status: 200, text: "{}" });
    expect(seen).toEqual([
      "PATCH",
      "/k8s/a/api/v1/namespaces/a%3Ab?force=true&labelSelector=a%3Db%2Cc",
      "Bearer t1",
      "application/apply-patch+yaml",
    ]);
  });

  it("reuses its connections and follows no redirect", async () => {
    let sockets = 0;
    server.on("connection", () => (sockets += 1));
    handler = (_, response) =>
      response.writeHead(302, { location: "http://127.0.0.1:1/" }).end("{}");
    const connection = connect();
    for (let round = 0; round < 20; round += 1)
      expect((await connection.send(GET)).status).toBe(302);
    // A request may come before the socket of the one before it counts as free.
    expect(sockets).toBeLessThanOrEqual(2);
  });

  it("waits for no answer longer than its limit, nor for the rest of one", async () => {
    handler = (_, response) => void response;
    expect(await reasonOf(connect({ requestMs: 50 }).send(GET))).toBe(
      "ClientTimeout",
    );
    handler = (_, response) => response.write("{");
    expect(await reasonOf(connect({ requestMs: 50 }).send(GET))).toBe(
      "ClientTimeout",
    );
  });

  it("reads no more than its limit", async () => {
    handler = (_, response) => response.end("x".repeat(2_000));
    expect(await reasonOf(connect({ responseBytes: 1_999 }).send(GET))).toBe(
      "ResponseTooLarge",
    );
    const whole = await connect({ responseBytes: 2_000 }).send(GET);
    expect(whole.text).toHaveLength(2_000);
  });

  it("fails when the connection breaks before or within the answer", async () => {
    handler = (request) => request.socket.destroy();
    expect(await reasonOf(connect().send(GET))).toBe("Unreachable");
    handler = (request, response) =>
      void response.write("{", () => request.socket.destroy());
    expect(await reasonOf(connect().send(GET))).toBe("Unreachable");
    expect(await reasonOf(readAll(connect(), never()))).toBe("Unreachable");
  });

  it("ends a stream with the server's end, and when it is silent for too long", async () => {
    const chunks: string[] = [];
    handler = (_, response) => response.end("one\n");
    await readAll(connect(), never(), (text) => chunks.push(text));
    expect(chunks).toEqual(["one\n"]);
    handler = (_, response) => void response.write("two\n");
    const silent = connect({ watchSilenceMs: 50 });
    expect(await reasonOf(readAll(silent, never()))).toBe("WatchSilent");
  });

  it("lets go of a stream when its caller aborts, whatever it waits for", async () => {
    for (const respond of [
      (response: ServerResponse) => void response,
      (response: ServerResponse) => void response.write("one\n"),
    ]) {
      const stop = new AbortController();
      const closed = new Promise((resolve) => {
        handler = (request, response) => {
          request.socket.on("close", resolve);
          respond(response);
          setTimeout(() => stop.abort(), 20);
        };
      });
      expect(await reasonOf(readAll(connect(), stop.signal))).toBe("Aborted");
      await closed;
    }
    const aborted = AbortSignal.abort();
    expect(await reasonOf(connect().send(GET, aborted))).toBe("Aborted");
  });

  it("lets go of a stream that its reader leaves", async () => {
    const closed = new Promise((resolve) => {
      handler = (request, response) => {
        request.socket.on("close", resolve);
        response.write("one\n");
      };
    });
    const answer = await connect().open(GET, never());
    if (!("chunks" in answer)) throw new Error("no stream");
    for await (const chunk of answer.chunks) {
      expect(Buffer.from(chunk).toString()).toBe("one\n");
      break;
    }
    await closed;
  });

  it("ends what is under way when it is closed", async () => {
    const connection = connect();
    handler = (_, response) => {
      response.write("one\n");
      setTimeout(() => void connection.close(), 20);
    };
    expect(await reasonOf(readAll(connection, never()))).toBe("Unreachable");
    expect(await reasonOf(connection.send(GET))).toBe("CredentialsUnavailable");
  });

  it("has its token from an exec plugin, and tells nothing of what a failing or hanging one prints", async () => {
    const plugin = (script: string) => ({
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "sh",
        args: ["-c", script],
      },
    });
    let authorization: string | undefined;
    handler = (request, response) => {
      authorization = request.headers.authorization;
      response.end("{}");
    };
    const working = `echo '{"status":{"token":"from-exec"}}'`;
    await connect({}, plugin(working)).send(GET);
    expect(authorization).toBe("Bearer from-exec");
    for (const script of ["echo hunter2 >&2; exit 1", "exec sleep 1"]) {
      const error: unknown = await connect({ requestMs: 100 }, plugin(script))
        .open(GET, never())
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ reason: "CredentialsUnavailable" });
      expect(String(error)).not.toContain("hunter2");
    }
  });
});
