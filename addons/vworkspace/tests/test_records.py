import json

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import VworkspaceCase


@tagged("post_install", "-at_install")
class TestRecords(VworkspaceCase):
    """What people may want, and how it is checked before it is sent."""

    def rows(self, record):
        return self.env["vworkspace.outbox"].search([("external_ref", "=", record.external_ref)])

    def test_a_draft_is_not_sent(self):
        draft = self.draft()
        draft.write({"values_json": '{"replicas": 3}'})
        self.assertFalse(self.rows(draft))
        self.assertEqual(draft.sync_state, "idle")

    def test_a_draft_has_the_values_of_its_entry(self):
        self.assertEqual(json.loads(self.draft().values_json), {"replicas": 2})

    def test_deploying_says_version_one(self):
        instance = self.deployed()
        self.assertEqual((instance.state, instance.intent_version), ("requested", 1))
        self.assertEqual(instance.chart_version, "1.2.3")
        self.assertEqual(instance.sync_state, "waiting")

    def test_each_change_of_a_deployed_application_is_a_version(self):
        instance = self.deployed()
        instance.write({"values_json": '{"replicas": 5}'})
        instance.write({"values_json": '{"replicas": 5}'})
        instance.action_suspend()
        instance.action_suspend()
        self.assertEqual(instance.intent_version, 3)
        self.assertEqual(len(self.rows(instance)), 3)

    def test_each_row_has_a_request_of_its_own_and_who_caused_it(self):
        instance = self.deployed()
        instance.action_suspend()
        rows = self.rows(instance)
        self.assertEqual(len(set(rows.mapped("request_id"))), 2)
        self.assertEqual(rows.user_id, self.users[("A", "operator")])

    def test_names_that_a_cluster_would_refuse_are_refused(self):
        for name in ("Web", "web_1", "-web", "web-", "w" * 64, "web.shop", ""):
            for field in ("name", "namespace"):
                with self.subTest(field=field, name=name), self.assertRaises(ValidationError):
                    self.draft(**{"name": "fine", field: name})

    def test_values_that_are_no_json_object_are_refused(self):
        for text in ("{", "[]", "1", '"text"', "null", '{"a": ' + '"x"' * 1 + ",}"):
            with self.subTest(text=text), self.assertRaises(ValidationError):
                self.draft("fine", values_json=text)

    def test_name_and_place_of_a_deployed_application_stay(self):
        instance = self.deployed()
        for name, value in {"name": "other", "namespace": "other", "cluster_id": self.cluster_b.id}.items():
            with self.subTest(field=name), self.assertRaises(UserError):
                instance.write({name: value})

    def test_a_place_is_taken_once(self):
        self.deployed()
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"):
            self.draft()

    def test_a_deployed_application_cannot_be_deleted(self):
        instance = self.deployed()
        with self.assertRaises(UserError):
            instance.unlink()

    def test_removing_a_draft_deletes_it(self):
        draft = self.draft()
        draft.action_delete()
        self.assertFalse(draft.exists())

    def test_removing_leaves_a_tombstone_and_keeps_the_record(self):
        instance = self.deployed()
        instance.action_delete()
        self.assertTrue(instance.is_removed)
        self.assertEqual(instance.intent_version, 2)
        self.assertTrue(instance.active)
        with self.assertRaises(UserError):
            instance.action_suspend()

    def test_a_removed_application_is_archived_once_the_cluster_confirmed(self):
        instance = self.deployed()
        instance.action_delete()
        self.report(self.instance_item(instance, state="deleting"))
        self.assertTrue(instance.active)
        self.report(self.instance_item(instance, state="deleted"))
        self.assertEqual((instance.state, instance.active), ("deleted", False))

    def test_a_backup_is_by_the_engine_that_the_entry_names_first(self):
        instance = self.deployed()
        action = instance.action_backup()
        operation = self.env["vworkspace.operation"].browse(action["res_id"])
        self.assertEqual((operation.type, operation.engine), ("Backup", "velero"))
        self.assertEqual(operation.requested_by_id, self.users[("A", "operator")])

    def test_an_operation_needs_a_deployed_application(self):
        with self.assertRaises(ValidationError):
            self.env["vworkspace.operation"].create(
                {
                    "instance_id": self.draft().id,
                    "company_id": self.company_a.id,
                    "type": "Backup",
                    "engine": "velero",
                }
            )

    def test_parameters_that_are_no_object_are_refused(self):
        with self.assertRaises(ValidationError):
            self.env["vworkspace.operation"].create(
                {
                    "instance_id": self.deployed().id,
                    "company_id": self.company_a.id,
                    "type": "Backup",
                    "engine": "velero",
                    "parameters_json": "[]",
                }
            )

    def test_an_entry_with_a_wrong_schema_is_refused(self):
        with self.assertRaises(ValidationError):
            self.entry.write({"values_schema_json": "[]"})

    def test_a_new_policy_allows_no_deployment(self):
        policy = self.env["vworkspace.policy"].create({"name": "New", "company_id": self.company_a.id})
        self.assertEqual(
            (policy.allowed_namespaces_json, policy.allowed_catalog_codes_json, policy.allowed_chart_url_prefixes_json),
            ("[]", "[]", "[]"),
        )

    def test_lists_are_lines_for_people(self):
        policy = self.env["vworkspace.policy"].create({"name": "All", "company_id": self.company_a.id})
        policy.write({"allowed_operations": "Backup/*\n\n  Restore/velero "})
        self.assertEqual(json.loads(policy.allowed_operations_json), ["Backup/*", "Restore/velero"])
        policy.invalidate_recordset()
        self.assertEqual(policy.allowed_operations, "Backup/*\nRestore/velero")

    def awaiting(self, **policy):
        if policy:
            self.env["vworkspace.policy"].create({"name": "Eyes", "company_id": self.company_a.id, **policy})
        instance = self.deployed()
        self.report(self.instance_item(instance))
        operation = self.env["vworkspace.operation"].browse(instance.action_backup()["res_id"])
        self.report(self.operation_item(operation, state="awaiting_approval"))
        return operation

    def test_approvers_have_an_activity_while_a_decision_is_awaited(self):
        operation = self.awaiting()
        approvers = operation.activity_ids.user_id
        self.assertIn(self.users[("A", "approver")], approvers)
        self.assertNotIn(self.users[("B", "approver")], approvers)
        self.report(self.operation_item(operation, state="running"))
        self.assertFalse(operation.activity_ids)

    def test_an_approver_approves_and_an_operator_does_not(self):
        operation = self.awaiting()
        with self.assertRaises(AccessError):
            self.as_role(operation, "operator").action_approve()
        self.as_role(operation, "approver").action_approve()
        self.assertEqual(operation.decision, "approve")
        self.assertEqual(operation.decision_by_id, self.users[("A", "approver")])
        self.assertTrue(operation.decision_at)
        self.assertFalse(operation.activity_ids)

    def test_who_asked_is_told_early_that_another_has_to_approve(self):
        operation = self.awaiting(four_eyes=True)
        self.users[("A", "operator")].write(
            {"group_ids": [(4, self.env.ref("vworkspace.group_vworkspace_approver").id)]}
        )
        with self.assertRaisesRegex(UserError, "another person"):
            self.as_role(operation, "operator").action_approve()

    def test_where_only_the_gateways_word_counts_its_page_opens(self):
        operation = self.awaiting()
        page = "https://gw.example/approvals/7"
        self.report(self.operation_item(operation, state="awaiting_approval", approval_url=page))
        self.gateway._keep({"approval_trust": "personal"})
        action = self.as_role(operation, "approver").action_approve()
        self.assertEqual(action["url"], page)
        self.assertFalse(operation.decision)

    def test_a_decision_is_made_once(self):
        operation = self.awaiting()
        self.as_role(operation, "approver").action_reject("not now")
        self.assertEqual(operation.decision_reason, "not now")
        with self.assertRaises(UserError):
            self.as_role(operation, "approver").action_approve()

    def test_a_rollback_is_asked_of_the_gateway(self):
        instance = self.deployed()
        self.send()
        instance.action_rollback(3)
        [call] = self.fake.calls_of("action_rollback")
        self.assertEqual(call["generation"], 3)
        self.assertEqual(call["context"]["on_behalf_of"]["login"], "operator-a")

    def test_a_rollback_waits_for_what_is_to_be_sent(self):
        with self.assertRaisesRegex(UserError, "waits to be sent"):
            self.deployed().action_rollback()

    def test_only_the_state_is_tracked(self):
        for model in ("vworkspace.cluster", "vworkspace.application.instance", "vworkspace.operation"):
            fields = self.env[model]._fields.values()
            self.assertEqual([field.name for field in fields if getattr(field, "tracking", None)], ["state"], model)
