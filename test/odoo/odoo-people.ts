import type { OdooSession, OdooUser } from "./odoo-rig";

const GROUPS = {
  operator: "group_vworkspace_operator",
  approver: "group_vworkspace_approver",
} as const;

/** Makes a user of Odoo with a password and one of the addon's roles. */
export async function addPerson(
  admin: OdooSession,
  role: keyof typeof GROUPS,
): Promise<OdooUser> {
  const group = await admin.require(
    "ir.model.data",
    [
      ["module", "=", "vworkspace"],
      ["name", "=", GROUPS[role]],
    ],
    ["res_id"],
  );
  const user = { login: role, password: `${role}-${process.pid}` };
  const id = await admin.create("res.users", {
    ...user,
    name: role,
    email: `${role}@example.com`,
  });
  await admin.call("res.users", "write", [
    [id],
    { group_ids: [[4, group["res_id"] as number]] },
  ]);
  return user;
}
