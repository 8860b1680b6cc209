import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "@vworkspace/kube";
import type { ConnectionTap, ProxyTarget } from "./fault-proxy";

/** A write of a job, with the object that it is about; over plain HTTP, so of a real API server there are none. */
const WRITE =
  /^(POST|PATCH|DELETE) (\/apis\/apps\.vworkspace\.io\/v1alpha1\/namespaces\/[^/ ]+\/applicationinstances(?:\/[^/? ]+)?)(?:\?fieldManager=vworkspace-agent(?:&[^ ]*)?)? HTTP\/1\.1\r\n/;
const LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
const BODY_AFTER = "\r\n\r\n";
const DONE = /^HTTP\/1\.1 20[01] /;

const LATE_MS = 100;
const ANSWER_MS = 5_000;

/** The last write to an object that was done. */
interface Done {
  readonly request: Buffer;
  readonly method: string;
}

/**
 * Has the agent's writes to an object arrive a second time after the next one to it, as one does that an agent which is gone
 * had sent before its successor wrote something newer. They may change nothing then: each demands what it was decided on.
 */
export class LateCopies {
  /** Copies that the API server has answered. */
  answered = 0;
  private readonly done = new Map<string, Done>();
  /** What somebody began to delete, and what was not created since. */
  private readonly deleted = new Set<string>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly target: ProxyTarget) {}

  tap(): ConnectionTap {
    let request: Buffer = Buffer.alloc(0);
    return {
      up: (chunk) => {
        const isNext = !isWrite(request) || isWhole(request);
        request = isNext ? chunk : Buffer.concat([request, chunk]);
        this.noteDelete(request);
      },
      down: (chunk) => {
        if (isWhole(request) && DONE.test(chunk.toString("latin1", 0, 16)))
          this.noteWrite(request);
        request = Buffer.alloc(0);
      },
    };
  }

  /** Resolves when no copy is under way any more. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private noteDelete(request: Buffer): void {
    const [, method, object] = lineOf(request) ?? [];
    if (method === "DELETE" && object !== undefined) this.deleted.add(object);
  }

  private noteWrite(request: Buffer): void {
    const [, method = "", path = ""] = lineOf(request) ?? [];
    if (method === "") return;
    const object = method === "POST" ? `${path}/${nameIn(request)}` : path;
    if (method === "POST") this.deleted.delete(object);
    const former = this.done.get(object);
    this.done.set(object, { request, method });
    if (former === undefined) return;
    const copy = this.send(object, former);
    this.underWay.add(copy);
    void copy.then(() => this.underWay.delete(copy));
  }

  private async send(object: string, { request, method }: Done): Promise<void> {
    await sleep(LATE_MS);
    // Nothing can be demanded of what isn't there: what creates comes back after a delete, until a snapshot tells of it.
    if (method === "POST" && this.deleted.has(object)) return;
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

function lineOf(request: Buffer): RegExpExecArray | null {
  return WRITE.exec(request.toString("latin1", 0, 1_024));
}

function isWrite(request: Buffer): boolean {
  return lineOf(request) !== null;
}

function nameIn(request: Buffer): string {
  const body = request.subarray(request.indexOf(BODY_AFTER));
  const { metadata } = JSON.parse(body.toString("utf8")) as KubeObject;
  return metadata.name;
}

function isWhole(request: Buffer): boolean {
  const headEnd = request.indexOf(BODY_AFTER);
  if (headEnd < 0) return false;
  const head = request.toString("latin1", 0, headEnd + 2);
  const length = Number(LENGTH.exec(head)?.[1] ?? 0);
  return request.length >= headEnd + BODY_AFTER.length + length;
}
