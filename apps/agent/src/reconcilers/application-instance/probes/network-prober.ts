import { connect } from "node:net";
import { Agent, type Dispatcher, request } from "undici";
import { isExpected, Prober, type ProbeTarget, unexpected } from "./prober";

/** An answer's body is read so far only to be polite, and thrown away. */
const BODY_LIMIT = 64 * 1024;

/** Errors of Node and undici by code, in words that help whoever reads a condition. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused the connection",
  ECONNRESET: "cut the connection",
  EHOSTUNREACH: "can't be reached",
  ENETUNREACH: "can't be reached",
  ENOTFOUND: "is no known name",
  EAI_AGAIN: "can't be looked up",
  UND_ERR_SOCKET: "cut the connection",
  UND_ERR_HEADERS_OVERFLOW: "answered too large a header",
};

/** Over the network: a new connection each time, no redirect followed, no credential sent. */
export class NetworkProber extends Prober {
  private readonly agent: Dispatcher = new Agent({
    pipelining: 0,
    maxHeaderSize: 16 * 1024,
    keepAliveTimeout: 1,
    keepAliveMaxTimeout: 1,
  });

  override async probe(
    target: ProbeTarget,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const timeout = AbortSignal.timeout(target.timeoutMs);
    const end = AbortSignal.any([signal, timeout]);
    try {
      return target.type === "http"
        ? await this.get(target, end)
        : await opened(target, end);
    } catch (error) {
      if (timeout.aborted)
        return `gave no answer within ${target.timeoutMs / 1000} s`;
      return reasonFor(error);
    }
  }

  private async get(
    target: ProbeTarget & { readonly type: "http" },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { url, expectStatus } = target;
    const { statusCode, body } = await request(url, {
      dispatcher: this.agent,
      signal,
      headers: { "user-agent": "vworkspace-probe", accept: "*/*" },
      reset: true,
    });
    // The status is the answer; how the body ends is not asked.
    await body.dump({ limit: BODY_LIMIT, signal }).catch(() => undefined);
    if (isExpected(statusCode, expectStatus)) return undefined;
    return unexpected(statusCode, expectStatus);
  }
}

function opened(
  { host, port }: ProbeTarget & { readonly type: "tcp" },
  signal: AbortSignal,
): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const stop = () => socket.destroy(new Error("aborted"));
    const finish = () => {
      signal.removeEventListener("abort", stop);
      socket.destroy();
    };
    socket.once("connect", () => {
      finish();
      resolve(undefined);
    });
    socket.once("error", (error) => {
      finish();
      reject(error);
    });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** The code of the error or of what caused it: happy eyeballs wraps several into one. */
function reasonFor(error: unknown): string {
  const code = codeOf(error);
  return REASONS[code] ?? (code === "" ? "failed" : `failed with ${code}`);
}

function codeOf(error: unknown): string {
  const { code, errors, cause } = (error ?? {}) as {
    readonly code?: unknown;
    readonly errors?: readonly unknown[];
    readonly cause?: unknown;
  };
  if (typeof code === "string") return code;
  const inner = errors?.[0] ?? cause;
  return inner === undefined ? "" : codeOf(inner);
}
