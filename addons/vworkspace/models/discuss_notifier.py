from odoo import api, models

LONGEST_REASON = 200


class VworkspaceNotifier(models.AbstractModel):
    """Which transitions Discuss hears of, and in which words. Private methods only: nothing is called remotely."""

    _name = "vworkspace.notifier"
    _description = "What is said in Discuss"

    @api.model
    def _on_transitions(self, transitions):
        """@param transitions: list of (record, old state, new state), once for each applied batch"""
        notices = self.env["vworkspace.notice"]
        for record, old, new in transitions:
            said = self._said(record, new) if old != new else None
            if said:
                kind, text = said
                notices._add(record, kind, new, text)

    @api.model
    def _on_connection_problem(self, gateway, text):
        self.env["vworkspace.notice"]._add(gateway, "credential", text[:LONGEST_REASON], text[:LONGEST_REASON])

    def _said(self, record, state):
        said_of = {
            "vworkspace.application.instance": self._said_of_instance,
            "vworkspace.operation": self._said_of_operation,
            "vworkspace.cluster": self._said_of_cluster,
        }
        say = said_of.get(record._name)
        return say and say(record, state)

    def _said_of_instance(self, record, state):
        texts = {
            "ready": ("deploy", self.env._("is ready")),
            "suspended": ("deploy", self.env._("is suspended")),
            "deleted": ("deploy", self.env._("was removed")),
            "degraded": ("failure", self._with_reason(self.env._("is degraded"), record)),
            "blocked": ("failure", self._with_reason(self.env._("is blocked"), record)),
        }
        return texts.get(state)

    def _said_of_operation(self, record, state):
        done = "backup" if record.type == "Backup" else "deploy"
        texts = {
            "awaiting_approval": ("approval", self.env._("waits for approval")),
            "succeeded": (done, self.env._("succeeded")),
            "cancelled": (done, self.env._("was cancelled")),
            "failed": ("failure", self._with_reason(self.env._("failed"), record)),
        }
        return texts.get(state)

    def _said_of_cluster(self, _record, state):
        texts = {
            "active": ("credential", self.env._("is registered: its agent has a credential")),
            "disabled": ("credential", self.env._("is switched off: its agent gets no jobs")),
            "revoked": ("credential", self.env._("was revoked: its agent's credential counts no more")),
        }
        return texts.get(state)

    def _with_reason(self, text, record):
        """The reason is the cluster's text: it stays text (vworkspace.notice escapes it), and short."""
        reason = (record.state_message or "").strip()
        return f"{text}: {reason[:LONGEST_REASON]}" if reason else text
