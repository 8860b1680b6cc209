from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import VworkspaceCase

INSTANCES = "vworkspace.application.instance"
CLUSTER = {"code": "linz", "name": "Linz", "state": "active", "connected": True, "simulated": False}


@tagged("post_install", "-at_install")
class TestSync(VworkspaceCase):
    """What the gateway reports, and what Odoo makes of it."""

    def cluster_item(self, **values):
        return self.item("vworkspace.cluster", {**CLUSTER, **values})

    def find_cluster(self, code="linz"):
        return self.env["vworkspace.cluster"].search([("code", "=", code)])

    # Who may

    def test_nobody_but_the_bridge_reports(self):
        users = [*self.users.values(), self.make_portal(), self.env.ref("base.user_admin"), self.env.user]
        batch = {"epoch": "epoch-1", "organization": "acme", "items": [self.cluster_item()]}
        for user in users:
            sync = self.env["vworkspace.sync"].with_user(user)
            for call in (sync.ping, lambda sync=sync: sync.apply_updates(batch)):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    call()
        self.assertFalse(self.find_cluster())

    def test_the_group_is_asked_before_anything_of_the_batch_is_read(self):
        with self.assertRaises(AccessError):
            self.env["vworkspace.sync"].with_user(self.make_portal()).apply_updates("no batch at all")

    def test_no_group_implies_the_bridge(self):
        bridge = self.env.ref("vworkspace.group_vworkspace_bridge")
        self.assertFalse(self.env["res.groups"].search([("implied_ids", "in", bridge.ids)]))
        self.assertFalse(self.users[("A", "administrator")].has_group("vworkspace.group_vworkspace_bridge"))
        self.assertFalse(self.bridge.has_group("base.group_user"))

    def test_the_bridge_sees_no_record_by_itself(self):
        for model in (INSTANCES, "vworkspace.cluster", "vworkspace.gateway", "res.partner"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.bridge).search([]).mapped("display_name")

    def test_a_gateway_that_is_switched_off_reports_nothing(self):
        self.as_role(self.gateway, "administrator").action_disable()
        with self.assertRaises(AccessError):
            self.report(self.cluster_item())

    # What becomes of an item

    def test_what_odoo_lacks_is_made_and_what_it_has_is_changed(self):
        item = self.cluster_item()
        self.assertEqual(self.report(item), ["applied"])
        cluster = self.find_cluster()
        self.assertEqual((cluster.company_id, cluster.connected), (self.company_a, True))
        item.update(sequence=str(next(self.sequences)), values={**CLUSTER, "state": "disabled"})
        self.report(item)
        self.assertEqual(cluster.state, "disabled")

    def test_a_report_that_is_no_newer_is_stale(self):
        item = self.cluster_item()
        self.report(item)
        item["values"] = {**CLUSTER, "name": "Older"}
        self.assertEqual(self.report(item), ["stale"])
        self.assertEqual(self.find_cluster().name, "Linz")

    def test_sequences_outgrow_what_xml_rpc_can_count(self):
        item = self.cluster_item()
        item["sequence"] = str(2**62)
        self.report(item)
        item.update(sequence=str(2**62 + 1), values={**CLUSTER, "name": "Newer"})
        self.assertEqual(self.report(item), ["applied"])
        self.assertEqual(self.gateway.known_sequence, str(2**62 + 1))

    def test_a_new_epoch_forgets_the_sequences_and_compares(self):
        item = self.cluster_item()
        item["sequence"] = "900"
        self.report(item)
        item.update(sequence="1", values={**CLUSTER, "name": "Restored"})
        self.assertEqual(self.report(item, epoch="epoch-2"), ["applied"])
        self.assertEqual(self.find_cluster().name, "Restored")
        self.assertEqual(self.gateway.known_sequence, "1")
        self.assertEqual(self.env["vworkspace.comparison"].search([]).reason, "epoch")

    def test_one_that_fails_is_parked_and_the_others_are_applied(self):
        broken = self.cluster_item(code="broken", state="no such state")
        with mute_logger("odoo.addons.vworkspace.models.vworkspace_sync"):
            self.assertEqual(self.report(broken, self.cluster_item()), ["parked", "applied"])
        parked = self.env["vworkspace.parked.update"].search([])
        self.assertEqual((parked.key, parked.company_id), (broken["key"], self.company_a))
        self.assertIn("no such state", parked.reason)
        self.assertTrue(self.find_cluster())
        self.assertFalse(self.find_cluster("broken"))

    def test_what_was_parked_is_forgotten_once_it_applies(self):
        item = self.cluster_item(state="no such state")
        with mute_logger("odoo.addons.vworkspace.models.vworkspace_sync"):
            self.report(item)
        item.update(sequence=str(next(self.sequences)), values=CLUSTER)
        self.assertEqual(self.report(item), ["applied"])
        self.assertFalse(self.env["vworkspace.parked.update"].search([]))

    def test_another_organization_is_refused(self):
        self.assertEqual(self.report(self.cluster_item(), organization="other"), ["refused"])
        self.assertFalse(self.find_cluster())

    def test_a_record_of_another_company_is_refused(self):
        foreign = self.foreign_instance()
        item = self.instance_item(foreign, state="deleted")
        self.assertEqual(self.report(item), ["refused"])
        self.assertEqual(foreign.state, "requested")

    def test_a_relation_into_another_company_does_not_count(self):
        instance = self.deployed()
        item = self.instance_item(instance, cluster_key=self.cluster_b.gateway_key)
        self.assertEqual(self.report(item), ["parked"])

    def test_more_than_a_hundred_items_are_refused(self):
        with self.assertRaises(ValidationError):
            self.report(*[self.cluster_item(code=f"c{number}") for number in range(101)])

    def test_a_model_that_is_not_mirrored_is_refused(self):
        for model in ("res.users", "vworkspace.gateway", "vworkspace.outbox"):
            with self.subTest(model=model), self.assertRaises(ValidationError):
                self.report(self.item(model, {"name": "x"}))

    def test_fields_that_odoo_does_not_know_are_left_out(self):
        self.assertEqual(self.report(self.cluster_item(invented="x", company_id=self.company_b.id)), ["applied"])
        self.assertEqual(self.find_cluster().company_id, self.company_a)

    # Applications

    def test_an_application_of_odoo_becomes_ready(self):
        instance = self.deployed()
        conditions = '[{"type": "Ready", "status": "True", "message": "All is well."}]'
        endpoints = '[{"url": "https://web.example.com"}]'
        self.report(self.instance_item(instance, conditions_json=conditions, endpoints_json=endpoints))
        self.assertEqual((instance.state, instance.state_message), ("ready", "All is well."))
        self.assertEqual(instance.endpoint_url, "https://web.example.com")
        self.assertTrue(instance.gateway_key)
        self.assertIn("ready", str(self.tracked(instance)).lower())

    def tracked(self, record):
        self.env.cr.precommit.run()
        return record.sudo().message_ids.tracking_value_ids.mapped("new_value_char")

    def test_an_address_that_is_no_web_page_is_not_offered(self):
        instance = self.deployed()
        self.report(self.instance_item(instance, endpoints_json='[{"url": "javascript:alert(1)"}]'))
        self.assertFalse(instance.endpoint_url)

    def test_what_was_made_elsewhere_is_ignored(self):
        item = self.instance_item(self.draft(), name="elsewhere")
        item.update(key="elsewhere", external_ref=False)
        self.assertEqual(self.report(item), ["ignored"])

    def test_operations_of_it_are_ignored_and_jobs_are_kept(self):
        values = {"instance_key": "elsewhere", "type": "Backup", "state": "running"}
        operation = self.item("vworkspace.operation", values)
        job = self.item(
            "vworkspace.job", {"code": "j1", "cluster_key": self.cluster.gateway_key, "kind": "apply", "state": "acked"}
        )
        self.assertEqual(self.report(operation, job), ["ignored", "applied"])
        self.assertEqual(self.env["vworkspace.job"].search([]).cluster_id, self.cluster)

    def test_an_operation_made_elsewhere_of_an_application_of_odoo_is_mirrored(self):
        instance = self.deployed()
        values = {"name": "web-backup-1", "type": "Backup", "engine": "velero", "parameters_json": "{}"}
        values["state"] = "running"
        item = self.item("vworkspace.operation", {**values, "instance_key": f"key-of-{instance.external_ref}"})
        self.assertEqual(self.report(self.instance_item(instance), item), ["applied", "applied"])
        operation = instance.operation_ids
        self.assertEqual((operation.name, operation.state), ("web-backup-1", "running"))
        self.assertFalse(operation.requested_by_id)
        self.assertEqual(operation.sync_state, "idle")

    def test_how_long_an_operation_took_is_known(self):
        instance = self.deployed()
        self.report(self.instance_item(instance))
        operation = self.env["vworkspace.operation"].browse(instance.action_backup()["res_id"])
        times = {"started_at": "2026-01-01 10:00:00", "finished_at": "2026-01-01 10:12:30"}
        self.report(self.operation_item(operation, state="succeeded", **times))
        self.assertEqual(operation.duration_minutes, 12.5)

    # Who wins

    def test_a_newer_intent_of_the_gateway_is_taken_over_and_said(self):
        instance = self.deployed()
        self.send()
        self.report(self.instance_item(instance, intent_version=4, values_json='{"replicas": 9}'))
        self.assertEqual((instance.intent_version, instance.values_json), (4, '{"replicas": 9}'))
        self.assertIn("Taken over", " ".join(str(body) for body in instance.message_ids.mapped("body")))
        self.assertEqual(instance.sync_state, "idle")

    def test_a_newer_intent_of_the_gateway_yields_to_a_person_who_changed_since(self):
        instance = self.deployed()
        self.send()
        instance.write({"values_json": '{"replicas": 7}'})
        self.report(self.instance_item(instance, intent_version=8, values_json='{"replicas": 9}'))
        self.assertEqual((instance.intent_version, instance.values_json), (9, '{"replicas": 7}'))
        self.assertEqual(instance.sync_state, "waiting")

    def test_an_older_intent_changes_nothing_but_the_truth(self):
        instance = self.deployed()
        self.send()
        instance.write({"values_json": '{"replicas": 7}'})
        self.report(self.instance_item(instance, intent_version=1, values_json='{"replicas": 2}', state="degraded"))
        self.assertEqual((instance.values_json, instance.state), ('{"replicas": 7}', "degraded"))

    def test_what_the_gateway_changed_itself_is_taken_over(self):
        """An upgrade, or a rollback: the version is Odoo's, the content was confirmed before."""
        instance = self.deployed()
        self.send()
        self.report(self.instance_item(instance))
        self.assertEqual(instance.confirmed_version, 1)
        self.report(self.instance_item(instance, chart_version="2.0.0"))
        self.assertEqual((instance.chart_version, instance.intent_version), ("2.0.0", 1))
        self.assertEqual(instance.sync_state, "idle")

    def test_the_same_version_of_other_content_is_sent_again_once(self):
        """Odoo was restored and changed since."""
        instance = self.deployed()
        self.send()
        other = {"values_json": '{"replicas": 9}'}
        self.report(self.instance_item(instance, **other))
        self.assertEqual((instance.intent_version, instance.values_json), (2, '{"replicas": 2}'))
        self.send()
        self.report(self.instance_item(instance, **other))
        self.assertEqual((instance.intent_version, instance.values_json), (2, '{"replicas": 9}'))
        self.assertEqual(instance.sync_state, "idle")

    def test_what_odoo_leaves_empty_the_gateway_fills_in(self):
        entry = self.make_entry(self.company_a, "plain")
        entry.write({"recommended_version": False})
        instance = self.deployed(catalog_entry_id=entry.id)
        self.send()
        self.report(self.instance_item(instance, chart_version="3.1.4"))
        self.assertEqual((instance.chart_version, instance.intent_version), ("3.1.4", 1))

    def test_other_spelling_of_the_same_json_is_no_difference(self):
        self.entry.write({"capabilities_json": '{"backup":"velero",  "restore":"velero"}'})
        self.send()
        version = self.entry.intent_version
        values = {
            **{name: self.entry[name] for name in ("code", "name", "chart_source_type", "chart_url", "chart_name")},
            "capabilities_json": '{"restore": "velero", "backup": "velero"}',
            "intent_version": version,
        }
        item = self.item("vworkspace.catalog.entry", values, external_ref=self.entry.external_ref)
        self.assertEqual(self.report(item), ["applied"])
        self.assertEqual(self.entry.confirmed_version, version)
        self.assertEqual(self.entry.sync_state, "idle")

    def test_a_removal_is_not_undone_by_a_report(self):
        instance = self.deployed()
        self.send()
        instance.action_delete()
        self.report(self.instance_item(instance, intent_version=7, values_json="{}"))
        self.assertTrue(instance.is_removed)
        self.assertEqual(instance.intent_version, 2)

    def test_an_entry_of_the_same_code_is_the_same(self):
        item = self.item(
            "vworkspace.catalog.entry",
            {"code": "shop", "name": "The gateway's", "chart_url": "oci://x/y", "chart_name": "shop"},
        )
        self.assertEqual(self.report(item), ["applied"])
        self.assertEqual(self.entry.gateway_key, item["key"])
        self.assertEqual(self.entry.name, "Shop")

    def test_a_cluster_of_the_same_code_is_the_same_after_pairing_anew(self):
        item = self.cluster_item(code="vienna", name="Wien")
        self.assertEqual(self.report(item), ["applied"])
        self.assertEqual((self.cluster.gateway_key, self.cluster.name), (item["key"], "Wien"))

    # Deletion

    def test_what_is_deleted_in_the_gateway_is_archived(self):
        item = self.item("vworkspace.cluster", {}, key=self.cluster.gateway_key, deleted=True)
        self.assertEqual(self.report(item), ["applied"])
        self.assertFalse(self.cluster.active)

    def test_an_operation_stays_when_the_gateway_forgets_it(self):
        instance = self.deployed()
        self.report(self.instance_item(instance))
        operation = self.env["vworkspace.operation"].browse(instance.action_backup()["res_id"])
        self.report(self.operation_item(operation, state="succeeded"))
        item = self.item("vworkspace.operation", {}, key=operation.gateway_key, deleted=True)
        self.report(item)
        self.assertEqual(operation.state, "succeeded")

    def test_old_jobs_go(self):
        old = fields.Datetime.to_string(fields.Datetime.now() - timedelta(days=31))
        values = {"cluster_key": self.cluster.gateway_key, "kind": "apply", "state": "succeeded"}
        self.report(
            self.item("vworkspace.job", {**values, "code": "old", "settled_at": old}),
            self.item("vworkspace.job", {**values, "code": "open", "state": "queued", "created_at": old}),
        )
        self.env["vworkspace.job"]._gc_settled()
        self.assertEqual(self.env["vworkspace.job"].search([]).mapped("code"), ["open"])

    # What it costs, and who hears of it

    def test_open_forms_hear_of_what_changed(self):
        instance = self.deployed()
        sent = []
        self.patch(self.registry["bus.bus"], "_sendone", lambda bus, *given: sent.append(given))
        self.report(self.instance_item(instance))
        channel = (self.company_a, "vworkspace")
        self.assertIn((channel, "vworkspace.updated", {INSTANCES: instance.ids}), sent)

    def test_unchanged_reports_write_nothing_that_is_tracked(self):
        instance = self.deployed()
        self.report(self.instance_item(instance))
        self.env.cr.precommit.run()
        before = len(instance.message_ids)
        self.report(self.instance_item(instance))
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        self.assertEqual(len(instance.message_ids), before)

    def test_a_hundred_reports_take_a_bounded_number_of_queries(self):
        instances = [self.deployed(f"web-{number}") for number in range(100)]
        items = [self.instance_item(instance) for instance in instances]
        self.report(*items)
        for item in items:
            item["sequence"] = str(next(self.sequences))
            item["values"] = {**item["values"], "observed_generation": 2}
        self.env.flush_all()
        start = self.env.cr.sql_log_count if hasattr(self.env.cr, "sql_log_count") else None
        self.assertIsNotNone(start)
        self.assertEqual(self.report(*items), ["applied"] * 100)
        # Three for the savepoint and the update, four to find what it refers to.
        self.assertLess(self.env.cr.sql_log_count - start, 100 * 9 + 60)
