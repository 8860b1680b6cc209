import json

from odoo import api, models

from .statements import watched

COMPARISONS = "vworkspace.comparison"


class VworkspaceComparisonProbe(models.AbstractModel):
    """Runs a comparison now, and says what it asked of the gateway and of the database."""

    _name = "vworkspace.comparison.probe"
    _description = "vworkspace: what a comparison costs"

    @api.model
    def run(self):
        gateway = self.env["vworkspace.gateway"].sudo().search([("state", "=", "paired")], limit=1)
        comparison = self.env[COMPARISONS].sudo().create({"company_id": gateway.company_id.id, "reason": "manual"})
        self.env.cr.commit()
        client = self.env.registry["vworkspace.client"]
        post, calls = client._post, []

        def noted(records, address, key, body):
            response, answer = post(records, address, key, body)
            told = json.loads(answer)
            calls.append(
                {
                    "call": "/".join(address.split("/")[-2:]),
                    "model": body.get("model", ""),
                    "sent": len(json.dumps(body)),
                    "got": len(answer),
                    "pages": sorted(told["pages"]) if isinstance(told, dict) and "pages" in told else [],
                    "rows": sum(map(len, told["pages"].values())) if isinstance(told, dict) and "pages" in told else 0,
                }
            )
            return response, answer

        client._post = noted
        try:
            with watched() as seen:
                comparison._run(gateway)
                self.env.flush_all()
        finally:
            client._post = post
        [report] = comparison.read(
            ["state", "error", "records", "pages", "sent_again", "taken_over", "raised", "truth_requested", "unknown"]
        )
        return {"ms": seen.milliseconds, "statements": len(seen.sent), "calls": calls, "report": report}
