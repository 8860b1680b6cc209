import { Client } from "pg";

/** What a gateway's database says about a cluster's applications, their deliveries and the evidence of both. */
export interface GatewayLedger {
  /** Deleted ones too. */
  readonly instances: readonly LedgerInstance[];
  readonly objects: readonly LedgerObject[];
  readonly openJobs: readonly LedgerJob[];
  readonly settledJobs: readonly LedgerJob[];
  /** What is remembered for callers who ask again. */
  readonly answers: readonly LedgerAnswer[];
  /** Texts of the audit leaves, in the order in which they were queued. */
  readonly leaves: readonly string[];
}

export interface LedgerInstance {
  readonly id: string;
  /** Its id in Odoo's protocols. */
  readonly number: number;
  readonly namespace: string;
  readonly name: string;
  readonly state: string;
  readonly generation: number;
  readonly version: string;
  /** JSON. */
  readonly values: string;
  readonly suspended: boolean;
}

/** What the gateway wants at one place of the cluster, and what it saw there. */
export interface LedgerObject {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly observedGeneration: number;
  /** It waits for the end of a delete, or is to be issued again. */
  readonly isUnfinished: boolean;
}

export interface LedgerJob {
  readonly id: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly idempotencyKey: string;
  /** `queued`, `offered`, `acked`, or how it ended. */
  readonly state: string;
  /** How often it was offered to an agent, not counting repeats before its ack. */
  readonly attempt: number;
}

export interface LedgerAnswer {
  readonly requestId: string;
  readonly answer: unknown;
}

/** What of a gateway's database belongs to one run. */
export interface LedgerScope {
  /** The cluster's id in Odoo's protocols. */
  readonly clusterNumber: number;
  readonly requestPrefix: string;
  /** Of the last audit leaf before the run. */
  readonly afterLeaf: number;
}

const OF_CLUSTER = "cluster_id = (select id from clusters where number = $1)";
const INSTANCES = `select id, number, namespace, name, state, generation::int as generation, chart_version as version, values_json as values, suspended
  from application_instances where ${OF_CLUSTER} order by number`;
const OBJECTS = `select namespace, name, generation::int as generation, observed_generation::int as "observedGeneration",
    waits_for_delete or reissue_at is not null as "isUnfinished"
  from desired_objects where ${OF_CLUSTER}`;
const JOBS = `id, kind, namespace, name, generation::int as generation, idempotency_key as "idempotencyKey", state, attempt`;
const OPEN_JOBS = `select ${JOBS} from jobs where ${OF_CLUSTER}`;
const SETTLED_JOBS = `select ${JOBS} from settled_jobs where ${OF_CLUSTER} order by id`;
const ANSWERS = `select request_id as "requestId", response->'value' as answer from request_replays where starts_with(request_id, $1)`;
const LEAVES = `select convert_from(leaf, 'UTF8') as text from audit_queue where number > $1 order by number`;
const LAST_LEAF = `select coalesce(max(number), 0)::int as number from audit_queue`;

/** Reads it all at one moment. @param databaseUrl of a superuser, whom row-level security doesn't bind */
export function readLedger(
  databaseUrl: string,
  scope: LedgerScope,
): Promise<GatewayLedger> {
  return atOneMoment(databaseUrl, async (rows) => {
    const cluster = [scope.clusterNumber];
    const leaves = await rows<{ text: string }>(LEAVES, [scope.afterLeaf]);
    return {
      instances: await rows(INSTANCES, cluster),
      objects: await rows(OBJECTS, cluster),
      openJobs: await rows(OPEN_JOBS, cluster),
      settledJobs: await rows(SETTLED_JOBS, cluster),
      answers: await rows(ANSWERS, [scope.requestPrefix]),
      leaves: leaves.map(({ text }) => text),
    };
  });
}

/** The number of the last audit leaf, where a run begins. */
export function lastLeaf(databaseUrl: string): Promise<number> {
  return atOneMoment(databaseUrl, async (rows) => {
    const [last] = await rows<{ number: number }>(LAST_LEAF, []);
    return last?.number ?? 0;
  });
}

type ReadRows = <Row>(sql: string, parameters: unknown[]) => Promise<Row[]>;

async function atOneMoment<T>(
  connectionString: string,
  read: (rows: ReadRows) => Promise<T>,
): Promise<T> {
  const database = new Client({ connectionString });
  await database.connect();
  try {
    await database.query("begin isolation level repeatable read read only");
    return await read(
      async <Row>(sql: string, parameters: unknown[]) =>
        (await database.query(sql, parameters)).rows as Row[],
    );
  } finally {
    await database.end();
  }
}
