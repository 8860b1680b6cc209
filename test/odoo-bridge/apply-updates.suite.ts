import { randomUUID } from "node:crypto";
import type { Batch, Item, UpdateTarget } from "./apply-updates";

/** What whoever takes the truth does, whatever it is made of. */
export function applyUpdatesSuite(
  open: () => Promise<UpdateTarget & { close(): Promise<void> }>,
): void {
  let target: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    target = await open();
  });
  afterAll(() => target?.close());

  const send = (items: readonly Item[], more: Partial<Batch> = {}) =>
    target.applyUpdates({
      epoch: EPOCH,
      organization: target.organization,
      items,
      ...more,
    });
  const statuses = async (...args: Parameters<typeof send>) =>
    (await send(...args)).results.map(({ status }) => status);

  it("takes an empty batch, and says that it knows of nothing in a new epoch", async () => {
    expect(await send([])).toEqual({ results: [], known_sequence: "0" });
  });

  it("applies records in order, and says which sequence it knows", async () => {
    const cluster = clusterItem(1);
    const entry = entryItem(2);
    const answer = await send([cluster, entry]);
    expect(answer.results).toMatchObject([
      { key: cluster.key, status: "applied" },
      { key: entry.key, status: "applied" },
    ]);
    expect(answer.known_sequence).toBe("2");
  });

  it("minds nothing that is told again, and calls older ones stale", async () => {
    const newer = clusterItem(20);
    expect(await statuses([newer])).toEqual(["applied"]);
    const [again] = await statuses([newer]);
    expect(["applied", "stale"]).toContain(again);
    expect(await statuses([{ ...newer, sequence: "19" }])).toEqual(["stale"]);
    expect((await send([])).known_sequence).toBe("20");
  });

  it("takes sequences as numbers, beyond what 32 bits hold", async () => {
    const late = clusterItem(9_000_000_000);
    expect(await statuses([late])).toEqual(["applied"]);
    expect(await statuses([{ ...late, sequence: "100" }])).toEqual(["stale"]);
    expect((await send([])).known_sequence).toBe("9000000000");
  });

  it("forgets the sequences of an epoch when another begins", async () => {
    const record = clusterItem(50);
    await send([record]);
    const epoch = randomUUID();
    expect((await send([], { epoch })).known_sequence).toBe("0");
    const again = { ...record, sequence: "3" };
    expect(await statuses([again], { epoch })).toEqual(["applied"]);
    expect((await send([], { epoch })).known_sequence).toBe("3");
    await send([]);
  });

  it("refuses what is of another organization", async () => {
    const foreign = { organization: `${target.organization}-other` };
    expect(await statuses([clusterItem(60)], foreign)).toEqual(["refused"]);
  });

  it("ignores an instance that no record of its own stands for, and operations of one that it doesn't have", async () => {
    const cluster = clusterItem(70);
    const instance = instanceItem(71, cluster.key);
    const operation = operationItem(72, instance.key);
    expect(await statuses([cluster, instance, operation])).toEqual([
      "applied",
      "ignored",
      "ignored",
    ]);
  });

  it("parks what it can't keep, says why, and takes the rest of the batch", async () => {
    const broken = {
      ...clusterItem(80),
      values: { code: "", name: false, state: "nonsense" },
    };
    const { results } = await send([broken, clusterItem(81)]);
    expect(results.map(({ status }) => status)).toEqual(["parked", "applied"]);
    expect(results[0]?.error).toEqual(expect.stringMatching(/./));
  });

  it("lets a catalog entry go that was removed", async () => {
    const entry = entryItem(90);
    await send([entry]);
    const gone = { ...entry, sequence: "91", values: {}, deleted: true };
    expect(await statuses([gone])).toEqual(["applied"]);
    const [again] = await statuses([gone]);
    expect(["applied", "stale", "ignored"]).toContain(again);
  });
}

const EPOCH = randomUUID();

function item(model: string, sequence: number, values: Item["values"]): Item {
  return {
    model,
    key: randomUUID(),
    external_ref: false,
    sequence: String(sequence),
    values,
    deleted: false,
  };
}

function clusterItem(sequence: number): Item {
  return item("vworkspace.cluster", sequence, {
    code: `c-${randomUUID()}`,
    name: "C",
    connectivity_mode: "pull",
    state: "active",
    connected: true,
    last_seen: "2026-01-01 00:00:00",
    agent_version: "1.0.0",
    conditions_json: "[]",
    simulated: false,
  });
}

function entryItem(sequence: number): Item {
  return item("vworkspace.catalog.entry", sequence, {
    code: `e-${randomUUID()}`,
    name: "E",
    chart_source_type: "oci",
    chart_url: "oci://charts.example.com/apps",
    chart_name: "e",
    allowed_versions_json: "[]",
    recommended_version: "1.0.0",
    default_values_json: "{}",
    values_schema_json: false,
    capabilities_json: "{}",
    active: true,
    external_ref: false,
    intent_version: false,
  });
}

function instanceItem(sequence: number, cluster: string): Item {
  return item("vworkspace.application.instance", sequence, {
    name: "shop",
    namespace: "prod",
    cluster_key: cluster,
    catalog_code: "shop",
    chart_version: "1.0.0",
    values_json: "{}",
    suspended: false,
    origin: "api",
    external_ref: false,
    intent_version: false,
    generation: 1,
    observed_generation: 1,
    state: "ready",
    conditions_json: "[]",
    endpoints_json: "[]",
    last_backup_at: false,
  });
}

function operationItem(sequence: number, instance: string): Item {
  return item("vworkspace.operation", sequence, {
    name: "shop-backup-1",
    instance_key: instance,
    instance_ref: false,
    type: "Backup",
    engine: "velero",
    parameters_json: "{}",
    state: "running",
    progress_json: "{}",
    outputs_json: "{}",
    conditions_json: "[]",
    requested_by: "ada",
    approved_by: false,
    approval_url: false,
    external_ref: false,
    intent_version: false,
    created_at: "2026-01-01 00:00:00",
    started_at: false,
    finished_at: false,
  });
}
