import type { OperationEngine } from "@vworkspace/resources";
import type { Engine } from "./engine";

/** The engines that there are, by name. */
export class Engines {
  private readonly byName: ReadonlyMap<OperationEngine, Engine>;

  constructor(engines: readonly Engine[]) {
    this.byName = new Map(engines.map((engine) => [engine.name, engine]));
  }

  /** Undefined for one that this agent has not. */
  of(name: OperationEngine): Engine | undefined {
    return this.byName.get(name);
  }
}
