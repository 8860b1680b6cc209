import type { Job } from "@vworkspace/contract";
import { backoffMs, type Clock } from "@vworkspace/kernel";
import {
  claimCreated,
  createApplied,
  isDenial,
  type Kind,
  KubeApi,
  KubeError,
  type KubeObject,
} from "@vworkspace/kube";
import { FIELD_MANAGERS } from "@vworkspace/resources";
import type { ControlPlane } from "../control-plane/control-plane";
import { isFailure } from "../control-plane/control-plane-error";
import { untilAnswered } from "../control-plane/patience";
import { isStaleRead } from "../kube-failures";
import { reasonOf } from "../log";
import { resourceRefOf } from "../reporting/resource-ref";
import {
  followApplied,
  type FollowVerdict,
  objectTimeoutMs,
} from "./follow.decide";
import type { Follower, FollowEnd } from "./follower";
import type { JobChange, NamespacedRef } from "./job-change.decide";
import { failed, type JobOutcome, noop, refusedWrite } from "./job-outcome";
import {
  kindRefusal,
  manifestRefusal,
  stampedManifest,
} from "./manifest.decide";
import type { Namespaces } from "./namespaces";
import { decideApply, decideDelete } from "./write.decide";

export interface JobApplierOptions {
  readonly api: KubeApi;
  readonly follower: Follower;
  readonly namespaces: Namespaces;
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  readonly allowedKinds: readonly Kind[];
  readonly clusterId: () => string;
  readonly random?: () => number;
}

type Apply = Extract<JobChange, { type: "apply" }>;
type Delete = Extract<JobChange, { type: "delete" }>;

/** One job under way. */
interface Work<T> {
  readonly job: Job;
  readonly change: T;
  readonly signal: AbortSignal;
}

/** What one attempt came to: an outcome, `closed` (nobody waits any more), or `again` with a fresh read. */
type Step = JobOutcome | "closed" | "again";

const WRITES = { fieldManager: FIELD_MANAGERS.agent };

const RETRY = { baseMs: 500, maxMs: 15_000 };
/** Denials in a row that are taken for good: an API server that has just started forbids everything for a moment. */
const FINAL_DENIALS = 5;
/** The API server may be away for so long before a job is given up. */
const MAX_ATTEMPTS = 40;

/** Does what one acked job asks for and follows it to its end (agent contract, "Order"). */
export class JobApplier {
  constructor(private readonly options: JobApplierOptions) {}

  /**
   * The job's outcome; undefined when nobody waits for it any more.
   * @throws ControlPlaneError where the control plane had to be asked and did not answer for good
   */
  async execute(
    job: Job,
    change: JobChange,
    signal: AbortSignal,
  ): Promise<JobOutcome | undefined> {
    switch (change.type) {
      case "unreadable":
        return failed(change.reason);
      case "rotate":
        await this.options.controlPlane.rotateCredential();
        return { outcome: "succeeded" };
      case "apply":
        return this.persevere(signal, () =>
          this.apply({ job, change, signal }),
        );
      case "delete":
        return this.persevere(signal, () =>
          this.remove({ job, change, signal }),
        );
    }
  }

  /** Reads and decides again after lost races and while the API server is away. */
  private async persevere(
    signal: AbortSignal,
    attempt: () => Promise<Step>,
  ): Promise<JobOutcome | undefined> {
    let last = "";
    let denials = 0;
    for (let tries = 0; tries < MAX_ATTEMPTS && !signal.aborted; tries += 1) {
      try {
        const step = await attempt();
        if (step === "closed") return undefined;
        if (step !== "again") return step;
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        // A write that was given up with the term says nothing about the job: whoever leads next goes on with it.
        if (signal.aborted) return undefined;
        denials = denialsInARow(denials, error);
        if (!mayPass(error, denials)) return refusedWrite(error);
        last = reasonOf(error);
        const pauseMs = backoffMs(tries, RETRY, this.options.random);
        await this.options.clock.sleep(pauseMs, signal);
      }
    }
    if (signal.aborted) return undefined;
    return failed(`given up after ${MAX_ATTEMPTS} attempts: ${last}`);
  }

