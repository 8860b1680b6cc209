import { DataSource } from "typeorm";

/** Connection URLs of the three roles. None of them is a superuser (docs/database.md). */
export interface DatabaseUrls {
  readonly owner: string;
  readonly app: string;
  readonly worker: string;
}

/** A pool of one role. Sessions speak UTC and give up on a lock or a statement that hangs. */
export function dataSource(url: string, poolSize: number): DataSource {
  return new DataSource({
    type: "postgres",
    url,
    synchronize: false,
    poolSize,
    applicationName: "vworkspace-gateway",
    connectTimeoutMS: 5000,
    extra: {
      options:
        "-c timezone=UTC -c lock_timeout=10000 -c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000",
    },
  });
}
