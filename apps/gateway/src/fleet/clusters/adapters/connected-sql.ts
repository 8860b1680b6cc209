/**
 * Whether a cluster `c` counts as connected. Silence counts while a gateway listened, without a break: after its restart, or
 * its absence, everybody has the whole time to come back, and who was silent for that long before stays disconnected.
 * @param disconnectAfterSeconds silence after which a cluster counts as disconnected
 */
export function connectedSql(disconnectAfterSeconds: number): {
  /** After `from clusters c`. */
  readonly joins: string;
  /** Never null. */
  readonly connected: string;
} {
  const seconds = Math.trunc(disconnectAfterSeconds);
  return {
    joins: `left join cluster_presence p on p.organization_id = c.organization_id and p.cluster_id = c.id
      cross join (select range_agg(tstzrange(since, heard_until)) as stretches from gateway_listening) listening`,
    connected: `(c.state = 'active' and (p.last_seen > now() - make_interval(secs => ${seconds}) or
          (select coalesce(max(upper(heard) - lower(heard)), interval '0')
           from unnest(listening.stretches * tstzmultirange(tstzrange(least(p.last_seen, now()), now()))) heard) <= make_interval(secs => ${seconds}))
         and p.last_seen is not null) is true`,
  };
}
