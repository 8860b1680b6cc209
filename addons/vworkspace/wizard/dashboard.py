from datetime import timedelta

from odoo import api, fields, models

RECENT = timedelta(days=7)


class VworkspaceDashboard(models.AbstractModel):
    """Counts with links, each of one indexed query, by the rights and companies of who looks."""

    _name = "vworkspace.dashboard"
    _description = "Overview"

    @api.model
    def get_tiles(self):
        """@return {"is_connected": bool, "groups": [{"title", "tiles": [...]}]}; a tile has id, label, count, tone,
        action and filter"""
        self.env["vworkspace.application.instance"].check_access("read")
        return {
            # Whether there is one, nothing of it: the gateway's record is the Administrators'.
            "is_connected": bool(
                self.env["vworkspace.gateway"]
                .sudo()
                .search_count([("company_id", "in", self.env.companies.ids), ("state", "=", "paired")], limit=1)
            ),
            "groups": [
                {"title": self.env._("Applications"), "tiles": self._instance_tiles()},
                {"title": self.env._("Operations"), "tiles": self._operation_tiles()},
                {"title": self.env._("Clusters"), "tiles": self._cluster_tiles()},
            ],
        }

    def _counts(self, model, domain, field):
        groups = self.env[model]._read_group(
            [("company_id", "in", self.env.companies.ids), *domain], [field], ["__count"]
        )
        return dict(groups)

    @api.model
    def _tile(self, label, count, link, tone="muted"):
        """@param link: action of vworkspace and name of a filter of its search view"""
        action, search_filter = link
        return {
            "id": f"{action}.{search_filter}",
            "label": label,
            "count": count,
            "tone": tone if count else "muted",
            "action": f"vworkspace.{action}",
            "filter": search_filter,
        }

    def _instance_tiles(self):
        counts = self._counts("vworkspace.application.instance", [], "state")
        problems = counts.get("degraded", 0) + counts.get("blocked", 0)
        under_way = sum(counts.get(state, 0) for state in ("requested", "deploying", "deleting"))
        action = "action_application_instance"
        return [
            self._tile(self.env._("Ready"), counts.get("ready", 0), (action, "ready"), "success"),
            self._tile(self.env._("With problems"), problems, (action, "problems"), "danger"),
            self._tile(self.env._("Under way"), under_way, (action, "under_way"), "info"),
            self._tile(self.env._("Drafts"), counts.get("draft", 0), (action, "draft")),
        ]

    def _operation_tiles(self):
        model = "vworkspace.operation"
        counts = self._counts(
            model,
            [("state", "in", ["awaiting_approval", "requested", "queued", "delivering", "blocked", "running"])],
            "state",
        )
        since = fields.Datetime.now() - RECENT
        recent = self._counts(
            model, [("state", "in", ["succeeded", "failed"]), ("create_date", ">=", since)], "state"
        )
        awaiting = counts.pop("awaiting_approval", 0)
        action = "action_operation"
        return [
            self._tile(self.env._("Await approval"), awaiting, (action, "awaiting_approval"), "warning"),
            self._tile(self.env._("Under way"), sum(counts.values()), (action, "under_way"), "info"),
            self._tile(self.env._("Failed, 7 days"), recent.get("failed", 0), (action, "failed_recently"), "danger"),
            self._tile(
                self.env._("Succeeded, 7 days"), recent.get("succeeded", 0), (action, "succeeded_recently"), "success"
            ),
        ]

    def _cluster_tiles(self):
        counts = self._counts("vworkspace.cluster", [("state", "=", "active")], "connected")
        action = "action_cluster"
        return [
            self._tile(self.env._("Connected"), counts.get(True, 0), (action, "connected"), "success"),
            self._tile(self.env._("Not connected"), counts.get(False, 0), (action, "not_connected"), "danger"),
        ]
