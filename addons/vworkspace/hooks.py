from .odoo_series import GROUPS


def uninstall_hook(env):
    """The gateway's user can't come in any more. Nothing is said to the gateway: what runs goes on."""
    group = env.ref("vworkspace.group_vworkspace_bridge", raise_if_not_found=False)
    users = env["res.users"].with_context(active_test=False).search([("login", "=like", "vworkspace-bridge-%")])
    users = users.filtered(lambda user: group and group in user[GROUPS])
    env["res.users.apikeys"].search([("user_id", "in", users.ids)]).unlink()
    users.active = False
