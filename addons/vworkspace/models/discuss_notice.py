import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

from ..odoo_series import Index

_logger = logging.getLogger(__name__)

MOST_LINES = 10
QUIET_SECONDS = 60
REPEAT_AFTER = timedelta(hours=1)
KEPT_FOR = timedelta(days=2)


class VworkspaceNotice(models.Model):
    """What the company's channel is to hear. A row is written with the change; a cron posts what has gathered, at most
    one message a minute and company. So the truth never waits for Discuss, and a hundred changes are one message."""

    _name = "vworkspace.notice"
    _description = "Message to Discuss"
    _order = "id"

    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("deploy", "Deployment"),
            ("backup", "Backup"),
            ("failure", "Failure"),
            ("credential", "Credential"),
            ("approval", "Approval"),
        ],
        required=True,
    )
    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    topic = fields.Char(required=True, help="What it says; the same again within an hour is left out.")
    text = fields.Char(required=True)
    posted_at = fields.Datetime(index=True)
    _waiting_index = Index("(company_id, id) WHERE posted_at IS NULL")
    _record_index = Index("(res_model, res_id, posted_at)")

    @api.model
    def _add(self, record, kind, topic, text):
        """To be said of a record of a company; `text` is plain."""
        self.sudo().create(
            {
                "company_id": record.company_id.id,
                "kind": kind,
                "res_model": record._name,
                "res_id": record.id,
                "topic": topic,
                "text": text,
            }
        )
        self.env.ref("vworkspace.ir_cron_discuss").sudo()._trigger()

    @api.model
    def _cron_post(self):
        now = fields.Datetime.now()
        notices = self.sudo()
        for [company] in notices._read_group([("posted_at", "=", False)], ["company_id"]):
            quiet_until = notices._quiet_until(company)
            if quiet_until > now:
                self.env.ref("vworkspace.ir_cron_discuss").sudo()._trigger(at=quiet_until)
                continue
            try:
                with self.env.cr.savepoint():
                    notices._post_gathered(company, now)
            except Exception:  # pylint: disable=broad-except
                # One company's channel must not keep the others silent; its rows wait for the next time.
                _logger.exception("vworkspace: the messages of company %s can't be posted", company.id)

    def _quiet_until(self, company):
        newest = self.search(
            [("company_id", "=", company.id), ("posted_at", "!=", False)], order="posted_at desc", limit=1
        )
        return newest.posted_at + timedelta(seconds=QUIET_SECONDS) if newest else fields.Datetime.now()

    def _post_gathered(self, company, now):
        waiting = self.search([("company_id", "=", company.id), ("posted_at", "=", False)])
        newest = {(notice.res_model, notice.res_id): notice for notice in waiting}
        said = [notice for notice in newest.values() if notice._is_news(now)]
        if said:
            self.env["discuss.channel"]._vworkspace_channel(company).message_post(
                body=self._body(said),
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                author_id=self.env.ref("base.partner_root").id,
            )
        # What was left out goes: only what was said counts against repeats.
        (waiting - self.browse([notice.id for notice in said])).unlink()
        self.browse([notice.id for notice in said]).posted_at = now

    def _is_news(self, now):
        if not self._record():
            return False
        last = self.search(
            [
                ("res_model", "=", self.res_model),
                ("res_id", "=", self.res_id),
                ("posted_at", ">", now - REPEAT_AFTER),
            ],
            order="id desc",
            limit=1,
        )
        return last.topic != self.topic

    def _record(self):
        return self.env[self.res_model].browse(self.res_id).exists()

    def _body(self, notices):
        """The worst first: of more than ten only failures and approvals are sure to be seen."""
        rank = ["failure", "credential", "approval", "backup", "deploy"]
        lines = [notice._line() for notice in sorted(notices, key=lambda one: (rank.index(one.kind), one.id))]
        rest = len(lines) - MOST_LINES
        if rest > 0:
            lines = [*lines[:MOST_LINES], self.env._("and %s more", rest)]
        return Markup("<br/>").join(lines)

    def _line(self):
        record = self._record()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        link = record._get_html_link(title=record.display_name)
        return Markup("<b>%s</b> %s: %s") % (kinds[self.kind], link, self.text)

    @api.autovacuum
    def _gc_posted(self):
        self.sudo().search([("posted_at", "<", fields.Datetime.now() - KEPT_FOR)]).unlink()
