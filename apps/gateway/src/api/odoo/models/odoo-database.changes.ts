import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import {
  isList,
  isStruct,
  odooDateTime,
  type RpcStruct,
  type RpcValue,
} from "@vworkspace/odoo-rpc";
import type { Stores } from "../../../database/unit-of-work";
import { MutationService } from "../../../intent/mutations/mutation.service";
import { AdoptionService } from "../../../observed/odoo-sync/adoption.service";
import { ComparisonService } from "../../../observed/odoo-sync/comparison.service";
import type { PageDigests } from "../../../observed/odoo-sync/domain/comparison-store";
import type { OdooProtocol } from "../../../observed/odoo-sync/domain/odoo-database";
import {
  type BridgeStatus,
  OdooDatabaseService,
} from "../../../observed/odoo-sync/odoo-database.service";
import type { UserActor } from "../../../trust/identity/domain/actor";
import type {
  ModelCall,
  ModelChanges,
  ModelMethod,
  RecordAction,
} from "../registry/model-method";

type Work = (stores: Stores, call: ModelCall) => Promise<RpcValue>;

/** Odoo databases: what admins do to them, and what a bridge asks for its own. */
@Injectable()
export class OdooDatabaseChanges implements ModelChanges {
  readonly actions: Readonly<Record<string, RecordAction>> = {
    action_issue_pairing_code: {
      isForOne: true,
      isShownOnce: true,
      run: async (stores, actor, key) => {
        const issued = await this.databases.issueCode(stores, actor, key);
        const { code, expiresAt } = issued;
        return { code, expires_at: odooDateTime(expiresAt) };
      },
    },
    action_enable: order((...on) => this.databases.enable(...on)),
    action_disable: order((...on) => this.databases.disable(...on)),
    action_unpair: order((...on) => this.databases.unpair(...on)),
  };

  readonly methods: Readonly<Record<string, ModelMethod>> = {
    pair: this.change(
      "pair",
      ["code", "database_uuid", "url", "database", "login", "key"],
      async (stores, { actor, args }) => {
        const pairing = {
          code: textOf(args, "code"),
          database_uuid: textOf(args, "database_uuid"),
          url: textOf(args, "url"),
          database: textOf(args, "database"),
          login: textOf(args, "login"),
          key: textOf(args, "key"),
        };
        const status = await this.databases.pair(stores, actor, pairing);
        const { organization, epoch, approval_trust, version } = told(status);
        return { organization, epoch, approval_trust, version };
      },
    ),
    status: this.change("status", [], async (stores, { actor }) =>
      told(await this.databases.status(stores, actor)),
    ),
    compare: this.change(
      "compare",
      ["model", "digests"],
      async (stores, { actor, args }) => {
        const model = textOf(args, "model");
        const digests = digestsOf(args["digests"]);
        const found = await this.comparisons.compare(
          stores,
          actor,
          model,
          digests,
        );
        return { ...found } as unknown as RpcStruct;
      },
    ),
    resend: this.change(
      "resend",
      ["model", "external_refs"],
      (stores, call) => {
        const { actor, args } = call;
        const references = textsOf(args["external_refs"]);
        const model = textOf(args, "model");
        return this.comparisons.resend(stores, actor, model, references);
      },
    ),
    resend_all: this.change("resend_all", [], (stores, { actor }) =>
      this.comparisons.resendAll(stores, actor),
    ),
    adopt: this.change(
      "adopt",
      ["model", "id", "external_ref"],
      async (stores, { actor, args }) =>
        this.adoptions.adopt(stores, actor, {
          model: textOf(args, "model"),
          number: numberOf(args["id"]),
          externalRef: textOf(args, "external_ref"),
        }),
    ),
  };

  constructor(
    private readonly databases: OdooDatabaseService,
    private readonly comparisons: ComparisonService,
    private readonly adoptions: AdoptionService,
    private readonly mutations: MutationService,
  ) {}

  readonly create: NonNullable<ModelChanges["create"]> = async (
    stores,
    actor,
    values,
  ) => {
    const { name = "", protocol } = values as ChangedValues;
    const id = await this.databases.create(stores, actor, name);
    if (protocol !== undefined)
      await this.databases.write(stores, actor, id, { protocol });
    return id;
  };

  readonly write: NonNullable<ModelChanges["write"]> = (
    stores,
    actor,
    { key, values },
  ) => {
    const { name, protocol } = values as ChangedValues;
    return this.databases.write(stores, actor, key, {
      ...(name !== undefined && { name }),
      ...(protocol !== undefined && { protocol }),
    });
  };

  /** One transaction that a repeat of its request_id gets the answer of. */
  private change(
    name: string,
    parameters: readonly string[],
    work: Work,
  ): ModelMethod {
    return {
      parameters,
      takesIds: false,
      run: (call) => {
        const mutation = {
          method: `${call.entry.model.name}.${name}`,
          call: call.args,
          requestId: call.requestId,
        };
        return this.mutations.run(call.actor, mutation, (stores) =>
          work(stores, call),
        );
      },
    };
  }
}

interface ChangedValues {
  readonly name?: string;
  readonly protocol?: OdooProtocol;
}

function order(
  run: (stores: Stores, actor: UserActor, key: string) => Promise<void>,
): RecordAction {
  return {
    run: async (stores, actor, key) => {
      await run(stores, actor, key);
      return undefined;
    },
  };
}

function told({ organization, database, waiting, version }: BridgeStatus) {
  const { code, name, approval_trust } = organization;
  return {
    organization: { code, name },
    state: database?.state ?? "new",
    epoch: database?.epoch ?? false,
    acknowledged_sequence: String(database?.acknowledged_sequence ?? 0),
    version,
    approval_trust,
    backlog: waiting,
    last_error: database?.last_error || false,
  };
}

function textOf(args: ModelCall["args"], name: string): string {
  const value = args[name];
  if (typeof value === "string") return value;
  throw new DomainError("validation_failed", `${name} must be a text.`);
}

function numberOf(value: RpcValue | undefined): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new DomainError("validation_failed", "id must be a whole number.");
}

function textsOf(value: RpcValue | undefined): readonly string[] {
  if (isList(value) && value.every((one) => typeof one === "string"))
    return value;
  throw new DomainError(
    "validation_failed",
    "external_refs must be a list of texts.",
  );
}

function digestsOf(value: RpcValue | undefined): PageDigests {
  const isFine =
    isStruct(value) &&
    Object.entries(value).every(
      ([page, digest]) =>
        /^[0-9a-f]{2}$/.test(page) &&
        typeof digest === "string" &&
        /^[0-9a-f]{64}$/.test(digest),
    );
  if (isFine) return value as PageDigests;
  throw new DomainError(
    "validation_failed",
    'digests must be a struct from the first two hexadecimal digits of a page to its SHA-256 in lower case, for example {"3f": "…"}.',
  );
}
