type Look = (sql: string) => Promise<{ line: string }[]>;

/** Tables of ours; months are made as time goes by, so they are left out. */
const OURS = `c.relnamespace = 'public'::regnamespace and c.relname !~ '_[0-9]{6}'`;

const SECTIONS: readonly (readonly [string, string])[] = [
  [
    "Tables and columns",
    `select c.relname || case when c.relkind = 'p' then ' (' || pg_get_partkeydef(c.oid) || ')' else '' end || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end || case a.attidentity when 'a' then ' always identity' else '' end
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where ${OURS} and c.relkind in ('r', 'p') and not c.relispartition order by c.relname, a.attnum`,
  ],
  [
    "Partitions",
    `select c.relname || ' of ' || i.inhparent::regclass || ' ' || pg_get_expr(c.relpartbound, c.oid) as line
     from pg_class c join pg_inherits i on i.inhrelid = c.oid where ${OURS} and c.relkind in ('r', 'p') order by 1`,
  ],
  [
    "Constraints",
    `select c.relname || ' ' || x.conname || ' ' || pg_get_constraintdef(x.oid) as line
     from pg_constraint x join pg_class c on c.oid = x.conrelid
     where ${OURS} and not c.relispartition and x.contype <> 'n' order by c.relname, x.conname`,
  ],
  [
    "Indexes",
    `select pg_get_indexdef(x.indexrelid) as line from pg_index x join pg_class c on c.oid = x.indrelid
     where ${OURS} and not c.relispartition order by 1`,
  ],
  [
    "Row-level security",
    `select c.relname || case when c.relrowsecurity then ' enabled' else ' off' end || case when c.relforcerowsecurity then ' forced' else '' end
       || coalesce(' ' || string_agg(p.policyname || ' ' || p.cmd || ' to ' || array_to_string(p.roles, ', ') || ' using ' || coalesce(p.qual, '-')
            || ' with check ' || coalesce(p.with_check, '-'), '; ' order by p.policyname), '') as line
     from pg_class c left join pg_policies p on p.tablename = c.relname and p.schemaname = 'public'
     where ${OURS} and c.relkind in ('r', 'p') and not c.relispartition group by c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity order by c.relname`,
  ],
  [
    "Grants",
    `select c.relname || ' ' || pg_get_userbyid(a.grantee) || ': ' || lower(string_agg(a.privilege_type, ', ' order by a.privilege_type)) as line
     from pg_class c cross join lateral aclexplode(c.relacl) a
     where ${OURS} and a.grantee <> c.relowner group by c.relname, a.grantee order by 1`,
  ],
  [
    "Sequences",
    `select s.sequencename || ' ' || s.data_type || ' up to ' || s.max_value || case when s.cycle then ' cycle' else '' end as line
     from pg_sequences s where s.schemaname = 'public' order by 1`,
  ],
  [
    "Triggers",
    `select c.relname || ' ' || pg_get_triggerdef(t.oid) as line from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where ${OURS} and not c.relispartition and not t.tgisinternal order by 1`,
  ],
  [
    "Functions",
    `select pg_get_functiondef(p.oid) || E'\\n  -- may be called by: ' || coalesce((
         select string_agg(case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end, ', ' order by a.grantee::regrole::text)
         from aclexplode(p.proacl) a where a.grantee <> p.proowner), 'public') as line
     from pg_proc p where p.pronamespace = 'public'::regnamespace order by p.proname`,
  ],
];

/** The schema as PostgreSQL describes it, as text in a stable order. */
export async function describeSchema(look: Look): Promise<string> {
  const parts: string[] = [];
  for (const [title, sql] of SECTIONS) {
    const rows = await look(sql);
    parts.push(`# ${title}\n${rows.map(({ line }) => `${line}\n`).join("")}`);
  }
  return parts.join("\n");
}
