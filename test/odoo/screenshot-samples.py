"""Samples for screenshots: run in `odoo shell` of a database with the addon. As if a gateway had reported them."""

import json
from datetime import timedelta

from odoo import fields

now = fields.Datetime.now()
company = env.company
administrator = env.ref("base.user_admin")
administrator.tour_enabled = False
administrator.group_ids |= env.ref("vworkspace.group_vworkspace_administrator")

gateway = env["vworkspace.gateway"].create({"name": "Gateway", "url": "https://vworkspace.example.com"})
gateway._keep(
    {
        "state": "paired",
        "organization_code": "acme",
        "organization_name": "Acme",
        "gateway_version": "0.1.0",
        "paired_at": now,
        "last_contact_at": now,
        "approval_trust": "odoo",
        "paired_base_url": env["ir.config_parameter"].sudo().get_param("web.base.url"),
        "paired_database_uuid": env["ir.config_parameter"].sudo().get_param("database.uuid"),
    }
)

SCHEMA = {
    "type": "object",
    "required": ["shopName"],
    "properties": {
        "shopName": {"type": "string", "title": "Name of the shop", "description": "Stands at the top of each page."},
        "replicas": {"type": "integer", "title": "Replicas", "default": 1},
        "size": {"enum": ["small", "medium", "large"], "title": "Size", "default": "small"},
        "ingress": {
            "type": "object",
            "title": "Public address",
            "required": ["host"],
            "properties": {
                "enabled": {"type": "boolean", "title": "Reachable from outside", "default": True},
                "host": {"type": "string", "title": "Host", "description": "For example shop.example.com."},
            },
        },
    },
}


def entry(code, name, description, version):
    return env["vworkspace.catalog.entry"]._create_observed(
        {
            "code": code,
            "name": name,
            "description": description,
            "chart_source_type": "oci",
            "chart_url": "oci://charts.example.com/apps",
            "chart_name": code,
            "recommended_version": version,
            "capabilities_json": json.dumps({"backup": "velero", "upgrade": "helm"}),
            "values_schema_json": json.dumps(SCHEMA),
            "default_values_json": json.dumps({"replicas": 2}),
            "gateway_key": f"entry-{code}",
        }
    )


def cluster(code, name, **more):
    return env["vworkspace.cluster"]._create_observed(
        {
            "code": code,
            "name": name,
            "state": "active",
            "connected": True,
            "connectivity_mode": "pull",
            "last_seen": now,
            "agent_version": "0.1.0",
            "gateway_key": f"cluster-{code}",
            **more,
        }
    )


shop, wiki, billing = (
    entry("shop", "Web shop", "Shop with catalogue, basket and payment.", "1.2.0"),
    entry("wiki", "Wiki", "What the company knows.", "3.4.1"),
    entry("billing", "Billing", "Invoices and dunning.", "2.0.3"),
)
vienna, graz, test_cluster = (
    cluster("vienna-1", "Production Vienna"),
    cluster("graz-1", "Production Graz", connected=False, last_seen=now - timedelta(hours=2)),
    cluster("simulator", "Try-out", simulated=True),
)


def ready(message, status="True", reason="Succeeded"):
    return json.dumps([{"type": "Ready", "status": status, "reason": reason, "message": message}])


def instance(name, namespace, where, what, state, conditions, **more):
    record = env["vworkspace.application.instance"].create(
        {
            "name": name,
            "namespace": namespace,
            "cluster_id": where.id,
            "catalog_entry_id": what.id,
            "chart_version": what.recommended_version,
            "values_json": json.dumps({"shopName": "Our shop", "replicas": 2}),
        }
    )
    record._apply_observed(
        {
            "state": state,
            "conditions_json": conditions,
            "generation": 3,
            "observed_generation": 3,
            "intent_version": 1,
            "has_gateway_ref": True,
            "mirrored_at": now,
            "gateway_key": f"instance-{namespace}-{name}",
            **more,
        }
    )
    return record


web = instance(
    "shop",
    "shop",
    vienna,
    shop,
    "ready",
    ready("Release shop is deployed, 3 of 3 pods are ready."),
    endpoints_json=json.dumps([{"name": "Shop", "url": "https://shop.example.com", "type": "ingress"}]),
    last_backup_at=now - timedelta(hours=7),
)
instance("wiki", "intranet", vienna, wiki, "deploying", ready("Helm installs wiki 3.4.1.", "Unknown", "Progressing"))
instance("shop", "staging", test_cluster, shop, "ready", ready("Release shop is deployed."))
instance(
    "wiki", "graz", graz, wiki, "degraded", ready("1 of 2 pods is not ready: the image can't be pulled.", "False", "Degraded")
)
bill = instance("billing", "finance", vienna, billing, "ready", ready("Release billing is deployed."))
bill.chart_version = "9.0.0"
row = env["vworkspace.outbox"].search([("external_ref", "=", bill.external_ref)], limit=1)
row.write(
    {
        "state": "refused",
        "attempts": 1,
        "last_error": "chart_version is 9.0.0: the policy Production allows >=2.0.0 <3.0.0. Choose a version in that range.",
    }
)
env["vworkspace.application.instance"].create(
    {"name": "shop", "namespace": "next", "cluster_id": graz.id, "catalog_entry_id": shop.id}
)
env["vworkspace.policy"]._create_observed(
    {
        "name": "Production",
        "cluster_id": vienna.id,
        "allowed_namespaces_json": json.dumps(["shop", "intranet", "finance"]),
        "allowed_catalog_codes_json": json.dumps(["*"]),
        "allowed_chart_url_prefixes_json": json.dumps(["oci://charts.example.com/"]),
        "allowed_operations_json": json.dumps(["Backup/*", "Restore/velero", "Upgrade/helm"]),
        "require_approval_for_json": json.dumps(["Restore/*", "Upgrade/*"]),
        "four_eyes": True,
        "version_constraint": ">=1.0.0 <4.0.0",
        "maintenance_windows_json": "[]",
    }
)

KINDS = [("Backup", "velero"), ("Backup", "velero"), ("Upgrade", "helm"), ("Restore", "velero")]
STATES = ["succeeded", "succeeded", "succeeded", "failed"]
for number in range(24):
    kind, engine = KINDS[number % 4]
    created = now - timedelta(days=number // 2, hours=number % 5)
    operation = env["vworkspace.operation"].create({"instance_id": web.id, "type": kind, "engine": engine})
    operation._apply_observed(
        {
            "name": f"shop-{kind.lower()}-{number:08x}",
            "state": "awaiting_approval" if number == 2 else "running" if number == 0 else STATES[number % 4],
            "started_at": created,
            "finished_at": created + timedelta(minutes=4),
            "duration_minutes": 4,
            "gateway_key": f"operation-{number}",
        }
    )
    env.cr.execute("UPDATE vworkspace_operation SET create_date = %s WHERE id = %s", [created, operation.id])
env["vworkspace.outbox"].search([("model", "=", "vworkspace.operation")]).write({"state": "sent"})

notifier = env["vworkspace.notifier"]
notifier._on_transitions(
    [
        (web, "deploying", "ready"),
        *[
            (one, "running", one.state)
            for one in env["vworkspace.operation"].search([("state", "in", ["awaiting_approval", "failed"])], limit=3)
        ],
    ]
)
env["vworkspace.notice"]._post_gathered(company, now)
env.cr.commit()
