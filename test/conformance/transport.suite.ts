import {
  AGENT_MEDIA_TYPE,
  isAgentBody,
  JSON_MEDIA_TYPE,
  LIMITS,
} from "@vworkspace/contract";
import { AgentSession, call, jsonOf, now } from "./agent-session";
import { expectNoContent, expectRefusal, requestIdOf } from "./expectations";
import { issueApplyJob, newObject } from "./suite-jobs";
import type { ConformanceTarget } from "./target";

const event = () => ({
  kind: "ClusterHeartbeat",
  resourceRef: {},
  timestamp: now(),
});

/** What an endpoint needs besides a token; every one of them, as an agent would call it. */
const ENDPOINTS: [
  method: "GET" | "POST",
  path: string,
  body: object | undefined,
][] = [
  ["GET", "/jobs?cluster=CLUSTER&wait=0", undefined],
  ["POST", "/jobs/0190a000-0000-7000-8000-000000000000/ack", undefined],
  [
    "POST",
    "/jobs/0190a000-0000-7000-8000-000000000000/status",
    { phase: "Installing", timestamp: "2026-01-01T00:00:00Z" },
  ],
  [
    "POST",
    "/jobs/0190a000-0000-7000-8000-000000000000/result",
    { outcome: "succeeded", timestamp: "2026-01-01T00:00:00Z" },
  ],
  [
    "POST",
    "/events",
    {
      events: [
        {
          kind: "ClusterHeartbeat",
          resourceRef: {},
          timestamp: "2026-01-01T00:00:00Z",
        },
      ],
    },
  ],
  ["POST", "/credentials/rotate", {}],
];

