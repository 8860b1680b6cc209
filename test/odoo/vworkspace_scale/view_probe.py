from odoo import api, models

from .statements import watched
from .view_calls import ViewCalls

JOBS = "vworkspace_job"


class VworkspaceViewProbe(models.AbstractModel):
    """Opens views as the caller, and says what each call cost."""

    _name = "vworkspace.view.probe"
    _description = "vworkspace: what views cost"

    @api.model
    def actions(self):
        """Names of the addon's windows that the caller may open."""
        names = self.env["ir.model.data"].sudo().search(
            [("module", "=", "vworkspace"), ("model", "=", "ir.actions.act_window")], order="name"
        )
        return [data.name for data in names if self._is_open(self._action(data.name))]

    @api.model
    def walk(self, name, hits):
        """Every call of one window: ``[{view, kind, what, ms, statements, walked}]``."""
        action = self._action(name)
        model = self.env[action.res_model]
        told = []
        for call in ViewCalls(model, action, hits).all():
            self.env.invalidate_all()
            with watched() as seen:
                self._answer(model, call)
            walked = seen.seq_scans(self.env.cr, JOBS) if call.is_search else []
            told.append(
                {
                    "view": call.view,
                    "kind": call.kind,
                    "what": call.what,
                    "ms": seen.milliseconds,
                    "statements": len(seen.sent),
                    "walked": walked,
                }
            )
        return told

    @api.model
    def _action(self, name):
        return self.env.ref(f"vworkspace.{name}").sudo()

    @api.model
    def _is_open(self, action):
        model = self.env[action.res_model]
        is_page = action.target != "new" and action.view_mode != "form"
        return is_page and not model._transient and model.has_access("read")

    @api.model
    def _answer(self, model, call):
        arguments = dict(call.arguments)
        of = self.env[arguments.pop("model")] if "model" in arguments else model
        of = of.browse(arguments.pop("ids", ()))
        return getattr(of, call.method)(**arguments)
