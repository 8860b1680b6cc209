import inspect
import itertools
from contextlib import suppress

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import VworkspaceCase

INSTANCES = "vworkspace.application.instance"
USER, OPERATOR, APPROVER, ADMINISTRATOR, BRIDGE = "user", "operator", "approver", "administrator", "bridge"
RANKS = {
    USER: {USER, OPERATOR, APPROVER, ADMINISTRATOR},
    OPERATOR: {OPERATOR, ADMINISTRATOR},
    APPROVER: {APPROVER, ADMINISTRATOR},
    ADMINISTRATOR: {ADMINISTRATOR},
    BRIDGE: set(),
}
# Who may call what of the addon's own methods. One that isn't here makes the test fail: give it a row.
MAY = {
    "vworkspace.gateway": {
        "message_get_followers": USER,
        "action_test_connection": ADMINISTRATOR,
        "action_pair": ADMINISTRATOR,
        "action_disable": ADMINISTRATOR,
        "action_enable": ADMINISTRATOR,
        "action_unpair": ADMINISTRATOR,
        "action_resume_sending": ADMINISTRATOR,
        "action_compare_now": ADMINISTRATOR,
        "action_view_outbox": USER,
        "action_view_parked": USER,
    },
    "vworkspace.cluster": {
        "message_get_followers": USER,
        "action_disable": ADMINISTRATOR,
        "action_enable": ADMINISTRATOR,
        "action_revoke": ADMINISTRATOR,
        "action_view_instances": USER,
        "action_view_jobs": USER,
    },
    "vworkspace.catalog.entry": {"action_retry": ADMINISTRATOR, "action_view_instances": USER},
    "vworkspace.policy": {"action_delete": ADMINISTRATOR, "action_retry": ADMINISTRATOR},
    INSTANCES: {
        "message_get_followers": USER,
        "action_deploy": OPERATOR,
        "action_delete": OPERATOR,
        "action_suspend": OPERATOR,
        "action_resume": OPERATOR,
        "action_rollback": OPERATOR,
        "action_backup": OPERATOR,
        "action_retry": OPERATOR,
        "action_view_operations": USER,
    },
    "vworkspace.operation": {
        "message_get_followers": USER,
        "action_approve": APPROVER,
        "action_reject": APPROVER,
        "action_cancel": OPERATOR,
        "action_retry": OPERATOR,
    },
    "vworkspace.job": {},
    "vworkspace.outbox": {"action_retry": OPERATOR, "action_open_record": USER},
    "vworkspace.parked.update": {"action_request_again": ADMINISTRATOR},
    "vworkspace.comparison": {},
    "vworkspace.client": {},
    "vworkspace.notice": {},
    "vworkspace.notifier": {},
    "vworkspace.dashboard": {"get_tiles": USER},
    "vworkspace.adopt.wizard": {"action_adopt": ADMINISTRATOR},
    "vworkspace.adopt.line": {},
    "vworkspace.deploy.wizard": {"action_deploy": OPERATOR},
    "vworkspace.live.log.wizard": {"action_open": USER, "action_refresh": USER},
    "vworkspace.live.log.line": {},
    "vworkspace.pair.wizard": {"action_pair": ADMINISTRATOR},
    "vworkspace.register.cluster.wizard": {"action_register": ADMINISTRATOR},
    "vworkspace.reject.wizard": {"action_reject": APPROVER},
    "vworkspace.sync": {"ping": BRIDGE, "apply_updates": BRIDGE},
}
ARGUMENTS = {
    ("vworkspace.gateway", "action_pair"): ["good-code"],
    ("vworkspace.sync", "apply_updates"): [{"epoch": "e", "organization": "acme", "items": []}],
    ("vworkspace.live.log.wizard", "action_open"): [INSTANCES, 1],
}
# Every model has these; they are tried in test_truth.
GENERIC = {"create", "write", "default_get"}
# Their methods are the ones of the models that inherit from them.
MIXINS = {
    "vworkspace.discreet.mixin",
    "vworkspace.thread.mixin",
    "vworkspace.mirrored.mixin",
    "vworkspace.intent.mixin",
    "vworkspace.lines.mixin",
}


class BackToBefore(UserError):
    def __init__(self):
        super().__init__("")


