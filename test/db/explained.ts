import type { SqlTransaction } from "../../apps/gateway/src/database/sql-transaction";
import type { TestDatabase } from "./open-test-database";

/** How PostgreSQL would answer a statement, by its own estimate. */
export interface Plan {
  readonly sql: string;
  readonly cost: number;
  /** Tables that it would read from one end to the other. */
  readonly walked: readonly string[];
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Total Cost": number;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** From now on every statement of a store is explained before it is sent. */
export function explainEverything(
  db: TestDatabase,
  note: (plan: Plan) => void,
): void {
  const make = db.bindings.make.bind(db.bindings);
  db.bindings.make = (port, transaction) =>
    make(port, explained(transaction, note));
}

function explained(
  transaction: SqlTransaction,
  note: (plan: Plan) => void,
): SqlTransaction {
  const { query, run } = transaction;
  const explain = async (sql: string, parameters: readonly unknown[]) => {
    const [row] = await query.call(
      transaction,
      `explain (format json) ${sql}`,
      parameters,
    );
    const told = row as { "QUERY PLAN": { Plan: PlanNode }[] };
    const plan = told["QUERY PLAN"][0]?.Plan;
    if (plan)
      note({ sql, cost: plan["Total Cost"], walked: walkedTables(plan) });
  };
  const explaining = Object.create(transaction) as SqlTransaction;
  explaining.query = async <Row>(
    sql: string,
    values: readonly unknown[] = [],
  ) => {
    await explain(sql, values);
    return query.call(transaction, sql, values) as Promise<Row[]>;
  };
  explaining.run = async (sql, values = []) => {
    await explain(sql, values);
    return run.call(transaction, sql, values);
  };
  return explaining;
}

function walkedTables(node: PlanNode): readonly string[] {
  const table = node["Relation Name"];
  const own = node["Node Type"] === "Seq Scan" && table ? [table] : [];
  return [...own, ...(node.Plans ?? []).flatMap(walkedTables)];
}
