import { Client } from "pg";

/** What a gateway's database says about applications, their deliveries and the evidence of both. */
export interface GatewayLedger {
  readonly instances: readonly LedgerInstance[];
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
}

export interface LedgerJob {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly idempotencyKey: string;
  /** `queued`, `offered`, `acked`, or how it ended. */
  readonly state: string;
}

export interface LedgerAnswer {
  readonly requestId: string;
  readonly answer: unknown;
}

const INSTANCES = `select id, number, namespace, name, state, generation::int as generation
  from application_instances order by number`;
const JOBS = `id, namespace, name, generation::int as generation, idempotency_key as "idempotencyKey", state`;
const ANSWERS = `select request_id as "requestId", response->'value' as answer from request_replays`;
const LEAVES = `select convert_from(leaf, 'UTF8') as text from audit_queue order by number`;

/** Reads it all at one moment. @param databaseUrl of a superuser, whom row-level security doesn't bind */
export async function readLedger(databaseUrl: string): Promise<GatewayLedger> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    await database.query("begin isolation level repeatable read read only");
    const rows = async <Row>(sql: string): Promise<Row[]> =>
      (await database.query(sql)).rows as Row[];
    const leaves = await rows<{ text: string }>(LEAVES);
    return {
      instances: await rows(INSTANCES),
      openJobs: await rows(`select ${JOBS} from jobs`),
      settledJobs: await rows(`select ${JOBS} from settled_jobs order by id`),
      answers: await rows(ANSWERS),
      leaves: leaves.map(({ text }) => text),
    };
  } finally {
    await database.end();
  }
}