  private async apply(work: Work<Apply>): Promise<Step> {
    const { change, job } = work;
    const { api, follower } = this.options;
    const refusal = await this.refusal(change);
    if (refusal !== undefined) return failed(refusal);
    const current = await api.get(change.ref);
    const decision = decideApply(current, change.generation);
    switch (decision.step) {
      case "superseded":
        return noop(decision.reason, current && resourceRefOf(current));
      case "follow":
        return this.resume(work, current);
      case "wait-for-end":
        return this.waitForEnd(work, current);
      case "create":
        // Closed means superseded: a newer delete may have removed what this job would bring back.
        if (!(await this.isOpen(work))) return "closed";
        return this.follow(work, await this.write(change));
      case "update":
        await follower.tell(job.id, { phase: "Applying", message: "" });
        return this.follow(work, await this.write(change, current));
    }
  }

  private async refusal(change: Apply): Promise<string | undefined> {
    return (
      kindRefusal(change.ref, this.options.allowedKinds) ??
      manifestRefusal(change.manifest) ??
      (await this.options.namespaces.refusal(change.ref.namespace))
    );
  }

  /** A status that must arrive, since its answer says whether the job is still wanted. */
  private async isOpen({ job, signal }: Work<Apply>): Promise<boolean> {
    const { controlPlane, clock, random } = this.options;
    const report = { phase: "Creating", timestamp: clock.timestamp() };
    try {
      await untilAnswered(() => controlPlane.reportStatus(job.id, report), {
        clock,
        signal,
        ...(random && { random }),
      });
      return true;
    } catch (error) {
      if (isFailure(error, "settled", "unknown", "aborted")) return false;
      throw error;
    }
  }

  /** Makes the object where there was none, else server-side apply onto the one that was read and onto no other. */
  private async write(change: Apply, read?: KubeObject): Promise<KubeObject> {
    const { api, clusterId } = this.options;
    const { generation } = change;
    const manifest = stampedManifest(change.manifest, change.ref, {
      clusterId: clusterId(),
      ...(generation !== undefined && { generation }),
    });
    if (read === undefined) return createApplied(api, manifest, WRITES);
    const { uid, resourceVersion } = (await claimCreated(api, read, WRITES))
      .metadata;
    return api.apply(
      {
        ...manifest,
        metadata: {
          ...manifest.metadata,
          ...(uid !== undefined && { uid }),
          ...(resourceVersion !== undefined && { resourceVersion }),
        },
      },
      WRITES,
    );
  }

  /** This generation is stamped: it had settled, or this process takes over where another one stopped. */
  private async resume(
    work: Work<Apply>,
    current: KubeObject | undefined,
  ): Promise<Step> {
    if (current === undefined) return "again";
    const verdict = followApplied(current, wantedOf(work, current));
    if (verdict.state === "succeeded")
      return noop("this generation is applied already", resourceRefOf(current));
    return this.follow(work, current);
  }

  private async waitForEnd(
    work: Work<Apply>,
    current: KubeObject | undefined,
  ): Promise<Step> {
    if (current === undefined) return "again";
    const end = await this.untilGone(work, current);
    if (end.end === "closed") return "closed";
    if (end.end === "timeout")
      return failed(`the old object is still being deleted: ${end.last}`);
    return "again";
  }

  private async follow(work: Work<Apply>, applied: KubeObject): Promise<Step> {
    const wanted = wantedOf(work, applied);
    const { uid } = applied.metadata;
    const timeoutMs = objectTimeoutMs(applied);
    const end = await this.options.follower.run({
      jobId: work.job.id,
      ref: work.change.ref,
      timeoutMs,
      signal: work.signal,
      verdict: (object) =>
        object === undefined || object.metadata.uid !== uid
          ? { state: "failed", error: "the object was deleted meanwhile" }
          : followApplied(object, wanted),
    });
    if (end.end === "closed") return "closed";
    if (end.end === "timeout")
      return {
        ...failed(`not ready within ${timeoutMs / 1000} s: ${end.last}`),
        appliedRef: resourceRefOf(applied),
      };
    return applyOutcome(end.verdict, applied);
  }

