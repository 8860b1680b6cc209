import {
  KubeConnection,
  type KubeRequest,
  type KubeResponse,
  type KubeStream,
} from "../kube-connection";

type Answer = { status: number; body: unknown };

/** An API server that serves what a test puts under its paths, and 404 in plain text, like the real one, elsewhere. */
export class FakeKubeConnection extends KubeConnection {
  readonly requests: KubeRequest[] = [];
  private readonly answers = new Map<string, Answer[]>();

  /** @param target for example `GET /api/v1`; with several answers each is given once, the last one again and again */
  serve(target: string, ...answers: Answer[]): this {
    this.answers.set(target, answers);
    return this;
  }

  /** Serves discovery of one group and version: kind → plural; a plural with `/status` has a status subresource. */
  serveKinds(
    apiVersion: string,
    kinds: Readonly<Record<string, string>>,
    namespaced = true,
  ): this {
    const resources = Object.entries(kinds).flatMap(([kind, path]) => {
      const [name = "", status] = path.split("/");
      const names = status === undefined ? [name] : [name, `${name}/status`];
      return names.map((each) => ({ name: each, kind, namespaced }));
    });
    const root = apiVersion.includes("/") ? "/apis" : "/api";
    return this.serve(`GET ${root}/${apiVersion}`, ok({ resources }));
  }

  /** How many requests went to a target. */
  count(target: string): number {
    return this.requests.filter((request) => targetOf(request) === target)
      .length;
  }

  override send(request: KubeRequest): Promise<KubeResponse> {
    this.requests.push(request);
    const answers = this.answers.get(targetOf(request)) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === undefined)
      return Promise.resolve({ status: 404, text: "404 page not found\n" });
    const { status, body } = answer;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return Promise.resolve({ status, text });
  }

  override async open(
    request: KubeRequest,
  ): Promise<KubeStream | KubeResponse> {
    const answer = await this.send(request);
    if (answer.status !== 200) return answer;
    return { chunks: oneByOne(Buffer.from(answer.text)) };
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** A Status (meta/v1) as the API server sends it. */
export function failure(
  status: number,
  reason: string,
  rest: { message?: string; details?: unknown } = {},
): Answer {
  const body = { kind: "Status", apiVersion: "v1", code: status, reason };
  return { status, body: { ...body, ...rest } };
}

function targetOf(request: KubeRequest): string {
  return `${request.method} ${request.path}`;
}

/** The worst cuts a network can make. */
async function* oneByOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1) {
    yield bytes.subarray(at, at + 1);
    if (at % 64 === 0) await Promise.resolve();
  }
}
