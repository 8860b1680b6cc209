from odoo.tests import new_test_user


class DiscussSamples:
    """Two companies, people of each group, an application in each."""

    @classmethod
    def make_samples(cls):
        cls.company = cls.env["res.company"].create({"name": "Samples A"})
        cls.other_company = cls.env["res.company"].create({"name": "Samples B"})
        cls.user = cls.make_user("user", cls.company)
        cls.operator = cls.make_user("operator", cls.company)
        cls.approver = cls.make_user("approver", cls.company)
        cls.administrator = cls.make_user("administrator", cls.company)
        cls.other_operator = cls.make_user("operator", cls.other_company, login="vw-sample-other")
        cls.stranger = new_test_user(
            cls.env,
            login="vw-sample-stranger",
            groups="base.group_user",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.entry, cls.cluster = cls.make_targets(cls.company)
        cls.instance = cls.make_instance("shop")
        other_entry, other_cluster = cls.make_targets(cls.other_company)
        cls.other_instance = cls.make_instance("other-shop", other_entry, other_cluster)

    @classmethod
    def make_user(cls, group, company, login=None):
        return new_test_user(
            cls.env,
            login=login or f"vw-sample-{group}",
            groups=f"base.group_user,vworkspace.group_vworkspace_{group}",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )

    @classmethod
    def make_targets(cls, company):
        entry = cls.env["vworkspace.catalog.entry"].create(
            {
                "company_id": company.id,
                "code": "shop",
                "name": "Shop",
                "chart_url": "oci://charts.example.com/apps",
                "chart_name": "shop",
                "recommended_version": "1.2.0",
                "default_values_json": '{"replicas": 1}',
                "values_schema_json": '{"type": "object", "properties": {"replicas": {"type": "integer"}}}',
                "capabilities_json": '{"backup": "velero"}',
            }
        )
        cluster = cls.env["vworkspace.cluster"]._create_observed(
            {
                "company_id": company.id,
                "code": "vienna-1",
                "name": "Vienna",
                "state": "active",
                "connected": True,
            }
        )
        return entry, cluster

    @classmethod
    def make_instance(cls, name, entry=None, cluster=None):
        entry = entry or cls.entry
        cluster = cluster or cls.cluster
        return cls.env["vworkspace.application.instance"].create(
            {
                "company_id": cluster.company_id.id,
                "name": name,
                "namespace": "apps",
                "cluster_id": cluster.id,
                "catalog_entry_id": entry.id,
            }
        )

    @classmethod
    def make_operation(cls):
        cls.instance._apply_observed({"state": "ready"})
        return cls.env["vworkspace.operation"].create(
            {
                "company_id": cls.company.id,
                "instance_id": cls.instance.id,
                "type": "Backup",
                "engine": "velero",
            }
        )
