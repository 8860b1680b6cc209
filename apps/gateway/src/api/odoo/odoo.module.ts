import { type DynamicModule, Module } from "@nestjs/common";
import { RecordStore } from "../../database/records/record-store";
import { SqlRecordStore } from "../../database/records/sql-record-store";
import { StoreBindings } from "../../database/store-bindings";
import { IdentityModule } from "../../trust/identity/identity.module";
import { PeopleModule } from "../../trust/people/people.module";
import { Json2Controller } from "./json-2.controller";
import { JsonRpcController } from "./json-rpc.controller";
import { ReadMethods } from "./methods/read.methods";
import { WriteMethods } from "./methods/write.methods";
import { ApiKeyChanges } from "./models/api-key.changes";
import { ApplicationInstanceChanges } from "./models/application-instance.changes";
import { CatalogEntryChanges } from "./models/catalog-entry.changes";
import { ClusterChanges } from "./models/cluster.changes";
import { type AllChanges, makeRegistry } from "./models/make-registry";
import { OdooDatabaseChanges } from "./models/odoo-database.changes";
import { OrganizationChanges } from "./models/organization.changes";
import { OperationScheduleChanges } from "./models/operation-schedule.changes";
import { OperationSequenceChanges } from "./models/operation-sequence.changes";
import { OperationChanges } from "./models/operation.changes";
import { PolicyChanges } from "./models/policy.changes";
import { UserSessionChanges } from "./models/user-session.changes";
import { UsersChanges } from "./models/users.changes";
import { ODOO_OPTIONS, type OdooOptions } from "./odoo-options";
import { BridgeGuard } from "./registry/bridge-guard";
import { ModelRegistry } from "./registry/model-registry";
import { Json2Skin } from "./rpc/json-2.skin";
import { JsonRpcSkin } from "./rpc/json-rpc.skin";
import { RpcFailures } from "./rpc/rpc-failures";
import { RpcServices } from "./rpc/rpc-services";
import { SignIn } from "./rpc/sign-in";
import { XmlRpcSkin } from "./rpc/xml-rpc.skin";
import { XmlRpcController } from "./xml-rpc.controller";

const CHANGES = [
  OrganizationChanges,
  ClusterChanges,
  CatalogEntryChanges,
  PolicyChanges,
  ApplicationInstanceChanges,
  OperationChanges,
  OperationScheduleChanges,
  OperationSequenceChanges,
  ApiKeyChanges,
  UserSessionChanges,
  UsersChanges,
  OdooDatabaseChanges,
] as const;

/**
 * The gateway as an Odoo: one model registry, and a skin for each protocol. Bodies arrive as they were sent
 * (`request.body` is a Buffer); what is read from them, and how deeply, is the codec's business.
 */
@Module({})
export class OdooModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(RecordStore, SqlRecordStore);
  }

  static register(options: OdooOptions): DynamicModule {
    return {
      module: OdooModule,
      // Pages and assistants ask the registry too.
      global: true,
      imports: [IdentityModule, PeopleModule],
      controllers: [XmlRpcController, JsonRpcController, Json2Controller],
      providers: [
        { provide: ODOO_OPTIONS, useValue: options },
        ...CHANGES,
        BridgeGuard,
        ReadMethods,
        WriteMethods,
        {
          provide: ModelRegistry,
          inject: [BridgeGuard, ReadMethods, WriteMethods, ...CHANGES],
          useFactory: (
            { admit }: BridgeGuard,
            reads: ReadMethods,
            writes: WriteMethods,
            ...changes: ChangesInOrder
          ) =>
            makeRegistry({ ...options, admit }, reads, writes, named(changes)),
        },
        SignIn,
        RpcServices,
        RpcFailures,
        XmlRpcSkin,
        JsonRpcSkin,
        Json2Skin,
      ],
      exports: [ModelRegistry, RpcFailures],
    };
  }
}

type ChangesInOrder = [
  OrganizationChanges,
  ClusterChanges,
  CatalogEntryChanges,
  PolicyChanges,
  ApplicationInstanceChanges,
  OperationChanges,
  OperationScheduleChanges,
  OperationSequenceChanges,
  ApiKeyChanges,
  UserSessionChanges,
  UsersChanges,
  OdooDatabaseChanges,
];

function named([
  organization,
  cluster,
  catalogEntry,
  policy,
  applicationInstance,
  operation,
  operationSchedule,
  operationSequence,
  apiKey,
  userSession,
  users,
  odooDatabase,
]: ChangesInOrder): AllChanges {
  return {
    organization,
    cluster,
    catalogEntry,
    policy,
    applicationInstance,
    operation,
    operationSchedule,
    operationSequence,
    apiKey,
    userSession,
    users,
    odooDatabase,
  };
}
