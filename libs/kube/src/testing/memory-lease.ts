import type { Clock } from "@vworkspace/kernel";
import { KubeError, LOCAL_REASONS } from "../kube-error";
import type { KubeObject } from "../kube-object";
import type { LeaseApi, LeaseSpec } from "../lease-lock";

/** What happens to one request. */
export interface Passage {
  readonly toServerMs: number;
  readonly toClientMs: number;
  readonly lost?: "request" | "answer";
}

const AT_ONCE: Passage = { toServerMs: 0, toClientMs: 0 };

/** An API server that holds one Lease, and a network to each of its clients that may delay and lose messages. */
export class MemoryLease {
  lease: KubeObject | undefined;
  isDown = false;
  requests = 0;
  private version = 0;

  constructor(private readonly clock: Clock) {}

  /** @param next what happens to the client's next request */
  client(next: () => Passage = () => AT_ONCE): LeaseApi {
    const via =
      <A extends unknown[], R>(call: (...given: A) => R) =>
      (...given: A): Promise<R> =>
        this.carry(next(), () => call(...given));
    return {
      get: via(() => this.lease) as LeaseApi["get"],
      create: via((object: KubeObject) =>
        this.create(object),
      ) as LeaseApi["create"],
      patch: via((_: unknown, patch: unknown) =>
        this.patch(patch as KubeObject),
      ) as LeaseApi["patch"],
    };
  }

  get spec(): LeaseSpec | undefined {
    return this.lease?.["spec"] as LeaseSpec | undefined;
  }

  private async carry<R>(passage: Passage, act: () => R): Promise<R> {
    this.requests += 1;
    const { toServerMs, toClientMs, lost } = passage;
    await this.travel(toServerMs);
    if (this.isDown || lost === "request") throw noAnswer();
    const outcome = settled(act);
    await this.travel(toClientMs);
    if (lost === "answer") throw noAnswer();
    return outcome();
  }

  private async travel(ms: number): Promise<void> {
    if (ms > 0) await this.clock.sleep(ms);
  }

  private create(object: KubeObject): KubeObject {
    if (this.lease !== undefined) throw conflict("AlreadyExists");
    return this.store(object, object["spec"] as LeaseSpec);
  }

  private patch(patch: KubeObject): KubeObject {
    const { lease } = this;
    if (lease === undefined)
      throw new KubeError("?", { status: 404, reason: "NotFound" });
    if (lease.metadata.resourceVersion !== patch.metadata.resourceVersion)
      throw conflict("Conflict");
    const spec = { ...this.spec, ...(patch["spec"] as LeaseSpec) };
    return this.store(lease, spec);
  }

  private store(object: KubeObject, spec: LeaseSpec): KubeObject {
    const resourceVersion = String((this.version += 1));
    const metadata = { ...object.metadata, resourceVersion };
    this.lease = { ...object, metadata, spec };
    return this.lease;
  }
}

function settled<R>(act: () => R): () => R {
  try {
    const result = act();
    return () => result;
  } catch (error) {
    return () => {
      throw error as Error;
    };
  }
}

function noAnswer(): KubeError {
  return new KubeError("No answer.", {
    status: 0,
    reason: LOCAL_REASONS.unreachable,
  });
}

function conflict(reason: string): KubeError {
  return new KubeError("Outrun.", { status: 409, reason });
}
