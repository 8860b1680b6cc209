from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..odoo_series import ALL_GROUPS, Constraint

MOST_ANSWERS = 10


class DiscussChannel(models.Model):
    _inherit = "discuss.channel"

    vworkspace_company_id = fields.Many2one(
        "res.company",
        string="Company of vworkspace",
        index="btree_not_null",
        copy=False,
        ondelete="cascade",
        help="The channel gets this company's messages of vworkspace; its members follow the group.",
    )
    _vworkspace_company_unique = Constraint(
        "unique(vworkspace_company_id)",
        "A company has one channel of vworkspace.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("vworkspace_company_id") for vals in vals_list):
            self._check_vworkspace_itself()
        return super().create(vals_list)

    def write(self, vals):
        if "vworkspace_company_id" in vals:
            self._check_vworkspace_itself()
        return super().write(vals)

    def _check_vworkspace_itself(self):
        """Who could name a channel of his own the company's would read its messages."""
        if not self.env.su:
            raise AccessError(self.env._("vworkspace_company_id is set by vworkspace itself: leave it out."))

    # ------------------------------------------------------------------ members

    @api.model
    def _vworkspace_partners(self, company):
        """Those who belong into the company's channel: the group User, times the company."""
        group = self.env.ref("vworkspace.group_vworkspace_user")
        users = self.env["res.users"].sudo().search(
            [
                (ALL_GROUPS, "in", group.ids),
                ("company_ids", "in", company.ids),
                ("share", "=", False),
            ]
        )
        return users.partner_id

    @api.model
    def _vworkspace_channel(self, company):
        """The company's channel, made where there is none."""
        channels = self.sudo()
        channel = channels.search([("vworkspace_company_id", "=", company.id)], limit=1)
        if not channel:
            name = self.env._("Applications of %s", company.name)
            channel = channels.create({"name": name, "channel_type": "group"})
            # Only now: Odoo makes whoever creates a channel its member, and he may not belong here.
            channel.vworkspace_company_id = company
        channel._vworkspace_sync_members()
        return channel

    def _vworkspace_sync_members(self):
        """Makes the members equal to those who belong there, threads below the channel included."""
        for channel in self.sudo():
            wanted = self._vworkspace_partners(channel.vworkspace_company_id)
            members = self.env["discuss.channel.member"].sudo().search(
                [("channel_id", "in", (channel | channel.sub_channel_ids).ids)]
            )
            members.filtered(lambda member, wanted=wanted: member.partner_id not in wanted).unlink()
            missing = wanted - channel.channel_member_ids.partner_id
            if missing:
                channel._add_members(partners=missing, post_joined_message=False)

    @api.model
    def _vworkspace_sync_all_members(self):
        self.sudo().search([("vworkspace_company_id", "!=", False)])._vworkspace_sync_members()

    # ------------------------------------------------------------------ the command

    def execute_command_vworkspace(self, **kwargs):
        """`/vworkspace status APP`, `backup APP`, `approve OP`: acts as who typed it, with his rights. Only he sees the
        answer. Discuss calls it in the browser; text that is posted by other ways is never parsed."""
        self.ensure_one()
        self.check_access("read")
        self.env.user._bus_send_transient_message(self, self._vworkspace_reply(kwargs.get("body") or ""))

    @api.model
    def _vworkspace_reply(self, body):
        """HTML; a refusal is an answer too, and what it was refused in the middle of is undone."""
        try:
            with self.env.cr.savepoint():
                return self._vworkspace_obey(body)
        except (UserError, AccessError) as refused:
            return escape(str(refused))

    def _vworkspace_obey(self, body):
        if not self.env.user.has_group("vworkspace.group_vworkspace_user"):
            raise AccessError(self.env._("You don't have the group vworkspace / User: ask an administrator for it."))
        words = body.split()
        verb = words[1] if len(words) > 1 else "help"
        # A table, not getattr: what is typed names no method.
        commands = {
            "status": self._vworkspace_status,
            "backup": self._vworkspace_backup,
            "approve": self._vworkspace_approve,
        }
        if verb not in commands:
            return self._vworkspace_help()
        if len(words) != 3:
            return self._vworkspace_help()
        return commands[verb](words[2])

    def _vworkspace_help(self):
        lines = [
            ("/vworkspace status APP", self.env._("says how an application is")),
            ("/vworkspace backup APP", self.env._("asks for a backup of it")),
            ("/vworkspace approve OP", self.env._("approves an operation that waits for it")),
        ]
        return Markup("<br/>").join(
            [
                *(Markup("<b>%s</b> %s") % line for line in lines),
                escape(
                    self.env._("APP is a name, namespace/name or cluster/namespace/name; OP is an operation's name.")
                ),
            ]
        )

    def _vworkspace_status(self, app):
        instances = self._vworkspace_instances(app)
        return Markup("<br/>").join(
            Markup("%s: %s") % (instance._get_html_link(title=instance.display_name), self._vworkspace_words(instance))
            for instance in instances
        )

    def _vworkspace_words(self, instance):
        states = dict(instance._fields["state"]._description_selection(self.env))
        place = f"{instance.cluster_id.code}/{instance.namespace}"
        words = [states[instance.state], place, instance.chart_version, instance.state_message]
        return ", ".join(word for word in words if word)

    def _vworkspace_backup(self, app):
        instance = self._vworkspace_instances(app)
        if len(instance) > 1:
            raise UserError(
                self.env._(
                    "There are several applications called %(app)s: give namespace/name or cluster/namespace/name.",
                    app=app,
                )
            )
        action = instance.action_backup()
        operation = self.env["vworkspace.operation"].browse(action["res_id"])
        return Markup("%s: %s") % (
            operation._get_html_link(title=operation.display_name),
            self.env._("asked for; this channel says how it went."),
        )

    def _vworkspace_approve(self, name):
        operation = self.env["vworkspace.operation"].search(
            [("name", "=", name), ("company_id", "in", self.env.user.company_ids.ids)], limit=1
        )
        if not operation:
            raise UserError(self.env._("There is no operation called %(name)s: see Operations.", name=name))
        action = operation.action_approve()
        link = operation._get_html_link(title=operation.display_name)
        if isinstance(action, dict) and action.get("url"):
            # The gateway takes approvals only of persons whom it knows itself.
            page = Markup('<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>') % (
                action["url"],
                self.env._("approve it on the gateway's page"),
            )
            return Markup("%s: %s") % (link, page)
        return Markup("%s: %s") % (link, self.env._("your approval is on its way to the gateway."))

    def _vworkspace_instances(self, app):
        """@raise UserError where there is none of that name that the user may read."""
        parts = app.split("/")
        names = ["cluster_id.code", "namespace", "name"][-len(parts) :]
        if len(parts) > 3:
            raise UserError(self.env._("%(app)s has too many parts: give cluster/namespace/name.", app=app))
        domain = [(field, "=", part) for field, part in zip(names, parts, strict=True)]
        # The companies of the user, not those ticked in the switcher: a command is typed, not clicked in a list.
        domain += [("company_id", "in", self.env.user.company_ids.ids), ("state", "!=", "deleted")]
        found = self.env["vworkspace.application.instance"].search(domain, limit=MOST_ANSWERS)
        if not found:
            raise UserError(self.env._("There is no application called %(app)s: see Applications.", app=app))
        return found
