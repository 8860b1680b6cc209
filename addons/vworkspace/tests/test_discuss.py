import json

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .discuss_samples import DiscussSamples


@tagged("post_install", "-at_install")
class TestDiscussMembers(DiscussSamples, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_samples()

    def members(self):
        return self.channel().channel_member_ids.partner_id

    def channel(self):
        return self.env["discuss.channel"]._vworkspace_channel(self.company)

    def test_members_are_those_with_the_group_in_the_company(self):
        self.assertIn(self.operator.partner_id, self.members())
        self.assertIn(self.approver.partner_id, self.members())
        self.assertNotIn(self.stranger.partner_id, self.members())
        self.assertNotIn(self.other_operator.partner_id, self.members())

    def test_the_channel_is_a_group_that_only_members_read(self):
        channel = self.channel()
        self.assertEqual(channel.channel_type, "group")
        self.assertEqual(channel.with_user(self.operator).name, channel.name)
        with self.assertRaises(AccessError):
            channel.with_user(self.stranger).read(["name"])

    def test_who_loses_the_group_leaves_at_once(self):
        channel = self.channel()
        self.operator.group_ids = self.env.ref("base.group_user")
        self.assertNotIn(self.operator.partner_id, channel.channel_member_ids.partner_id)

    def test_who_gets_the_group_comes_in(self):
        channel = self.channel()
        self.stranger.group_ids |= self.env.ref("vworkspace.group_vworkspace_user")
        self.assertIn(self.stranger.partner_id, channel.channel_member_ids.partner_id)

    def test_who_leaves_the_company_leaves_the_channel(self):
        channel = self.channel()
        self.operator.write({"company_ids": [(6, 0, self.other_company.ids)], "company_id": self.other_company.id})
        self.assertNotIn(self.operator.partner_id, channel.channel_member_ids.partner_id)

    def test_a_new_user_comes_in(self):
        channel = self.channel()
        newcomer = new_test_user(
            self.env,
            login="vw-newcomer",
            groups="base.group_user,vworkspace.group_vworkspace_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.assertIn(newcomer.partner_id, channel.channel_member_ids.partner_id)

    def test_a_member_can_invite_nobody_else(self):
        channel = self.channel().with_user(self.operator)
        with self.assertRaises(AccessError):
            channel._add_members(partners=self.stranger.partner_id)
        self.assertNotIn(self.stranger.partner_id, self.channel().channel_member_ids.partner_id)

    def test_nobody_makes_a_channel_of_his_own_the_companys(self):
        channels = self.env["discuss.channel"].with_user(self.operator)
        with self.assertRaises(AccessError):
            channels.create({"name": "Mine", "channel_type": "group", "vworkspace_company_id": self.other_company.id})
        own = channels.create({"name": "Mine", "channel_type": "group"})
        with self.assertRaises(AccessError):
            own.write({"vworkspace_company_id": self.other_company.id})

    def test_each_company_has_one_channel(self):
        ours = self.channel()
        self.assertEqual(ours, self.channel())
        theirs = self.env["discuss.channel"]._vworkspace_channel(self.other_company)
        self.assertNotEqual(ours, theirs)
        self.assertIn(self.other_operator.partner_id, theirs.channel_member_ids.partner_id)
        self.assertNotIn(self.operator.partner_id, theirs.channel_member_ids.partner_id)


@tagged("post_install", "-at_install")
class TestDiscussMessages(DiscussSamples, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_samples()

    def transition(self, *transitions):
        self.env["vworkspace.notifier"]._on_transitions(list(transitions))

    def post(self):
        """What the cron posts now, as texts of new messages."""
        channel = self.env["discuss.channel"]._vworkspace_channel(self.company)
        before = channel.message_ids
        self.env["vworkspace.notice"]._cron_post()
        return (channel.message_ids - before).mapped("body")

    def age(self, **ages):
        """Moves what was posted into the past."""
        self.env.cr.execute(
            "UPDATE vworkspace_notice SET posted_at = posted_at - make_interval(mins => %s)", [ages["minutes"]]
        )
        self.env["vworkspace.notice"].invalidate_model()

    def test_a_deployment_is_said_with_a_link(self):
        self.transition((self.instance, "deploying", "ready"))
        [body] = self.post()
        self.assertIn("is ready", body)
        self.assertIn('data-oe-model="vworkspace.application.instance"', body)
        self.assertIn(f'data-oe-id="{self.instance.id}"', body)

    def test_many_changes_are_one_message(self):
        instances = [self.make_instance(f"app-{number}") for number in range(30)]
        self.transition(*[(instance, "deploying", "ready") for instance in instances])
        [body] = self.post()
        self.assertEqual(body.count("is ready"), 10)
        self.assertIn("and 20 more", body)

    def test_only_the_newest_of_a_record_is_said(self):
        self.transition((self.instance, "deploying", "degraded"))
        self.transition((self.instance, "degraded", "ready"))
        [body] = self.post()
        self.assertIn("is ready", body)
        self.assertNotIn("is degraded", body)

    def test_the_same_again_within_an_hour_is_left_out(self):
        self.transition((self.instance, "deploying", "ready"))
        self.assertEqual(len(self.post()), 1)
        self.age(minutes=2)
        self.transition((self.instance, "deploying", "ready"))
        self.assertEqual(self.post(), [])
        self.age(minutes=60)
        self.transition((self.instance, "deploying", "ready"))
        self.assertEqual(len(self.post()), 1)

    def test_a_minute_passes_between_messages(self):
        self.transition((self.instance, "deploying", "ready"))
        self.assertEqual(len(self.post()), 1)
        other = self.make_instance("other")
        self.transition((other, "deploying", "ready"))
        self.assertEqual(self.post(), [])
        self.age(minutes=2)
        self.assertEqual(len(self.post()), 1)

    def test_what_didnt_change_is_not_said(self):
        self.transition((self.instance, "ready", "ready"), (self.instance, "requested", "deploying"))
        self.assertEqual(self.post(), [])

    def test_text_of_a_cluster_stays_text(self):
        self.instance._apply_observed(
            {
                "state": "degraded",
                "conditions_json": '[{"type": "Ready", "status": "False", "message": "<img src=x onerror=alert(1)>"}]',
            }
        )
        self.transition((self.instance, "ready", "degraded"))
        [body] = self.post()
        self.assertNotIn("<img", body)
        self.assertIn("&lt;img", body)

    def test_backups_failures_and_approvals_are_said(self):
        backup = self.make_operation()
        self.transition((backup, "running", "succeeded"))
        self.assertIn("succeeded", self.post()[0])
        self.age(minutes=2)
        self.transition((backup, "running", "failed"))
        self.assertIn("failed", self.post()[0])
        self.age(minutes=2)
        self.transition((backup, "requested", "awaiting_approval"))
        self.assertIn("waits for approval", self.post()[0])

    def test_a_companys_message_is_not_the_others(self):
        theirs = self.env["discuss.channel"]._vworkspace_channel(self.other_company)
        before = theirs.message_ids
        self.transition((self.instance, "deploying", "ready"))
        self.post()
        self.assertEqual(theirs.message_ids, before)


@tagged("post_install", "-at_install")
class TestDiscussCommand(DiscussSamples, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_samples()

    def typed(self, user, text):
        return str(self.env["discuss.channel"].with_user(user)._vworkspace_reply(text))

    def test_only_who_typed_it_sees_the_answer(self):
        channel = self.env["discuss.channel"]._vworkspace_channel(self.company)
        before = channel.message_ids
        self.env.cr.precommit.run()
        last = self.env["bus.bus"].search([], order="id desc", limit=1).id or 0
        channel.with_user(self.operator).execute_command_vworkspace(body=f"/vworkspace status {self.instance.name}")
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search([("id", ">", last)]).filtered(lambda row: "Draft" in row.message)
        self.assertEqual(len(sent), 1)
        self.assertIn("transient_message", sent.message)
        self.assertEqual(json.loads(sent.channel)[1:], ["res.partner", self.operator.partner_id.id])
        self.assertEqual(channel.message_ids, before)

    def test_status_says_the_state(self):
        answer = self.typed(self.operator, f"/vworkspace status {self.instance.name}")
        self.assertIn("Draft", answer)
        self.assertIn(self.instance.cluster_id.code, answer)

    def test_status_takes_a_whole_place(self):
        instance = self.instance
        place = f"{instance.cluster_id.code}/{instance.namespace}/{instance.name}"
        self.assertIn("Draft", self.typed(self.operator, f"/vworkspace status {place}"))
        self.assertIn("no application", self.typed(self.operator, f"/vworkspace status elsewhere/{instance.name}"))

    def test_what_isnt_known_is_help(self):
        self.assertIn("/vworkspace approve OP", self.typed(self.operator, "/vworkspace"))
        self.assertIn("/vworkspace approve OP", self.typed(self.operator, "/vworkspace explode shop"))

    def test_backup_is_asked_for_as_the_user(self):
        self.instance._apply_observed({"state": "ready"})
        answer = self.typed(self.operator, f"/vworkspace backup {self.instance.name}")
        self.assertIn("asked for", answer)
        operation = self.env["vworkspace.operation"].search([("instance_id", "=", self.instance.id)])
        self.assertEqual(operation.type, "Backup")
        self.assertEqual(operation.create_uid, self.operator)

    def test_a_user_without_the_right_gets_a_sentence_and_nothing_happens(self):
        self.instance._apply_observed({"state": "ready"})
        self.typed(self.user, f"/vworkspace backup {self.instance.name}")
        self.assertFalse(self.env["vworkspace.operation"].search([("instance_id", "=", self.instance.id)]))

    def test_approve_approves_as_the_user(self):
        operation = self.make_operation()
        operation._apply_observed({"name": "shop-backup-1a2b3c4d", "state": "awaiting_approval"})
        self.typed(self.operator, "/vworkspace approve shop-backup-1a2b3c4d")
        self.assertFalse(operation.decision)
        self.typed(self.approver, "/vworkspace approve shop-backup-1a2b3c4d")
        self.assertEqual(operation.decision, "approve")
        self.assertEqual(operation.decision_by_id, self.approver)

    def test_another_companys_application_isnt_there(self):
        answer = self.typed(self.operator, f"/vworkspace status {self.other_instance.name}")
        self.assertIn("no application", answer)

    def test_what_was_typed_is_no_html(self):
        answer = self.typed(self.operator, "/vworkspace status <b>x</b>")
        self.assertNotIn("<b>x", answer)

    def test_who_isnt_in_the_channel_cant_use_it_there(self):
        channel = self.env["discuss.channel"]._vworkspace_channel(self.company).with_user(self.stranger)
        with self.assertRaises(AccessError):
            channel.execute_command_vworkspace(body=f"/vworkspace status {self.instance.name}")

    def test_who_isnt_in_the_group_gets_a_sentence(self):
        answer = self.typed(self.stranger, f"/vworkspace status {self.instance.name}")
        self.assertIn("vworkspace / User", answer)
