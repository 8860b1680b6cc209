import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import VworkspaceCase

INSTANCES = "vworkspace.application.instance"


@tagged("post_install", "-at_install")
class TestOutbox(VworkspaceCase):
    """Level-triggered: the newest of each record arrives once, after what it refers to."""

    def open_rows(self):
        return self.env["vworkspace.outbox"].search([("state", "in", ("waiting", "refused"))])

    def due(self):
        """Time goes by."""
        self.env["vworkspace.outbox"].search([("state", "=", "waiting")]).write({"next_try": False})

    def test_a_hundred_changes_of_forty_records_arrive_newest_once(self):
        instances = [self.deployed(f"web-{number}") for number in range(40)]
        for change in range(60):
            instances[change % 40].write({"values_json": json.dumps({"replicas": 3 + change})})
        self.fake.fail_next(503, times=1)
        self.send()
        self.assertFalse(self.fake.calls_of("upsert"))
        self.due()
        self.send()
        sent = [vals for call in self.fake.calls_of("upsert", INSTANCES) for vals in call["vals_list"]]
        self.assertEqual(len(sent), 40)
        self.assertEqual(
            {vals["external_ref"]: (vals["intent_version"], vals["values_json"]) for vals in sent},
            {
                instance.external_ref: (instance.intent_version, instance.values_json)
                for instance in instances
            },
        )
        self.assertFalse(self.open_rows())

    def test_what_refers_to_another_comes_after_it(self):
        entry = self.make_entry(self.company_a, "late")
        instance = self.deployed(catalog_entry_id=entry.id)
        instance.action_backup()
        entry.write({"name": "Later"})
        self.send()
        order = [call["model"] for call in self.fake.calls_of("upsert")]
        self.assertEqual(order, ["vworkspace.catalog.entry", INSTANCES, "vworkspace.operation"])

    def test_what_refers_to_another_waits_while_that_fails(self):
        entry = self.make_entry(self.company_a, "late")
        instance = self.deployed(catalog_entry_id=entry.id)
        self.fake.fail_next(503)
        self.send()
        self.send()
        self.assertFalse(self.fake.calls_of("upsert", INSTANCES))
        self.assertEqual(instance.sync_state, "waiting")

    def test_a_change_is_sent_as_who_made_it_and_under_one_request(self):
        instance = self.deployed()
        row = self.open_rows()
        request = row.request_id
        self.fake.fail_next(503)
        self.send()
        self.due()
        self.send()
        [call] = self.fake.calls_of("upsert", INSTANCES)
        self.assertEqual(call["context"]["request_id"], request)
        self.assertEqual(call["context"]["on_behalf_of"]["login"], "operator-a")
        self.assertEqual(call["context"]["database_uuid"], self.gateway._database_uuid())
        self.assertEqual(call["vals_list"][0]["cluster_id"], "vienna")
        self.assertEqual(call["vals_list"][0]["external_ref"], instance.external_ref)

    def test_a_gateway_that_is_down_keeps_the_rows_and_says_so(self):
        instance = self.deployed()
        self.fake.fail_next(503, "The gateway starts.")
        self.send()
        row = self.open_rows()
        self.assertEqual((row.state, row.attempts, row.last_error), ("waiting", 1, "The gateway starts."))
        self.assertGreater(row.next_try, fields.Datetime.now())
        self.assertEqual(instance.sync_state, "retrying")
        self.assertEqual(instance.sync_error, "The gateway starts.")

    def test_one_failure_of_the_line_ends_the_run_for_that_gateway(self):
        for number in range(3):
            self.deployed(f"web-{number}")
        self.fake.fail_next(503, times=3)
        self.send()
        self.assertEqual(len(self.fake.failures), 2)

    def test_the_gateways_wait_is_kept(self):
        self.deployed()
        self.fake.fail_next(429, "Slow down.", headers={"Retry-After": "1200"})
        self.send()
        self.assertGreater(self.open_rows().next_try, fields.Datetime.now() + timedelta(seconds=1100))

    def test_a_change_that_gets_through_takes_along_what_was_put_off(self):
        first = self.deployed("first")
        self.fake.fail_next(503, "The gateway starts.")
        self.send()
        second = self.deployed("second")
        self.send()
        self.assertEqual((first | second).mapped("sync_state"), ["idle", "idle"])

    def test_the_gateways_greeting_has_what_waits_for_it_sent(self):
        self.deployed()
        self.fake.fail_next(503, "The gateway starts.")
        self.send()
        self.report()
        self.assertFalse(self.open_rows().next_try)

    def test_waits_grow_to_five_minutes(self):
        self.deployed()
        row = self.open_rows()
        waits = []
        for _try in range(8):
            self.fake.fail_next(503)
            self.due()
            self.send()
            waits.append((row.next_try - fields.Datetime.now()).total_seconds())
        self.assertEqual(sorted(waits[:4]), waits[:4])
        self.assertLessEqual(max(waits), 300)

    def test_a_refusal_shows_on_the_record_in_words(self):
        instance = self.deployed()
        self.fake.fail_next(422, "Policy refuses this (allowed_namespaces): shop.")
        self.send()
        self.assertEqual(instance.sync_state, "refused")
        self.assertEqual(instance.sync_error, "Policy refuses this (allowed_namespaces): shop.")
        self.send()
        self.assertFalse(self.fake.calls_of("upsert"))

    def test_retrying_sends_a_refused_change_again(self):
        instance = self.deployed()
        self.fake.fail_next(422, "No.")
        self.send()
        instance.action_retry()
        self.send()
        self.assertEqual(instance.sync_state, "idle")
        self.assertEqual(self.fake.record(INSTANCES, instance.external_ref)["intent_version"], 1)

    def test_a_change_after_a_refusal_is_sent_and_settles_it(self):
        instance = self.deployed()
        self.fake.fail_next(422, "No.")
        self.send()
        instance.write({"values_json": "{}"})
        self.send()
        self.assertFalse(self.open_rows())
        self.assertEqual(instance.sync_state, "idle")

    def test_a_key_that_is_not_let_in_stops_everything_and_nothing_is_refused(self):
        self.deployed("web-1")
        self.deployed("web-2")
        self.fake.key = "another"
        try:
            self.send()
        finally:
            self.fake.key = "the-bridge-key"
        self.assertEqual(self.open_rows().mapped("state"), ["waiting", "waiting"])
        self.assertTrue(self.gateway.last_error)

    def test_testing_the_connection_sends_at_once_what_waited(self):
        self.deployed()
        self.fake.fail_next(403, "Who are you?")
        self.send()
        self.as_role(self.gateway, "administrator").action_test_connection()
        self.assertFalse(self.open_rows().next_try)

    def test_one_record_that_odoo_fails_on_does_not_keep_the_others(self):
        broken, fine = self.deployed("broken"), self.deployed("fine")

        def fails(record):
            if record == broken:
                raise ZeroDivisionError
            return {"external_ref": record.external_ref, "intent_version": 1, "name": "x"}

        self.patch(self.registry[INSTANCES], "_intent_values", fails)
        with self.assertLogs("odoo.addons.vworkspace.models.vworkspace_outbox", "ERROR"):
            self.send()
        self.assertEqual(broken.sync_state, "retrying")
        self.assertEqual(fine.sync_state, "idle")

    def test_a_removal_is_sent_as_a_tombstone(self):
        instance = self.deployed()
        self.send()
        instance.action_delete()
        self.send()
        [call] = self.fake.calls_of("remove")
        self.assertEqual((call["external_ref"], call["intent_version"]), (instance.external_ref, 2))
        self.assertEqual(instance.state, "requested")

    def test_a_removal_of_what_the_gateway_never_had_ends_here(self):
        instance = self.deployed()
        instance.action_delete()
        self.send()
        self.assertEqual((instance.state, instance.active), ("deleted", False))

    def policy(self):
        policies = self.as_role(self.env["vworkspace.policy"], "administrator")
        return policies.create({"name": "Graz", "company_id": self.company_a.id})

    def test_a_policy_goes_by_its_button_alone_and_is_archived_when_the_gateway_has_done_it(self):
        policy = self.policy()
        self.send()
        with self.assertRaises(UserError):
            policy.unlink()
        with self.assertRaises(AccessError):
            policy.write({"active": False})
        policy.action_delete()
        self.send()
        [call] = self.fake.calls_of("remove", "vworkspace.policy")
        self.assertEqual((call["external_ref"], call["intent_version"]), (policy.external_ref, 2))
        self.assertTrue(policy.active)
        self.report(self.item(policy._name, {}, external_ref=policy.external_ref, deleted=True))
        self.assertFalse(policy.active)

    def test_a_policy_that_is_to_go_is_not_kept_by_a_report_that_crossed_its_removal(self):
        policy = self.policy()
        self.send()
        policy.action_delete()
        self.report(self.item(policy._name, {"name": "Old", "intent_version": 1}, external_ref=policy.external_ref))
        self.send()
        self.assertEqual(policy.name, "Graz")
        self.assertEqual(len(self.fake.calls_of("remove", "vworkspace.policy")), 1)

    def test_a_policy_that_the_gateway_never_had_is_archived_at_once(self):
        policy = self.policy()
        policy.action_delete()
        self.send()
        self.assertFalse(policy.active)

    def test_an_archived_entry_is_told_as_not_active(self):
        self.entry.active = False
        self.send()
        self.assertIs(self.fake.record(self.entry._name, self.entry.external_ref)["active"], False)

    def test_a_decision_follows_the_operation_as_who_decided(self):
        instance = self.deployed()
        operation = self.env["vworkspace.operation"].browse(instance.action_backup()["res_id"])
        self.send()
        self.report(self.instance_item(instance), self.operation_item(operation, state="awaiting_approval"))
        self.as_role(operation, "approver").action_approve()
        self.send()
        [call] = self.fake.calls_of("action_approve")
        self.assertEqual(call["context"]["on_behalf_of"]["login"], "approver-a")
        upserts = self.fake.calls_of("upsert", "vworkspace.operation")
        self.assertEqual({call["context"]["on_behalf_of"]["login"] for call in upserts}, {"operator-a"})
        self.assertEqual(operation.intent_version, 1)

    def test_a_gateway_ahead_of_odoo_says_that_odoo_was_restored(self):
        instance = self.deployed()
        self.send()
        self.fake.record(INSTANCES, instance.external_ref)["intent_version"] = 9
        instance.write({"values_json": "{}"})
        self.send()
        self.assertEqual(self.env["vworkspace.comparison"].search([]).reason, "behind")

    def test_an_entry_that_the_gateway_made_is_adopted_before_it_is_changed(self):
        self.fake.records["vworkspace.catalog.entry"] = {
            "#7": {"id": 7, "code": "there", "intent_version": 0, "generation": 0, "state": "", "external_ref": False}
        }
        self.report(
            self.item(
                "vworkspace.catalog.entry",
                {
                    "code": "there",
                    "name": "There",
                    "chart_source_type": "oci",
                    "chart_url": "oci://x/y",
                    "chart_name": "there",
                },
            )
        )
        entry = self.env["vworkspace.catalog.entry"].search([("code", "=", "there")])
        entry.write({"name": "Here"})
        self.send()
        self.assertEqual(self.fake.calls_of("adopt")[0]["id"], 7)
        self.assertEqual(self.fake.record("vworkspace.catalog.entry", entry.external_ref)["name"], "Here")

    def test_nothing_is_sent_where_nothing_is_paired(self):
        self.foreign_instance()
        self.send()
        self.assertFalse(self.fake.calls)
        self.assertEqual(len(self.open_rows()), 1)

    def test_the_sender_writes_nothing_but_rows(self):
        instance = self.deployed()
        self.env.flush_all()
        self.env.invalidate_all()
        before = instance.read()[0]
        self.send()
        after = instance.read()[0]
        changed = {name for name in before if before[name] != after[name]}
        self.assertLessEqual(changed, {"sync_state", "sync_error", "sync_next_try"})

    def test_records_are_found_by_how_their_sending_goes(self):
        refused, waiting = self.deployed("refused"), self.deployed("waiting")
        idle = self.draft("idle")
        self.fake.fail_next(422, "No.")
        self.fake.fail_next(503, "Later.")
        self.send()
        instances = self.env[INSTANCES]
        self.assertEqual(instances.search([("sync_state", "=", "refused")]), refused)
        self.assertEqual(instances.search([("sync_state", "=", "retrying")]), waiting)
        self.assertIn(idle, instances.search([("sync_state", "=", "idle")]))
        self.assertNotIn(refused, instances.search([("sync_state", "=", "idle")]))

    def test_settled_rows_go_after_a_month(self):
        instance = self.deployed()
        self.send()
        rows = self.env["vworkspace.outbox"].search([("external_ref", "=", instance.external_ref)])
        rows.write({"settled_at": fields.Datetime.now() - timedelta(days=31)})
        self.env["vworkspace.outbox"]._gc_settled()
        self.assertFalse(rows.exists())
