from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, TransactionCase, tagged

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
        with self.assertRaises((AccessError, UserError)):
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
        action = (
            self.env["vworkspace.live.log.wizard"].with_user(self.user).action_open(self.instance._name, self.instance.id)
        )
        wizard = self.env["vworkspace.live.log.wizard"].browse(action["res_id"])
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
