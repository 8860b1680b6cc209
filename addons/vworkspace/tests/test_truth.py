from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import VworkspaceCase

MIRRORED = (
    "vworkspace.cluster",
    "vworkspace.catalog.entry",
    "vworkspace.policy",
    "vworkspace.application.instance",
    "vworkspace.operation",
    "vworkspace.job",
)
# Keys that switch something off somewhere in Odoo or in other addons, and some that might have been ours.
TEMPTING = {
    "install_mode": True,
    "tracking_disable": True,
    "mail_notrack": True,
    "no_check": True,
    "force_write": True,
    "bypass": True,
    "skip_observed": True,
    "from_gateway": True,
    "apply_observed": True,
    "vworkspace_sync": True,
    "module": "vworkspace",
    "import_file": True,
}


@tagged("post_install", "-at_install")
class TestTruth(VworkspaceCase):
    """Nobody but the gateway writes what is."""

    def setUp(self):
        super().setUp()
        self.instance = self.deployed()
        self.operation = self.as_role(self.env["vworkspace.operation"], "operator").create(
            {"instance_id": self.instance.id, "company_id": self.company_a.id, "type": "Backup", "engine": "velero"}
        )
        self.policy = self.env["vworkspace.policy"].create({"name": "All", "company_id": self.company_a.id})
        self.job = self.env["vworkspace.job"]._create_observed({"company_id": self.company_a.id, "state": "queued"})
        self.samples = dict(
            zip(
                MIRRORED,
                (self.cluster, self.entry, self.policy, self.instance, self.operation, self.job),
                strict=True,
            )
        )

    def value_for(self, model, name):
        field = self.env[model]._fields[name]
        if field.type == "selection":
            return field.get_values(self.env)[-1]
        return {
            "boolean": True,
            "integer": 77,
            "float": 7.5,
            "datetime": "2030-01-01 00:00:00",
            "many2one": 1,
        }.get(field.type, "forged")

    def test_each_observed_field_is_refused_in_write(self):
        for model, sample in self.samples.items():
            for name in sorted(self.env[model]._observed_fields()):
                for record in (sample.sudo(), self.as_role(sample, "administrator")):
                    with self.subTest(model=model, field=name), self.assertRaises(AccessError):
                        record.write({name: self.value_for(model, name)})

    def test_no_context_key_opens_a_write(self):
        for model, sample in self.samples.items():
            for name in sorted(self.env[model]._observed_fields()):
                with self.subTest(model=model, field=name), self.assertRaises(AccessError):
                    sample.sudo().with_context(**TEMPTING).write({name: self.value_for(model, name)})

    def test_each_observed_field_is_refused_in_create(self):
        given = {
            "name": "forged",
            "namespace": "shop",
            "cluster_id": self.cluster.id,
            "catalog_entry_id": self.entry.id,
            "company_id": self.company_a.id,
        }
        instances = self.env["vworkspace.application.instance"]
        for name in sorted(instances._observed_fields()):
            with self.subTest(field=name), self.assertRaises(AccessError):
                instances.with_context(**TEMPTING).create({**given, name: self.value_for(instances._name, name)})

    def test_defaults_of_a_context_make_no_truth(self):
        observed = self.env["vworkspace.application.instance"]._observed_fields()
        defaults = {
            f"default_{name}": self.value_for("vworkspace.application.instance", name)
            for name in observed
        }
        instances = self.as_role(self.env["vworkspace.application.instance"], "operator")
        instance = instances.with_context(**defaults).create(
            {
                "name": "plain",
                "namespace": "shop",
                "cluster_id": self.cluster.id,
                "catalog_entry_id": self.entry.id,
                "company_id": self.company_a.id,
            }
        )
        self.assertEqual(instance.state, "draft")
        self.assertEqual(instance.intent_version, 0)
        self.assertFalse(instance.gateway_key)
        self.assertNotEqual(instance.external_ref, "forged")

    def test_defaults_of_a_user_make_no_truth(self):
        self.env["ir.default"].set("vworkspace.application.instance", "state", "ready")
        self.env["ir.default"].set("vworkspace.application.instance", "generation", 9)
        draft = self.draft("plain")
        self.assertEqual((draft.state, draft.generation), ("draft", 0))

    def test_an_import_makes_no_truth(self):
        instances = self.as_role(self.env["vworkspace.application.instance"], "operator")
        result = instances.load(["id", "state"], [[f"__export__.instance_{self.instance.id}", "ready"]])
        self.assertFalse(result["ids"])
        self.assertEqual(self.instance.state, "requested")

    def test_a_copy_is_a_draft_of_its_own(self):
        self.report(self.instance_item(self.instance, endpoints_json='[{"url": "https://web.example.com"}]'))
        copy = self.instance.sudo().copy({"name": "web-2"})
        self.assertEqual(copy.state, "draft")
        self.assertNotEqual(copy.external_ref, self.instance.external_ref)
        for name in ("gateway_key", "endpoints_json", "intent_version", "generation", "mirrored_at"):
            self.assertFalse(copy[name], name)

    def test_assigning_to_a_field_is_refused_too(self):
        with self.assertRaises(AccessError):
            self.instance.state = "ready"
        self.env.invalidate_all()
        self.assertEqual(self.instance.state, "requested")

    def test_writing_through_a_relation_is_refused(self):
        with self.assertRaises(AccessError):
            self.as_role(self.instance, "operator").write(
                {"operation_ids": [(1, self.operation.id, {"state": "succeeded"})]}
            )

    def test_what_the_gateway_was_told_at_pairing_is_nobodys_to_write(self):
        gateway = self.as_role(self.gateway, "administrator")
        for name, value in {"state": "new", "epoch": "forged", "bridge_user_id": 1, "paired_base_url": "x"}.items():
            with self.subTest(field=name), self.assertRaises(AccessError):
                gateway.write({name: value})

    def test_the_company_of_a_record_stays(self):
        for model, sample in self.samples.items():
            with self.subTest(model=model), self.assertRaises(AccessError):
                sample.sudo().write({"company_id": self.company_b.id})

    def test_an_operation_never_changes(self):
        with self.assertRaises(UserError):
            self.operation.write({"type": "Restore"})
