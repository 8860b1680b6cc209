import json
import xmlrpc.client
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import VworkspaceCase


@tagged("post_install", "-at_install")
class TestHttp(VworkspaceCase, HttpCase):
    """The same from outside: JSON-2 and XML-RPC with keys."""

    def key_of(self, user):
        ends = fields.Datetime.now() + timedelta(days=1)
        return self.env["res.users.apikeys"].with_user(user)._generate("rpc", "test", ends)

    def json2(self, user, model, method, **arguments):
        response = self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(arguments),
            headers={"Authorization": f"Bearer {self.key_of(user)}", "Content-Type": "application/json"},
        )
        return response.status_code, response.json()

    def xml_rpc(self, user, model, method, *arguments, **named):
        key = self.key_of(user)
        database = self.env.cr.dbname
        uid = self.xmlrpc_common.authenticate(database, user.login, key, {})
        return self.xmlrpc_object.execute_kw(database, uid, key, model, method, list(arguments), named)

    def batch(self, **marks):
        values = {"code": "linz", "name": "Linz", "state": "active", "last_seen": "2026-01-01 10:00:00"}
        items = [self.item("vworkspace.cluster", values)]
        return {"epoch": "epoch-1", "organization": "acme", "items": items, **marks}

    def test_the_gateway_reports_by_json_2(self):
        status, answer = self.json2(self.bridge, "vworkspace.sync", "apply_updates", batch=self.batch())
        self.assertEqual((status, answer["results"][0]["status"]), (200, "applied"))
        status, told = self.json2(self.bridge, "vworkspace.sync", "ping")
        self.assertEqual(told["database_uuid"], self.gateway._database_uuid())

    def test_the_gateway_reports_by_xml_rpc(self):
        answer = self.xml_rpc(self.bridge, "vworkspace.sync", "apply_updates", self.batch())
        self.assertEqual(answer["results"][0]["status"], "applied")
        self.assertEqual(self.xml_rpc(self.bridge, "vworkspace.sync", "ping")["series"], "19.0")

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_nobody_else_reports(self):
        for user in (self.make_portal(), self.users[("A", "administrator")], self.env.ref("base.user_admin")):
            status, _answer = self.json2(user, "vworkspace.sync", "apply_updates", batch=self.batch())
            self.assertEqual(status, 403, user.login)
        self.assertFalse(self.env["vworkspace.cluster"].search([("code", "=", "linz")]))

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2", "odoo.addons.rpc.controllers.xmlrpc")
    def test_an_operator_of_one_company_gets_nothing_of_another(self):
        foreign = self.foreign_instance()
        operator = self.users[("A", "operator")]
        model = foreign._name
        context = {"allowed_company_ids": self.company_b.ids, "active_test": False, "bypass": True}
        status, found = self.json2(operator, model, "search_read", domain=[], fields=["name"])
        self.assertEqual((status, found), (200, []))
        for method, arguments in {
            "read": {"fields": ["name"]},
            "write": {"vals": {"values_json": "{}"}},
            "action_delete": {},
            "action_suspend": {},
            "unlink": {},
        }.items():
            for given in ({}, {"context": context}):
                with self.subTest(method=method, **given):
                    status, _answer = self.json2(operator, model, method, ids=foreign.ids, **arguments, **given)
                    self.assertIn(status, (403, 404))
            with self.subTest(method=method), self.assertRaises(xmlrpc.client.Fault):
                self.xml_rpc(operator, model, method, foreign.ids, *arguments.values())
        self.assertFalse(foreign.is_removed)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_no_private_method_is_called_from_outside(self):
        instance = self.deployed()
        for method in ("_apply_observed", "_create_observed", "_take_absence", "_raise_above", "_demo_create"):
            status, _answer = self.json2(
                self.users[("A", "administrator")], instance._name, method, ids=instance.ids, vals={"state": "ready"}
            )
            self.assertIn(status, (403, 404), method)
        self.assertEqual(instance.state, "requested")
