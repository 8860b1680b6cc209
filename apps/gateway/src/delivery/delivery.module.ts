import { type DynamicModule, Module } from "@nestjs/common";
import { Clock, SystemClock } from "@vworkspace/kernel";
import { StoreBindings } from "../database/store-bindings";
import { SqlDesiredObjectStore } from "./adapters/sql-desired-object-store";
import { DeliveryOptions, DeliveryService } from "./delivery.service";
import { DesiredObjectStore } from "./domain/desired-object-store";
import { Transports } from "./domain/transport";
import { SqlJobStore } from "./jobs/adapters/sql-job-store";
import { JobStore } from "./jobs/domain/job-store";
import { JobOptions, JobService } from "./jobs/job.service";
import { PollService } from "./pull/poll.service";
import { PullTransport } from "./pull/pull.transport";
import { SqlSweepStore } from "./sweep/adapters/sql-sweep-store";
import { SweepStore } from "./sweep/domain/sweep-store";
import { SweepLoopService, SweepOptions } from "./sweep/sweep-loop.service";
import { SweepService } from "./sweep/sweep.service";

export interface DeliverySettings {
  readonly leaseSeconds: number;
  readonly ttlSeconds: number;
  readonly reissueSeconds: number;
  readonly sweepSeconds: number;
  readonly retentionDays: number;
}

const EXPORTS = [
  DeliveryService,
  JobService,
  PollService,
  SweepService,
  SweepLoopService,
];

/** How intent gets to the clusters: jobs that agents pull; other transports join the list of Transports. */
@Module({})
export class DeliveryModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(DesiredObjectStore, SqlDesiredObjectStore);
    bindings.bind(JobStore, SqlJobStore);
    bindings.bind(SweepStore, SqlSweepStore);
  }

  static register(settings: DeliverySettings): DynamicModule {
    return {
      module: DeliveryModule,
      global: true,
      providers: [
        { provide: Clock, useClass: SystemClock },
        {
          provide: DeliveryOptions,
          useValue: new DeliveryOptions(settings.reissueSeconds),
        },
        {
          provide: JobOptions,
          useValue: new JobOptions(settings.leaseSeconds, settings.ttlSeconds),
        },
        {
          provide: SweepOptions,
          useValue: new SweepOptions(
            settings.sweepSeconds,
            settings.retentionDays,
          ),
        },
        {
          provide: Transports,
          inject: [PullTransport],
          useFactory: (pull: PullTransport) => new Transports([pull]),
        },
        PullTransport,
        DeliveryService,
        JobService,
        PollService,
        SweepService,
        SweepLoopService,
      ],
      exports: EXPORTS,
    };
  }
}
