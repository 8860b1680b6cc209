import { DomainError } from "@vworkspace/kernel";
import { Agent, type Dispatcher, request } from "undici";
import {
  type HttpAnswer,
  type HttpExchange,
  RpcTransport,
} from "./rpc-transport";

export interface HttpTransportOptions {
  /** Address of the Odoo, `http` or `https`, without credentials, query or fragment. */
  readonly url: string;
  /** For the whole exchange, from connecting to the last byte. */
  readonly timeoutMs: number;
  /** Largest answer that is read. */
  readonly maxResponseBytes: number;
}

/** HTTP/1.1 by undici. Follows no redirect: it would carry the key to an address nobody configured. */
export class HttpTransport extends RpcTransport {
  override readonly host: string;
  private readonly base: string;
  private readonly agent = new Agent({ connections: 4 });

  constructor(private readonly options: HttpTransportOptions) {
    super();
    const url = addressOf(options.url);
    this.host = url.host;
    this.base = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  }

  override async exchange({
    path,
    headers,
    body,
  }: HttpExchange): Promise<HttpAnswer> {
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    try {
      const response = await request(`${this.base}${path}`, {
        method: "POST",
        headers,
        body,
        signal,
        dispatcher: this.agent,
      });
      return {
        status: response.statusCode,
        contentType: String(response.headers["content-type"] ?? ""),
        body: await this.read(response),
      };
    } catch (error) {
      throw this.unavailable(error, signal.aborted);
    }
  }

  override close(): Promise<void> {
    return this.agent.close();
  }

  override abort(): Promise<void> {
    return this.agent.destroy();
  }

  private async read(response: Dispatcher.ResponseData): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > this.options.maxResponseBytes)
        throw this.refusal(
          `sent more than ${this.options.maxResponseBytes} bytes`,
        );
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  private unavailable(error: unknown, isLate: boolean): DomainError {
    if (error instanceof DomainError) return error;
    const { timeoutMs } = this.options;
    return isLate
      ? this.refusal(`did not answer within ${timeoutMs} ms`, error)
      : this.refusal("can't be reached", error);
  }
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new DomainError(
      "invalid_request",
      "url must be the http or https address of an Odoo.",
    );
  if (url.username !== "" || url.password !== "")
    throw new DomainError(
      "invalid_request",
      "url must not hold a user or password; they belong into login and key.",
    );
  return url;
}
