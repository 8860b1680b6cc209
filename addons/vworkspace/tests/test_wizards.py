from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, TransactionCase, tagged

from .common import VworkspaceCase
from .discuss_samples import DiscussSamples


@tagged("post_install", "-at_install")
class TestDeployWizard(DiscussSamples, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_samples()

    def wizards(self, user=None):
        return self.env["vworkspace.deploy.wizard"].with_user(user or self.operator)

    def test_it_deploys_without_a_browser(self):
        wizard = self.wizards().create(
            {
                "catalog_entry_id": self.entry.id,
                "cluster_id": self.cluster.id,
                "name": "webshop",
                "values_json": '{"replicas": 3}',
            }
        )
        action = wizard.action_deploy()
        instance = self.env["vworkspace.application.instance"].browse(action["res_id"])
        self.assertEqual((instance.name, instance.namespace), ("webshop", "webshop"))
        self.assertEqual(instance.values_json, '{"replicas": 3}')
        self.assertEqual(instance.chart_version, "1.2.0")
        self.assertNotEqual(instance.state, "draft")
        self.assertEqual(instance.create_uid, self.operator)

    def test_what_isnt_given_comes_from_the_entry(self):
        wizard = self.wizards().create({"catalog_entry_id": self.entry.id})
        self.assertEqual(wizard.cluster_id, self.cluster)
        self.assertEqual(wizard.name, "shop")
        self.assertEqual(wizard.values_json, '{"replicas": 1}')
        self.assertEqual(wizard.chart_version, "1.2.0")

    def test_the_form_fills_itself_in(self):
        with Form(self.wizards()) as form:
            form.catalog_entry_id = self.entry
            self.assertEqual(form.name, "shop")
            self.assertEqual(form.namespace, "shop")
            form.name = "webshop"
            self.assertEqual(form.namespace, "webshop")
            self.assertEqual(form.values_schema_json, self.entry.values_schema_json)

    def test_values_that_are_no_json_are_refused(self):
        wizard = self.wizards().create({"catalog_entry_id": self.entry.id, "values_json": "{", "name": "webshop"})
        with self.assertRaises(ValidationError):
            wizard.action_deploy()

    def test_a_user_has_no_wizard(self):
        with self.assertRaises(AccessError):
            self.wizards(self.user).create({"catalog_entry_id": self.entry.id})

    def test_another_companys_cluster_is_refused(self):
        with self.assertRaises(UserError):
            self.wizards().create(
                {
                    "catalog_entry_id": self.entry.id,
                    "cluster_id": self.other_instance.cluster_id.id,
                    "name": "webshop",
                }
            ).action_deploy()


@tagged("post_install", "-at_install")
class TestRejectWizard(DiscussSamples, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_samples()

    def test_an_approver_rejects_with_a_reason(self):
        operation = self.make_operation()
        operation._apply_observed({"state": "awaiting_approval"})
        wizard = (
            self.env["vworkspace.reject.wizard"]
            .with_user(self.approver)
            .create({"operation_id": operation.id, "reason": "Not during the sale"})
        )
        wizard.action_reject()
        self.assertEqual(operation.decision, "reject")
        self.assertEqual(operation.decision_reason, "Not during the sale")
        self.assertEqual(operation.decision_by_id, self.approver)

    def test_an_operator_has_no_wizard(self):
        operation = self.make_operation()
        with self.assertRaises(AccessError):
            self.env["vworkspace.reject.wizard"].with_user(self.operator).create(
                {"operation_id": operation.id, "reason": "No"}
            )


@tagged("post_install", "-at_install")
class TestWizardsWithoutGateway(DiscussSamples, TransactionCase):
    """What needs the gateway says what is missing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_samples()

    def test_the_live_log_opens_and_says_why_it_is_empty(self):
        logs = self.env["vworkspace.live.log.wizard"]
        action = logs.with_user(self.user).action_open(self.instance._name, self.instance.id)
        wizard = logs.browse(action["res_id"])
        self.assertIn("gateway", wizard.problem)
        self.assertFalse(wizard.event_ids)

    def test_the_live_log_of_another_companys_record_is_refused(self):
        with self.assertRaises(AccessError):
            self.env["vworkspace.live.log.wizard"].with_user(self.user).action_open(
                self.other_instance._name, self.other_instance.id
            )

    def test_the_live_log_of_anything_else_is_refused(self):
        with self.assertRaises(UserError):
            self.env["vworkspace.live.log.wizard"].with_user(self.user).action_open("res.users", self.user.id)

    def test_registering_says_that_there_is_no_gateway(self):
        wizard = (
            self.env["vworkspace.register.cluster.wizard"]
            .with_user(self.administrator)
            .create({"name": "Production in Vienna"})
        )
        self.assertEqual(wizard.code, "production-in-vienna")
        with self.assertRaisesRegex(UserError, "gateway"):
            wizard.action_register()

    def test_an_operator_registers_and_adopts_nothing(self):
        for model in ("vworkspace.register.cluster.wizard", "vworkspace.adopt.wizard"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.operator).create({"name": "x"} if "register" in model else {})


TOKEN = "registration-token-that-nobody-keeps"


@tagged("post_install", "-at_install")
class TestWizardsWithGateway(VworkspaceCase):
    """What is asked of the gateway while somebody waits."""

    def register(self):
        made = []

        def create(_model, vals_list):
            made.extend(vals_list)
            return [7]

        def issue(_model, ids):
            self.assertEqual(ids, [7])
            command = f"kubectl create secret --from-literal=token={TOKEN}"
            return {"token": TOKEN, "expires_at": "2030-01-01 00:00:00", "install_command": command}

        self.fake.do_create = create
        self.fake.do_action_issue_registration_token = issue
        wizard = self.as_role(self.env["vworkspace.register.cluster.wizard"], "administrator").create(
            {"name": "Production in Graz"}
        )
        return wizard.action_register(), made

    def test_registering_shows_the_command_once(self):
        action, made = self.register()
        self.assertEqual(made, [{"code": "production-in-graz", "name": "Production in Graz", "simulated": False}])
        wizards = self.as_role(self.env[action["res_model"]], "administrator")
        shown = wizards.with_context(**action["context"]).browse(action["res_id"])
        self.assertIn(TOKEN, shown.install_command)
        self.assertFalse(wizards.browse(action["res_id"]).install_command)

    def test_neither_token_nor_command_is_stored(self):
        self.register()
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(w)::text FROM vworkspace_register_cluster_wizard w")
        rows = [text for [text] in self.env.cr.fetchall()]
        self.assertTrue(rows)
        self.assertFalse([text for text in rows if TOKEN in text])

    def log_of(self, record, role="user"):
        wizards = self.as_role(self.env["vworkspace.live.log.wizard"], role)
        return wizards.browse(wizards.action_open(record._name, record.id)["res_id"])

    def events_and_entries(self, instance):
        self.fake.records["vworkspace.event"] = {
            "1": {
                "id": 1,
                "cluster_id.code": "vienna",
                "resource_namespace": "shop",
                "resource_name": instance.name,
                "timestamp": "2026-01-01 10:00:00",
                "kind": "ConditionChanged",
                "resource_kind": "ApplicationInstance",
                "conditions": [{"type": "Ready", "status": "False", "reason": "X", "message": "<b>not yet</b>"}],
            },
            "2": {"id": 2, "cluster_id.code": "vienna", "resource_namespace": "other", "resource_name": "other"},
        }
        self.fake.records["vworkspace.audit.entry"] = {
            "1": {
                "id": 1,
                "subject": f"application.instance:shop/{instance.name}",
                "at": "2026-01-01 09:59:00",
                "actor": "user:odoo",
                "on_behalf_of": {"odoo_uid": instance.create_uid.id, "login_hash": "x"},
                "action": "instance.created",
                "detail": {"generation": 1},
            }
        }

    def test_the_live_log_shows_the_records_events(self):
        instance = self.deployed()
        self.events_and_entries(instance)
        log = self.log_of(instance)
        self.assertFalse(log.problem)
        [event] = log.event_ids
        self.assertEqual(event.what, "ConditionChanged")
        self.assertIn("Ready=False X: <b>not yet</b>", event.text)

    def test_the_audit_log_is_for_approvers(self):
        instance = self.deployed()
        self.events_and_entries(instance)
        self.assertFalse(self.log_of(instance, "operator").audit_ids)
        [entry] = self.log_of(instance, "approver").audit_ids
        self.assertEqual((entry.what, entry.who), ("instance.created", f"user:odoo ({instance.create_uid.name})"))
        self.fake.records["vworkspace.audit.entry"]["1"]["on_behalf_of"]["odoo_uid"] = 1_000_000
        [entry] = self.log_of(instance, "approver").audit_ids
        self.assertEqual(entry.who, "user:odoo (user 1000000 of Odoo)")

    def test_what_the_gateway_refuses_is_said_and_the_rest_is_shown(self):
        instance = self.deployed()
        self.events_and_entries(instance)
        self.fake.fail_next(403, "vworkspace.event is not for the role bridge.")
        log = self.log_of(instance, "approver")
        self.assertIn("not for the role", log.problem)
        self.assertFalse(log.event_ids)
        self.assertTrue(log.audit_ids)

    def test_what_is_unknown_is_offered_and_adopted(self):
        self.fake.records["vworkspace.cluster"] = {"1": {"id": 1, "code": "vienna"}}
        self.fake.records["vworkspace.application.instance"] = {
            "elsewhere": {
                "id": 41,
                "name": "stray",
                "namespace": "shop",
                "cluster_id": [1, "Vienna"],
                "catalog_code": "shop",
                "chart_version": "1.2.3",
                "values_json": "{}",
                "state": "ready",
                "origin": "rpc",
                "intent_version": 0,
                "generation": 1,
            }
        }
        wizards = self.as_role(self.env["vworkspace.adopt.wizard"], "administrator")
        wizard = wizards.create({})
        [line] = wizard.line_ids
        self.assertEqual((line.name, line.cluster, line.origin), ("stray", "vienna", "rpc"))
        with self.assertRaisesRegex(UserError, "No application is chosen"):
            wizard.action_adopt()
        line.is_chosen = True
        action = wizard.action_adopt()
        adopted = self.env["vworkspace.application.instance"].search(action["domain"])
        self.assertEqual(adopted.name, "stray")
        self.assertFalse(wizards.create({}).line_ids)
