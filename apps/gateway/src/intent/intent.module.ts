import { type DynamicModule, Module } from "@nestjs/common";
import { StoreBindings } from "../database/store-bindings";
import { SweepLoopService } from "../delivery/sweep/sweep-loop.service";
import { SqlCatalogStore } from "./catalog/adapters/sql-catalog-store";
import { CatalogService } from "./catalog/catalog.service";
import { CatalogStore } from "./catalog/domain/catalog-entry";
import { SqlInstanceStore } from "./instances/adapters/sql-instance-store";
import { SqlIntentHistoryStore } from "./instances/adapters/sql-intent-history-store";
import { IntentHistoryStore } from "./instances/domain/intent-history";
import { InstanceStore } from "./instances/domain/instance-store";
import { InstanceTrackerService } from "./instances/instance-tracker.service";
import { InstanceService } from "./instances/instance.service";
import { SqlOperationStore } from "./operations/adapters/sql-operation-store";
import { SqlScheduleStore } from "./operations/adapters/sql-schedule-store";
import { SqlUpkeepStore } from "./operations/adapters/sql-upkeep-store";
import { SignedApprovals } from "./operations/adapters/signed-approvals";
import { ApprovalClaims } from "./operations/domain/approval-claims";
import { OperationStore } from "./operations/domain/operation-store";
import { ScheduleStore } from "./operations/domain/schedule";
import { UpkeepStore } from "./operations/domain/upkeep-store";
import {
  OperationOptions,
  OperationTrackerService,
} from "./operations/operation-tracker.service";
import { OperationUpkeepService } from "./operations/operation-upkeep.service";
import { OperationService } from "./operations/operation.service";
import { ScheduleRunService } from "./operations/schedule-run.service";
import { ScheduleService } from "./operations/schedule.service";
import { UpgradeService } from "./operations/upgrade.service";
import { SqlReplayStore } from "./mutations/adapters/sql-replay-store";
import { ReplayStore } from "./mutations/domain/replay-store";
import { MutationService } from "./mutations/mutation.service";
import { SqlPolicyStore } from "./policies/adapters/sql-policy-store";
import { PolicyStore } from "./policies/domain/policy";
import { PolicyService } from "./policies/policy.service";

import { SqlSequenceStore } from "./sequences/adapters/sql-sequence-store";
import {
  readTemplates,
  templatesFolder,
} from "./sequences/adapters/template-files";
import { SequenceStore } from "./sequences/domain/sequence";
import { SequenceTemplates } from "./sequences/domain/sequence-templates";
import { SequenceRunService } from "./sequences/sequence-run.service";
import { SequenceStepsService } from "./sequences/sequence-steps.service";
import { SequenceService } from "./sequences/sequence.service";

export interface IntentSettings {
  /** How long the object of an operation stays in the cluster after its end. */
  readonly operationObjectDays: number;
}

const SERVICES = [
  CatalogService,
  PolicyService,
  InstanceService,
  InstanceTrackerService,
  OperationService,
  OperationTrackerService,
  OperationUpkeepService,
  UpgradeService,
  ScheduleService,
  ScheduleRunService,
  SequenceService,
  SequenceStepsService,
  SequenceRunService,
  MutationService,
];

/** What should be: catalog, policies, application instances, operations on them. */
@Module({})
export class IntentModule {
  constructor(
    bindings: StoreBindings,
    upkeep: OperationUpkeepService,
    sequences: SequenceRunService,
    loop: SweepLoopService,
  ) {
    loop.also("The upkeep of operations", (stop) => upkeep.sweep(stop));
    loop.also("The sweep of sequences", (stop) => sequences.sweep(stop));
    bindings.bind(CatalogStore, SqlCatalogStore);
    bindings.bind(PolicyStore, SqlPolicyStore);
    bindings.bind(InstanceStore, SqlInstanceStore);
    bindings.bind(IntentHistoryStore, SqlIntentHistoryStore);
    bindings.bind(OperationStore, SqlOperationStore);
    bindings.bind(ScheduleStore, SqlScheduleStore);
    bindings.bind(UpkeepStore, SqlUpkeepStore);
    bindings.bind(SequenceStore, SqlSequenceStore);
    bindings.bind(ReplayStore, SqlReplayStore);
  }

  static register(settings: IntentSettings): DynamicModule {
    return {
      module: IntentModule,
      global: true,
      providers: [
        ...SERVICES,
        { provide: ApprovalClaims, useClass: SignedApprovals },
        {
          provide: SequenceTemplates,
          useFactory: () =>
            new SequenceTemplates(readTemplates(templatesFolder())),
        },
        {
          provide: OperationOptions,
          useValue: new OperationOptions(settings.operationObjectDays),
        },
      ],
      exports: SERVICES,
    };
  }
}
