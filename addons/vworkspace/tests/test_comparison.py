import hashlib
import json
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import VworkspaceCase

INSTANCES = "vworkspace.application.instance"
OPERATIONS = "vworkspace.operation"


@tagged("post_install", "-at_install")
class TestComparison(VworkspaceCase):
    """Both sides compare and heal: after either was restored, too."""

    def compare(self, reason="manual"):
        comparisons = self.env["vworkspace.comparison"]
        comparisons._request(self.company_a, reason)
        comparisons._run_due()
        self.env.invalidate_all()
        return comparisons.search([("company_id", "=", self.company_a.id)], limit=1)

    def settled(self, count=3):
        """Applications that both sides have alike."""
        instances = self.env[INSTANCES]
        for number in range(count):
            instances |= self.deployed(f"web-{number}")
        self.send()
        for instance in instances:
            self.report(self.instance_item(instance))
            self.there(instance).update(state="ready", observed_generation=1)
        self.fake.calls.clear()
        return instances

    def there(self, record):
        return self.fake.record(record._name, record.external_ref)

    def test_alike_moves_nothing(self):
        self.settled()
        report = self.compare()
        self.assertEqual((report.state, report.records, report.pages), ("done", 3, 0))
        self.assertFalse(self.fake.asked_again)
        self.assertFalse(report.report_json)

    def test_only_pages_that_differ_are_told(self):
        instances = self.settled(12)
        self.there(instances[4])["state"] = "degraded"
        self.there(instances[4])["observed_generation"] = 2
        report = self.compare()
        self.assertEqual((report.pages, report.truth_requested), (1, 1))
        self.assertEqual(self.fake.asked_again, [(INSTANCES, instances[4].external_ref)])

    def test_a_gateway_restored_to_before_gets_what_it_lost(self):
        instances = self.settled()
        del self.fake.records[INSTANCES][instances[0].external_ref]
        self.there(instances[1]).update(intent_version=0, values_json="{}")
        report = self.compare()
        self.assertEqual(report.sent_again, 2)
        self.send()
        self.assertEqual(self.there(instances[0])["values_json"], instances[0].values_json)
        self.assertEqual(self.there(instances[1])["intent_version"], 1)
        self.assertFalse(self.fake.calls_of("remove"))
        self.assertIn(instances[0].external_ref, json.loads(report.report_json)[INSTANCES]["send"])

    def test_an_odoo_restored_to_before_takes_over_what_it_lost(self):
        instances = self.settled()
        self.there(instances[0]).update(intent_version=5, values_json='{"replicas": 8}')
        report = self.compare("behind")
        self.assertEqual(report.taken_over, 1)
        self.assertEqual(self.fake.asked_again, [(INSTANCES, instances[0].external_ref), "all"])

    def test_an_odoo_restored_and_changed_since_has_the_last_word(self):
        instances = self.settled()
        instances[0].write({"values_json": '{"replicas": 3}'})
        self.send()
        self.there(instances[0]).update(intent_version=2, values_json='{"replicas": 8}')
        report = self.compare()
        self.assertEqual(report.raised, 1)
        self.send()
        self.assertEqual(self.there(instances[0])["values_json"], '{"replicas": 3}')
        self.assertEqual(self.there(instances[0])["intent_version"], 3)

    def test_what_odoo_lost_altogether_is_offered_and_nothing_is_removed(self):
        instances = self.settled()
        lost = instances[0]
        self.fake.records[INSTANCES][lost.external_ref].update(cluster_id=[1, "Vienna"])
        ref = lost.external_ref
        self.env.cr.execute("DELETE FROM vworkspace_application_instance WHERE id = %s", [lost.id])
        self.env.invalidate_all()
        report = self.compare()
        self.assertEqual((report.unknown, report.sent_again), (1, 0))
        self.assertFalse(self.fake.calls_of("remove"))
        self.assertEqual(self.gateway.unknown_count, 1)
        self.fake.records["vworkspace.cluster"] = {"#1": {"id": 1, "code": "vienna"}}
        gateway = self.as_role(self.gateway, "administrator")._for_company(self.company_a)
        [unknown] = gateway._unknown_instances()
        self.assertEqual((unknown["external_ref"], unknown["cluster_code"]), (ref, "vienna"))
        adopted = gateway._adopt_instances([unknown["id"]])
        self.assertEqual((adopted.external_ref, adopted.state, adopted.cluster_id), (ref, "requested", self.cluster))
        self.assertFalse(self.fake.calls_of("adopt"))
        self.assertFalse(adopted._has_open_change())

    def test_what_was_made_elsewhere_is_counted_and_adopted_by_its_number(self):
        self.fake.unknown = 1
        self.fake.records[INSTANCES] = {
            "#5": {
                "id": 5,
                "name": "elsewhere",
                "namespace": "shop",
                "cluster_id": [1, "Vienna"],
                "catalog_code": "shop",
                "chart_version": "1.2.3",
                "values_json": "{}",
                "suspended": False,
                "state": "ready",
                "origin": "api",
                "intent_version": 0,
            }
        }
        self.fake.records["vworkspace.cluster"] = {"#1": {"id": 1, "code": "vienna"}}
        self.assertEqual(self.compare().unknown, 1)
        gateway = self.gateway.with_user(self.users[("A", "administrator")])._for_company(self.company_a)
        adopted = gateway._adopt_instances([5])
        self.assertEqual(adopted.name, "elsewhere")
        [call] = self.fake.calls_of("adopt")
        self.assertEqual((call["id"], call["external_ref"]), (5, adopted.external_ref))

    def test_a_tombstone_that_was_lost_is_sent_again(self):
        [instance] = self.settled(1)
        instance.action_delete()
        self.send()
        self.there(instance).update(state="ready", intent_version=1)
        self.compare()
        self.send()
        self.assertEqual(len(self.fake.calls_of("remove")), 2)

    def test_a_gateway_that_is_another_or_was_restored_gets_the_catalog_and_the_policies_too(self):
        policy = self.env["vworkspace.policy"].create({"name": "All", "company_id": self.company_a.id})
        [instance] = self.settled(1)
        for reason in ("pairing", "epoch"):
            self.fake.records.clear()
            self.compare(reason)
            self.send()
            self.assertFalse(self.env["vworkspace.outbox"].search([("state", "in", ("waiting", "refused"))]))
            for record in (self.entry, policy, instance):
                self.assertEqual(self.there(record)["intent_version"], record.intent_version)

    def test_a_policy_that_a_restored_gateway_has_again_goes_again(self):
        policy = self.env["vworkspace.policy"].create({"name": "All", "company_id": self.company_a.id})
        self.send()
        before = {**self.there(policy)}
        policy.action_delete()
        self.send()
        self.fake.records[policy._name][policy.external_ref] = before
        self.report(self.item(policy._name, {"name": "All", "intent_version": 1}, external_ref=policy.external_ref))
        self.compare("epoch")
        self.send()
        self.assertIsNone(self.there(policy))

    def test_what_changes_while_odoo_is_paired_is_sent_afterwards(self):
        self.gateway._keep({"state": "new"})
        instance = self.deployed()
        self.send()
        self.assertIsNone(self.there(instance))
        self.as_role(self.gateway, "administrator").action_pair("good-code")
        instance.write({"values_json": '{"replicas": 9}'})
        self.compare()
        self.send()
        self.assertEqual(self.there(instance)["values_json"], '{"replicas": 9}')

    def test_a_comparison_that_waits_on_schedule_becomes_that_of_the_pairing(self):
        comparisons = self.env["vworkspace.comparison"]
        comparisons._request(self.company_a, "manual")
        comparisons._request(self.company_a, "pairing")
        comparisons._request(self.company_a, "manual")
        self.assertEqual(comparisons.search([("company_id", "=", self.company_a.id)]).mapped("reason"), ["pairing"])

    def test_an_operation_that_may_have_begun_is_not_asked_for_twice(self):
        [instance] = self.settled(1)
        operation = self.env[OPERATIONS].browse(instance.action_backup()["res_id"])
        self.send()
        self.report(self.operation_item(operation, state="running"))
        self.fake.records[OPERATIONS].clear()
        report = self.compare()
        self.assertEqual((report.left_alone, report.sent_again), (1, 0))

    def test_a_gateway_that_does_not_answer_keeps_what_was_asked_for(self):
        self.settled()
        self.fake.fail_next(503, "The gateway starts.")
        report = self.compare()
        self.assertEqual((report.state, report.error), ("waiting", "The gateway starts."))
        self.env["vworkspace.comparison"]._run_due()
        self.assertEqual(report.state, "done")

    def test_it_comes_by_itself_every_quarter_of_an_hour(self):
        comparisons = self.env["vworkspace.comparison"]
        for _time in range(2):
            comparisons._run_due()
        self.assertEqual(comparisons.search([]).mapped("reason"), ["schedule"])
        comparisons.search([]).finished_at -= timedelta(minutes=15)
        comparisons._run_due()
        self.assertEqual(comparisons.search([]).mapped("reason"), ["schedule"] * 2)

    def test_one_that_was_asked_for_needs_no_trigger(self):
        comparisons = self.env["vworkspace.comparison"]
        comparisons._run_due()
        comparisons._request(self.company_a, "manual")
        comparisons._run_due()
        self.assertEqual(comparisons.search([("reason", "=", "manual")]).state, "done")
        cron = self.env.ref("vworkspace.cron_compare")
        self.assertEqual((cron.interval_number, cron.interval_type), (1, "minutes"))

    def test_an_odoo_that_knows_less_than_it_told_was_restored(self):
        self.gateway._keep({"known_sequence": "7"})
        self.fake.acknowledged_sequence = "7"
        self.assertEqual(self.compare().reason, "manual")
        self.fake.acknowledged_sequence = "8"
        self.fake.calls.clear()
        comparison = self.compare()
        self.assertEqual((comparison.reason, comparison.state), ("behind", "done"))
        self.assertIn("resend_all", [call["method"] for call in self.fake.calls])
        self.gateway._keep({"epoch": "another", "known_sequence": "0"})
        self.assertEqual(self.compare().reason, "manual")

    def test_a_copy_compares_nothing(self):
        self.gateway._keep({"paired_database_uuid": "another"})
        self.compare()
        self.assertFalse(self.fake.calls)

    def test_two_thousand_applications_take_a_few_queries(self):
        rows = 2000
        self.env.cr.execute(
            """INSERT INTO vworkspace_application_instance
                   (company_id, external_ref, name, namespace, cluster_id, catalog_entry_id, state, values_json,
                    intent_version, confirmed_version, observed_generation, active, create_date)
               SELECT %s, 'ref-' || n, 'app-' || n, 'shop', %s, %s, 'ready', '{"n": ' || n || '}', 1, 1, 1, true, now()
               FROM generate_series(1, %s) n""",
            [self.company_a.id, self.cluster.id, self.entry.id, rows],
        )
        there = self.fake.records.setdefault(INSTANCES, {})
        for number in range(1, rows + 1):
            text = json.dumps({"n": number})
            there[f"ref-{number}"] = {
                "id": number,
                "external_ref": f"ref-{number}",
                "intent_version": 1,
                "values_json": text,
                "observed_generation": 1,
                "state": "ready",
            }
        last = self.fake.entry("x", there[f"ref-{rows}"])
        self.assertEqual(hashlib.sha256(text.encode()).hexdigest(), last["values_sha256"])
        self.env.flush_all()
        comparison = self.env["vworkspace.comparison"].create({"company_id": self.company_a.id, "reason": "manual"})
        before = self.env.cr.sql_log_count
        comparison._run(self.gateway.sudo())
        self.env.flush_all()
        self.assertLess(self.env.cr.sql_log_count - before, 40)
        self.assertEqual((comparison.records, comparison.pages), (rows, 0))
        there["ref-7"]["state"] = "degraded"
        there["ref-7"]["observed_generation"] = 2
        again = self.env["vworkspace.comparison"].create({"company_id": self.company_a.id, "reason": "manual"})
        again._run(self.gateway.sudo())
        self.assertEqual((again.pages, again.truth_requested), (1, 1))
        self.assertTrue(again.finished_at <= fields.Datetime.now())
