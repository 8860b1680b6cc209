import { Agent, request } from "node:http";
import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";

/** The longest that a poll may ask for. */
const WAIT_SECONDS = 300;

export interface PollAnswer {
  readonly status: number;
  /** What its jobs are about, as `<kind>/<namespace>/<name>@<generation>`. */
  readonly jobs: readonly string[];
  /** `performance.now()` when it had arrived as a whole. */
  readonly at: number;
}

interface Poller {
  readonly code: string;
  readonly token: string;
}

/** One long poll over HTTP, on a connection of its own. */
export class WaitingPoll {
  private readonly stopping = new AbortController();
  private answer: PollAnswer | undefined;
  /** Rejects where the connection ended without an answer. */
  readonly answered: Promise<PollAnswer>;

  constructor(url: string, cluster: Poller) {
    const { signal } = this.stopping;
    this.answered = askForJobs(url, cluster, WAIT_SECONDS, signal).then(
      (answer) => (this.answer = answer),
    );
    // Whoever waits for it hears of it; one that nobody waits for ends with the test.
    this.answered.catch(() => undefined);
  }

  get isAnswered(): boolean {
    return this.answer !== undefined;
  }

  leave(): void {
    this.stopping.abort();
  }
}

/** @throws Error where the connection ended without an answer */
export async function askForJobs(
  url: string,
  { code, token }: Poller,
  waitSeconds = 0,
  signal = new AbortController().signal,
): Promise<PollAnswer> {
  const agent = new Agent();
  const path = `/api/agent/jobs?cluster=${code}&wait=${waitSeconds}`;
  const authorization = `Bearer ${token}`;
  const headers = { accept: AGENT_MEDIA_TYPE, authorization };
  try {
    return await new Promise((resolve, reject) => {
      const sent = request(url + path, { agent, headers, signal });
      sent.on("error", reject);
      sent.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const jobs = keysOf(Buffer.concat(chunks));
          const status = response.statusCode ?? 0;
          resolve({ status, jobs, at: performance.now() });
        });
      });
      sent.end();
    });
  } finally {
    agent.destroy();
  }
}

function keysOf(body: Buffer): readonly string[] {
  const { jobs = [] } = JSON.parse(body.toString()) as {
    jobs?: readonly { readonly idempotencyKey: string }[];
  };
  return jobs.map(({ idempotencyKey }) => idempotencyKey);
}