  private async remove(work: Work<Delete>): Promise<Step> {
    const { change } = work;
    const { api, allowedKinds, namespaces } = this.options;
    const refusal = kindRefusal(change.ref, allowedKinds);
    if (refusal !== undefined) return failed(refusal);
    const current = await api.get(change.ref);
    const decision = decideDelete(current, change.generation);
    if (decision.step === "gone" || current === undefined)
      return { outcome: "succeeded", appliedRef: { ...change.ref } };
    if (decision.step === "superseded")
      return noop(decision.reason, resourceRefOf(current));
    if (!(await namespaces.hasOptedIn(change.ref.namespace)))
      return failed(await this.closedNamespace(change.ref));
    if (decision.step === "delete") await this.deleteRead(current, change.ref);
    return deleteOutcome(await this.untilGone(work, current), change.ref);
  }

  private async closedNamespace(ref: NamespacedRef): Promise<string> {
    const refusal = await this.options.namespaces.refusal(ref.namespace);
    return refusal ?? `namespace ${ref.namespace} has not opted in`;
  }

  /** Deletes exactly what was read: with another resourceVersion it may carry a newer generation. */
  private async deleteRead(
    object: KubeObject,
    ref: NamespacedRef,
  ): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    await this.options.api.delete(ref, {
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    });
  }

  private untilGone(
    work: Work<Apply | Delete>,
    object: KubeObject,
  ): Promise<FollowEnd> {
    return this.options.follower.run({
      jobId: work.job.id,
      ref: work.change.ref,
      timeoutMs: objectTimeoutMs(object),
      signal: work.signal,
      verdict: (seen) => goneVerdict(seen, object.metadata.uid),
    });
  }
}

/** Whether a fresh read or some time may help. */
function mayPass(error: KubeError, denials: number): boolean {
  if (isDenial(error)) return denials < FINAL_DENIALS;
  return isStaleRead(error) || error.isRetryable;
}

function denialsInARow(before: number, error: KubeError): number {
  return isDenial(error) ? before + 1 : 0;
}

function wantedOf(work: Work<Apply>, applied: KubeObject) {
  const { generation: intent } = work.change;
  return {
    generation: applied.metadata.generation ?? 0,
    ...(intent !== undefined && { intent }),
  };
}

/** Gone is another uid too: somebody made a new object under the name. */
function goneVerdict(
  seen: KubeObject | undefined,
  uid: string | undefined,
): FollowVerdict {
  return seen === undefined || seen.metadata.uid !== uid
    ? { state: "succeeded", phase: "Gone" }
    : { state: "waiting", phase: "Deleting", message: deletionText(seen) };
}

function deletionText(object: KubeObject): string {
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.length === 0
    ? "not gone yet"
    : `waiting for ${finalizers.join(", ")}`;
}

function applyOutcome(
  verdict: Extract<FollowEnd, { end: "verdict" }>["verdict"],
  applied: KubeObject,
): JobOutcome {
  const appliedRef = resourceRefOf(applied);
  switch (verdict.state) {
    case "succeeded":
      return { outcome: "succeeded", appliedRef };
    case "failed":
      return { ...failed(verdict.error), appliedRef };
    case "superseded":
      return noop(verdict.reason, appliedRef);
  }
}

function deleteOutcome(end: FollowEnd, ref: NamespacedRef): Step {
  if (end.end === "closed") return "closed";
  if (end.end === "timeout") return failed(`still there: ${end.last}`);
  return { outcome: "succeeded", appliedRef: { ...ref } };
}
