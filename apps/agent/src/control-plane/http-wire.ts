import { AGENT_MEDIA_TYPE, isAgentBody } from "@vworkspace/contract";
import { type Dispatcher, request } from "undici";
import { ControlPlaneError, failureOfStatus } from "./control-plane-error";
import type { ControlPlaneTime } from "./control-plane-time";
import type { DpopProver } from "./dpop-prover";
import { connectionFailure } from "./tls/connection-failure.decide";
import { Connections } from "./tls/connections";
import { Wire, type WireRequest } from "./wire";

/** A full answer of 50 jobs of up to a MiB each still fits. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The agent contract over HTTP, on connections of its own that are kept open between requests. */
export class HttpWire extends Wire {
  /**
   * @param endpoint the control plane's URL, without `/api/agent`
   * @param heard what is learnt from every answer: the time, and the nonce of the next proof
   */
  constructor(
    private readonly endpoint: string,
    private readonly userAgent: string,
    private readonly heard: {
      readonly time: ControlPlaneTime;
      readonly prover: DpopProver;
    },
    private readonly connections = new Connections({}),
  ) {
    super();
  }

  override async send(wanted: WireRequest): Promise<unknown> {
    const deadline = AbortSignal.timeout(wanted.timeoutMs);
    const signal = wanted.signal
      ? AbortSignal.any([wanted.signal, deadline])
      : deadline;
    try {
      let response = await this.exchange(wanted, signal);
      // Once: who wants another nonce again is no gateway of ours.
      if (this.wantsNonce(response)) {
        await response.body.dump();
        response = await this.exchange(wanted, signal);
        this.wantsNonce(response);
      }
      return readAnswer(response, await readText(response));
    } catch (error) {
      throw toFailure(error, wanted);
    }
  }

  override async close(): Promise<void> {
    await this.connections.close();
  }

  private async exchange(
    wanted: WireRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const headers = await this.headersOf(wanted);
    // Asked for with nothing awaited until its use: it may be superseded at any other moment.
    const response = await request(this.urlOf(wanted), {
      dispatcher: this.connections.dispatcherFor(wanted.token),
      method: wanted.method,
      headers,
      body: wanted.body === undefined ? null : JSON.stringify(wanted.body),
      signal,
    });
    this.heard.time.answered(response.headers["date"]);
    return response;
  }

  private wantsNonce({
    statusCode,
    headers,
  }: Dispatcher.ResponseData): boolean {
    return this.heard.prover.answered(statusCode, headers);
  }

  private urlOf(wanted: WireRequest): string {
    const query = new URLSearchParams(wanted.query).toString();
    return `${this.endpoint}/api/agent${wanted.path}${query ? `?${query}` : ""}`;
  }

  private async headersOf(
    wanted: WireRequest,
  ): Promise<Record<string, string>> {
    const url = this.urlOf(wanted);
    return {
      accept: AGENT_MEDIA_TYPE,
      ...(await this.heard.prover.headersFor({ ...wanted, url })),
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
    const { error: code, message } = (body ?? {}) as Record<string, unknown>;
    throw failureOfStatus(status, {
      ...(typeof code === "string" ? { code } : {}),
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
  const { message, trouble } = isLate
    ? {
        message: `The control plane did not answer within ${wanted.timeoutMs} ms.`,
      }
    : connectionFailure(error);
  return new ControlPlaneError("unreachable", message, {
    cause: error,
    ...(trouble && { trouble }),
  });
}
