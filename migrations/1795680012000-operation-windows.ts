import type { MigrationInterface, QueryRunner } from "typeorm";

/** The maintenance windows that policies gave an operation when it was asked for. Expands only: the previous release gives none. */
export class OperationWindows1795680012000 implements MigrationInterface {
  readonly name = "OperationWindows1795680012000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table operations add column maintenance_windows jsonb not null default '[]'`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("Migrations have no way down: restore a backup instead."),
    );
  }
}
