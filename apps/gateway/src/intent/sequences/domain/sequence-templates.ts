import { DomainError } from "@vworkspace/kernel";
import {
  compileParameters,
  type ReadSequenceParameters,
} from "./sequence-parameters";
import type { SequenceTemplate } from "./sequence-template";

export interface KnownTemplate {
  readonly template: SequenceTemplate;
  readonly read: ReadSequenceParameters;
}

/** The templates that there are. */
export class SequenceTemplates {
  private readonly known: ReadonlyMap<string, KnownTemplate>;

  constructor(templates: readonly SequenceTemplate[]) {
    this.known = new Map(
      templates.map((template) => [
        template.name,
        { template, read: compileParameters(template.parameters) },
      ]),
    );
  }

  /** @throws DomainError validation_failed naming those that there are */
  require(name: string): KnownTemplate {
    const found = this.known.get(name);
    if (found) return found;
    throw new DomainError(
      "validation_failed",
      `template is "${name.slice(0, 80)}": there is no such one; give ${[...this.known.keys()].join(", ")}.`,
    );
  }
}
