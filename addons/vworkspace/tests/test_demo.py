import json

from odoo.tests import tagged
from odoo.tools import convert_file

from .common import VworkspaceCase

INSTANCES = "vworkspace.application.instance"
MODELS = (INSTANCES, "vworkspace.catalog.entry", "vworkspace.cluster")


@tagged("post_install", "-at_install")
class TestDemo(VworkspaceCase):
    """The demonstration data is something to look at; no gateway ever hears of it."""

    def setUp(self):
        super().setUp()
        env = self.env(context={**self.env.context, "allowed_company_ids": self.company_a.ids})
        convert_file(env, "vworkspace", "demo/demo.xml", {}, mode="init", noupdate=True)
        self.shops = self.env[INSTANCES].search([("company_id", "=", self.company_a.id), ("name", "=", "shop")])

    def test_it_is_there_to_be_looked_at(self):
        self.assertEqual(self.shops.mapped("namespace"), ["demo-shop", "demo-staging"])
        self.assertEqual(set(self.shops.mapped("state")), {"draft"})
        for model in MODELS:
            records = self.as_role(self.env[model], "user").search([])
            self.assertTrue(records.read(list(records.fields_get())))

    def test_no_gateway_hears_of_it(self):
        self.as_role(self.gateway, "administrator").action_pair("good-code")
        self.fake.calls.clear()
        self.env["vworkspace.comparison"]._run_due()
        self.send()
        refs = self.shops.mapped("external_ref")
        self.assertFalse(self.env["vworkspace.outbox"].search([("external_ref", "in", refs)]))
        told = json.dumps([call for call in self.fake.calls if call["method"] != "status"])
        self.assertNotIn("demo", told)
        for record in (*self.shops, self.shops.cluster_id, self.shops.catalog_entry_id):
            self.assertNotIn(record.external_ref, told)
