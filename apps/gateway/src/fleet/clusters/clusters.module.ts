import { type DynamicModule, Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { IdentityModule } from "../../trust/identity/identity.module";
import {
  SqlClusterStore,
  SqlPresenceStore,
} from "./adapters/sql-cluster-store";
import { SqlCredentialStore } from "./adapters/sql-credential-store";
import { ClusterService } from "./cluster.service";
import { CredentialIssuer } from "./credential-issuer";
import { CredentialService } from "./credential.service";
import { ClusterStore, PresenceStore } from "./domain/cluster-store";
import { CredentialStore } from "./domain/credential-store";
import { FLEET_OPTIONS, type FleetOptions } from "./fleet-options";
import { PresenceService } from "./presence.service";
import { RegistrationService } from "./registration.service";
import { SuccessionService } from "./succession.service";

@Module({})
export class ClustersModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(ClusterStore, SqlClusterStore);
    bindings.bind(PresenceStore, SqlPresenceStore);
    bindings.bind(CredentialStore, SqlCredentialStore);
  }

  static register(options: FleetOptions): DynamicModule {
    return {
      module: ClustersModule,
      global: true,
      imports: [IdentityModule],
      providers: [
        { provide: FLEET_OPTIONS, useValue: options },
        ClusterService,
        CredentialIssuer,
        RegistrationService,
        SuccessionService,
        CredentialService,
        PresenceService,
      ],
      exports: [ClusterService, CredentialService, PresenceService],
    };
  }
}
