import os
import stat
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.module import get_manifest
from odoo.tests import tagged
from odoo.tools import config, file_open, file_path

from odoo.addons.vworkspace import secrets_store

from .common import VworkspaceCase


@tagged("post_install", "-at_install")
class TestGateway(VworkspaceCase):
    """The line to the gateway: its key, pairing, and what stops sending."""

    def mine(self):
        return self.as_role(self.gateway, "administrator")

    # The key

    def test_the_key_is_read_by_nobody(self):
        for role in ("user", "operator", "approver", "administrator"):
            gateway = self.as_role(self.gateway, role)
            told = str(gateway.read())
            self.assertNotIn(self.fake.key, told, role)
            self.assertNotIn("api_key_sealed", told, role)
            with self.assertRaises(AccessError):
                gateway.read(["api_key_sealed"])
        for role in ("user", "operator", "approver"):
            with self.assertRaises(AccessError):
                self.as_role(self.gateway, role).read(["api_key"])
        self.assertFalse(self.mine().api_key)

    def test_the_key_is_searched_by_nobody(self):
        with self.assertRaises(AccessError):
            self.mine().search([("api_key_sealed", "!=", False)])

    def test_what_the_database_keeps_is_encrypted(self):
        sealed = self.gateway.sudo().api_key_sealed
        self.assertNotIn(self.fake.key, sealed)
        self.assertEqual(secrets_store.unseal(sealed), self.fake.key)
        self.assertEqual(self.gateway.key_source, "database")

    def test_the_key_of_encryption_is_a_file_for_the_server_alone(self):
        path = os.path.join(config["data_dir"], "vworkspace", "secret.key")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def test_another_servers_database_opens_no_key(self):
        with patch.dict(config.options, {secrets_store.OPTION: "another server"}):
            with self.assertRaisesRegex(UserError, "enter it again"):
                self.mine().action_test_connection()

    def test_a_key_in_the_environment_is_the_companys_own_first(self):
        with patch.dict(os.environ, {f"VWORKSPACE_GATEWAY_KEY_{self.company_a.id}": "env-key"}):
            self.gateway.invalidate_recordset()
            self.assertEqual(self.gateway.key_source, "environment")
            self.assertEqual(self.gateway._secret_key(), "env-key")

    def test_the_key_without_a_number_is_the_first_companys_alone(self):
        with patch.dict(os.environ, {"VWORKSPACE_GATEWAY_KEY": "env-key"}):
            self.assertEqual(self.gateway._secret_key(), self.fake.key)

    def test_another_address_gets_no_key_of_the_former(self):
        self.mine().write({"url": "http://127.0.0.1:1/"})
        self.assertEqual(self.gateway.state, "new")
        self.assertEqual(self.gateway.key_source, "none")
        self.assertFalse(self.env["res.users.apikeys"].search([("user_id", "=", self.bridge.id)]))

    def test_no_error_names_the_key(self):
        self.fake.fail_next(500, "Internal error")
        with self.assertRaises(UserError) as raised:
            self.mine().action_test_connection()
        self.assertNotIn(self.fake.key, str(raised.exception))

    # The address

    def test_addresses_that_a_key_may_not_be_sent_to_are_refused(self):
        refused = ("http://gateway.example.com", "ftp://x", "gateway", "https://u:p@x", "https://x/?a=1", "file:///etc")
        for url in refused:
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.mine().write({"url": url})

    def test_a_redirection_is_not_followed(self):
        self.fake.fail_next(302, "moved", headers={"Location": f"{self.fake.url}/json/2/x/status"})
        with self.assertRaisesRegex(UserError, "redirection"):
            self.mine().action_test_connection()
        self.assertFalse(self.fake.calls)

    def test_an_address_where_nothing_listens_says_so(self):
        self.mine().write({"url": "http://127.0.0.1:1", "api_key": "x"})
        with self.assertRaisesRegex(UserError, "can't be reached"):
            self.mine().action_test_connection()

    # Pairing

    def test_testing_the_connection_says_who_we_are(self):
        told = self.mine().action_test_connection()
        self.assertIn("Acme", told["params"]["message"])
        self.assertEqual((self.gateway.organization_code, self.gateway.approval_trust), ("acme", "odoo"))

    def test_pairing_gives_the_gateway_a_key_of_its_own_user(self):
        self.mine().action_pair("good-code")
        [call] = self.fake.calls_of("pair")
        self.assertEqual(call["login"], self.bridge.login)
        self.assertEqual(call["database"], self.env.cr.dbname)
        self.assertEqual(call["database_uuid"], self.gateway._database_uuid())
        uid = self.env["res.users.apikeys"]._check_credentials(scope="rpc", key=call["key"])
        self.assertEqual(uid, self.bridge.id)
        self.assertEqual(len(self.env["res.users.apikeys"].search([("user_id", "=", self.bridge.id)])), 1)
        self.assertEqual(self.gateway.epoch, "epoch-1")

    def test_a_wrong_code_changes_nothing(self):
        with self.assertRaisesRegex(UserError, "code is wrong"), self.env.cr.savepoint():
            self.mine().action_pair("bad-code")
        self.env.invalidate_all()
        self.assertEqual(self.gateway.state, "paired")
        with self.assertRaises(UserError):
            self.mine().action_pair(" ")

    def test_the_gateways_user_can_do_nothing_else(self):
        self.assertEqual(
            self.bridge.all_group_ids & self.env.ref("base.group_user"),
            self.env["res.groups"],
        )
        self.assertEqual(self.bridge.company_ids, self.company_a)

    def test_only_an_administrator_connects(self):
        buttons = ("action_test_connection", "action_disable", "action_enable", "action_unpair", "action_compare_now")
        for role in ("user", "operator", "approver"):
            gateway = self.as_role(self.gateway, role)
            for name in buttons:
                with self.subTest(role=role, button=name), self.assertRaises(AccessError):
                    getattr(gateway, name)()
            with self.assertRaises(AccessError):
                gateway.action_pair("good-code")
            with self.assertRaises(AccessError):
                gateway.write({"url": "https://elsewhere.example.com"})

    # What stops sending

    def test_a_copy_of_the_database_sends_nothing(self):
        self.deployed()
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "a-copy")
        self.send()
        self.assertFalse(self.fake.calls)
        self.assertIn("copy", self.gateway.pause_reason)

    def test_another_address_of_odoo_pauses_until_it_is_confirmed(self):
        self.deployed()
        self.env["ir.config_parameter"].sudo().set_param("web.base.url", "https://staging.example.com")
        self.send()
        self.assertFalse(self.fake.calls)
        self.assertIn("staging.example.com", self.gateway.pause_reason)
        self.mine().action_resume_sending()
        self.send()
        self.assertEqual(len(self.fake.calls_of("upsert")), 1)

    def test_one_that_is_switched_off_sends_nothing_until_it_is_on(self):
        self.deployed()
        self.mine().action_disable()
        self.send()
        self.assertFalse(self.fake.calls)
        self.mine().action_enable()
        self.send()
        self.assertEqual(len(self.fake.calls_of("upsert")), 1)

    def test_unpairing_ends_the_gateways_key_and_says_nothing_to_it(self):
        self.mine().action_unpair()
        self.assertEqual(self.gateway.state, "new")
        self.assertFalse(self.env["res.users.apikeys"].search([("user_id", "=", self.bridge.id)]))
        self.assertFalse(self.fake.calls)

    def test_a_neutralized_copy_has_no_address_no_key_and_no_way_in(self):
        self.deployed()
        self.env.flush_all()
        with file_open("vworkspace/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.gateway.url)
        self.assertFalse(self.gateway.sudo().api_key_sealed)
        self.assertEqual(self.gateway.state, "new")
        self.assertFalse(self.env["res.users.apikeys"].search([("user_id", "=", self.bridge.id)]))
        self.send()
        self.assertFalse(self.fake.calls)

    # Once a day

    def test_an_administrator_is_told_once_that_a_key_ends(self):
        self.gateway._keep({"bridge_key_expires_at": fields.Datetime.now() + timedelta(days=13)})
        self.env["vworkspace.gateway"]._warn_of_ends()
        self.env["vworkspace.gateway"]._warn_of_ends()
        told = self.gateway.activity_ids.user_id
        self.assertIn(self.users[("A", "administrator")], told)
        self.assertNotIn(self.users[("B", "administrator")], told)
        self.assertEqual(len(told), len(self.gateway.activity_ids))

    def test_nobody_is_told_while_there_is_time(self):
        self.env["vworkspace.gateway"]._warn_of_ends()
        self.assertFalse(self.gateway.activity_ids)
        self.assertGreater(self.gateway.bridge_key_expires_at, fields.Datetime.now() + timedelta(days=300))

    # Live

    def test_a_cluster_is_registered_and_nothing_of_it_is_kept(self):
        gateway = self.mine()._for_company(self.company_a)
        issued = gateway._register_cluster("linz", "Linz")
        self.assertTrue(issued["install_command"].startswith("install"))
        for call in self.fake.calls:
            self.assertEqual(call["context"]["on_behalf_of"]["login"], "administrator-a")
        self.assertFalse(self.env["vworkspace.cluster"].search([("code", "=", "linz")]))

    def test_settings_keep_no_key(self):
        self.users[("A", "administrator")].write({"group_ids": [(4, self.env.ref("base.group_system").id)]})
        settings = self.as_role(self.env["res.config.settings"], "administrator").create(
            {"vworkspace_url": self.fake.url, "vworkspace_api_key": "typed-key"}
        )
        self.env.flush_all()
        columns = settings._fields["vworkspace_api_key"]
        self.assertFalse(columns.store)
        self.assertEqual(self.gateway._secret_key(), "typed-key")
        settings.invalidate_recordset()
        self.assertFalse(settings.vworkspace_api_key)

    def test_the_manifest_names_its_licence(self):
        self.assertEqual(get_manifest("vworkspace")["license"], "LGPL-3")
        self.assertTrue(file_path("vworkspace/LICENSE"))
