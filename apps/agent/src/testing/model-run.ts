import type {
  ApplicationInstance,
  ApplicationInstanceStatus,
} from "@vworkspace/resources";
import type { Decision } from "../reconcilers/application-instance/decision";
import { decideInstance } from "../reconcilers/application-instance/instance.decide";
import { instanceStatus } from "../reconcilers/application-instance/instance.status";
import { windowState } from "../reconcilers/application-instance/maintenance-window.decide";
import { addOnRound } from "./model-add-ons";
import { fluxRound } from "./model-flux";
import { act, observe, type World } from "./model-world";

/** One look of the reconciler at a world: what it decided and wrote, and what the world was like then. */
export interface Look {
  readonly before: World;
  readonly decision: Decision;
  /** Undefined: nothing had changed, and nothing was written. */
  readonly status: ApplicationInstanceStatus | undefined;
  readonly after: World;
}

export function look(world: World): Look {
  const { instance } = world;
  if (instance === undefined)
    return { before: world, decision: {}, status: undefined, after: world };
  const seen = observe(world, instance);
  const decision = decideInstance(seen);
  const status = instanceStatus(seen, decision, {
    intentGeneration: undefined,
    now: new Date(world.around.now).toISOString(),
  });
  const written: World = status
    ? { ...world, instance: { ...instance, status } }
    : world;
  const { action } = decision;
  const done = action === undefined ? written : act(written, action);
  const after = done === world || same(world, done) ? world : done;
  return { before: world, decision, status, after };
}

/** What everybody but us does next. */
export function othersRound(world: World): World {
  const next = fluxRound(world);
  return next === world ? addOnRound(world) : next;
}

/** Looks of the reconciler and rounds of the others by turns, until neither changes anything. */
export function run(
  start: World,
  most: number,
): { readonly looks: readonly Look[]; readonly end: World } {
  const looks: Look[] = [];
  let world = start;
  for (let count = 0; count < most; count += 1) {
    const one = look(world);
    looks.push(one);
    // Others may be slower than several of our looks: they have their turn only when we have nothing to do.
    const next = one.after === world ? othersRound(world) : one.after;
    if (next === world) return { looks, end: world };
    world = next;
  }
  throw new Error(`It has not come to rest after ${most} looks.`);
}

/** As {@link run}, and where a window is waited for, until it has opened. */
export function runThroughWindows(start: World, most: number): World {
  let { end } = run(start, most);
  for (let count = 0; count < 3; count += 1) {
    const { decision } = look(end);
    if (decision.suspended?.reason !== "MaintenanceWindow") break;
    end = run(atOpening(end, decision.recheckAfterMs ?? 0), most).end;
  }
  return end;
}

/** @throws if nothing would look at it before the window has opened */
function atOpening(world: World, recheckAfterMs: number): World {
  const { now } = world.around;
  const windows = world.instance?.spec.policy?.maintenanceWindows ?? [];
  const state = windowState(windows, now);
  const opensAt = state.isOpen ? now : (state.opensAt ?? now);
  if (recheckAfterMs <= 0 || now + recheckAfterMs > opensAt)
    throw new Error(`It would oversleep its window by ${recheckAfterMs} ms.`);
  return { ...world, around: { ...world.around, now: opensAt } };
}

export function conditionsOf(instance: ApplicationInstance | undefined) {
  return Object.fromEntries(
    (instance?.status?.conditions ?? []).map((condition) => [
      condition.type,
      condition,
    ]),
  );
}

function same(one: World, other: World): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
