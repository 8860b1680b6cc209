import type { Constant, Group, Inequality, Not } from "./domain-node";
import type { DomainField, DomainModel } from "./domain-model";

/**
 * A domain bound to a model. All of Odoo's rules about types, "not set", names and days are in the tree, so that a store
 * has only this to do, in SQL's terms:
 *
 * - `in`: the column is one of `values`, or (`orUnset`) it is NULL; for a relation, the id of a related record is one of
 *   them, or there is none.
 * - `compare`, `like`: as SQL; NULL is false. Text compares by code points (`COLLATE "C"`), moments are text
 *   `YYYY-MM-DD HH:MM:SS` in UTC. `pattern` is LIKE's, with `\` as its escape; on other types it applies to their text.
 * - `any`: a related record exists for which `node` is true.
 * - `not`: `(…) IS NOT TRUE`.
 *
 * `evaluateDomain` is the same in memory.
 */
export type BoundNode<F extends DomainField = DomainField> =
  | Constant
  | Group<BoundNode<F>>
  | Not<BoundNode<F>>
  | {
      readonly kind: "in";
      readonly field: F;
      readonly values: readonly (string | number | boolean)[];
      readonly orUnset: boolean;
    }
  | {
      readonly kind: "compare";
      readonly field: F;
      readonly operator: Inequality;
      readonly value: string | number;
    }
  | {
      readonly kind: "like";
      readonly field: F;
      readonly pattern: string;
      readonly ignoresCase: boolean;
    }
  | {
      readonly kind: "any";
      readonly field: F;
      /** The model that `node` speaks of. */
      readonly model: DomainModel<F>;
      readonly node: BoundNode<F>;
    };
