import type { IncomingMessage } from "node:http";
import {
  isStorable,
  type KeySetUse,
  LIMITS,
  parseMessage,
  registerRequestSchema,
  resultReportSchema,
  statusReportSchema,
} from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type { z } from "zod";
import {
  type Answer,
  bearerToken,
  NO_CONTENT,
  readBody,
} from "./agent-exchange";
import type { Credential } from "./credential-book";
import type { FakeState } from "./fake-state";
import { jobOnTheWire } from "./job-book";

/** One request as a route sees it. */
export interface Call {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** The `{id}` of `/jobs/{id}/…`, else empty. */
  readonly id: string;
  /** Aborts when the client goes away or the gateway stops. */
  readonly signal: AbortSignal;
}

type Handler = (state: FakeState, call: Call) => Promise<Answer>;

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  readonly handle: Handler;
}

export const ROUTES: readonly Route[] = [
  { method: "POST", path: /^\/register$/, handle: register },
  { method: "GET", path: /^\/jobs$/, handle: poll },
  { method: "POST", path: /^\/jobs\/([^/]+)\/ack$/, handle: ack },
  { method: "POST", path: /^\/jobs\/([^/]+)\/status$/, handle: status },
  { method: "POST", path: /^\/jobs\/([^/]+)\/result$/, handle: result },
  { method: "POST", path: /^\/events$/, handle: events },
  { method: "POST", path: /^\/credentials\/rotate$/, handle: rotate },
  { method: "GET", path: /^\/payload-keys$/, handle: keysFor("payload") },
  { method: "GET", path: /^\/approval-keys$/, handle: keysFor("approval") },
];

async function register(state: FakeState, call: Call): Promise<Answer> {
  const body = parse(registerRequestSchema, await readBody(call.request));
  const inHeader = bearerToken(call.request);
  const inBody = body.registrationToken;
  if (inHeader !== undefined && inBody !== undefined && inHeader !== inBody)
    throw new DomainError(
      "unauthenticated",
      "registrationToken differs from the token in Authorization: send one of them, or the same twice.",
    );
  const token = inHeader ?? inBody;
  if (token === undefined)
    throw new DomainError(
      "unauthenticated",
      "A registration token is missing: send it in Authorization or as registrationToken.",
    );
  const credential = state.credentials.register(
    token,
    body.clusterId,
    state.now(),
  );
  const { clusterId } = credential;
  const issued = { clusterId, token: credential.token, ...trustRoot(state) };
  return { status: 200, body: issued };
}

async function poll(state: FakeState, call: Call): Promise<Answer> {
  const credential = authenticate(state, call.request);
  const cluster = call.query.get("cluster") ?? "";
  if (cluster === "")
    throw new DomainError("invalid_request", "The query lacks cluster.");
  if (cluster !== credential.clusterId)
    throw new DomainError(
      "forbidden",
      `Cluster ${cluster} is not the cluster of this token.`,
    );
  state.credentials.poll(credential);
  const jobs = await state.waitForJobs(credential, {
    waitMs: waitSeconds(call.query.get("wait")) * 1000,
    resume: call.query.get("resume") === "true",
    signal: call.signal,
  });
  const offered = jobs.map(jobOnTheWire);
  const { signatures } = state;
  const signed = signatures
    ? await Promise.all(
        offered.map((job) => signatures.signed(job, cluster, state.now())),
      )
    : offered;
  return { status: 200, body: { jobs: signed } };
}

async function ack(state: FakeState, call: Call): Promise<Answer> {
  const { clusterId } = authenticate(state, call.request);
  await readBody(call.request);
  state.jobs.ack(clusterId, call.id, state.now());
  state.ring(clusterId);
  return NO_CONTENT;
}

async function status(state: FakeState, call: Call): Promise<Answer> {
  const { clusterId } = authenticate(state, call.request);
  const raw = await readBody(call.request);
  state.jobs.find(clusterId, call.id);
  const report = parse(statusReportSchema, raw);
  state.jobs.report(clusterId, call.id, report, state.now());
  return NO_CONTENT;
}

async function result(state: FakeState, call: Call): Promise<Answer> {
  const { clusterId } = authenticate(state, call.request);
  const raw = await readBody(call.request);
  state.jobs.find(clusterId, call.id);
  const report = parse(resultReportSchema, raw);
  state.jobs.settle(clusterId, call.id, report, state.now());
  state.ring(clusterId);
  return NO_CONTENT;
}

async function events(state: FakeState, call: Call): Promise<Answer> {
  const { clusterId } = authenticate(state, call.request);
  const answer = state.events.store(clusterId, await readBody(call.request));
  const prefer = String(call.request.headers["prefer"] ?? "");
  return /\breturn=representation\b/i.test(prefer)
    ? { status: 200, body: answer }
    : NO_CONTENT;
}

async function rotate(state: FakeState, call: Call): Promise<Answer> {
  const credential = authenticate(state, call.request);
  await readBody(call.request);
  const { token } = state.credentials.rotate(credential, state.now());
  return { status: 200, body: { token, ...trustRoot(state) } };
}

function keysFor(use: KeySetUse): Handler {
  return async (state, { request }) => {
    authenticate(state, request);
    const keySet = await state.signatures?.keySet(use, state.now());
    if (keySet === undefined)
      throw new DomainError("not_found", "This gateway signs nothing.");
    return { status: 200, body: { keySet } };
  };
}

function trustRoot({ signatures }: FakeState) {
  return signatures ? { trustRoot: signatures.trustRoot } : {};
}

function authenticate(state: FakeState, request: IncomingMessage): Credential {
  const token = bearerToken(request);
  if (token === undefined)
    throw new DomainError(
      "unauthenticated",
      "Authorization: Bearer <token> is missing or malformed.",
    );
  return state.credentials.authenticate(token, state.now());
}

function parse<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const message = parseMessage(schema, input);
  if (!message.ok) throw new DomainError("invalid_request", message.reason);
  if (!isStorable(message.value))
    throw new DomainError(
      "invalid_request",
      "The body holds U+0000 or a lone surrogate: leave such characters out.",
    );
  return message.value;
}

/** Seconds that a poll waits: junk falls back to the default, the longest waits end a little early. */
function waitSeconds(text: string | null): number {
  if (text === null || !/^\d+$/.test(text)) return LIMITS.waitDefaultSeconds;
  const longest = LIMITS.waitMaxSeconds - LIMITS.waitMarginSeconds;
  return Math.min(Number(text), longest);
}
