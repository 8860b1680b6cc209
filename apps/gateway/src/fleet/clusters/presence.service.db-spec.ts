import { openTestDatabase } from "../../../../../test/db/open-test-database";
import type { TestDatabase } from "../../../../../test/db/open-test-database";
import { PresenceService } from "./presence.service";

interface Stretch {
  readonly id: string;
  readonly length: number;
}

describe("When a gateway listened", () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
    // The sweep of the start notes that it listened, too, and once.
    while ((await stretches()).length === 0) await settled();
  });
  afterAll(() => db?.stop());
  beforeEach(() => db.look("delete from gateway_listening"));

  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
  const stretches = () =>
    db.look<Stretch>(
      "select id, extract(epoch from heard_until - since)::float as length from gateway_listening order by heard_until",
    );
  /** As if that much time had passed since. */
  const age = (seconds: number) =>
    db.look(
      "update gateway_listening set since = since - make_interval(secs => $1), heard_until = heard_until - make_interval(secs => $1)",
      [seconds],
    );

  it("is one stretch for as long as it goes on saying so", async () => {
    const presence = new PresenceService(db.unitOfWork);
    await presence.listen(30);
    const [first] = await stretches();
    await age(20);
    await presence.listen(30);
    const [now, ...others] = await stretches();
    expect(others).toEqual([]);
    expect(now?.id).toBe(first?.id);
    expect(now?.length).toBeGreaterThanOrEqual(20);
  });

  it("leaves out the time in which it could write nothing down", async () => {
    const presence = new PresenceService(db.unitOfWork);
    await presence.listen(30);
    await age(40);
    await presence.listen(30);
    const all = await stretches();
    expect(all).toHaveLength(2);
    for (const { length } of all) expect(length).toBeLessThan(20);
  });

  it("is a stretch of its own for each replica and each of its lives", async () => {
    for (let life = 0; life < 3; life += 1)
      await new PresenceService(db.unitOfWork).listen(30);
    expect(await stretches()).toHaveLength(3);
  });

  it("is forgotten from the oldest on, where a gateway restarts and restarts", async () => {
    await db.look(
      "insert into gateway_listening select gen_random_uuid(), now() - make_interval(mins => n), now() - make_interval(mins => n) from generate_series(1, 250) n",
    );
    await new PresenceService(db.unitOfWork).listen(30);
    expect(await stretches()).toHaveLength(200);
  });
});
