from odoo import api, models
from odoo.exceptions import UserError

INSTANCES = "vworkspace.application.instance"
UNKNOWN_FIELDS = ["name", "namespace", "cluster_id", "catalog_code", "state", "origin", "external_ref"]
ADOPTED_FIELDS = [
    "name",
    "namespace",
    "cluster_id",
    "catalog_code",
    "chart_version",
    "values_json",
    "suspended",
    "external_ref",
    "intent_version",
]
PAGE = 500


class VworkspaceGateway(models.Model):
    """What is asked of the gateway while a person waits."""

    _inherit = "vworkspace.gateway"

    # Asked live, for wizards: the caller has checked the user's group

    def _live(self, target, arguments):
        return self.env["vworkspace.client"]._call(self.sudo(), target, arguments, user=self.env.user)

    def _live_search_read(self, model, domain, field_names, limit=80, offset=0, order=None):
        arguments = {"domain": domain, "fields": field_names, "limit": limit, "offset": offset}
        return self._live((model, "search_read"), {**arguments, "order": order} if order else arguments)

    def _live_search_count(self, model, domain):
        return self._live((model, "search_count"), {"domain": domain})

    def _register_cluster(self, code, name, simulated=False):
        """Makes a cluster in the gateway. Gives its token, its end, and the command; keeps none of them."""
        [number] = self._live(
            ("vworkspace.cluster", "create"), {"vals_list": [{"code": code, "name": name, "simulated": simulated}]}
        )
        return self._live(("vworkspace.cluster", "action_issue_registration_token"), {"ids": [number]})

    # Adoption of what was made elsewhere

    def _unknown_instances(self, limit=200):
        """Applications that the gateway has and Odoo doesn't, as the gateway tells of them, with the cluster's code."""
        codes = self._codes_of_clusters()
        unknown, last = [], 0
        while len(unknown) < limit:
            page = self._live_search_read(
                INSTANCES, [("id", ">", last), ("state", "!=", "deleted")], UNKNOWN_FIELDS, limit=PAGE, order="id"
            )
            known = self._known_refs([entry["external_ref"] for entry in page if entry["external_ref"]])
            unknown += [
                {**entry, "cluster_code": codes.get(entry["cluster_id"][0])}
                for entry in page
                if entry["external_ref"] not in known
            ]
            if len(page) < PAGE:
                break
            last = page[-1]["id"]
        return unknown[:limit]

    def _codes_of_clusters(self):
        clusters = self._live_search_read("vworkspace.cluster", [], ["code"], limit=0)
        return {cluster["id"]: cluster["code"] for cluster in clusters}

    @api.model
    def _known_refs(self, refs):
        records = self.env[INSTANCES].sudo().with_context(active_test=False)
        return set(records.search([("external_ref", "in", refs)]).mapped("external_ref"))

    def _adopt_instances(self, numbers):
        """Makes records of applications that Odoo doesn't have, by their numbers in the gateway."""
        codes = self._codes_of_clusters()
        adopted = self.env[INSTANCES]
        for entry in self._live_search_read(INSTANCES, [("id", "in", list(numbers))], ADOPTED_FIELDS, limit=0):
            if entry["external_ref"] not in self._known_refs([entry["external_ref"]]):
                adopted |= self._adopt_instance(entry, codes.get(entry["cluster_id"][0]))
        if adopted:
            refs = adopted.mapped("external_ref")
            self._live(("vworkspace.odoo.database", "resend"), {"model": INSTANCES, "external_refs": refs})
        return adopted

    def _adopt_instance(self, entry, cluster_code):
        instances = self.env[INSTANCES].sudo()
        version = int(entry["intent_version"] or 0)
        record = instances._create_observed(
            {
                "company_id": self.company_id.id,
                "name": entry["name"],
                "namespace": entry["namespace"],
                "cluster_id": self._own("vworkspace.cluster", cluster_code).id,
                "catalog_entry_id": self._own("vworkspace.catalog.entry", entry["catalog_code"]).id,
                "chart_version": entry["chart_version"],
                "values_json": entry["values_json"],
                "suspended": entry["suspended"],
                "state": "requested",
                "intent_version": version,
                "confirmed_version": version,
                "has_gateway_ref": True,
                **({"external_ref": entry["external_ref"]} if entry["external_ref"] else {}),
            }
        )
        if not entry["external_ref"]:
            self._live(
                ("vworkspace.odoo.database", "adopt"),
                {"model": INSTANCES, "id": entry["id"], "external_ref": record.external_ref},
            )
        return record

    def _own(self, model, code):
        """The company's record of that code."""
        found = (
            self.env[model]
            .sudo()
            .with_context(active_test=False)
            .search([("company_id", "=", self.company_id.id), ("code", "=", code)])
        )
        if not found:
            raise UserError(
                self.env._(
                    "Odoo doesn't have %(model)s %(code)s yet: wait until the gateway has reported it.",
                    model=self.env[model]._description,
                    code=code,
                )
            )
        return found
