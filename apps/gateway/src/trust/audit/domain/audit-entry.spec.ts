import { canonicalJson } from "@vworkspace/contract";
import type { Actor, UserActor } from "../../identity/domain/actor";
import { auditLeaf } from "./audit-entry";

const stamp = {
  random: "b5b2f3a0-0000-4000-8000-000000000000",
  at: "2026-01-01T00:00:00.000Z",
  personHash: (login: string) => `hash-of-${login.length}`,
  addressHash: (address: string) => `address-of-${address.length}`,
};
const user: Actor = {
  organizationId: "org",
  type: "user",
  id: "user-id",
  name: "ada@example.com",
};
const subject = { type: "cluster", id: "c-1" };

const text = (...parameters: Parameters<typeof auditLeaf>) =>
  auditLeaf(...parameters).toString("utf8");

describe("audit leaves", () => {
  it("have exactly these bytes, whoever computes them", () => {
    const leaf = text(
      user,
      { action: "cluster.create", subject, detail: { b: 1, a: "ä" } },
      stamp,
    );
    expect(leaf).toBe(
      '{"action":"cluster.create","actor":{"id":"user-id","login_hash":"hash-of-15","type":"user"},"at":"2026-01-01T00:00:00.000Z",' +
        '"detail":{"a":"ä","b":1},"id":"b5b2f3a0-0000-4000-8000-000000000000","organization":"org","subject":{"id":"c-1","type":"cluster"},"version":1}',
    );
    expect(canonicalJson(JSON.parse(leaf))).toBe(leaf);
  });

  it("name nobody in clear, neither who did it nor for whom it is said to be", () => {
    const actor: Actor = {
      ...user,
      onBehalfOf: { odoo_uid: 7, login: "bob@example.com" },
    };
    const leaf = text(actor, { action: "x.y", subject }, stamp);
    expect(leaf).not.toContain("@example.com");
    expect(JSON.parse(leaf)).toMatchObject({
      on_behalf_of: { odoo_uid: 7, login_hash: "hash-of-15" },
    });
  });

  it("say from where and with which key, and no address in clear", () => {
    const actor: UserActor = {
      ...user,
      type: "user",
      role: "admin",
      number: 1,
      address: "192.0.2.7",
      key: { id: "key-id", scopes: ["all"], expiresAt: undefined },
    };
    const leaf = text(actor, { action: "x.y", subject }, stamp);
    expect(leaf).not.toContain("192.0.2.7");
    expect(JSON.parse(leaf)).toMatchObject({
      actor: { key_id: "key-id" },
      from: { address_hash: "address-of-9" },
    });
  });

  it("say which tool of an assistant it was", () => {
    const via = { origin: "mcp", tool: "suspend_instance" } as const;
    const leaf = text({ ...user, via }, { action: "x.y", subject }, stamp);
    expect(JSON.parse(leaf)).toMatchObject({ via });
  });

  it("name clusters and the gateway, who are no persons", () => {
    const cluster: Actor = { ...user, type: "cluster", name: "berlin" };
    expect(
      JSON.parse(text(cluster, { action: "x.y", subject }, stamp)),
    ).toMatchObject({ actor: { type: "cluster", name: "berlin" } });
  });

  it("leave out what is undefined instead of failing at it", () => {
    const entry = {
      action: "x.y",
      subject,
      detail: { gone: undefined, kept: null },
    };
    expect(JSON.parse(text(user, entry, stamp))).toMatchObject({
      detail: { kept: null },
    });
  });
});
