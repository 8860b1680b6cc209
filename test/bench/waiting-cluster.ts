import { Agent, type IncomingMessage, request } from "node:http";
import { AGENT_MEDIA_TYPE, jobsResponseSchema } from "@vworkspace/contract";

/** Seconds; the gateway answers the longest waits a little earlier. */
const WAIT_SECONDS = 300;

export interface Delivery {
  /** `performance.now()` when the answer with the job had arrived. */
  readonly at: number;
  readonly jobId: string;
}

/** A registered cluster that always has one poll waiting, on a keep-alive connection of its own. */
export class WaitingCluster {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly stopping = new AbortController();
  private deliver: ((delivery: Delivery) => void) | undefined;
  private running: Promise<void> = Promise.resolve();

  /** Polls that were answered without a job. */
  renewals = 0;

  constructor(
    readonly clusterId: string,
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** One poll that doesn't wait, so that connection, code paths and pools are warm. */
  async warmUp(): Promise<void> {
    await this.poll(0);
  }

  start(onFailure: (error: unknown) => void): void {
    this.running = this.loop().catch((error: unknown) => {
      if (!this.stopping.signal.aborted) onFailure(error);
    });
  }

  /** The next job that this cluster gets. */
  nextDelivery(): Promise<Delivery> {
    return new Promise((resolve) => {
      this.deliver = resolve;
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.agent.destroy();
  }

  private async loop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const [job] = await this.poll(WAIT_SECONDS);
      if (job === undefined) {
        this.renewals += 1;
        continue;
      }
      const delivery = { at: performance.now(), jobId: job.id };
      await this.settle(job.id);
      this.deliver?.(delivery);
    }
  }

  private async poll(wait: number) {
    const path = `/api/agent/jobs?cluster=${this.clusterId}&wait=${wait}`;
    const text = await this.call("GET", path);
    return jobsResponseSchema.parse(JSON.parse(text)).jobs;
  }

  private async settle(jobId: string): Promise<void> {
    const report = {
      outcome: "succeeded",
      timestamp: new Date().toISOString(),
    };
    const path = `/api/agent/jobs/${jobId}/result`;
    await this.call("POST", path, JSON.stringify(report));
  }

  private call(method: string, path: string, body = ""): Promise<string> {
    const headers: Record<string, string> = {
      accept: AGENT_MEDIA_TYPE,
      authorization: `Bearer ${this.token}`,
    };
    if (body !== "") {
      headers["content-type"] = AGENT_MEDIA_TYPE;
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    const { agent } = this;
    const { signal } = this.stopping;
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent, signal };
      const sent = request(this.url + path, options, (response) => {
        readAll(response).then(resolve, reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>)
    chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  if ((response.statusCode ?? 0) >= 300)
    throw new Error(`The gateway answered ${response.statusCode}: ${text}`);
  return text;
}
