import { Module } from "@nestjs/common";
import { StoreBindings } from "../database/store-bindings";
import { SqlCatalogStore } from "./catalog/adapters/sql-catalog-store";
import { CatalogService } from "./catalog/catalog.service";
import { CatalogStore } from "./catalog/domain/catalog-entry";
import { SqlInstanceStore } from "./instances/adapters/sql-instance-store";
import { SqlIntentHistoryStore } from "./instances/adapters/sql-intent-history-store";
import { IntentHistoryStore } from "./instances/domain/intent-history";
import { InstanceStore } from "./instances/domain/instance-store";
import { InstanceTrackerService } from "./instances/instance-tracker.service";
import { InstanceService } from "./instances/instance.service";
import { SqlReplayStore } from "./mutations/adapters/sql-replay-store";
import { ReplayStore } from "./mutations/domain/replay-store";
import { MutationService } from "./mutations/mutation.service";
import { SqlPolicyStore } from "./policies/adapters/sql-policy-store";
import { PolicyStore } from "./policies/domain/policy";
import { PolicyService } from "./policies/policy.service";

const SERVICES = [
  CatalogService,
  PolicyService,
  InstanceService,
  InstanceTrackerService,
  MutationService,
];

/** What should be: catalog, policies, application instances. */
@Module({ providers: SERVICES, exports: SERVICES })
export class IntentModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(CatalogStore, SqlCatalogStore);
    bindings.bind(PolicyStore, SqlPolicyStore);
    bindings.bind(InstanceStore, SqlInstanceStore);
    bindings.bind(IntentHistoryStore, SqlIntentHistoryStore);
    bindings.bind(ReplayStore, SqlReplayStore);
  }
}
