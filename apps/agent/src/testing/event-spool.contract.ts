import type { AgentEvent } from "@vworkspace/contract";
import type { EventSpool } from "../reporting/event-spool";

export function eventNumber(sequence: number): AgentEvent {
  return {
    kind: "ClusterHeartbeat",
    resourceRef: {
      apiVersion: "ops.vworkspace.io/v1alpha1",
      kind: "Cluster",
      name: "this-cluster",
    },
    timestamp: "2026-01-01T00:00:00.000Z",
    session: "s1",
    sequence,
  };
}

export async function waitingIn(spool: EventSpool): Promise<number[]> {
  const items = await spool.oldest(100_000);
  return items.map(({ event }) => event.sequence ?? -1);
}

async function filled(spool: EventSpool, count: number): Promise<EventSpool> {
  const numbers = [...Array(count).keys()];
  await Promise.all(numbers.map((it) => spool.append(eventNumber(it))));
  return spool;
}

/** What every EventSpool promises. `make` gives an empty one with room for `capacity` events. */
export function eventSpoolContract(
  make: (capacity: number) => EventSpool,
): void {
  it("gives the oldest first, in the order of the appends", async () => {
    const spool = await filled(make(10), 5);
    expect(await waitingIn(spool)).toEqual([0, 1, 2, 3, 4]);
    const two = await spool.oldest(2);
    expect(two.map(({ event }) => event)).toEqual([0, 1].map(eventNumber));
    expect(spool.size).toBe(5);
    await spool.close();
  });

  it("forgets what was removed, and nothing else", async () => {
    const spool = await filled(make(10), 4);
    const [, second] = await spool.oldest(2);
    await spool.removeThrough(second?.position ?? -1);
    expect(await waitingIn(spool)).toEqual([2, 3]);
    await spool.removeThrough(second?.position ?? -1);
    expect(spool.size).toBe(2);
    await spool.close();
  });

  it("drops the oldest where there is no room, and counts it", async () => {
    const spool = await filled(make(3), 5);
    expect(await waitingIn(spool)).toEqual([2, 3, 4]);
    expect(spool.dropped).toBe(2);
    await spool.close();
  });

  it("numbers rising by one, also across drops and removals", async () => {
    const spool = await filled(make(3), 5);
    const before = (await spool.oldest(9)).map(({ position }) => position);
    await spool.removeThrough(before.at(-1) ?? -1);
    await spool.append(eventNumber(5));
    const [after] = await spool.oldest(1);
    expect([...before, after?.position]).toEqual([2, 3, 4, 5]);
    await spool.close();
  });
}
