import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionTap, ProxyTarget } from "./fault-proxy";

/** A write of a job, with the object that it is about; over plain HTTP, so of a real API server there are none. */
const WRITE =
  /^(?:PATCH|DELETE) (\/apis\/apps\.vworkspace\.io\/v1alpha1\/namespaces\/[^/ ]+\/applicationinstances\/[^/? ]+)(?:\?fieldManager=vworkspace-agent(?:&[^ ]*)?)? HTTP\/1\.1\r\n/;
const LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
const BODY_AFTER = "\r\n\r\n";
const DONE = /^HTTP\/1\.1 (200|201) /;

const LATE_MS = 100;
const ANSWER_MS = 5_000;

/** The last write to an object that was done. */
interface Done {
  readonly request: Buffer;
  /** Nothing can be demanded of what isn't there: a late create is kept from harm by an admission policy alone. */
  readonly isCreate: boolean;
}

/**
 * Has the agent's writes to an object arrive a second time after the next one to it, as one does that an agent which is gone
 * had sent before its successor wrote something newer. They may change nothing then: each demands what it was decided on.
 */
export class LateCopies {
  /** Copies that the API server has answered. */
  answered = 0;
  private readonly done = new Map<string, Done>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly target: ProxyTarget) {}

  tap(): ConnectionTap {
    let request: Buffer = Buffer.alloc(0);
    return {
      up: (chunk) => {
        const isNext = objectOf(request) === undefined || isWhole(request);
        request = isNext ? chunk : Buffer.concat([request, chunk]);
      },
      down: (chunk) => {
        const object = objectOf(request);
        const [, status] = DONE.exec(chunk.toString("latin1", 0, 16)) ?? [];
        if (object !== undefined && status !== undefined && isWhole(request))
          this.note(object, { request, isCreate: status === "201" });
        request = Buffer.alloc(0);
      },
    };
  }

  /** Resolves when no copy is under way any more. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private note(object: string, newest: Done): void {
    const former = this.done.get(object);
    this.done.set(object, newest);
    if (former === undefined || former.isCreate) return;
    const copy = this.send(former.request);
    this.underWay.add(copy);
    void copy.then(() => this.underWay.delete(copy));
  }

  private async send(request: Buffer): Promise<void> {
    await sleep(LATE_MS);
    const socket = connect(this.target());
    try {
      socket.write(request);
      await once(socket, "data", { signal: AbortSignal.timeout(ANSWER_MS) });
      this.answered += 1;
    } catch {
      // The API server is away, and the copy is lost.
    } finally {
      socket.destroy();
    }
  }
}

function objectOf(request: Buffer): string | undefined {
  return WRITE.exec(request.toString("latin1", 0, 1_024))?.[1];
}

function isWhole(request: Buffer): boolean {
  const headEnd = request.indexOf(BODY_AFTER);
  if (headEnd < 0) return false;
  const head = request.toString("latin1", 0, headEnd + 2);
  const length = Number(LENGTH.exec(head)?.[1] ?? 0);
  return request.length >= headEnd + BODY_AFTER.length + length;
}
