import { Injectable } from "@nestjs/common";
import {
  type CreateSchedule,
  ScheduleService,
} from "../../../intent/operations/schedule.service";
import type { ModelChanges } from "../registry/model-method";
import { givenParameters } from "./given-parameters";

@Injectable()
export class OperationScheduleChanges implements ModelChanges {
  constructor(private readonly schedules: ScheduleService) {}

  readonly create: NonNullable<ModelChanges["create"]> = (
    stores,
    actor,
    values,
  ) => {
    const { instance_id, ...given } = givenParameters(values);
    // readValues has checked each value against its field, and that the required ones are there.
    return this.schedules.create(stores, actor, {
      ...given,
      instanceId: instance_id,
    } as unknown as CreateSchedule);
  };

  readonly write: NonNullable<ModelChanges["write"]> = (
    stores,
    actor,
    { key, values },
  ) => this.schedules.write(stores, actor, key, givenParameters(values));

  readonly unlink: NonNullable<ModelChanges["unlink"]> = (...on) =>
    this.schedules.remove(...on);
}
