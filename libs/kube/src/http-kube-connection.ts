import { type Dispatcher, errors } from "undici";
import {
  KubeConnection,
  type KubeLimits,
  type KubeRequest,
  type KubeResponse,
  type KubeStream,
  LIMITS,
} from "./kube-connection";
import { type KubeAccess, KubeCredentials } from "./kube-credentials";
import { KubeError, LOCAL_REASONS } from "./kube-error";

type ResponseBody = Dispatcher.ResponseData["body"];

const HEADERS = { accept: "application/json", "user-agent": "vworkspace" };

/**
 * Requests go out through undici directly, with credentials and TLS of @kubernetes/client-node's KubeConfig (files, exec
 * plugins, service accounts, proxies), and not through that package's KubernetesObjectApi and Watch. As of 2.0.1 these
 * - open a new undici Agent, hence new sockets, for every request (KubeConfig.applySecurityAuthentication), and close none;
 * - let ALPN choose HTTP/2, which puts all watches and requests on one TCP connection: what stalls it stalls everything;
 * - drop watch lines that can't be parsed, and report a watch that was refused without the answer's body, so that a
 *   missing kind and an expired version look alike; a watch can't be aborted before its headers have come;
 * - end a watch after 30 s without an event, though bookmarks come once a minute;
 * - have neither a deadline for requests nor a limit on what they read.
 */
export class HttpKubeConnection extends KubeConnection {
  constructor(
    private readonly credentials: KubeCredentials,
    private readonly limits: KubeLimits = LIMITS,
  ) {
    super();
  }

  override async send(
    request: KubeRequest,
    signal?: AbortSignal,
  ): Promise<KubeResponse> {
    const deadline = new AbortController();
    const end = () => deadline.abort();
    // Not AbortSignal.timeout: its timer outlives the request, which adds up when there are many.
    const timer = setTimeout(end, this.limits.requestMs);
    signal?.addEventListener("abort", end, { once: true });
    try {
      signal?.throwIfAborted();
      const response = await this.dispatch(request, deadline.signal);
      return await this.readWhole(response);
    } catch (error) {
      if (deadline.signal.aborted && !signal?.aborted) throw tooSlow(request);
      throw failureOf(request, error, signal);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  }

  override async open(
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<KubeStream | KubeResponse> {
    try {
      const response = await this.dispatch(request, signal);
      return response.statusCode === 200
        ? { chunks: readChunks(request, response.body, signal) }
        : await this.readWhole(response);
    } catch (error) {
      throw failureOf(request, error, signal);
    }
  }

  override close(): Promise<void> {
    return this.credentials.close();
  }

  private async dispatch(
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const access = await this.access(signal);
    const { body } = request;
    const response = await access.dispatcher.request({
      origin: access.server.origin,
      path: pathOf(access.server, request),
      method: request.method,
      headers: {
        ...HEADERS,
        ...(request.accept === undefined ? {} : { accept: request.accept }),
        ...access.headers,
        ...(body ? { "content-type": body.contentType } : {}),
      },
      body: body?.text ?? null,
      signal,
      headersTimeout: this.limits.requestMs,
      bodyTimeout: this.limits.watchSilenceMs,
    });
    if (response.statusCode === 401) this.credentials.reject();
    return response;
  }

  /** An exec plugin may hang, so it has the time of a request, and its caller may leave earlier. */
  private async access(signal: AbortSignal): Promise<KubeAccess> {
    signal.throwIfAborted();
    let stopWaiting = (): void => undefined;
    const stopped = new Promise<never>((_, reject) => {
      stopWaiting = () => reject(new Error("not waited for any longer"));
    });
    const timer = setTimeout(stopWaiting, this.limits.requestMs);
    signal.addEventListener("abort", stopWaiting, { once: true });
    try {
      return await Promise.race([this.credentials.current(), stopped]);
    } catch {
      // What a plugin printed may hold a credential, so its error goes no further.
      throw new KubeError(
        "The credentials for the API server can't be had: check its exec plugin, token file or certificate.",
        { status: 0, reason: LOCAL_REASONS.credentials },
      );
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stopWaiting);
    }
  }

  private async readWhole({
    statusCode,
    body,
  }: Dispatcher.ResponseData): Promise<KubeResponse> {
    const { responseBytes } = this.limits;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > responseBytes)
        throw new KubeError(
          `The API server's answer is longer than ${responseBytes} bytes.`,
          { status: 0, reason: LOCAL_REASONS.tooLarge },
        );
      chunks.push(chunk);
    }
    return {
      status: statusCode,
      text: Buffer.concat(chunks).toString("utf8"),
    };
  }
}

function pathOf(server: URL, request: KubeRequest): string {
  const prefix = server.pathname.replace(/\/+$/, "");
  const query = new URLSearchParams(request.query).toString();
  return `${prefix}${request.path}${query === "" ? "" : `?${query}`}`;
}

async function* readChunks(
  request: KubeRequest,
  body: ResponseBody,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    if (!(error instanceof errors.BodyTimeoutError))
      throw failureOf(request, error, signal);
    throw failed(request, LOCAL_REASONS.silent, "fell silent");
  }
}

function failureOf(
  request: KubeRequest,
  error: unknown,
  signal: AbortSignal | undefined,
): KubeError {
  if (signal?.aborted)
    return failed(request, LOCAL_REASONS.aborted, "was given up by its caller");
  if (error instanceof KubeError) return error;
  if (error instanceof errors.HeadersTimeoutError) return tooSlow(request);
  const explanation = error instanceof Error ? error.message : String(error);
  return failed(
    request,
    LOCAL_REASONS.unreachable,
    `got no answer: ${explanation}`,
  );
}

function tooSlow(request: KubeRequest): KubeError {
  return failed(request, LOCAL_REASONS.timeout, "was not answered in time");
}

/** Of the request only the method and the path are named: a query may hold a continue token. */
function failed(request: KubeRequest, reason: string, what: string): KubeError {
  return new KubeError(`${request.method} ${request.path} ${what}.`, {
    status: 0,
    reason,
  });
}
