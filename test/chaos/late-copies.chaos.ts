import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { FaultProxy } from "./fault-proxy";
import { LateCopies } from "./late-copies";

const INSTANCES =
  "/apis/apps.vworkspace.io/v1alpha1/namespaces/shop/applicationinstances";
const AGENT = "?fieldManager=vworkspace-agent&force=false";

describe("LateCopies", () => {
  let server: Server;
  let proxy: FaultProxy;
  let copies: LateCopies;
  /** What the server was asked to write, in order. */
  let writes: string[];

  beforeEach(async () => {
    writes = [];
    server = createServer((asked, answer) => {
      let body = "";
      asked.on("data", (chunk: Buffer) => (body += chunk.toString()));
      asked.on("end", () => {
        if (asked.method !== "GET") writes.push(body);
        answer.writeHead(asked.method === "POST" ? 201 : 200).end("{}");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const target = () => ({ host: "127.0.0.1", port });
    copies = new LateCopies(target);
    proxy = await FaultProxy.start(target, () => copies.tap());
  });

  afterEach(async () => {
    await proxy.stop();
    await new Promise((closed) => server.close(closed));
  });

  async function send(method: string, path: string, body: string) {
    const headers = { "content-length": String(body.length) };
    const asked = request({ port: proxy.port, method, path, headers });
    asked.end(body);
    const [answer] = (await once(asked, "response")) as [NodeJS.ReadableStream];
    answer.resume();
    await once(answer, "end");
  }

  it("has a write arrive again, as it was, after the next one to the same object", async () => {
    const large = `two ${"x".repeat(100_000)}`;
    await send("PATCH", `${INSTANCES}/web${AGENT}`, "one");
    await send("PATCH", `${INSTANCES}/other${AGENT}`, "another");
    await send("GET", `${INSTANCES}/web`, "");
    await send("PATCH", `${INSTANCES}/web${AGENT}`, large);
    await copies.idle();
    await send("DELETE", `${INSTANCES}/web`, "gone");
    await copies.idle();
    const named = writes.map((body) => (body === large ? "large" : body));
    expect(named).toEqual(["one", "another", "large", "one", "gone", "large"]);
    expect(copies.answered).toBe(2);
  });

  it("has what created arrive again too, but not after a delete", async () => {
    const create = '{"metadata":{"name":"web"}}';
    await send("POST", `${INSTANCES}${AGENT}`, create);
    await send("PATCH", `${INSTANCES}/web${AGENT}`, "two");
    await copies.idle();
    const other = '{"metadata":{"name":"other"}}';
    await send("POST", `${INSTANCES}${AGENT}`, other);
    await send("DELETE", `${INSTANCES}/other`, "gone");
    await copies.idle();
    expect(writes).toEqual([create, "two", create, other, "gone"]);
  });

  it("has none arrive again that isn't a job's", async () => {
    await send("PATCH", `${INSTANCES}/web${AGENT}`, "one");
    const operator = "?fieldManager=vworkspace-operator";
    await send("PATCH", `${INSTANCES}/web${operator}`, "finalizer");
    await send("PATCH", `${INSTANCES}/web/status${AGENT}`, "status");
    await copies.idle();
    expect(writes).toEqual(["one", "finalizer", "status"]);
  });
});
