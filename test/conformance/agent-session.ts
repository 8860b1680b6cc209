import {
  AGENT_MEDIA_TYPE,
  type Job,
  jobsResponseSchema,
  registerResponseSchema,
  rotateResponseSchema,
} from "@vworkspace/contract";
import { exchange, type Reply, type Sent } from "./http-exchange";
import type { ConformanceTarget } from "./target";

export interface PollOptions {
  /** Seconds; any text for the tests of junk. */
  readonly wait?: number | string;
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
}

/** A registered cluster as an agent sees it: one token, and every endpoint. Replies come as they are. */
export class AgentSession {
  constructor(
    readonly target: ConformanceTarget,
    readonly clusterId: string,
    readonly token: string,
  ) {}

  static async register(target: ConformanceTarget): Promise<AgentSession> {
    const { clusterId, registrationToken } = await target.newCluster();
    return await AgentSession.registerWith(
      target,
      clusterId,
      registrationToken,
    );
  }

  static async registerWith(
    target: ConformanceTarget,
    clusterId: string,
    registrationToken: string,
  ): Promise<AgentSession> {
    const reply = await post(target, "/register", { registrationToken });
    const { token } = registerResponseSchema.parse(jsonOf(reply));
    return new AgentSession(target, clusterId, token);
  }

  /** The same cluster with another token. */
  withToken(token: string): AgentSession {
    return new AgentSession(this.target, this.clusterId, token);
  }

  poll({ wait = 0, resume, signal }: PollOptions = {}): Promise<Reply> {
    const query = new URLSearchParams({
      cluster: this.clusterId,
      wait: String(wait),
    });
    if (resume === true) query.set("resume", "true");
    return call(this.target, `/jobs?${query.toString()}`, {
      method: "GET",
      headers: this.headers(),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** The jobs of a poll that must succeed. */
  async jobs(options: PollOptions = {}): Promise<Job[]> {
    return jobsIn(await this.poll(options));
  }

  async jobIds(options: PollOptions = {}): Promise<string[]> {
    return (await this.jobs(options)).map((job) => job.id);
  }

  ack(jobId: string): Promise<Reply> {
    return call(this.target, `/jobs/${jobId}/ack`, {
      method: "POST",
      headers: this.headers(),
    });
  }

  status(jobId: string, body: object = {}): Promise<Reply> {
    return this.post(`/jobs/${jobId}/status`, {
      phase: "Installing",
      timestamp: now(),
      ...body,
    });
  }

  result(jobId: string, body: object = {}): Promise<Reply> {
    return this.post(`/jobs/${jobId}/result`, {
      outcome: "succeeded",
      timestamp: now(),
      ...body,
    });
  }

  events(events: readonly unknown[], prefer?: string): Promise<Reply> {
    const headers = prefer === undefined ? {} : { prefer };
    return this.post("/events", { events }, headers);
  }

  rotate(): Promise<Reply> {
    return this.post("/credentials/rotate", {});
  }

  /** Rotates, and goes on with the new token. */
  async rotated(): Promise<AgentSession> {
    const { token } = rotateResponseSchema.parse(jsonOf(await this.rotate()));
    return this.withToken(token);
  }

  post(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    return post(this.target, path, body, { ...this.headers(), ...headers });
  }

  headers(): Record<string, string> {
    return { accept: AGENT_MEDIA_TYPE, authorization: `Bearer ${this.token}` };
  }
}

export function now(): string {
  return new Date().toISOString();
}

export function jsonOf(reply: Reply): unknown {
  return JSON.parse(reply.text);
}

/** The jobs of a reply that must be a poll's 200. */
export function jobsIn(reply: Reply): Job[] {
  if (reply.status !== 200)
    throw new Error(
      `A poll was answered with ${reply.status}: ${reply.text.slice(0, 500)}`,
    );
  return jobsResponseSchema.parse(jsonOf(reply)).jobs;
}

/** A request to a path below `/api/agent`, with exactly these headers. */
export function call(
  target: ConformanceTarget,
  path: string,
  sent: Sent,
): Promise<Reply> {
  return exchange(`${target.url}/api/agent${path}`, sent);
}

/** A JSON body in the contract's media type; `headers` add to it or replace it. */
export function post(
  target: ConformanceTarget,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return call(target, path, {
    method: "POST",
    headers: {
      accept: AGENT_MEDIA_TYPE,
      "content-type": AGENT_MEDIA_TYPE,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}
