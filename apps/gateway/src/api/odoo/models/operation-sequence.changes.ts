import { Injectable } from "@nestjs/common";
import {
  type CreateSequence,
  SequenceService,
} from "../../../intent/sequences/sequence.service";
import type { ModelChanges, RecordAction } from "../registry/model-method";
import { givenParameters } from "./given-parameters";

@Injectable()
export class OperationSequenceChanges implements ModelChanges {
  readonly actions: Readonly<Record<string, RecordAction>> = {
    action_cancel: {
      run: async (stores, actor, key) => {
        await this.sequences.cancel(stores, actor, key);
        return undefined;
      },
    },
    action_confirm: {
      run: async (stores, actor, key) => {
        await this.sequences.confirm(stores, actor, key);
        return undefined;
      },
    },
  };

  constructor(private readonly sequences: SequenceService) {}

  readonly create: NonNullable<ModelChanges["create"]> = (
    stores,
    actor,
    values,
  ) => {
    const { instance_id, ...given } = givenParameters(values);
    // readValues has checked each value against its field, and that the required ones are there.
    return this.sequences.create(stores, actor, {
      ...given,
      instanceId: instance_id,
    } as unknown as CreateSequence);
  };

  /** readValues lets nothing but external_ref through. */
  readonly write: NonNullable<ModelChanges["write"]> = async (
    stores,
    actor,
    { key, values },
  ) => {
    if (!("external_ref" in values)) return;
    const ref = values["external_ref"] as string | null;
    await this.sequences.setExternalRef(stores, actor, key, ref);
  };
}
