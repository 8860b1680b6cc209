import itertools
import uuid

from odoo import Command
from odoo.tests import TransactionCase

from .fake_gateway import FakeGateway

ROLES = ("user", "operator", "approver", "administrator")


class VworkspaceCase(TransactionCase):
    """Two companies, a user of each role in each, and company A paired with a gateway in memory."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": False, "mail_create_nolog": True})
        # Inside a test nothing may be committed.
        for model in ("vworkspace.outbox", "vworkspace.comparison"):
            cls.classPatch(cls.registry[model], "_checkpoint", lambda records: records.env.flush_all())
        cls.sequences = itertools.count(1)
        cls.fake = FakeGateway()
        cls.addClassCleanup(cls.fake.close)
        cls.company_a = cls.env["res.company"].create({"name": "Company A"})
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.users = {
            (company.name[-1], role): cls.make_user(company, role)
            for company in (cls.company_a, cls.company_b)
            for role in ROLES
        }
        cls.gateway = cls.make_gateway(cls.company_a)
        cls.bridge = cls.gateway.bridge_user_id
        cls.cluster = cls.make_cluster(cls.company_a, "vienna")
        cls.entry = cls.make_entry(cls.company_a, "shop")
        cls.cluster_b = cls.make_cluster(cls.company_b, "graz")
        cls.entry_b = cls.make_entry(cls.company_b, "secret-app")
        cls.env["vworkspace.outbox"].search([]).unlink()
        cls.env["vworkspace.comparison"].search([]).unlink()

    def setUp(self):
        super().setUp()
        self.fake.forget()

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        # Odoo's own compares the timeout with a number, and the addon's is a pair: to connect, and to wait.
        timeout = options.get("timeout")
        if isinstance(timeout, tuple):
            options["timeout"] = max(timeout)
        return super()._request_handler(session, request, **options)

    @classmethod
    def make_user(cls, company, role):
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": f"{role} {company.name}",
                    "login": f"{role}-{company.name[-1].lower()}",
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.set(cls.env.ref(f"vworkspace.group_vworkspace_{role}").ids)],
                }
            )
        )

    @classmethod
    def make_portal(cls):
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Portal",
                    "login": "portal-of-vworkspace",
                    "company_id": cls.company_a.id,
                    "company_ids": [Command.set(cls.company_a.ids)],
                    "group_ids": [Command.set(cls.env.ref("base.group_portal").ids)],
                }
            )
        )

    @classmethod
    def make_gateway(cls, company):
        gateway = cls.env["vworkspace.gateway"].create(
            {"company_id": company.id, "url": cls.fake.url, "api_key": cls.fake.key}
        )
        gateway.with_user(cls.users[(company.name[-1], "administrator")]).action_pair("good-code")
        return gateway

    @classmethod
    def make_cluster(cls, company, code):
        return cls.env["vworkspace.cluster"]._create_observed(
            {
                "company_id": company.id,
                "code": code,
                "name": code.capitalize(),
                "state": "active",
                "gateway_key": str(uuid.uuid4()),
            }
        )

    @classmethod
    def make_entry(cls, company, code):
        return cls.env["vworkspace.catalog.entry"].create(
            {
                "company_id": company.id,
                "code": code,
                "name": code.capitalize(),
                "chart_url": "oci://registry.example.com/charts",
                "chart_name": code,
                "recommended_version": "1.2.3",
                "default_values_json": '{"replicas": 2}',
                "capabilities_json": '{"backup": "velero,snapshot"}',
            }
        )

    def as_role(self, records, role, company="A"):
        user = self.users[(company, role)]
        return records.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def draft(self, name="web", **vals):
        return self.as_role(self.env["vworkspace.application.instance"], "operator").create(
            {
                "name": name,
                "namespace": "shop",
                "cluster_id": self.cluster.id,
                "catalog_entry_id": self.entry.id,
                "company_id": self.company_a.id,
                **vals,
            }
        )

    def deployed(self, name="web", **vals):
        instance = self.draft(name, **vals)
        instance.action_deploy()
        return instance

    def foreign_instance(self, name="vault"):
        """An application of company B that is deployed."""
        instance = self.as_role(self.env["vworkspace.application.instance"], "operator", "B").create(
            {
                "name": name,
                "namespace": "secret",
                "cluster_id": self.cluster_b.id,
                "catalog_entry_id": self.entry_b.id,
                "company_id": self.company_b.id,
            }
        )
        instance.action_deploy()
        return instance

    def send(self):
        """What the cron does."""
        self.env["vworkspace.outbox"]._send_due()
        self.env.invalidate_all()

    def item(self, model, values, **marks):
        return {
            "model": model,
            "key": str(uuid.uuid4()),
            "external_ref": False,
            "sequence": str(next(self.sequences)),
            "values": values,
            "deleted": False,
            **marks,
        }

    def report(self, *items, **marks):
        """What the gateway calls; gives the status of each item."""
        batch = {"epoch": "epoch-1", "organization": "acme", "items": list(items), **marks}
        answer = self.env["vworkspace.sync"].with_user(self.bridge).apply_updates(batch)
        self.env.invalidate_all()
        return [result["status"] for result in answer["results"]]

    def instance_item(self, instance, **values):
        """A report of an application, with the intent that Odoo has unless said otherwise."""
        return self.item(
            "vworkspace.application.instance",
            {
                "name": instance.name,
                "namespace": instance.namespace,
                "cluster_key": instance.cluster_id.gateway_key,
                "catalog_code": instance.catalog_entry_id.code,
                "chart_version": instance.chart_version,
                "values_json": instance.values_json,
                "suspended": instance.suspended,
                "origin": "odoo",
                "intent_version": instance.intent_version,
                "generation": 1,
                "observed_generation": 1,
                "state": "ready",
                "conditions_json": "[]",
                "endpoints_json": "[]",
                "last_backup_at": False,
                **values,
            },
            key=instance.gateway_key or f"key-of-{instance.external_ref}",
            external_ref=instance.external_ref,
        )

    def operation_item(self, operation, **values):
        return self.item(
            "vworkspace.operation",
            {
                "name": "web-backup-1a2b3c4d",
                "instance_key": operation.instance_id.gateway_key,
                "instance_ref": operation.instance_id.external_ref,
                "type": operation.type,
                "engine": operation.engine,
                "parameters_json": operation.parameters_json,
                "state": "running",
                "intent_version": operation.intent_version,
                **values,
            },
            key=operation.gateway_key or f"key-of-{operation.external_ref}",
            external_ref=operation.external_ref,
        )
