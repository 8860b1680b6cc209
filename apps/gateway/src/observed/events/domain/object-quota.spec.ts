import type { AgentEvent } from "@vworkspace/contract";
import { withinQuota } from "./object-quota";

const timestamp = "2026-01-01T00:00:00.000Z";
const ref = (name: string) => ({ apiVersion: "v1", kind: "Thing", name });

function told(name: string): AgentEvent {
  const condition = { type: "Ready", status: "True" as const };
  const conditions = [{ ...condition, reason: "", message: "" }];
  const kind = "ConditionTransition";
  return { kind, resourceRef: ref(name), conditions, timestamp };
}

function page(...names: string[]): AgentEvent {
  const items = names.map((name) => ({
    resourceRef: ref(name),
    uid: name,
    conditions: [],
  }));
  const snapshot = { id: "s", page: 0, last: true, items };
  return {
    kind: "ClusterSnapshot",
    resourceRef: ref("c"),
    snapshot,
    timestamp,
  };
}

function take(room: number, ...events: AgentEvent[]) {
  const arrived = events.map((event, index) => ({ index, event }));
  const { taken, refused } = withinQuota(arrived, room, {
    isUnknown: ({ name }) => name.startsWith("new"),
    keyOf: ({ name }) => name,
  });
  const names = taken.map(({ event }) =>
    event.snapshot
      ? event.snapshot.items.map((item) => item.resourceRef.name).join()
      : event.resourceRef.name,
  );
  return { names, refused: refused.map(({ index }) => index) };
}

describe("The objects that are followed of one cluster", () => {
  it("are all that there is room for, and those that are followed already", () => {
    const events = ["new1", "old", "new2", "new1", "new3"].map(told);
    expect(take(2, ...events)).toEqual({
      names: ["new1", "old", "new2", "new1"],
      refused: [4],
    });
  });

  it("lack those of a snapshot that are too many, and its page still tells what is absent", () => {
    expect(take(1, page("old", "new1", "new2"), told("old"))).toEqual({
      names: ["old,new1", "old"],
      refused: [0],
    });
    expect(take(0, page("new1"))).toEqual({ names: [""], refused: [0] });
  });

  it("aren't counted for events that are about none", () => {
    const heartbeat: AgentEvent = {
      kind: "ClusterHeartbeat",
      resourceRef: ref("new-cluster"),
      timestamp,
    };
    expect(take(0, heartbeat).refused).toEqual([]);
  });
});
