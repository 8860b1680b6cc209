import { openTestDatabase, type TestDatabase } from "../../../../test/db/open-test-database";
describe("x", () => {
  let db: TestDatabase;
  beforeAll(async () => { const t=Date.now(); db = await openTestDatabase(); console.log(Date.now()-t); }, 60000);
  afterAll(() => db.stop());
  it("works", async () => {
    console.log(await db.look("select relname from pg_class where relkind in ('r','p') and relnamespace='public'::regnamespace"));
  });
});
