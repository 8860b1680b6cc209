import { Injectable } from "@nestjs/common";
import { DomainError, newId } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import type { Actor } from "../../trust/identity/domain/actor";
import { intentOf, requesterOf } from "./domain/operation-request";
import { refProblem } from "./domain/operation-rules";
import { OperationStore } from "./domain/operation-store";
import {
  type Schedule,
  type ScheduleFields,
  ScheduleStore,
} from "./domain/schedule";
import { nextDue, scheduleProblem } from "./domain/schedule-times";
import { admitOperation, requireTarget } from "./operation-admission";
import { recordSchedule } from "./operation-evidence";
import { refTakenError } from "../refusals";

export type CreateSchedule = Partial<ScheduleFields> &
  Pick<ScheduleFields, "type" | "engine" | "cron"> & {
    readonly instanceId: string;
  };

/** Schedules: operations of one kind on one instance, at each due time. Policy is asked now, and again each time. */
@Injectable()
export class ScheduleService {
  async create(
    stores: Stores,
    actor: Actor,
    { instanceId, ...given }: CreateSchedule,
  ): Promise<string> {
    const target = await requireTarget(stores, instanceId);
    const schedule: Schedule = {
      parameters_json: "{}",
      timezone: "UTC",
      keep: null,
      active: true,
      external_ref: null,
      ...given,
      name: given.name || `${target.name}-${given.type.toLowerCase()}`,
      ...requesterOf(actor),
      id: newId(),
      cluster_id: target.cluster_id,
      instance_id: target.id,
      next_run: null,
      last_run: null,
      last_problem: "",
      missed_count: 0,
      skipped_count: 0,
    };
    await this.check(stores, schedule);
    const planned = await plan(stores, schedule);
    if (!(await stores.get(ScheduleStore).add(planned)))
      return equalExisting(stores, planned);
    await recordSchedule(stores, actor, planned, { action: "schedule.create" });
    return planned.id;
  }

  /** Changes what is made from now on; whoever writes stands for it. */
  async write(
    stores: Stores,
    actor: Actor,
    id: string,
    changes: Partial<ScheduleFields>,
  ): Promise<void> {
    const schedule = await this.require(stores, id);
    const changed = { ...schedule, ...changes, ...requesterOf(actor) };
    await this.check(stores, changed);
    await this.refuseTaken(stores, changed);
    const isMoved =
      changed.cron !== schedule.cron ||
      changed.timezone !== schedule.timezone ||
      changed.active !== schedule.active;
    const planned = isMoved ? await plan(stores, changed) : changed;
    await stores.get(ScheduleStore).save(planned);
    await recordSchedule(stores, actor, planned, { action: "schedule.write" });
  }

  /** What it made stays. */
  async remove(stores: Stores, actor: Actor, id: string): Promise<void> {
    const schedule = await this.require(stores, id);
    await stores.get(ScheduleStore).remove(id);
    await recordSchedule(stores, actor, schedule, {
      action: "schedule.unlink",
    });
  }

  private async check(stores: Stores, schedule: Schedule): Promise<void> {
    const problem =
      scheduleProblem(schedule) ?? refProblem(schedule.external_ref);
    if (problem !== undefined)
      throw new DomainError("validation_failed", problem);
    if (!schedule.active) return;
    const { instance_id: instanceId, type, engine, parameters_json } = schedule;
    const target = await requireTarget(stores, instanceId);
    const request = { instanceId, type, engine, parameters_json };
    await admitOperation(stores, intentOf(request), target);
  }

  private async refuseTaken(
    stores: Stores,
    { id, external_ref }: Schedule,
  ): Promise<void> {
    if (external_ref === null) return;
    const other = await stores.get(ScheduleStore).byExternalRef(external_ref);
    if (other && other.id !== id) throw refTakenError("schedule", external_ref);
  }

  private async require(stores: Stores, id: string): Promise<Schedule> {
    const schedule = await stores.get(ScheduleStore).lock(id);
    if (!schedule)
      throw new DomainError("not_found", "There is no such schedule.");
    return schedule;
  }
}

/** With its next due time; a time that passed before the change is none of it. */
async function plan(stores: Stores, schedule: Schedule): Promise<Schedule> {
  const now = await stores.get(OperationStore).now();
  const next_run = schedule.active ? nextDue(schedule, now) : null;
  return { ...schedule, next_run };
}

async function equalExisting(
  stores: Stores,
  wanted: Schedule,
): Promise<string> {
  const facts = (one: Schedule) =>
    JSON.stringify([
      one.instance_id,
      one.type,
      one.engine,
      one.parameters_json,
      one.cron,
      one.timezone,
      one.keep,
      one.active,
    ]);
  const ref = wanted.external_ref ?? "";
  const existing = await stores.get(ScheduleStore).byExternalRef(ref);
  if (existing && facts(existing) === facts(wanted)) return existing.id;
  throw refTakenError("schedule", ref);
}
