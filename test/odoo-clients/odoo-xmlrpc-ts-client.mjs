// Uses a server through odoo-xmlrpc-ts as a program would: one JSON command a line in, one JSON answer a line out.
import { OdooClient } from "odoo-xmlrpc-ts";
import { answerLines } from "./answer-lines.mjs";

const [url, login, key] = process.argv.slice(2);

const client = (password) =>
  new OdooClient({ url, db: "any", username: login, password });

const shared = client(key);
await answerLines({
  sign_in: ({ key: other = key }) => client(other).authenticate(),
  create: ({ model, values }) => shared.create(model, values),
  search: ({ model, domain }) => shared.search(model, domain),
  read: async ({ model, id, fields }) =>
    (await shared.read(model, [id], fields))[0],
  write: ({ model, id, values }) => shared.write(model, [id], values),
  run: ({ model, method, id }) => shared.execute(model, method, [[id]]),
});
