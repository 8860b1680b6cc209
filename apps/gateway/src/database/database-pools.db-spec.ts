import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../test/db/open-test-database";
import { openPools } from "./database-pools";

describe("pools of a database that isn't there yet", () => {
  let db: TestDatabase;
  let door: Server;

  beforeAll(async () => (db = await openTestDatabase()));
  afterAll(() => db?.stop());
  afterEach(() => door.close());

  /** A way to the database that turns the first callers away. */
  async function through(refused: number) {
    let calls = 0;
    door = createServer((caller) => {
      caller.on("error", () => undefined);
      calls += 1;
      if (calls <= refused) return void caller.destroy();
      const { hostname, port } = new URL(db.urls.app);
      const database = connect({ host: hostname, port: Number(port) });
      database.on("error", () => caller.destroy());
      caller.pipe(database).pipe(caller);
    }).listen(0, "127.0.0.1");
    await once(door, "listening");
    const { port } = door.address() as AddressInfo;
    const url = new URL(db.urls.app);
    url.port = String(port);
    return { ...db.urls, app: url.href };
  }

  it("are open once it is", async () => {
    const pools = await openPools(await through(2), 2);
    try {
      expect(await pools.app.query("select 1 as one")).toEqual([{ one: 1 }]);
    } finally {
      await pools.onApplicationShutdown();
    }
  });

  it("end the start with what is wrong when it doesn't come", async () => {
    await expect(openPools(await through(1000), 2)).rejects.toThrow(
      /terminated|ECONNRESET/,
    );
  });
});
