import type { MigrationInterface, QueryRunner } from "typeorm";

/**
 * Whose word counts as an approval in an organization, and how whoever decided on an operation was known. Expands only: the
 * previous release writes none of it, and defaults stand in its place. policies.approval_trust is read no more.
 */
export class Approvals1795680010000 implements MigrationInterface {
  readonly name = "Approvals1795680010000";

  async up(runner: QueryRunner): Promise<void> {
    const [roles] = (await runner.query(
      "select quote_ident(current_setting('vw.worker_role')) as worker",
    )) as [{ readonly worker: string }];
    for (const statement of [
      `alter table organizations add column approval_trust text not null default 'personal'
         constraint organizations_approval_trust check (approval_trust in ('personal', 'odoo'))`,
      // An operator's command changes it, and nothing that answers requests.
      `grant update (approval_trust) on organizations to ${roles.worker}`,
      `alter table operations
         add column approval_method text constraint operations_approval_method check (approval_method in ('key', 'oidc', 'odoo')),
         add column approved_on_behalf_of jsonb,
         add column rejected_on_behalf_of jsonb`,
    ])
      await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}
