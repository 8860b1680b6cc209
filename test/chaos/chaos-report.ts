import type { ApplicationStream } from "./application-stream";
import { AuditTrail } from "./audit-trail";
import type { ChaosGateway } from "./chaos-gateway";
import type { GatewayLedger } from "./gateway-ledger";
import { groupBy } from "./group-by";

/** What a run came to, as a table for a person. */
export function chaosReport(
  seed: number,
  gateway: ChaosGateway,
  stream: ApplicationStream,
  ledger: GatewayLedger,
): string {
  const { instances, openJobs, settledJobs, leaves } = ledger;
  const issued = instances.reduce((sum, one) => sum + one.generation, 0);
  const repeated = groupBy(settledJobs, ({ state }) => state);
  const actions = new AuditTrail(leaves).leaves.map(({ action }) => action);
  const rows: [what: string, count: number | string][] = [
    ["seed", seed],
    ["kills", `${gateway.kills}, ${gateway.postgresKills} with PostgreSQL`],
    ["restarts", gateway.restarts],
    ["applications", instances.length],
    ["creates without an answer, sent again", stream.unanswered],
    [
      "jobs settled",
      `${settledJobs.length} (${counts(repeated)}), ${openJobs.length} open`,
    ],
    ["re-issues", issued - instances.length],
    [
      "audit entries",
      `${leaves.length} (${counts(groupBy(actions, (action) => action))})`,
    ],
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  return rows
    .map(([what, count]) => `  ${what.padEnd(width)}  ${count}\n`)
    .join("");
}

function counts(groups: ReadonlyMap<string, readonly unknown[]>): string {
  return [...groups]
    .map(([what, of]) => `${what} ${of.length}`)
    .toSorted()
    .join(", ");
}
