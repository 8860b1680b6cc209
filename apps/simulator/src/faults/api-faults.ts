import { z } from "zod";
import { seededRandom } from "@vworkspace/kernel";
import {
  type FaultEffect,
  type FaultRule,
  faultRuleSchema,
} from "./fault-rule";
import {
  type FaultyRequest,
  fitsRequest,
  isTurn,
  NEVER_SEEN,
  type RuleCount,
} from "./faults.decide";

const rulesSchema = z.array(faultRuleSchema).max(1_000);

/** The faults that the API server has at the moment, and how often each has struck. */
export class ApiFaults {
  private rules: readonly FaultRule[] = [];
  private readonly counts = new Map<FaultRule, RuleCount>();
  private random: () => number;

  constructor(rules: readonly FaultRule[], seed: number) {
    this.rules = rules;
    this.random = seededRandom(seed);
  }

  /** From now on these, counted from nothing; none at all with an empty list. @throws Error naming the field that is wrong */
  set(rules: readonly z.input<typeof faultRuleSchema>[], seed = 1): void {
    this.rules = rulesSchema.parse(rules);
    this.counts.clear();
    this.random = seededRandom(seed);
  }

  /** How often each rule has struck, by its name or its place in the list. */
  hits(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.rules.map((rule, index) => [
        rule.name ?? String(index),
        this.countOf(rule).hits,
      ]),
    );
  }

  /** What becomes of a request; undefined: nothing out of the ordinary. */
  meet(request: FaultyRequest): FaultEffect | undefined {
    for (const rule of this.rules) {
      if (!fitsRequest(rule, request)) continue;
      const before = this.countOf(rule);
      const strikes = isTurn(rule, before, this.random);
      const hits = before.hits + Number(strikes);
      this.counts.set(rule, { seen: before.seen + 1, hits });
      if (strikes) return rule.effect;
    }
    return undefined;
  }

  private countOf(rule: FaultRule): RuleCount {
    return this.counts.get(rule) ?? NEVER_SEEN;
  }
}
