import { type IncomingHttpHeaders, request } from "node:http";

export interface Sent {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Aborting it destroys the connection, as a client does that dies. */
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One request on a connection of its own, with the given headers and no others: unlike fetch it adds no `Accept`, so that
 * a suite can say what is sent.
 */
export function exchange(url: string, sent: Sent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = {
      method: sent.method,
      headers: lengthened(sent),
      agent: false,
      ...(sent.signal === undefined ? {} : { signal: sent.signal }),
    };
    const call = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const status = response.statusCode ?? 0;
        resolve({ status, headers: response.headers, text });
      });
    });
    call.on("error", reject);
    call.end(sent.body);
  });
}

/** Without a length Node would send no body at all with some methods, and chunks with others. */
function lengthened(sent: Sent): Record<string, string> {
  if (sent.body === undefined) return { ...sent.headers };
  const length = String(Buffer.byteLength(sent.body));
  return { ...sent.headers, "content-length": length };
}
