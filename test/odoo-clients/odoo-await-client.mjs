// Uses a server through odoo-await as a program would: one JSON command a line in, one JSON answer a line out.
import OdooAwait from "odoo-await";
import { answerLines } from "./answer-lines.mjs";

const [url, login, key] = process.argv.slice(2);
// It says on the console whom it connected as, where our answers go.
console.log = console.error;

function client(password) {
  const { protocol, hostname, port } = new URL(url);
  const baseUrl = `${protocol}//${hostname}`;
  const settings = { baseUrl, port: Number(port), db: "any" };
  return new OdooAwait({ ...settings, username: login, password });
}

const shared = client(key);
await answerLines({
  sign_in: ({ key: other }) =>
    (other === undefined ? shared : client(other)).connect(),
  create: ({ model, values }) => shared.create(model, values),
  search: ({ model, domain }) => shared.search(model, domain),
  read: async ({ model, id, fields }) =>
    (await shared.read(model, id, fields))[0],
  write: ({ model, id, values }) => shared.update(model, id, values),
  run: ({ model, method, id }) => shared.execute_kw(model, method, [[[id]]]),
});
