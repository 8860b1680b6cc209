import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLimitsFile } from "./limits-file";
import { LIMIT_TABLE, limitOf } from "./limits.table";

describe("limits", () => {
  const folder = mkdtempSync(join(tmpdir(), "vworkspace-limits-"));
  const file = join(folder, "limits.yaml");
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (text: string) => {
    writeFileSync(file, text);
    return readLimitsFile(file);
  };

  it("are those of the table where no file says otherwise", () => {
    expect(readLimitsFile(undefined).routes).toBe(LIMIT_TABLE);
    expect(read("").routes).toEqual(LIMIT_TABLE);
  });

  it("change where the file says so, and nowhere else", () => {
    const { routes, failures } = read(
      "events: {requests: 7, inFlight: 3}\nfailures: {requests: 5}",
    );
    expect(routes.events).toMatchObject({
      requests: 7,
      windowSeconds: 30,
      turns: { inFlight: 3, waiting: 15, gate: "agents" },
    });
    expect(routes.rpc).toEqual(LIMIT_TABLE.rpc);
    expect(failures).toEqual({ requests: 5, windowSeconds: 60 });
  });

  it.each([
    ["evnts: {requests: 7}", "evnts"],
    ["events: {request: 7}", "request"],
    ["events: {requests: 0}", "events.requests"],
    ["events: {requests: many}", "events.requests"],
    ["events: {bodyBytes: 99999999}", "events.bodyBytes"],
    ["failures: {inFlight: 1}", "inFlight"],
    ["[1, 2]", "the file"],
    ["events: {", "can't be read"],
  ])("are refused as %s, naming %s", (text, named) => {
    expect(() => read(text)).toThrow(named);
    expect(() => read(text)).toThrow(file);
  });

  it("are refused where there is no such file", () => {
    expect(() => readLimitsFile(join(folder, "none"))).toThrow("can't be read");
  });

  it.each([
    ["POST", "/api/agent/register", "register"],
    ["POST", "/api/agent/jobs/:id/result", "report"],
    ["GET", "/api/agent/jobs", "poll"],
    ["GET", "/api/agent/payload-keys", "keys"],
    ["GET", "/api/agent/approval-keys", "keys"],
    ["POST", "/xmlrpc/2/object", "rpc"],
    ["POST", "/jsonrpc", "rpc"],
    ["POST", "/mcp", "rpc"],
    ["DELETE", "/mcp", "rpc"],
    ["GET", "/.well-known/jwks.json", "other"],
    ["GET", undefined, "other"],
  ])("of %s %s are those of %s", (method, path, name) => {
    expect(limitOf(method, path)).toBe(name);
  });
});
