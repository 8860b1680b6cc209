import type { TenantHost } from "../db/test-tenant";

/** Every row of an organization, in whatever table, as texts. */
export async function rowsOfOrganization(
  host: Pick<TenantHost, "look">,
  organizationId: string,
): Promise<readonly string[]> {
  const tables = await host.look<{ name: string }>(
    `select c.table_name as name from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.column_name = 'organization_id' and c.table_schema = 'public' and t.table_type = 'BASE TABLE' order by 1`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await host.look<{ text: string }>(
      // When a key was last used is noted some time after, also for calls from before.
      `select (to_jsonb(t) - 'last_used_at')::text as text from ${name} t where organization_id = $1 order by 1`,
      [organizationId],
    );
    texts.push(...rows.map(({ text }) => `${name} ${text}`));
  }
  return texts;
}
