import type { Clock } from "@vworkspace/kernel";
import { ABSENT_MEANS, type Probe } from "@vworkspace/resources";
import type { Observation } from "../observation";
import type { Prober } from "./prober";
import { addressOf, probeTarget } from "./probe-target";

export interface ProbeRoundsOptions {
  readonly prober: Prober;
  readonly clock: Clock;
  /**
   * Whether a Service may be knocked at, asked before every knock; a round in which it may not, or in which nobody can tell,
   * is left out and says nothing of the application.
   */
  readonly mayKnock: (namespace: string, service: string) => Promise<boolean>;
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number;
}

type Unreachable = NonNullable<Observation["unreachable"]>;

/** One probe that is under way. */
interface Round {
  readonly name: string;
  readonly stop: AbortController;
  failure?: Unreachable;
}

interface Followed {
  /** What is probed, to tell whether something else is wanted. */
  readonly wish: string;
  readonly rounds: readonly Round[];
}

/**
 * Looks at the declared probes of instances, each at its own pace, beside the reconciles and never in their way. What it knows
 * lives in memory: after a restart a probe has to fail anew as often as before.
 */
export class ProbeRounds {
  private readonly followed = new Map<string, Followed>();
  private readonly listeners = new Set<(key: string) => void>();
  private running: AbortSignal | undefined;

  constructor(private readonly options: ProbeRoundsOptions) {}

  /** Runs until `signal` aborts, and then forgets everything. */
  async run(signal: AbortSignal): Promise<void> {
    this.running = signal;
    if (!signal.aborted)
      await new Promise((resolve) =>
        signal.addEventListener("abort", resolve, { once: true }),
      );
    this.running = undefined;
    for (const key of [...this.followed.keys()]) this.forget(key);
  }

  /** Calls back when an instance begins or ceases to be unreachable. */
  onChange(listener: (key: string) => void): void {
    this.listeners.add(listener);
  }

  /**
   * Probes this of an instance from now on. What it probed before and no longer does is forgotten; a change of any probe
   * begins all of them anew.
   */
  follow(key: string, probes: readonly Probe[]): void {
    const wish = JSON.stringify(probes);
    if (this.followed.get(key)?.wish === wish) return;
    this.forget(key);
    if (probes.length === 0 || this.running === undefined) return;
    const rounds = probes.map(({ name }) => ({
      name,
      stop: new AbortController(),
    }));
    this.followed.set(key, { wish, rounds });
    probes.forEach((probe, index) => {
      const round = rounds[index];
      if (round) void this.goRound(key, probe, round);
    });
  }

  forget(key: string): void {
    for (const { stop } of this.followed.get(key)?.rounds ?? []) stop.abort();
    this.followed.delete(key);
  }

  /** The first of the instance's probes that failed as often as it takes. */
  unreachable(key: string): Unreachable | undefined {
    const rounds = this.followed.get(key)?.rounds ?? [];
    return rounds.find(({ failure }) => failure !== undefined)?.failure;
  }

  private async goRound(
    key: string,
    probe: Probe,
    round: Round,
  ): Promise<void> {
    const { clock, prober, mayKnock, random = Math.random } = this.options;
    const { signal } = round.stop;
    const namespace = key.split("/")[0] ?? "";
    const target = probeTarget(probe, namespace);
    const periodMs =
      (probe.periodSeconds ?? ABSENT_MEANS.probePeriodSeconds) * 1000;
    let failures = 0;
    // Somewhere within the first period: probes that began together don't knock together for ever.
    let waitMs = periodMs * random();
    while (await clock.sleep(waitMs, signal)) {
      waitMs = periodMs;
      if (!(await mayKnock(namespace, probe.service).catch(() => false)))
        continue;
      const problem = await prober
        .probe(target, signal)
        .catch(() => "can't be probed");
      if (signal.aborted) return;
      failures = problem === undefined ? 0 : failures + 1;
      this.note(key, round, {
        problem,
        url: addressOf(target),
        isFailed: isTooMany(failures, probe),
      });
    }
  }

  /** Another word for the same failure is no news: only its beginning and its end are. */
  private note(
    key: string,
    round: Round,
    result: {
      readonly problem: string | undefined;
      readonly url: string;
      readonly isFailed: boolean;
    },
  ): void {
    const { problem, url, isFailed } = result;
    if (isFailed === (round.failure !== undefined)) return;
    if (isFailed)
      round.failure = { url, message: `probe ${round.name} ${problem}` };
    else delete round.failure;
    for (const listener of this.listeners) listener(key);
  }
}

function isTooMany(failures: number, probe: Probe): boolean {
  const threshold =
    probe.failureThreshold ?? ABSENT_MEANS.probeFailureThreshold;
  return failures >= threshold;
}