export function describeTransport(target: () => ConformanceTarget): void {
  let agent: AgentSession;
  beforeAll(async () => {
    agent = await AgentSession.register(target());
  });

  function knock(
    [method, path, body]: (typeof ENDPOINTS)[number],
    headers: Record<string, string>,
  ) {
    const to = path.replace("CLUSTER", agent.clusterId);
    if (body === undefined) return call(target(), to, { method, headers });
    const typed = { "content-type": AGENT_MEDIA_TYPE, ...headers };
    return call(target(), to, {
      method,
      headers: typed,
      body: JSON.stringify(body),
    });
  }

  describe("media types", () => {
    it("MED-1 an answer with a body has the contract's media type", async () => {
      const reply = await agent.poll();
      expect(reply.status).toBe(200);
      expect(isAgentBody(reply.headers["content-type"])).toBe(true);
    });

    it("MED-2 application/json is taken as an alias in Accept and in Content-Type", async () => {
      const headers = { accept: JSON_MEDIA_TYPE };
      const typed = { ...headers, "content-type": JSON_MEDIA_TYPE };
      const events = { events: [event()] };
      expectNoContent(await agent.post("/events", events, typed));
      const charset = { "content-type": "application/json; charset=utf-8" };
      expectNoContent(await agent.post("/events", events, charset));
    });

    it.each([
      "text/html",
      "application/vnd.vworkspace.agent.v2+json",
      "application/xml, text/*",
    ])("MED-3 an Accept of %s gets 406", async (accept) => {
      const headers = { ...agent.headers(), accept };
      const path = `/jobs?cluster=${agent.clusterId}&wait=0`;
      const reply = await call(target(), path, { method: "GET", headers });
      expectRefusal(reply, 406);
    });

    it.each([
      "*/*",
      "application/*",
      `text/html, ${AGENT_MEDIA_TYPE};q=0.5`,
      undefined,
    ])("MED-3 an Accept of %s is served", async (accept) => {
      const { authorization = "" } = agent.headers();
      const headers = accept ? { authorization, accept } : { authorization };
      const path = `/jobs?cluster=${agent.clusterId}&wait=0`;
      const reply = await call(target(), path, { method: "GET", headers });
      expect(reply.status).toBe(200);
    });

    it.each([
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/xml",
    ])("MED-4 a body of type %s gets 415 and has no effect", async (type) => {
      const object = newObject();
      const { jobId } = await issueApplyJob(target(), agent.clusterId, object);
      const report = { outcome: "succeeded", timestamp: now() };
      const path = `/jobs/${jobId}/result`;
      const typed = { "content-type": type };
      expectRefusal(await agent.post(path, report, typed), 415);
      expectNoContent(await agent.result(jobId));
    });

    it("MED-5 a request without a body needs no Content-Type", async () => {
      const object = newObject();
      const { jobId } = await issueApplyJob(target(), agent.clusterId, object);
      expectNoContent(await agent.ack(jobId));
      expectNoContent(await agent.result(jobId));
    });

    it("MED-6 answers and refusals carry the gateway's Date", async () => {
      const replies = [
        await agent.poll(),
        await agent.withToken("nonsense").poll(),
      ];
      for (const { headers } of replies)
        expect(Date.parse(headers["date"] ?? "")).toBeGreaterThan(0);
    });
  });

  describe("errors", () => {
    it("ERR-1 every refusal has a code, a sentence and a request id of its own", async () => {
      const first = await agent.post("/events", { events: [] });
      const second = await agent.post("/events", { events: [] });
      expectRefusal(first, 400);
      expectRefusal(second, 400);
      expect(requestIdOf(first)).not.toBe(requestIdOf(second));
    });

    const send = (path: string, body: string | Buffer) => {
      const headers = { ...agent.headers(), "content-type": AGENT_MEDIA_TYPE };
      return call(target(), path, { method: "POST", headers, body });
    };

    it.each([
      ["an open brace", "{"],
      ["a bracket too many", '{"events": [}'],
      ["a word", "nonsense"],
      ["a control character", '{"events":"\u0000"}'],
      ["no UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22])],
      ["65 levels", `${"[".repeat(65)}${"]".repeat(65)}`],
      ["500,000 levels", "[".repeat(500_000)],
    ])("ERR-2 a body that is %s gets 400", async (_, body) => {
      expectRefusal(await send("/events", body), 400);
    });

    it.each(["\u0000", "\ud800"])(
      "ERR-7 a body with the text %j gets 400, and only that event is kept aside",
      async (text) => {
        const { jobId } = await issueApplyJob(target(), agent.clusterId);
        expectRefusal(await agent.status(jobId, { phase: text }), 400);
        expectRefusal(await agent.result(jobId, { error: text }), 400);
        expectNoContent(await agent.result(jobId));
        const told = await agent.events(
          [event(), { ...event(), kind: "JobRefused", reason: text }, event()],
          "return=representation",
        );
        expect(told.status).toBe(200);
        expect(jsonOf(told)).toMatchObject({
          accepted: 2,
          rejected: [{ index: 1 }],
        });
      },
    );

    function batchOf(bytes: number): string {
      const start = `{"events":[${JSON.stringify(event())}],"padding":"`;
      return `${start}${"x".repeat(bytes - start.length - 2)}"}`;
    }

    it("ERR-3 a body over 1 MiB gets 413, one of 1 MiB is read", async () => {
      const whole = batchOf(LIMITS.bodyBytes);
      expectNoContent(await send("/events", whole));
      const oneMore = batchOf(LIMITS.bodyBytes + 1);
      expectRefusal(await send("/events", oneMore), 413);
    });

    it.each([
      "/register",
      "/events",
      "/credentials/rotate",
      "/jobs/0190a000-0000-7000-8000-000000000000/ack",
      "/jobs/0190a000-0000-7000-8000-000000000000/status",
      "/jobs/0190a000-0000-7000-8000-000000000000/result",
    ])("ERR-4 GET %s gets 404 or 405", async (path) => {
      const sent = { method: "GET", headers: agent.headers() } as const;
      expectRefusal(await call(target(), path, sent), 404, 405);
    });

    it.each(["POST", "PUT", "DELETE"] as const)(
      "ERR-4 %s /jobs gets 404 or 405",
      async (method) => {
        const path = `/jobs?cluster=${agent.clusterId}&wait=0`;
        const sent = { method, headers: agent.headers() };
        expectRefusal(await call(target(), path, sent), 404, 405);
      },
    );

    it.each(["/nowhere", "/jobs/x", "/jobs/x/y", "/"])(
      "ERR-5 the path %s gets 404",
      async (path) => {
        const sent = { method: "GET", headers: agent.headers() } as const;
        expectRefusal(await call(target(), path, sent), 404);
      },
    );

    it("ERR-6 a refusal does not repeat the token that was sent", async () => {
      const token = "vwt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
      const polled = await agent.withToken(token).poll();
      const registered = await agent
        .withToken(token)
        .post("/register", { registrationToken: token });
      for (const reply of [polled, registered]) {
        expectRefusal(reply, 401);
        expect(reply.text + JSON.stringify(reply.headers)).not.toContain(token);
      }
    });
  });

  describe("authentication", () => {
    it.each(ENDPOINTS)(
      "AUTH-1 %s %s without Authorization gets 401",
      async (...endpoint) => {
        const headers = { accept: AGENT_MEDIA_TYPE };
        expectRefusal(await knock(endpoint, headers), 401);
      },
    );

    it.each([
      "Bearer",
      "Bearer ",
      "Basic dXNlcjpwYXNz",
      "Token TOKEN",
      "TOKEN",
    ])("AUTH-2 an Authorization of '%s' gets 401", async (text) => {
      const authorization = text.replace("TOKEN", agent.token);
      const headers = { accept: AGENT_MEDIA_TYPE, authorization };
      expectRefusal(
        await knock(
          ["GET", "/jobs?cluster=CLUSTER&wait=0", undefined],
          headers,
        ),
        401,
      );
    });

    it.each(ENDPOINTS)(
      "AUTH-3 %s %s with an unknown token gets 401",
      async (...endpoint) => {
        const headers = agent.withToken("never-issued").headers();
        expectRefusal(await knock(endpoint, headers), 401);
      },
    );

    it("AUTH-3 a token in which one character was changed gets 401", async () => {
      const at = agent.token.length - 20;
      const changed = agent.token[at] === "A" ? "B" : "A";
      const token = `${agent.token.slice(0, at)}${changed}${agent.token.slice(at + 1)}`;
      expectRefusal(await agent.withToken(token).poll(), 401);
    });

    it("AUTH-3 an unsigned JWT gets 401", async () => {
      const part = (value: object) =>
        Buffer.from(JSON.stringify(value)).toString("base64url");
      const claims = { sub: agent.clusterId, exp: 4102444800 };
      const token = `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
      expectRefusal(await agent.withToken(token).poll(), 401);
    });

    it("AUTH-4 a registration token opens nothing but registration", async () => {
      const { clusterId, registrationToken } = await target().newCluster();
      const session = new AgentSession(target(), clusterId, registrationToken);
      expectRefusal(await session.poll(), 401);
      const registered = await AgentSession.registerWith(
        target(),
        clusterId,
        registrationToken,
      );
      expect(await registered.jobs()).toEqual([]);
    });

    it("AUTH-5 a revoked cluster's tokens get 401 at every endpoint", async () => {
      const old = await AgentSession.register(target());
      const session = await old.rotated();
      await target().revoke(old.clusterId);
      const replies = await Promise.all([
        old.poll(),
        session.poll(),
        session.ack("0190a000-0000-7000-8000-000000000000"),
        session.status("0190a000-0000-7000-8000-000000000000"),
        session.result("0190a000-0000-7000-8000-000000000000"),
        session.events([event()]),
        session.rotate(),
      ]);
      for (const reply of replies) expectRefusal(reply, 401);
    });
  });
}
