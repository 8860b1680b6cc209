import { Agent, request } from "undici";
import { readKubeconfig, type ClusterAccess } from "./kubeconfig-file";

export interface KubeAnswer {
  readonly code: number;
  /** Parsed JSON; text when the answer is none. */
  readonly body: KubeBody;
  readonly warnings: readonly string[];
}

/** Whatever the API answered: an object, a list, a Status. Tests look where they expect something. */
export interface KubeBody {
  readonly kind?: string;
  readonly metadata: KubeBodyMetadata;
  readonly items: readonly KubeBody[];
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes?: readonly {
      readonly reason: string;
      readonly field: string;
      readonly message: string;
    }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: unknown;
  readonly [field: string]: unknown;
}

interface KubeBodyMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly continue?: string;
  readonly remainingItemCount?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFields[];
}

export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1: object;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: KubeBody;
}

const MERGE_PATCH = "application/merge-patch+json";
const JSON_PATCH = "application/json-patch+json";
const APPLY_PATCH = "application/apply-patch+yaml";

/** The API by plain HTTP, so that a test depends on no client's idea of it. */
export class KubeHttp {
  private readonly access: ClusterAccess;
  private readonly agent: Agent;

  constructor(kubeconfigPath: string) {
    this.access = readKubeconfig(kubeconfigPath);
    const ca = this.access.certificateAuthority;
    this.agent = new Agent(ca ? { connect: { ca } } : {});
  }

  get(path: string): Promise<KubeAnswer> {
    return this.send("GET", path);
  }

  post(path: string, body: unknown): Promise<KubeAnswer> {
    return this.send("POST", path, body);
  }

  put(path: string, body: unknown): Promise<KubeAnswer> {
    return this.send("PUT", path, body);
  }

  delete(path: string, body?: unknown): Promise<KubeAnswer> {
    return this.send("DELETE", path, body);
  }

  merge(path: string, patch: unknown): Promise<KubeAnswer> {
    return this.send("PATCH", path, patch, MERGE_PATCH);
  }

  jsonPatch(path: string, patch: unknown): Promise<KubeAnswer> {
    return this.send("PATCH", path, patch, JSON_PATCH);
  }

  /** Server-side apply by a manager; `path` may hold further parameters. */
  apply(path: string, manager: string, body: unknown): Promise<KubeAnswer> {
    const separator = path.includes("?") ? "&" : "?";
    const url = `${path}${separator}fieldManager=${manager}`;
    return this.send("PATCH", url, body, APPLY_PATCH);
  }

  async send(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    contentType = "application/json",
  ): Promise<KubeAnswer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await request(`${this.access.server}${path}`, {
      method,
      dispatcher: this.agent,
      headers: {
        authorization: `Bearer ${this.access.token}`,
        accept: "application/json",
        "user-agent": "suite/1",
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body: text }),
    });
    return {
      code: response.statusCode,
      body: parse(await response.body.text()),
      warnings: [response.headers["warning"] ?? []].flat(),
    };
  }

  /** Opens a watch and yields its events; it ends when the server ends it or the caller stops iterating. */
  async *watch(path: string): AsyncGenerator<WatchEvent> {
    const { body } = await request(`${this.access.server}${path}`, {
      dispatcher: this.agent,
      headers: { authorization: `Bearer ${this.access.token}` },
      bodyTimeout: 0,
    });
    try {
      for await (const line of lines(body))
        yield JSON.parse(line) as WatchEvent;
    } finally {
      body.on("error", () => undefined).destroy();
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}

async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

function parse(text: string): KubeBody {
  try {
    return JSON.parse(text) as KubeBody;
  } catch {
    return { message: text } as KubeBody;
  }
}
