import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { OdooClient, type RpcValue } from "@vworkspace/odoo-rpc";
import { PollService } from "../../apps/gateway/src/delivery/pull/poll.service";
import { UserService } from "../../apps/gateway/src/trust/identity/user.service";
import { inParallel } from "../bench/in-parallel";
import { eventually } from "../cluster/eventually";
import { CATALOG_CODE, type TestCluster, TestTenant } from "../db/test-tenant";
import {
  type ListedGateway,
  startListedGateway,
  startListedReplica,
} from "./listed-gateway";
import { askForJobs, WaitingPoll } from "./waiting-poll";

jest.setTimeout(180_000);

const CLUSTERS = 1_000;
/** Calls at once, as many as the pool has connections. */
const LANES = 8;
/** What takes milliseconds may take so long on a busy machine; beyond it hangs. */
const HANGS_MS = 5_000;
const LOGIN = "grace@example.com";

/** A cluster with a poll at each replica. */
interface Watched {
  readonly cluster: TestCluster;
  readonly polls: readonly WaitingPoll[];
}

describe(`Of ${CLUSTERS} clusters that wait on two replicas, one whose credential ends`, () => {
  let first: ListedGateway;
  let second: ListedGateway;
  let replicas: readonly ListedGateway[];
  let tenant: TestTenant;
  let odoo: OdooClient;
  let watched: readonly Watched[];
  let others: readonly TestCluster[];
  /** Of each of the others one, at the replicas in turn. */
  let polls: readonly WaitingPoll[];

  beforeAll(async () => {
    first = await startListedGateway();
    second = await startListedReplica(first);
    replicas = [first, second];
    tenant = await TestTenant.make(first);
    await tenant.allow();
    odoo = await signIn();
    const places = Array.from({ length: CLUSTERS }, (_, index) => index);
    const clusters = await inParallel(places, LANES, () => tenant.cluster());
    watched = clusters.slice(0, 3).map((cluster) => ({
      cluster,
      polls: replicas.map(({ url }) => new WaitingPoll(url, cluster)),
    }));
    others = clusters.slice(3);
    polls = others.map(
      (cluster, index) =>
        new WaitingPoll((index % 2 ? first : second).url, cluster),
    );
    const all = polls.length + 2 * watched.length;
    await eventually("all polls wait", () => waiting() === all);
    process.stdout.write(`${all} polls wait on 2 replicas\n`);
  });

  afterAll(async () => {
    for (const poll of [...allOf(watched ?? []), ...(polls ?? [])])
      poll.leave();
    await odoo?.close();
    await second?.stop();
    await first?.stop();
  });

  const allOf = (some: readonly Watched[]) => some.flatMap((one) => one.polls);
  const waiting = () =>
    replicas.reduce((sum, one) => sum + one.get(PollService).waiting, 0);

  /** An admin's program at the first replica. */
  async function signIn(): Promise<OdooClient> {
    const [organization] = await first.look<{ code: string }>(
      "select code from organizations where id = $1",
      [tenant.organizationId],
    );
    const organizationCode = organization?.code ?? "";
    const { key } = await first
      .get(UserService)
      .add({ login: LOGIN, role: "admin", organizationCode });
    const names = { database: "any", login: LOGIN, key };
    return OdooClient.connect({ url: first.url, ...names, protocol: "xmlrpc" });
  }

  async function recordOf({ code }: TestCluster): Promise<RpcValue> {
    const domain = [["code", "=", code]];
    return odoo.executeKw("vworkspace.cluster", "search", [domain]);
  }

  function watch(index: number): Watched {
    const found = watched[index];
    if (!found) throw new Error(`There is no cluster ${index}.`);
    return found;
  }

  /** What a poll is answered at each replica that doesn't wait. */
  async function asked(cluster: TestCluster, token = cluster.token) {
    const { code } = cluster;
    const answers = replicas.map(({ url }) => askForJobs(url, { code, token }));
    return (await Promise.all(answers)).map(({ status }) => status);
  }

  /**
   * Ends something, and waits until each replica has refused the poll that waited there, and one more. Prints how long
   * that took from the call on. @returns what both were answered
   */
  async function refusals(
    what: string,
    { cluster, polls: own }: Watched,
    end: () => Promise<unknown>,
  ) {
    const begun = performance.now();
    await end();
    const now = await asked(cluster);
    const askedAt = performance.now();
    await eventually(
      `the waiting polls are refused: ${what}`,
      () => own.every(({ isAnswered }) => isAnswered),
      HANGS_MS,
    );
    const answers = await Promise.all(own.map(({ answered }) => answered));
    const last = Math.max(askedAt, ...answers.map(({ at }) => at));
    process.stdout.write(
      `${what}: refused on both replicas ${Math.round(last - begun)} ms after the call was sent\n`,
    );
    return { waited: answers.map(({ status }) => status), now };
  }

  function othersWait(): void {
    const answered = polls.filter(({ isAnswered }) => isAnswered);
    expect(answered).toEqual([]);
  }

  async function rotate(
    { url }: ListedGateway,
    token: string,
  ): Promise<{ readonly status: number; readonly token: string }> {
    const response = await fetch(`${url}/api/agent/credentials/rotate`, {
      method: "POST",
      headers: {
        accept: AGENT_MEDIA_TYPE,
        "content-type": AGENT_MEDIA_TYPE,
        authorization: `Bearer ${token}`,
      },
      body: "{}",
    });
    const { token: next = "" } = (await response.json()) as { token?: string };
    return { status: response.status, token: next };
  }

  it("is refused on both once it is revoked, and no other notices", async () => {
    const revoked = watch(0);
    const record = await recordOf(revoked.cluster);
    expect(
      await refusals("revoked", revoked, () =>
        odoo.executeKw("vworkspace.cluster", "action_revoke", [record]),
      ),
    ).toEqual({ waited: [401, 401], now: [401, 401] });
    othersWait();
  });

  it("is refused on both while it is disabled, and let in again when it is enabled", async () => {
    const disabled = watch(1);
    const record = await recordOf(disabled.cluster);
    const act = (method: string) =>
      odoo.executeKw("vworkspace.cluster", method, [record]);
    expect(
      await refusals("disabled", disabled, () => act("action_disable")),
    ).toEqual({ waited: [403, 403], now: [403, 403] });
    await act("action_enable");
    expect(await asked(disabled.cluster)).toEqual([200, 200]);
    othersWait();
  });

  it("goes on with a rotated credential until its successor has rotated at the other replica, and then no more", async () => {
    const rotated = watch(2);
    const { cluster } = rotated;
    const next = await rotate(first, cluster.token);
    expect(await asked(cluster)).toEqual([200, 200]);
    expect(rotated.polls.filter(({ isAnswered }) => isAnswered)).toEqual([]);
    let last = "";
    expect(
      await refusals("succeeded twice", rotated, async () => {
        last = (await rotate(second, next.token)).token;
      }),
    ).toEqual({ waited: [401, 401], now: [401, 401] });
    expect((await rotate(first, cluster.token)).status).toBe(401);
    expect(await asked(cluster, next.token)).toEqual([200, 200]);
    expect(await asked(cluster, last)).toEqual([200, 200]);
    othersWait();
  });

  it("leaves to each of the others its poll, which brings it its next job", async () => {
    const records = (await odoo.executeKw(
      "vworkspace.cluster",
      "search_read",
      [[["state", "=", "active"]]],
      { fields: ["code"], limit: CLUSTERS },
    )) as readonly { readonly id: number; readonly code: string }[];
    const numbers = new Map(records.map(({ id, code }) => [code, id]));
    await inParallel(others, LANES, ({ code }) =>
      odoo.executeKw("vworkspace.application.instance", "create", [
        {
          name: code,
          namespace: "prod",
          cluster_id: numbers.get(code) ?? 0,
          catalog_code: CATALOG_CODE,
        },
      ]),
    );
    const answers = await Promise.all(polls.map(({ answered }) => answered));
    expect(answers.map(({ status, jobs }) => ({ status, jobs }))).toEqual(
      others.map(({ code }) => ({
        status: 200,
        jobs: [`applicationinstance/prod/${code}@1`],
      })),
    );
  });
});
