import { AGENT_MEDIA_TYPE, LIMITS } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import fc from "fast-check";
import { z } from "zod";
import { AgentSession, call, jsonOf, now } from "../conformance/agent-session";
import { expectNoContent, expectRefusal } from "../conformance/expectations";
import {
  type GatewayTarget,
  startGatewayTarget,
} from "../conformance/gateway-target";
import type { Reply } from "../conformance/http-exchange";
import { issueApplyJob } from "../conformance/suite-jobs";
import {
  foreignKey,
  gatewayKey,
  partsOf,
  signed,
  type TokenParts,
  unsigned,
} from "./forged-token";
import { rawExchange } from "./raw-exchange";

jest.setTimeout(60_000);

const TIMES = { leaseSeconds: 600, jobSeconds: 3600, graceSeconds: 3600 };
const JOB = "0190a000-0000-7000-8000-000000000000";
/** The same cases at every run. */
const FUZZ = { seed: 20261, numRuns: 150 };

const EVENT = {
  eventKey: "condition/v1/Kind/suite/app/uid/Ready/True@1",
  kind: "ConditionTransition",
  resourceRef: {
    apiVersion: "apps.vworkspace.io/v1alpha1",
    kind: "ApplicationInstance",
    namespace: "suite",
    name: "app",
    uid: "6f1f1c5e-0000-4000-8000-000000000000",
    generation: 1,
    intentGeneration: 1,
  },
  conditions: [{ type: "Ready", status: "True", reason: "Ready", message: "" }],
  timestamp: "2026-01-01T00:00:00Z",
  session: "0190a000-0000-7000-8000-000000000001",
  sequence: 1,
};

/** Endpoints that take a body, and one that they would take. */
const BODIES: [path: string, body: Readonly<Record<string, unknown>>][] = [
  ["/register", { registrationToken: "never-issued", displayName: "x" }],
  [`/jobs/${JOB}/status`, { phase: "Installing", timestamp: now() }],
  [`/jobs/${JOB}/result`, { outcome: "succeeded", timestamp: now() }],
  ["/events", { events: [EVENT] }],
  ["/credentials/rotate", {}],
];
const PATHS = BODIES.map(([path]) => path);

const errorSchema = z.strictObject({
  error: z.string(),
  message: z.string(),
  requestId: z.uuid(),
});

