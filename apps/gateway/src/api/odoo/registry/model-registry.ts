import { DomainError } from "@vworkspace/kernel";
import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { bindArguments } from "./bind-arguments";
import { describeModel } from "./describe-model";
import type { ModelEntry, ModelMethod, Wire } from "./model-method";
import { isPermitted, requirePermission } from "./permissions";

/** A call as a skin hands it over. */
export interface RegistryCall {
  readonly model: string;
  readonly method: string;
  readonly positional: readonly RpcValue[];
  readonly keywords: RpcStruct;
  readonly wire: Wire;
}

export interface RegisteredModel extends ModelEntry {
  readonly methods: Readonly<Record<string, ModelMethod>>;
}

/** What a call says of itself that may keep it out besides its role. */
export interface Admittance {
  readonly model: string;
  readonly method: string;
  readonly databaseUuid: string | undefined;
}

/** @throws DomainError forbidden */
export type Admit = (actor: UserActor, call: Admittance) => Promise<void>;

/** Every model and method that any skin offers; permissions are asked here, and nowhere else. */
export class ModelRegistry {
  private readonly entries: ReadonlyMap<string, RegisteredModel>;

  /** @param admit asked of every call that its role may make */
  constructor(
    entries: readonly RegisteredModel[],
    private readonly admit: Admit = () => Promise.resolve(),
  ) {
    this.entries = new Map(entries.map((entry) => [entry.model.name, entry]));
  }

  get models(): readonly RegisteredModel[] {
    return [...this.entries.values()];
  }

  /**
   * @returns undefined for a method that has nothing to say
   * @throws DomainError: not_found (model), forbidden (private method, role), method_not_allowed (unknown method),
   * invalid_request (arguments), and whatever the method says
   */
  async call(
    actor: UserActor,
    call: RegistryCall,
  ): Promise<RpcValue | undefined> {
    const entry = this.entry(call.model);
    const method = methodOf(entry, call.method);
    const reach = requirePermission(actor, call.model, call.method);
    const { onBehalfOf, databaseUuid, ...bound } = bindArguments(
      call.method,
      method,
      call,
    );
    if (onBehalfOf !== undefined && actor.role !== "bridge")
      throw new DomainError(
        "forbidden",
        `on_behalf_of is for keys of the role bridge; this one has the role ${actor.role}.`,
      );
    await this.admit(actor, {
      model: call.model,
      method: call.method,
      databaseUuid,
    });
    const caller = onBehalfOf === undefined ? actor : { ...actor, onBehalfOf };
    return method.run({
      ...bound,
      entry,
      actor: caller,
      reach,
      wire: call.wire,
    });
  }

  /**
   * A model as the caller may use it.
   * @throws DomainError not_found, forbidden
   */
  describe(actor: UserActor, name: string): RpcStruct {
    const entry = this.entry(name);
    requirePermission(actor, name, "fields_get");
    return describeModel(entry, (method) => isPermitted(actor, name, method));
  }

  private entry(name: string): RegisteredModel {
    const entry = this.entries.get(name);
    if (entry !== undefined) return entry;
    throw new DomainError(
      "not_found",
      `The model ${JSON.stringify(name.slice(0, 80))} does not exist; ir.model lists those that do.`,
    );
  }
}

function methodOf(entry: RegisteredModel, name: string): ModelMethod {
  if (name.startsWith("_"))
    throw new DomainError(
      "forbidden",
      `Private methods such as ${name.slice(0, 80)} can't be called.`,
    );
  const method = Object.hasOwn(entry.methods, name)
    ? entry.methods[name]
    : undefined;
  if (method !== undefined) return method;
  throw new DomainError(
    "method_not_allowed",
    `The method ${JSON.stringify(name.slice(0, 80))} does not exist on ${entry.model.name}.`,
  );
}
