import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { type Actor, gatewayActor } from "../../trust/identity/domain/actor";
import { hasEnded } from "./domain/operation";
import { OperationStore } from "./domain/operation-store";
import { type Schedule, ScheduleStore } from "./domain/schedule";
import { comeDue, nextDue } from "./domain/schedule-times";
import { recordSchedule } from "./operation-evidence";
import { OperationService } from "./operation.service";

/** A schedule whose time has come, moved on to the next. */
interface Due {
  readonly moved: Schedule;
  readonly at: Date;
  readonly missed: number;
}

const MAX_PROBLEM_CHARACTERS = 1000;

/** Makes the operations of schedules: one per due time, whichever replica comes first, and never several for what was missed. */
@Injectable()
export class ScheduleRunService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operations: OperationService,
  ) {}

  async run(organizationId: string, scheduleId: string): Promise<void> {
    const actor = gatewayActor(organizationId);
    const inOrganization = (work: (stores: Stores) => Promise<void>) =>
      this.unitOfWork.inOrganization(organizationId, work);
    try {
      await inOrganization((stores) => this.make(stores, actor, scheduleId));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // In a transaction of its own: nothing of what was refused stays.
      await inOrganization((stores) =>
        noteRefusal(stores, actor, scheduleId, error),
      );
    }
  }

  private async make(
    stores: Stores,
    actor: Actor,
    scheduleId: string,
  ): Promise<void> {
    const due = await takeDue(stores, scheduleId);
    if (due === undefined) return;
    const { moved, at, missed } = due;
    const former = await stores.get(OperationStore).underway(scheduleId);
    if (former && !hasEnded(former))
      return skip(stores, actor, due, former.name);
    const { requested_by, on_behalf_of } = moved;
    const operation = await this.operations.create(stores, actor, {
      instanceId: moved.instance_id,
      type: moved.type,
      engine: moved.engine,
      parameters_json: moved.parameters_json,
      requester: { requested_by, on_behalf_of },
      due: { scheduleId, at },
    });
    const ran = { ...moved, last_run: at, last_problem: "" };
    await stores.get(ScheduleStore).save(ran);
    await recordSchedule(stores, actor, ran, {
      action: "schedule.run",
      detail: { operation_id: operation.id, missed },
    });
  }
}

async function takeDue(
  stores: Stores,
  scheduleId: string,
): Promise<Due | undefined> {
  const schedule = await stores.get(ScheduleStore).takeDue(scheduleId);
  if (!schedule?.next_run) return undefined;
  const now = await stores.get(OperationStore).now();
  const { newest, missed } = comeDue(schedule, schedule.next_run, now);
  const moved = {
    ...schedule,
    next_run: nextDue(schedule, now),
    missed_count: schedule.missed_count + missed,
  };
  return { moved, at: newest, missed };
}

async function skip(
  stores: Stores,
  actor: Actor,
  { moved, at, missed }: Due,
  former: string,
): Promise<void> {
  const skipped: Schedule = {
    ...moved,
    skipped_count: moved.skipped_count + 1,
    last_problem: `Skipped at ${at.toISOString()}: operation ${former} is still under way.`,
  };
  await stores.get(ScheduleStore).save(skipped);
  await recordSchedule(stores, actor, skipped, {
    action: "schedule.skip",
    detail: { missed },
  });
}

/** What is refused now may be allowed at the next due time; an instance that is gone does not come back. */
async function noteRefusal(
  stores: Stores,
  actor: Actor,
  scheduleId: string,
  error: DomainError,
): Promise<void> {
  const due = await takeDue(stores, scheduleId);
  if (due === undefined) return;
  const target = await stores
    .get(OperationStore)
    .holdInstance(due.moved.instance_id);
  const isGone = target?.state === "deleting" || target?.state === "deleted";
  const refused: Schedule = {
    ...due.moved,
    active: !isGone,
    next_run: isGone ? null : due.moved.next_run,
    last_problem: error.message.slice(0, MAX_PROBLEM_CHARACTERS),
  };
  await stores.get(ScheduleStore).save(refused);
  await recordSchedule(stores, actor, refused, {
    action: "schedule.refuse",
    detail: { ...error.details, missed: due.missed },
  });
}