describe("bad input to the agent API", () => {
  let target: GatewayTarget;
  let agent: AgentSession;
  beforeAll(async () => {
    target = await startGatewayTarget(TIMES);
    agent = await AgentSession.register(target);
  });
  afterAll(async () => {
    await target.stop();
  });

  function send(
    path: string,
    body: string | Buffer,
    type: string | undefined = AGENT_MEDIA_TYPE,
  ): Promise<Reply> {
    const typed = type === "" ? {} : { "content-type": type };
    const headers = { ...agent.headers(), ...typed };
    return call(target, path, { method: "POST", headers, body });
  }

  /** Status, code and sentence of a refusal in the contract's shape. */
  function refusalOf(reply: Reply): [number, string, string] {
    expectRefusal(reply, reply.status);
    const { error, message } = errorSchema.parse(jsonOf(reply));
    return [reply.status, error, message];
  }

  describe.each(PATHS)("as the body of %s", (path) => {
    const NO_JSON = "The body is no JSON text in UTF-8.";
    const TOO_DEEP = "The body is nested deeper than 64 levels.";

    it.each<[string, string | Buffer, string]>([
      ["an open brace", "{", NO_JSON],
      ["a bare word", "nonsense", NO_JSON],
      ["a trailing comma", '{"a":1,}', NO_JSON],
      ["two values", "{}{}", NO_JSON],
      ["a control character in a text", '{"a":"\u0000"}', NO_JSON],
      [
        "bytes that are no UTF-8",
        Buffer.from('{"a":"\xff"}', "latin1"),
        NO_JSON,
      ],
      ["UTF-16", Buffer.from("{}", "utf16le"), NO_JSON],
      ["compressed bytes", Buffer.from("1f8b0800", "hex"), NO_JSON],
      ["arrays 100,000 levels deep", "[".repeat(100_000), TOO_DEEP],
      ["objects 100,000 levels deep", '{"a":'.repeat(100_000), TOO_DEEP],
    ])("%s gets 400 malformed_json", async (_, body, message) => {
      const refusal = refusalOf(await send(path, body));
      expect(refusal).toEqual([400, "malformed_json", message]);
    });

    it.each(["[]", '"text"', "1", "true", "null"])(
      "%s gets 400 invalid_request: it is no object",
      async (body) => {
        const [status, code, message] = refusalOf(await send(path, body));
        expect([status, code]).toEqual([400, "invalid_request"]);
        expect(message).toMatch(/^body: .*expected object/);
      },
    );

    it("more than 1 MiB gets 413", async () => {
      const body = `{"a":"${"x".repeat(LIMITS.bodyBytes)}"}`;
      const refusal = refusalOf(await send(path, body));
      const message = "The body is larger than 1 MiB.";
      expect(refusal).toEqual([413, "payload_too_large", message]);
    });

    it.each([
      "text/plain",
      "text/json",
      "application/xml",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/vnd.vworkspace.agent.v2+json",
      "application/jsonx",
      "nonsense",
      "",
    ])("the media type '%s' gets 415", async (type) => {
      const [status, code] = refusalOf(await send(path, "{}", type));
      expect([status, code]).toEqual([415, "unsupported_media_type"]);
    });
  });

  describe("texts that no database holds", () => {
    const TEXTS = ["\u0000", "\ud800", "\udc00x", "a\u0000b"];
    const refused = [
      400,
      "invalid_request",
      "The body holds U+0000 or a lone surrogate: leave such characters out.",
    ];

    it.each(
      BODIES.filter(([path]) => path !== "/events").flatMap(([path, body]) =>
        TEXTS.map((text) => [path, text, body] as const),
      ),
    )("%s with %j in a value or a name gets 400", async (path, text, body) => {
      for (const bad of [{ note: text }, { [text]: 1 }, { a: [{ b: text }] }])
        expect(
          refusalOf(await send(path, JSON.stringify({ ...body, ...bad }))),
        ).toEqual(refused);
    });

    it.each(TEXTS)(
      "an event with %j is kept aside, the others are stored",
      async (text) => {
        const { resourceRef } = EVENT;
        const good = { ...EVENT, eventKey: newId() };
        const batch = [
          good,
          { ...EVENT, eventKey: text },
          {
            ...EVENT,
            eventKey: newId(),
            resourceRef: { ...resourceRef, name: text },
          },
          { ...EVENT, eventKey: newId(), note: text },
          { ...EVENT, eventKey: newId(), [text]: 1 },
        ];
        const told = await agent.events(batch, "return=representation");
        expect(told.status).toBe(200);
        const answer = jsonOf(told) as { rejected: { index: number }[] };
        expect(answer).toMatchObject({ accepted: 1, duplicates: 0 });
        expect(answer.rejected.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
        expectNoContent(await agent.events(batch));
      },
    );

    it("a long message is cut between characters, never within one", async () => {
      const { jobId } = await issueApplyJob(target, agent.clusterId);
      const message = `${"x".repeat(LIMITS.messageCharacters - 1)}\u{1f600}`;
      expectNoContent(await agent.status(jobId, { message }));
      const conditions = [{ ...EVENT.conditions[0], message }];
      const event = { ...EVENT, eventKey: newId(), conditions };
      const told = await agent.events([event], "return=representation");
      expect(jsonOf(told)).toMatchObject({ accepted: 1, rejected: [] });
      const error = { outcome: "failed", error: message };
      expectNoContent(await agent.result(jobId, error));
    });
  });

  describe("values out of range", () => {
    it.each([
      "0000-01-01T00:00:00Z",
      "0001-01-01T00:00:00Z",
      "0001-01-01T00:00:00+23:59",
      "9999-12-31T23:59:59-23:59",
      "2026-01-01T00:00:00+23:59",
      "2026-01-01T00:00:00.123456789123Z",
    ])("an event of %s is stored or kept aside", async (timestamp) => {
      const odd = { ...EVENT, eventKey: newId(), timestamp };
      const good = { ...EVENT, eventKey: newId() };
      const told = await agent.events([odd, good], "return=representation");
      expect(told.status).toBe(200);
      const { accepted, rejected } = jsonOf(told) as {
        accepted: number;
        rejected: unknown[];
      };
      expect(accepted + rejected.length).toBe(2);
      expect(accepted).toBeGreaterThan(0);
    });

    it.each(["2026-01-01", "yesterday", "2026-13-01T00:00:00Z", "", 5, null])(
      "a report of %j gets 400 naming the timestamp",
      async (timestamp) => {
        const { jobId } = await issueApplyJob(target, agent.clusterId);
        for (const reply of [
          await agent.status(jobId, { timestamp }),
          await agent.result(jobId, { timestamp }),
        ])
          expect(refusalOf(reply)).toEqual([
            400,
            "invalid_request",
            expect.stringMatching(/^timestamp: /),
          ]);
        expectNoContent(await agent.result(jobId));
      },
    );

    it.each([-1, 1.5, 1e300, "1", null])(
      "an appliedRef of the generation %j gets 400 naming it",
      async (generation) => {
        const { jobId } = await issueApplyJob(target, agent.clusterId);
        const reply = await agent.result(jobId, { appliedRef: { generation } });
        expect(refusalOf(reply)).toEqual([
          400,
          "invalid_request",
          expect.stringMatching(/^appliedRef\.generation: /),
        ]);
        expectNoContent(await agent.result(jobId));
      },
    );

    it.each(["done", "SUCCEEDED", "", 1, null, ["succeeded"]])(
      "the outcome %j gets 400 naming it",
      async (outcome) => {
        const { jobId } = await issueApplyJob(target, agent.clusterId);
        expect(refusalOf(await agent.result(jobId, { outcome }))).toEqual([
          400,
          "invalid_request",
          expect.stringMatching(/^outcome: /),
        ]);
        expectNoContent(await agent.result(jobId));
      },
    );
  });

  describe("jobs that are not the caller's", () => {
    it("another cluster's job gets 404 at every endpoint, and nothing happens to it", async () => {
      const other = await AgentSession.register(target);
      const { jobId } = await issueApplyJob(target, other.clusterId);
      for (const reply of [
        await agent.ack(jobId),
        await agent.status(jobId),
        await agent.result(jobId),
      ])
        expect(refusalOf(reply)).toEqual([
          404,
          "not_found",
          "There is no such job for this cluster.",
        ]);
      expect(await other.jobIds()).toEqual([jobId]);
    });

    it.each([
      "..",
      ".",
      "%2e%2e",
      "%2e%2e%2f%2e%2e",
      "..%2f..%2fetc%2fpasswd",
      "..%5c..%5cwindows",
      "%00",
      `${JOB}%00`,
      `${JOB}%0a`,
      `${JOB}';drop%20table%20jobs;--`,
      `{${JOB}}`,
      JOB.replaceAll("-", ""),
      "%",
      "%zz",
      "%ff",
      "%c0%ae%c0%ae",
      "a%2fb",
      "x".repeat(4000),
    ])("the id %s gets 404, or 400 where the path is none", async (id) => {
      for (const action of ["ack", "status", "result"]) {
        const { status, text } = await rawExchange(target.url, [
          `POST /api/agent/jobs/${id}/${action} HTTP/1.1`,
          "Host: gateway",
          `Authorization: Bearer ${agent.token}`,
          "Content-Length: 0",
        ]);
        const { error } = errorSchema.parse(JSON.parse(text));
        expect([
          [400, "invalid_request"],
          [404, "not_found"],
        ]).toContainEqual([status, error]);
      }
    });
  });

  describe("queries of a poll", () => {
    it.each([
      "-1",
      "-0",
      "+5",
      "1.5",
      "1e3",
      "0x1",
      "NaN",
      "Infinity",
      "%00",
      "%D9%A3",
      "1%20",
      "1&wait=2",
      "99999999999999999999999999",
    ])("a wait of %s waits until there is a job", async (wait) => {
      const session = await AgentSession.register(target);
      const path = `/jobs?cluster=${session.clusterId}&wait=${wait}`;
      const headers = session.headers();
      const waiting = call(target, path, { method: "GET", headers });
      const { jobId } = await issueApplyJob(target, session.clusterId);
      const reply = await waiting;
      expect(reply.status).toBe(200);
      expect(jsonOf(reply)).toMatchObject({ jobs: [{ id: jobId }] });
    });

    it.each([
      ["", 400, "invalid_request"],
      ["cluster=", 400, "invalid_request"],
      ["cluster[]=CLUSTER", 400, "invalid_request"],
      ["cluster=CLUSTER&cluster=CLUSTER", 400, "invalid_request"],
      ["cluster=CLUSTER%00", 403, "forbidden"],
      ["cluster=%ff", 403, "forbidden"],
      ["cluster=%27%20or%201%3D1", 403, "forbidden"],
      ["cluster=../CLUSTER", 403, "forbidden"],
    ])("?%s gets %i %s", async (query, status, code) => {
      const own = query.replaceAll("CLUSTER", agent.clusterId);
      const sent = { method: "GET", headers: agent.headers() } as const;
      const reply = await call(target, `/jobs?wait=0&${own}`, sent);
      expect(refusalOf(reply).slice(0, 2)).toEqual([status, code]);
    });
  });

  describe("credentials", () => {
    const ENDPOINTS: ["GET" | "POST", string][] = [
      ["GET", "/jobs?cluster=CLUSTER&wait=0"],
      ["POST", `/jobs/${JOB}/ack`],
      ...BODIES.filter(([path]) => path !== "/register").map(
        ([path]) => ["POST", path] as ["POST", string],
      ),
    ];

    it.each(ENDPOINTS)(
      "%s %s without a token gets 401 before its body is looked at",
      async (method, path) => {
        const typed = { "content-type": AGENT_MEDIA_TYPE };
        const headers = method === "POST" ? typed : {};
        const body = method === "POST" ? { body: "{" } : {};
        const own = path.replace("CLUSTER", agent.clusterId);
        const reply = await call(target, own, { method, headers, ...body });
        expect(refusalOf(reply).slice(0, 2)).toEqual([401, "unauthenticated"]);
        expect(reply.headers["www-authenticate"]).toBe("Bearer");
      },
    );

    async function authorizedBy(authorization: string): Promise<Reply> {
      const headers = { accept: AGENT_MEDIA_TYPE, authorization };
      const path = `/jobs?cluster=${agent.clusterId}&wait=0`;
      return call(target, path, { method: "GET", headers });
    }

    it.each([
      "TOKEN",
      "Token TOKEN",
      "Basic TOKEN",
      "DPoP TOKEN",
      "Bearer",
      "BearerTOKEN",
      "Bearer,TOKEN",
      "Bearer TOKEN TOKEN",
      "Bearer TOKEN, Bearer TOKEN",
      "Bearer TOKENx",
      "Bearer TOKEN.TOKEN",
      'Bearer "TOKEN"',
      "Bearer token=TOKEN",
    ])("the header Authorization: %s gets 401", async (text) => {
      const reply = await authorizedBy(text.replaceAll("TOKEN", agent.token));
      expect(refusalOf(reply).slice(0, 2)).toEqual([401, "unauthenticated"]);
      expect(reply.text).not.toContain(agent.token);
    });

    it.each(["bearer TOKEN", "BEARER TOKEN", "Bearer  TOKEN"])(
      "the header Authorization: %s is served: schemes have no case (RFC 9110 §11.1)",
      async (text) => {
        const reply = await authorizedBy(text.replace("TOKEN", agent.token));
        expect(reply.status).toBe(200);
      },
    );

    describe("tokens", () => {
      let parts: TokenParts;
      let own: Awaited<ReturnType<typeof gatewayKey>>;
      beforeAll(async () => {
        parts = partsOf(agent.token);
        own = await gatewayKey(target.process);
      });

      const as = (token: string) => authorizedBy(`Bearer ${token}`);
      const withHeader = (header: object): TokenParts => ({
        ...parts,
        header: { ...parts.header, ...header },
      });
      const withClaims = (claims: object): TokenParts => ({
        ...parts,
        claims: { ...parts.claims, ...claims },
      });

      function expectForeign(reply: Reply) {
        expect(refusalOf(reply)).toEqual([
          401,
          "unauthenticated",
          "The bearer token is not one of this gateway.",
        ]);
      }

      it("one that is put together with the gateway's key as it was is served", async () => {
        expect((await as(await signed(parts, own.secret))).status).toBe(200);
      });

      it("one signed by another key gets 401, whatever key id it names", async () => {
        expectForeign(await as(await signed(parts, foreignKey())));
        for (const kid of ["", "__proto__", "../x", "x".repeat(2000)]) {
          const astray = withHeader({ kid });
          expectForeign(await as(await signed(astray, foreignKey())));
        }
      });

      it("one that nobody signed gets 401", async () => {
        expectForeign(await as(unsigned(parts)));
        const [head = "", claims = ""] = agent.token.split(".");
        expectForeign(await as(`${head}.${claims}.`));
      });

      it("one signed with the public key as a shared secret gets 401", async () => {
        const symmetric = withHeader({ alg: "HS256" });
        expectForeign(await as(await signed(symmetric, own.publicBytes)));
      });

      it.each([
        [{ typ: "JWT" }],
        [{ typ: undefined }],
        [{ typ: "vworkspace-job+jws" }],
        [{ typ: "at+jwt" }],
      ])(
        "one of this gateway's own key with the header %j gets 401",
        async (header) => {
          const other = withHeader(header);
          expectForeign(await as(await signed(other, own.secret)));
        },
      );

      it.each([
        [{ aud: "another-api" }],
        [{ aud: undefined }],
        [{ iss: "somebody" }],
        [{ iss: undefined }],
      ])(
        "one of this gateway's own key with the claim %j gets 401",
        async (claim) => {
          const other = withClaims(claim);
          expectForeign(await as(await signed(other, own.secret)));
        },
      );

      it.each([
        { jti: newId() },
        { jti: "nope" },
        { jti: undefined },
        { sub: newId() },
        { sub: "nope" },
        { org: newId() },
        { org: "nope" },
        { org: undefined },
      ])(
        "one of this gateway's own key about nobody, %j, gets 401",
        async (claims) => {
          const other = await signed(withClaims(claims), own.secret);
          const refusal = refusalOf(await as(other));
          expect(refusal.slice(0, 2)).toEqual([401, "unauthenticated"]);
        },
      );

      it.each(["a.b.c", "....", "e30.e30.e30", "x".repeat(8000)])(
        "%s gets 401",
        async (token) => {
          const refusal = refusalOf(await as(token));
          expect(refusal.slice(0, 2)).toEqual([401, "unauthenticated"]);
        },
      );
    });
  });

  describe("anything", () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    /** A body with one of its parts replaced by something. */
    const altered = (body: unknown) =>
      fc.tuple(fc.nat(1000), json).map(([at, value]) => {
        const places: ((whole: unknown) => void)[] = [];
        const copy = { whole: structuredClone(body) };
        collectPlaces(copy, value, places);
        places[at % places.length]?.(value);
        return copy.whole;
      });

    it.each(BODIES)(
      "in place of a part of the body of %s is answered below 500",
      async (path, body) => {
        await fc.assert(
          fc.asyncProperty(altered(body), async (sent) => {
            const text = JSON.stringify(sent);
            const reply = await send(path, text);
            expect(reply.status).toBeLessThan(500);
          }),
          FUZZ,
        );
      },
    );

    it("as a body of any bytes is answered below 500", async () => {
      const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...PATHS),
          bytes,
          async (path, body) => {
            const reply = await send(path, Buffer.from(body));
            expect(reply.status).toBeLessThan(500);
          },
        ),
        FUZZ,
      );
    });
  });
});

/** A way to replace each value below `holder`. */
function collectPlaces(
  holder: object,
  value: unknown,
  places: ((value: unknown) => void)[],
): void {
  for (const [key, item] of Object.entries(holder) as [string, unknown][]) {
    places.push((next) => Reflect.set(holder, key, next));
    if (typeof item === "object" && item !== null)
      collectPlaces(item, value, places);
  }
}
