import { ManualClock } from "@vworkspace/kernel";
import { KubeError, type KubeObject } from "@vworkspace/kube";
import { CLUSTER } from "@vworkspace/resources";
import { instance } from "../testing/flux-objects";
import { KeptLog } from "../testing/kept-log";
import { MemoryKubeApi } from "../testing/memory-kube-api";
import { KubeClusterEvents } from "./kube-cluster-events";

function setUp() {
  const api = new MemoryKubeApi();
  const clock = new ManualClock();
  const log = new KeptLog();
  const events = new KubeClusterEvents({ api, clock, log, instance: "pod-1" });
  const tell = async (note = "n", regarding: KubeObject = instance()) => {
    events.tell({ regarding, type: "Warning", reason: "Stuck", note });
    await events.idle();
  };
  const written = () => [...api.objects.values()];
  return { api, clock, log, events, tell, written };
}

describe("KubeClusterEvents", () => {
  it("writes what kubectl shows, in the namespace of the object", async () => {
    const { tell, written } = setUp();
    await tell("it stands still");
    expect(written()).toMatchObject([
      {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { namespace: "shop" },
        eventTime: "2026-01-01T00:00:00.000000Z",
        type: "Warning",
        reason: "Stuck",
        note: "it stands still",
        reportingController: "vworkspace.io/agent",
        reportingInstance: "pod-1",
        regarding: { kind: "ApplicationInstance", name: "web", uid: "u-web" },
      },
    ]);
  });

  it("writes about objects of the cluster where Kubernetes wants it", async () => {
    const { tell, written } = setUp();
    await tell("n", { ...CLUSTER, metadata: { name: "here", uid: "u" } });
    expect(written()[0]?.metadata.namespace).toBe("default");
  });

  it("counts what it tells again, and begins anew after a rest or when the event is no more", async () => {
    const { api, clock, tell, written } = setUp();
    await tell();
    await tell();
    await tell();
    expect(api.writes.map((write) => write.split(" ")[0])).toEqual([
      "create",
      "patch",
      "patch",
    ]);
    await tell("another");
    expect(written()).toHaveLength(2);
    await clock.advance(30 * 60_000);
    await tell();
    expect(written()).toHaveLength(3);
    api.objects.clear();
    await tell();
    expect(written()).toHaveLength(1);
  });

  it("tells no more about one object than people read, and goes on about others", async () => {
    const { clock, tell, written } = setUp();
    for (let count = 0; count < 60; count += 1) await tell(`n${count}`);
    expect(written()).toHaveLength(25);
    const other = instance({}, { name: "other", uid: "u-other" });
    await tell("n", other);
    expect(written()).toHaveLength(26);
    await clock.advance(300_000);
    await tell("later");
    await tell("too much");
    expect(written()).toHaveLength(27);
  });

  it("never fails, says once that it can't write, and loses what it can't write", async () => {
    const { api, log, tell, written } = setUp();
    api.beforeWrite = () => {
      throw new KubeError("forbidden", { status: 403, reason: "Forbidden" });
    };
    await tell("one");
    await tell("two");
    expect(log.entries).toHaveLength(1);
    api.beforeWrite = () => undefined;
    await tell("three");
    expect(written()).toMatchObject([{ note: "three" }]);
  });

  it("keeps within what an Event holds, without breaking a character", async () => {
    const { tell, written } = setUp();
    await tell("ü".repeat(2_000), instance({}, { name: "x".repeat(253) }));
    const [event] = written();
    const note = String(event?.["note"]);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
    expect(note).toMatch(/^ü+…$/);
    expect(event?.metadata.name.length).toBeLessThanOrEqual(253);
  });
});
