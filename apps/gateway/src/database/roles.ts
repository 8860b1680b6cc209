import { createHmac } from "node:crypto";
import { ConfigurationError } from "@vworkspace/kernel";
import type { Client } from "pg";
import { connectClient } from "./connect-client";
import type { DatabaseUrls } from "./data-sources";

const ROLE_NAMES = {
  owner: "vworkspace_owner",
  app: "vworkspace_app",
  worker: "vworkspace_worker",
} as const;

/**
 * Makes the three roles from a URL of a role that may create roles, and returns their URLs. Idempotent; every replica
 * derives the same passwords from the master key, so nothing has to be stored.
 * @throws ConfigurationError when the role may not create roles
 */
export async function bootstrapRoles(
  bootstrapUrl: string,
  masterKey: Buffer,
): Promise<DatabaseUrls> {
  const client = await connectClient(bootstrapUrl, "DATABASE_URL");
  try {
    const { rows } = await client.query<{
      may: boolean;
      version: number;
      name: string;
    }>(
      "select (rolsuper or rolcreaterole) as may, current_setting('server_version_num')::int as version, current_database() as name from pg_roles where rolname = current_user",
    );
    requireAbilities(rows[0]);
    await client.query("select pg_advisory_lock(7822114)");
    for (const role of Object.values(ROLE_NAMES)) {
      await makeRole(client, role, passwordOf(role, masterKey));
    }
    await grantDatabase(client, rows[0]?.name ?? "");
  } finally {
    await client.end();
  }
  const urlOf = (role: string) => {
    const url = new URL(bootstrapUrl);
    url.username = role;
    url.password = passwordOf(role, masterKey);
    return url.toString();
  };
  return {
    owner: urlOf(ROLE_NAMES.owner),
    app: urlOf(ROLE_NAMES.app),
    worker: urlOf(ROLE_NAMES.worker),
  };
}

/**
 * Tries the three URLs that somebody made roles for, so that a wrong one is found at the start and not at the first request.
 * @throws ConfigurationError naming the variable, also for a role that row-level security would not hold back
 */
export async function useRoles(urls: DatabaseUrls): Promise<DatabaseUrls> {
  const given = {
    DATABASE_OWNER_URL: urls.owner,
    DATABASE_URL: urls.app,
    DATABASE_WORKER_URL: urls.worker,
  };
  for (const [variable, url] of Object.entries(given)) {
    const client = await connectClient(url, variable);
    try {
      const { rows } = await client.query<{ name: string; isMighty: boolean }>(
        'select rolname as name, rolsuper or rolbypassrls as "isMighty" from pg_roles where rolname = current_user',
      );
      if (rows[0]?.isMighty)
        throw new ConfigurationError(
          `${variable} logs in as ${rows[0].name}, a superuser or one that bypasses row-level security: use a role without, since it would see every tenant (docs/database.md shows the statements).`,
        );
    } finally {
      await client.end();
    }
  }
  return urls;
}

function requireAbilities(
  row: { may: boolean; version: number } | undefined,
): void {
  if (row && row.version < 160_000) {
    throw new ConfigurationError(
      `PostgreSQL ${Math.floor(row.version / 10_000)} is too old: use 16 or later.`,
    );
  }
  if (!row?.may) {
    throw new ConfigurationError(
      "DATABASE_URL alone needs a role that may create roles; else set DATABASE_OWNER_URL and DATABASE_WORKER_URL besides (docs/database.md shows the statements).",
    );
  }
}

/** A password that only who holds the master key can derive. */
function passwordOf(role: string, masterKey: Buffer): string {
  return createHmac("sha256", masterKey)
    .update(`database-role:${role}`)
    .digest("base64url");
}

async function makeRole(
  client: Client,
  role: string,
  password: string,
): Promise<void> {
  const { rows } = await client.query<{ isMighty: boolean }>(
    'select rolsuper or rolbypassrls or rolcreaterole as "isMighty" from pg_roles where rolname = $1',
    [role],
  );
  const [existing] = rows;
  if (existing?.isMighty) {
    throw new ConfigurationError(
      `The role ${role} is a superuser, bypasses row-level security or may create roles: take that away, since it would see every tenant.`,
    );
  }
  // Only a superuser may name these attributes in an alter, even where nothing changes.
  const attributes = existing
    ? ""
    : "nosuperuser nocreatedb nocreaterole nobypassrls";
  await client.query(
    `${existing ? "alter" : "create"} role ${role} with login ${attributes} password ${client.escapeLiteral(password)}`,
  );
}

/** The owner makes the tables; nobody else may make anything in the schema. */
async function grantDatabase(client: Client, database: string): Promise<void> {
  const name = client.escapeIdentifier(database);
  const { owner, app, worker } = ROLE_NAMES;
  await client.query(
    `grant connect on database ${name} to ${owner}, ${app}, ${worker}`,
  );
  await client.query("revoke create on schema public from public");
  await client.query(`grant usage, create on schema public to ${owner}`);
}
