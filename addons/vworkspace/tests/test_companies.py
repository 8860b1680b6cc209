from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import VworkspaceCase

INSTANCES = "vworkspace.application.instance"
SECRET = "not-for-company-a"


@tagged("post_install", "-at_install")
class TestCompanies(VworkspaceCase):
    """Nobody of company A reads, guesses, writes or causes anything of company B."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entry_b.write({"default_values_json": '{"password": "%s"}' % SECRET, "name": SECRET})
        cls.policy_b = cls.env["vworkspace.policy"].create({"name": SECRET, "company_id": cls.company_b.id})
        cls.gateway_b = cls.env["vworkspace.gateway"].create(
            {"company_id": cls.company_b.id, "url": cls.fake.url, "api_key": "key-of-b", "name": SECRET}
        )

    def setUp(self):
        super().setUp()
        self.instance_b = self.foreign_instance()
        self.operation_b = self.as_role(self.env["vworkspace.operation"], "operator", "B").create(
            {"instance_id": self.instance_b.id, "company_id": self.company_b.id, "type": "Backup", "engine": "velero"}
        )
        self.job_b = self.env["vworkspace.job"]._create_observed({"company_id": self.company_b.id, "code": SECRET})
        self.comparison_b = self.env["vworkspace.comparison"].create(
            {"company_id": self.company_b.id, "reason": "manual", "error": SECRET}
        )
        self.parked_b = self.env["vworkspace.parked.update"].create(
            {"company_id": self.company_b.id, "model": INSTANCES, "key": "k", "reason": SECRET}
        )
        self.records_b = [
            self.cluster_b,
            self.entry_b,
            self.policy_b,
            self.gateway_b,
            self.instance_b,
            self.operation_b,
            self.job_b,
            self.comparison_b,
            self.parked_b,
            self.env["vworkspace.outbox"].search([("company_id", "=", self.company_b.id)], limit=1),
        ]

    def test_nothing_of_another_company_is_found_or_read(self):
        for role in ("user", "operator", "approver", "administrator"):
            for record in self.records_b:
                theirs = self.as_role(record, role)
                with self.subTest(role=role, model=record._name):
                    self.assertNotIn(record, theirs.search([]))
                    self.assertFalse(theirs.search([("id", "=", record.id)]))
                    self.assertFalse(theirs.search_count([("company_id", "=", self.company_b.id)]))
                    with self.assertRaises(AccessError):
                        theirs.read()

    def test_naming_the_other_company_in_the_context_is_refused(self):
        for record in self.records_b:
            theirs = self.as_role(record, "administrator").with_context(allowed_company_ids=self.company_b.ids)
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                theirs.read()

    def test_conditions_on_fields_of_another_company_guess_nothing(self):
        ours = self.deployed()
        instances = self.as_role(self.env[INSTANCES], "administrator")
        for field in ("values_json", "name", "external_ref"):
            self.assertFalse(instances.search([(field, "=", self.instance_b[field])]), field)
        self.assertEqual(instances.search([("sync_state", "=", "waiting")]), ours)
        groups = instances._read_group([], ["company_id"], ["__count"])
        self.assertEqual([company for company, _count in groups], [self.company_a])

    def test_a_record_of_another_company_is_not_written_or_deleted(self):
        for record in self.records_b:
            theirs = self.as_role(record, "administrator")
            name = next(name for name in ("name", "subject", "reason", "code") if name in record._fields)
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                theirs.write({name: "x"})
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                theirs.unlink()

    def test_no_record_is_made_in_another_company(self):
        given = {"name": "x", "company_id": self.company_b.id}
        made = {
            "vworkspace.gateway": given,
            "vworkspace.policy": given,
            "vworkspace.catalog.entry": {**given, "code": "x", "chart_url": "oci://x", "chart_name": "x"},
            INSTANCES: {
                **given,
                "namespace": "x",
                "cluster_id": self.cluster_b.id,
                "catalog_entry_id": self.entry_b.id,
            },
            "vworkspace.operation": {
                "company_id": self.company_b.id,
                "instance_id": self.instance_b.id,
                "type": "Backup",
                "engine": "velero",
            },
        }
        for model, vals in made.items():
            with self.subTest(model=model), self.assertRaises(UserError):
                self.as_role(self.env[model], "administrator").create(vals)

    def test_records_of_company_a_refer_to_none_of_company_b(self):
        with self.assertRaises(UserError):
            self.draft(cluster_id=self.cluster_b.id)
        with self.assertRaises(UserError):
            self.draft(catalog_entry_id=self.entry_b.id)
        with self.assertRaises(UserError):
            self.as_role(self.env["vworkspace.operation"], "operator").create(
                {
                    "company_id": self.company_a.id,
                    "instance_id": self.instance_b.id,
                    "type": "Backup",
                    "engine": "velero",
                }
            )

    def test_a_form_that_names_a_record_of_company_b_tells_nothing_of_its_content(self):
        instances = self.as_role(self.env[INSTANCES], "operator")
        spec = {"values_json": {}, "catalog_code": {}, "simulated": {}, "chart_version": {}}
        # As a request begins: what others have read is not in its cache.
        self.env.flush_all()
        self.env.invalidate_all()
        try:
            told = str(
                instances.onchange(
                    {"catalog_entry_id": self.entry_b.id, "cluster_id": self.cluster_b.id},
                    ["catalog_entry_id", "cluster_id"],
                    {**spec, "catalog_entry_id": {}, "cluster_id": {}},
                )
            )
        except AccessError:
            told = "refused"
        self.assertNotIn(SECRET, told)
        self.assertNotIn("secret-app", told)

    def told(self, ask):
        """What a request answers, refusals included. As it begins: what others have read is not in its cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        try:
            with self.env.cr.savepoint():
                return str(ask())
        except UserError as refused:
            return str(refused)

    def test_neither_a_value_nor_a_refusal_tells_the_name_of_a_record_of_company_b(self):
        reject = self.as_role(self.env["vworkspace.reject.wizard"], "approver")
        deploy = self.as_role(self.env["vworkspace.deploy.wizard"], "operator")
        pair = self.as_role(self.env["vworkspace.pair.wizard"], "administrator")
        instances = self.as_role(self.env[INSTANCES], "operator")
        named = {"display_name": {}}
        asked = {
            "instance": lambda: self.draft(cluster_id=self.cluster_b.id, catalog_entry_id=self.entry_b.id),
            "operation": lambda: self.as_role(self.env["vworkspace.operation"], "operator").create(
                {
                    "company_id": self.company_a.id,
                    "instance_id": self.instance_b.id,
                    "type": "Backup",
                    "engine": "velero",
                }
            ),
            "reject": lambda: reject.create({"operation_id": self.operation_b.id, "reason": "x"}).read(),
            "deploy": lambda: deploy.create(
                {
                    "company_id": self.company_b.id,
                    "catalog_entry_id": self.entry_b.id,
                    "cluster_id": self.cluster_b.id,
                    "name": "x",
                    "namespace": "x",
                    "chart_version": "1",
                    "values_json": "{}",
                }
            ).read(["cluster_id", "catalog_entry_id"]),
            "pair": lambda: pair.create({"gateway_id": self.gateway_b.id, "code": "x"}).read(["gateway_id"]),
            "form": lambda: instances.onchange(
                {"cluster_id": self.cluster_b.id},
                ["cluster_id"],
                {"cluster_id": {"fields": named}, "catalog_entry_id": {"fields": named}},
            ),
            "default": lambda: instances.with_context(default_cluster_id=self.cluster_b.id).onchange(
                {}, [], {"cluster_id": {"fields": named}}
            ),
        }
        for what, ask in asked.items():
            told = self.told(ask)
            for name in (self.cluster_b.name, self.instance_b.name, SECRET):
                with self.subTest(asked=what, name=name):
                    self.assertNotIn(name, told)

    def test_followers_of_a_record_of_company_b_are_told_to_nobody_of_company_a(self):
        for record in (self.instance_b, self.operation_b, self.cluster_b, self.gateway_b):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                self.as_role(record, "administrator").message_get_followers()
        self.assertTrue(self.as_role(self.instance_b, "operator", "B").message_get_followers())

    def test_a_wizard_is_seen_by_who_opened_it(self):
        wizards = self.env["vworkspace.live.log.wizard"]
        theirs = self.as_role(wizards, "approver", "B").create(
            {
                "res_model": INSTANCES,
                "res_id": self.instance_b.id,
                "subject": SECRET,
                "audit_ids": [Command.create({"text": SECRET})],
            }
        )
        for company, role in (("A", "administrator"), ("B", "administrator")):
            for records in (theirs, theirs.audit_ids):
                seen = self.as_role(records, role, company)
                with self.subTest(model=records._name, company=company):
                    self.assertFalse(seen.search([]))
                    with self.assertRaises(AccessError):
                        seen.read()
        self.assertEqual(theirs.read(["subject"])[0]["subject"], SECRET)

    def test_buttons_on_records_of_company_b_are_refused(self):
        buttons = {
            self.instance_b: (
                "action_deploy",
                "action_delete",
                "action_suspend",
                "action_resume",
                "action_rollback",
                "action_backup",
                "action_retry",
                "action_view_operations",
            ),
            self.operation_b: ("action_approve", "action_reject", "action_cancel", "action_retry"),
            self.cluster_b: ("action_disable", "action_enable", "action_revoke", "action_view_jobs"),
            self.gateway_b: (
                "action_test_connection",
                "action_disable",
                "action_enable",
                "action_unpair",
                "action_resume_sending",
                "action_compare_now",
                "action_view_outbox",
            ),
            self.entry_b: ("action_retry", "action_view_instances"),
            self.parked_b: ("action_request_again",),
            self.records_b[-1]: ("action_retry", "action_open_record"),
        }
        before = self.env["vworkspace.outbox"].search_count([])
        for record, names in buttons.items():
            for name in names:
                with self.subTest(button=name, model=record._name), self.assertRaises(UserError):
                    getattr(self.as_role(record, "administrator"), name)()
        self.assertEqual(self.env["vworkspace.outbox"].search_count([]), before)
        self.assertFalse(self.fake.calls)

    def test_the_gateway_of_another_company_is_not_handed_out(self):
        with self.assertRaises(AccessError):
            self.as_role(self.env["vworkspace.gateway"], "administrator")._for_company(self.company_b)

    def test_changes_of_company_b_never_use_the_gateway_of_company_a(self):
        self.send()
        self.assertFalse(self.fake.calls)
        self.assertEqual(self.instance_b.sync_state, "waiting")
