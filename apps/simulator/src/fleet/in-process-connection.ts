import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough, Readable } from "node:stream";
import {
  KubeConnection,
  KubeError,
  type KubeRequest,
  type KubeResponse,
  type KubeStream,
  LOCAL_REASONS,
} from "@vworkspace/kube";
import { MASTERS } from "../authorization/user";
import { failure, write } from "../http/answer";
import type { Router } from "../http/router";

const USER = { name: "agent", groups: [MASTERS] };

/** The part of a ServerResponse that the API uses: a head, and a body that can be read as it is written. */
class Answering extends PassThrough {
  private tellStatus: (status: number) => void = () => undefined;
  /** As soon as it is known. */
  readonly status = new Promise<number>((resolve) => {
    this.tellStatus = resolve;
  });

  writeHead(status: number): this {
    this.tellStatus(status);
    return this;
  }

  flushHeaders(): void {
    // Nothing holds them back.
  }

  appendHeader(): this {
    return this;
  }
}

/** The way to a simulated cluster in the same process: the API itself without a socket, so that hundreds fit beside each other. */
export class InProcessConnection extends KubeConnection {
  private readonly answers = new Set<Answering>();
  private isClosed = false;

  constructor(private readonly router: Router) {
    super();
  }

  override async send(
    request: KubeRequest,
    signal?: AbortSignal,
  ): Promise<KubeResponse> {
    return this.readWhole(await this.start(request, signal));
  }

  override async open(
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<KubeStream | KubeResponse> {
    const answer = await this.start(request, signal);
    const status = await answer.status;
    if (status !== 200) return this.readWhole(answer);
    return { chunks: chunksOf(answer) };
  }

  override close(): Promise<void> {
    this.isClosed = true;
    for (const answer of this.answers) answer.destroy();
    return Promise.resolve();
  }

  private async start(
    request: KubeRequest,
    signal: AbortSignal | undefined,
  ): Promise<Answering> {
    if (signal?.aborted || this.isClosed) throw givenUp();
    const answer = new Answering();
    const abort = () => answer.destroy();
    signal?.addEventListener("abort", abort, { once: true });
    this.answers.add(answer);
    answer.once("close", () => {
      signal?.removeEventListener("abort", abort);
      this.answers.delete(answer);
    });
    const response = answer as unknown as ServerResponse;
    try {
      await this.router.serve(incoming(request), response, USER);
    } catch (error) {
      write(response, failure(error));
    }
    return answer;
  }

  private async readWhole(answer: Answering): Promise<KubeResponse> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of chunksOf(answer)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    return { status: await answer.status, text };
  }
}

async function* chunksOf(answer: Answering): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) yield chunk;
  } catch {
    throw givenUp();
  }
}

/** Method, path, headers and body, as an HTTP server would hand them over. */
function incoming(request: KubeRequest): IncomingMessage {
  const { method, path, query, accept, body } = request;
  const search = new URLSearchParams(query).toString();
  const message = Object.assign(
    Readable.from(body === undefined ? [] : [Buffer.from(body.text)]),
    {
      method,
      url: search === "" ? path : `${path}?${search}`,
      headers: {
        accept: accept ?? "application/json",
        "user-agent": "vworkspace",
        ...(body && { "content-type": body.contentType }),
      },
    },
  );
  return message as unknown as IncomingMessage;
}

function givenUp(): KubeError {
  return new KubeError("The request was given up by its caller.", {
    status: 0,
    reason: LOCAL_REASONS.aborted,
  });
}
