import { setTimeout as sleep } from "node:timers/promises";
import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { z } from "zod";

const jobsSchema = z.object({
  jobs: z.array(
    z.looseObject({
      id: z.string(),
      kind: z.string(),
      idempotencyKey: z.string(),
      payload: z.unknown().optional(),
    }),
  ),
});
const payloadSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({
    suspend: z.boolean().optional(),
    cancel: z.boolean().optional(),
    type: z.string().optional(),
  }),
});
export type Applied = z.infer<typeof payloadSchema>;

/** An agent that does what it is told, at once and well: instances are what they should be, operations succeed. */
export class ObligingAgent {
  /** What it was told to apply, in that order. */
  readonly applied: Applied[] = [];
  /** Types of operations that it leaves running until they are cancelled. */
  readonly hangsAt = new Set<string>();
  private readonly stopping = new AbortController();
  private working: Promise<void> = Promise.resolve();
  private second = 0;

  /** @param url where the gateway is at the moment */
  constructor(
    private readonly url: () => string,
    private readonly code: string,
    private readonly token: string,
  ) {}

  start(): void {
    this.working = this.work();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  private async work(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      // A gateway that is away is asked again.
      const jobs = await this.poll().catch(() => []);
      for (const job of jobs) await this.carryOut(job).catch(() => undefined);
      if (jobs.length === 0) await sleep(100);
    }
  }

  private async poll() {
    const reply = await this.send("GET", `jobs?cluster=${this.code}&wait=1`);
    return jobsSchema.parse(await reply.json()).jobs;
  }

  private async carryOut(
    job: z.infer<typeof jobsSchema>["jobs"][number],
  ): Promise<void> {
    if (job.kind === "apply") {
      const payload = payloadSchema.parse(job.payload);
      this.applied.push(payload);
      await this.tell(payload, Number(job.idempotencyKey.split("@")[1]));
    }
    await this.send("POST", `jobs/${job.id}/result`, {
      outcome: "succeeded",
      timestamp: new Date().toISOString(),
    });
  }

  private async tell(payload: Applied, generation: number): Promise<void> {
    const { apiVersion, kind, metadata, spec } = payload;
    const { name, namespace } = metadata;
    this.second += 1;
    await this.send("POST", "events", {
      events: [
        {
          kind: "ConditionTransition",
          resourceRef: {
            ...{ apiVersion, kind, namespace, name },
            uid: `u-${name}`,
            intentGeneration: generation,
          },
          timestamp: new Date(
            Date.UTC(2026, 0, 1, 0, 0, this.second),
          ).toISOString(),
          ...(kind === "Operation" ? this.course(spec) : standing(spec)),
        },
      ],
    });
  }

  private course({ cancel, type = "" }: Applied["spec"]) {
    const phase = cancel
      ? "Cancelled"
      : this.hangsAt.has(type)
        ? "Running"
        : "Succeeded";
    const outputs = { backupName: `backup-of-${this.code}` };
    return {
      conditions: [condition(phase, true)],
      detail: {
        operation: { phase, outputs, startedAt: "2026-01-01T00:00:00Z" },
      },
    };
  }

  private send(method: string, path: string, body?: object) {
    return fetch(`${this.url()}/api/agent/${path}`, {
      method,
      headers: {
        "content-type": AGENT_MEDIA_TYPE,
        authorization: `Bearer ${this.token}`,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}

function standing({ suspend = false }: Applied["spec"]) {
  return {
    conditions: [condition("Suspended", suspend), condition("Ready", !suspend)],
  };
}

function condition(type: string, holds: boolean) {
  const status = holds ? "True" : "False";
  return { type, status, reason: "Told", message: "" };
}