@tagged("post_install", "-at_install")
class TestPublicMethods(VworkspaceCase):
    """Each public method, as portal, User and Operator: no truth written, nothing skipped."""

    def setUp(self):
        super().setUp()
        self.instance = self.deployed()
        self.report(self.instance_item(self.instance))
        self.operation = self.env["vworkspace.operation"].browse(self.instance.action_backup()["res_id"])
        self.report(self.operation_item(self.operation, state="awaiting_approval"))
        self.samples = {
            "vworkspace.gateway": self.gateway,
            "vworkspace.cluster": self.cluster,
            "vworkspace.catalog.entry": self.entry,
            "vworkspace.policy": self.env["vworkspace.policy"].create(
                {"name": "All", "company_id": self.company_a.id}
            ),
            INSTANCES: self.instance,
            "vworkspace.operation": self.operation,
            "vworkspace.job": self.env["vworkspace.job"]._create_observed({"company_id": self.company_a.id}),
            "vworkspace.outbox": self.env["vworkspace.outbox"].search([("model", "=", INSTANCES)], limit=1),
            "vworkspace.parked.update": self.env["vworkspace.parked.update"].create(
                {"company_id": self.company_a.id, "model": INSTANCES, "key": "k"}
            ),
            "vworkspace.comparison": self.env["vworkspace.comparison"].create(
                {"company_id": self.company_a.id, "reason": "manual", "state": "done"}
            ),
            "vworkspace.deploy.wizard": self.env["vworkspace.deploy.wizard"].create(
                {
                    "company_id": self.company_a.id,
                    "catalog_entry_id": self.entry.id,
                    "cluster_id": self.cluster.id,
                    "name": "from-a-wizard",
                }
            ),
            "vworkspace.live.log.wizard": self.env["vworkspace.live.log.wizard"].create(
                {"res_model": INSTANCES, "res_id": self.instance.id}
            ),
            "vworkspace.pair.wizard": self.env["vworkspace.pair.wizard"].create(
                {"gateway_id": self.gateway.id, "code": "good-code"}
            ),
            "vworkspace.register.cluster.wizard": self.env["vworkspace.register.cluster.wizard"].create(
                {"company_id": self.company_a.id, "name": "Linz", "code": "linz"}
            ),
            "vworkspace.reject.wizard": self.env["vworkspace.reject.wizard"].create(
                {"operation_id": self.operation.id, "reason": "no"}
            ),
            "vworkspace.adopt.wizard": self.env["vworkspace.adopt.wizard"].create(
                {"company_id": self.company_a.id, "line_ids": []}
            ),
        }
        for model in set(MAY) - set(self.samples):
            self.samples[model] = self.env[model]

    def own_methods(self, model):
        """Names of the public methods that the addon's classes add to a model."""
        names = set()
        for cls in type(self.env[model]).mro():
            if cls.__module__.startswith("odoo.addons.vworkspace."):
                names |= {
                    name
                    for name, value in vars(cls).items()
                    if not name.startswith("_") and inspect.isfunction(value)
                }
        return names - GENERIC

    def test_each_public_method_has_a_row(self):
        models = {model for model in self.env if model.startswith("vworkspace.")} - MIXINS
        self.assertEqual(models, set(MAY))
        for model in models:
            with self.subTest(model=model):
                self.assertEqual(self.own_methods(model), set(MAY[model]))

    def truth(self):
        """All that only the gateway may say, of all samples."""
        self.env.flush_all()
        self.env.invalidate_all()
        told = {}
        for model, sample in self.samples.items():
            if "_observed_fields" in dir(sample):
                names = sample._observed_fields() - {"decision", "decision_by_id", "decision_at", "decision_reason"}
                told[model] = sample.sudo().read(sorted(names - {"is_removed", "suspended", "intent_version"}))
        return told

    def call(self, sample, name, user, **context):
        records = sample.with_user(user).with_context(**context)
        return getattr(records, name)(*ARGUMENTS.get((sample._name, name), []))

    def test_who_may_not_is_refused_and_writes_no_truth(self):
        portal = self.make_portal()
        before = self.truth()
        tempting = {"bypass": True, "install_mode": True, "no_check": True, "from_gateway": True}
        methods = [(model, name, role) for model, own in MAY.items() for name, role in own.items()]
        for model, name, role in methods:
            refused = [other for other in (USER, OPERATOR) if other not in RANKS[role]]
            callers = [portal, *(self.users[("A", other)] for other in refused)]
            for user, context in itertools.product(callers, ({}, tempting)):
                with self.subTest(model=model, method=name, user=user.login, context=bool(context)):
                    with self.assertRaises(AccessError), self.env.cr.savepoint():
                        self.call(self.samples[model], name, user, **context)
        self.assertEqual(self.truth(), before)
        self.assertFalse([call for call in self.fake.calls if call["method"] != "pair"])

    def test_who_may_writes_no_truth_either(self):
        for model, methods in MAY.items():
            for name, role in methods.items():
                if role == BRIDGE or model == "vworkspace.gateway":
                    continue
                user = self.users[("A", role)]
                before = self.truth()
                with self.subTest(model=model, method=name):
                    with suppress(UserError), self.env.cr.savepoint():
                        self.call(self.samples[model], name, user)
                        self.assertEqual(self.truth(), before)
                        raise BackToBefore

    def test_what_an_operator_reads_a_user_reads(self):
        for model in self.samples:
            if self.env[model]._abstract or self.env[model]._transient:
                continue
            seen = {
                role: set(self.as_role(self.env[model], role).fields_get(attributes=["type"]))
                for role in (USER, OPERATOR)
            }
            with self.subTest(model=model):
                self.assertEqual(seen[USER], seen[OPERATOR])
                self.assertEqual(self.found(model, USER), self.found(model, OPERATOR))

    def found(self, model, role):
        try:
            return self.as_role(self.env[model], role).search([]).ids
        except AccessError:
            return "refused"
