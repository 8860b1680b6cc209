import { AGENT_MEDIA_TYPE, isAgentBody } from "@vworkspace/contract";
import { Agent, type Dispatcher, request } from "undici";
import { ControlPlaneError, failureOfStatus } from "./control-plane-error";
import { Wire, type WireRequest } from "./wire";

/** A full answer of 50 jobs of up to a MiB each still fits. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The agent contract over HTTP, on connections of its own that are kept open between requests. */
export class HttpWire extends Wire {
  private readonly agent = new Agent({
    keepAliveTimeout: 60_000,
    connect: { timeout: 10_000 },
    // Every request has a deadline of its own; a long poll is silent for most of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  /** @param endpoint the control plane's URL, without `/api/agent` */
  constructor(
    private readonly endpoint: string,
    private readonly userAgent: string,
  ) {
    super();
  }

  override async send(wanted: WireRequest): Promise<unknown> {
    const deadline = AbortSignal.timeout(wanted.timeoutMs);
    const signal = wanted.signal
      ? AbortSignal.any([wanted.signal, deadline])
      : deadline;
    try {
      const response = await request(this.urlOf(wanted), {
        dispatcher: this.agent,
        method: wanted.method,
        headers: this.headersOf(wanted),
        body: wanted.body === undefined ? null : JSON.stringify(wanted.body),
        signal,
      });
      return readAnswer(response, await readText(response));
    } catch (error) {
      throw toFailure(error, wanted);
    }
  }

  override async close(): Promise<void> {
    await this.agent.destroy();
  }

  private urlOf(wanted: WireRequest): string {
    const query = new URLSearchParams(wanted.query).toString();
    return `${this.endpoint}/api/agent${wanted.path}${query ? `?${query}` : ""}`;
  }

  private headersOf(wanted: WireRequest): Record<string, string> {
    return {
      accept: AGENT_MEDIA_TYPE,
      authorization: `Bearer ${wanted.token}`,
      "user-agent": this.userAgent,
      ...(wanted.body === undefined
        ? {}
        : { "content-type": AGENT_MEDIA_TYPE }),
    };
  }
}

async function readText(response: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_ANSWER_BYTES) {
      response.body.destroy();
      throw new ControlPlaneError(
        "undecodable",
        `The control plane's answer is longer than ${MAX_ANSWER_BYTES} bytes.`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readAnswer(response: Dispatcher.ResponseData, text: string): unknown {
  const contentType = response.headers["content-type"];
  const body = isAgentBody(String(contentType)) ? parseJson(text) : undefined;
  const status = response.statusCode;
  if (status < 200 || status > 299) {
    const retryAfterMs = readRetryAfter(response.headers["retry-after"]);
    const message = (body as { message?: unknown } | undefined)?.message;
    throw failureOfStatus(status, {
      ...(typeof message === "string" ? { message } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (text !== "" && body === undefined) {
    throw new ControlPlaneError(
      "undecodable",
      "The control plane's answer is no JSON of the agent contract; is CONTROL_PLANE_ENDPOINT the gateway's URL?",
    );
  }
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** No control plane means to lose an agent for longer; a proxy in between may say anything. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** RFC 9110 §10.2.3: seconds or a date. At most an hour. */
export function readRetryAfter(
  header: string | string[] | undefined,
  now = Date.now(),
): number | undefined {
  if (typeof header !== "string") return undefined;
  const ms = /^[0-9]{1,9}$/.test(header.trim())
    ? Number(header) * 1000
    : Math.max(0, Date.parse(header) - now);
  return Number.isNaN(ms) ? undefined : Math.min(ms, MAX_RETRY_AFTER_MS);
}

function toFailure(error: unknown, wanted: WireRequest): ControlPlaneError {
  if (error instanceof ControlPlaneError) return error;
  if (wanted.signal?.aborted)
    return new ControlPlaneError("aborted", "The agent ended the request.");
  const isLate = error instanceof Error && error.name === "TimeoutError";
  const message = isLate
    ? `The control plane did not answer within ${wanted.timeoutMs} ms.`
    : `The control plane can't be reached${codeOf(error)}.`;
  return new ControlPlaneError("unreachable", message, { cause: error });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? ` (${code})` : "";
}
