import { Json2Client, OdooClient, type RpcStruct } from "@vworkspace/odoo-rpc";
import type { Answer, Batch } from "./apply-updates";
import { applyUpdatesSuite } from "./apply-updates.suite";
import { FakeOdoo } from "./fake-odoo";
import { UpdateBook } from "./update-book";

const ORGANIZATION = "acme";

describe.each(["json2", "xmlrpc"] as const)(
  "The Odoo that the gateway's tests meet, by %s",
  (protocol) => {
    applyUpdatesSuite(async () => {
      const odoo = new FakeOdoo(new UpdateBook(ORGANIZATION));
      await odoo.start();
      const client =
        protocol === "json2"
          ? Json2Client.connect(odoo.pairing)
          : OdooClient.connect({ ...odoo.pairing, protocol });
      return {
        organization: ORGANIZATION,
        applyUpdates: async (batch: Batch) =>
          (await client.call("vworkspace.sync", "apply_updates", {
            batch: batch as unknown as RpcStruct,
          })) as unknown as Answer,
        close: async () => {
          await client.close();
          await odoo.stop();
        },
      };
    });
  },
);
