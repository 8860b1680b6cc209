"""Steps in Odoo's shell of two-companies.ts. GIVEN and STEP stand above; what a step leaves is printed as JSON."""
# ruff: noqa: F821

import inspect
import json
from datetime import datetime, timedelta

from odoo import Command

ROLES = ("user", "operator", "approver", "administrator")
INSTANCES = "vworkspace.application.instance"


def company_of(word):
    return env["res.company"].search([("name", "=", f"{word}-company")])


def person(company, login, group):
    user = env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": login,
            "login": login,
            "email": f"{login}@example.com",
            "password": f"{login}-password",
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
            "group_ids": [Command.set(env.ref(group).ids)],
        }
    )
    keys = env["res.users.apikeys"].with_user(user)
    key = False if user.share else keys._generate("rpc", "test", datetime.now() + timedelta(days=1))
    return {"id": user.id, "partner": user.partner_id.id, "login": login, "password": f"{login}-password", "key": key}


def as_person(word, role, model):
    user = env["res.users"].search([("login", "=", f"{word}-{role}")])
    return env[model].with_user(user).with_context(allowed_company_ids=user.company_ids.ids)


def pair():
    parameters = env["ir.config_parameter"].sudo()
    parameters.set_param("web.base.url", GIVEN["odoo"])
    parameters.set_param("web.base.url.freeze", "True")
    people = {}
    for number, (word, one) in enumerate(GIVEN["companies"].items()):
        name = f"{word}-company"
        company = env["res.company"].create({"name": name}) if number else env.company
        company.name = name
        for role in ROLES:
            people[f"{word}-{role}"] = person(company, f"{word}-{role}", f"vworkspace.group_vworkspace_{role}")
        gateway = env["vworkspace.gateway"].create(
            {"name": f"{word}-gateway", "company_id": company.id, "url": GIVEN["gateway"], "api_key": one["key"]}
        )
        gateway.action_pair(one["code"])
    people["portal"] = person(env.company, "portal", "base.group_portal")
    return people


def deploy():
    for word in GIVEN["words"]:
        entry = as_person(word, "operator", "vworkspace.catalog.entry").search([("code", "=", f"{word}-app")])
        cluster = as_person(word, "operator", "vworkspace.cluster").search([("code", "=", f"{word}-cluster")])
        instance = as_person(word, "operator", INSTANCES).create(
            {
                "company_id": company_of(word).id,
                "name": f"{word}-shop",
                "namespace": f"{word}-space",
                "cluster_id": cluster.id,
                "catalog_entry_id": entry.id,
                "values_json": json.dumps({"note": f"{word}-values"}),
            }
        )
        instance.action_deploy()
    return True


def operate():
    for word in GIVEN["words"]:
        as_person(word, "operator", INSTANCES).search([]).action_backup()
        env["discuss.channel"]._vworkspace_channel(company_of(word))
    return True


def open_wizards():
    # Compared is now and then; what a test compares has to stand still.
    env.ref("vworkspace.cron_compare").active = False
    for word in GIVEN["words"]:
        company = company_of(word)
        instance = as_person(word, "operator", INSTANCES).search([])
        operation = as_person(word, "approver", "vworkspace.operation").search([], limit=1)
        as_person(word, "approver", "vworkspace.live.log.wizard").action_open(INSTANCES, instance.id)
        as_person(word, "approver", "vworkspace.reject.wizard").create(
            {"operation_id": operation.id, "reason": f"{word}-reason"}
        )
        as_person(word, "operator", "vworkspace.deploy.wizard").create(
            {
                "company_id": company.id,
                "catalog_entry_id": instance.catalog_entry_id.id,
                "cluster_id": instance.cluster_id.id,
                "name": f"{word}-next",
            }
        )
        as_person(word, "administrator", "vworkspace.register.cluster.wizard").create(
            {"company_id": company.id, "name": f"{word}-third", "code": f"{word}-third"}
        )
        gateway = env["vworkspace.gateway"].search([("company_id", "=", company.id)])
        as_person(word, "administrator", "vworkspace.pair.wizard").create(
            {"gateway_id": gateway.id, "code": f"{word}-code"}
        )
        as_person(word, "administrator", "vworkspace.adopt.wizard").create(
            {"company_id": company.id, "line_ids": [Command.create({"gateway_id": 1, "name": f"{word}-stray"})]}
        )
        env["vworkspace.parked.update"].create(
            {"company_id": company.id, "model": INSTANCES, "key": f"{word}-key", "reason": f"{word}-parked"}
        )
        instance.message_post(body=f"{word}-message")
    return True


def models():
    return [name for name in env if name.startswith("vworkspace.")]


def ids():
    """Of each model, the records of each company; transient ones by who made them."""
    found = {}
    for word in GIVEN["words"]:
        company = company_of(word)
        users = env["res.users"].search([("login", "like", f"{word}-")])
        found[word] = {"res.company": company.ids, "res.partner": users.partner_id.ids, "res.users": users.ids}
        for model in models():
            records = env[model].with_context(active_test=False)
            if records._abstract:
                continue
            own = [("create_uid", "in", users.ids)] if records._transient else [("company_id", "=", company.id)]
            found[word][model] = records.search(own).ids
        channel = env["discuss.channel"].search([("vworkspace_company_id", "=", company.id)])
        found[word]["discuss.channel"] = channel.ids
        about = [("model", "like", "vworkspace."), ("res_id", "!=", 0)]
        messages = env["mail.message"].search(about).filtered(
            lambda message, company=company: env[message.model].browse(message.res_id).company_id == company
        )
        found[word]["mail.message"] = messages.ids
        operations = found[word]["vworkspace.operation"]
        activities = env["mail.activity"].search(
            [("res_model", "=", "vworkspace.operation"), ("res_id", "in", operations)]
        )
        found[word]["mail.activity"] = activities.ids
    return found


def methods():
    """What a remote call may name: each public method of each model, its parameters, and whether it takes ids."""
    told = {}
    for model in models():
        told[model] = {"fields": fields_of(model), "observed": observed_of(model), "methods": {}}
        cls = type(env[model])
        for name in dir(cls):
            method = None if name.startswith("_") else inspect.getattr_static(cls, name, None)
            if not inspect.isfunction(method) or getattr(getattr(cls, name), "_api_private", False):
                continue
            told[model]["methods"][name] = {
                "parameters": [
                    parameter.name
                    for parameter in list(inspect.signature(method).parameters.values())[1:]
                    if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
                ],
                "takes_ids": not getattr(getattr(cls, name), "_api_model", False),
                "is_own": any(
                    name in vars(base) and base.__module__.startswith("odoo.addons.vworkspace.")
                    for base in cls.mro()
                ),
            }
    return told


def observed_of(model):
    kept = getattr(env[model], "_observed_fields", None)
    return sorted(kept()) if kept else []


def fields_of(model):
    return {
        name: {"type": field.type, "relation": field.comodel_name or False, "stored": bool(field.store)}
        for name, field in env[model]._fields.items()
    }


STEPS = {
    "pair": pair,
    "deploy": deploy,
    "operate": operate,
    "open_wizards": open_wizards,
    "describe": lambda: {"ids": ids(), "methods": methods()},
}
answer = STEPS[STEP]()
env.cr.commit()
print("RESULT:" + json.dumps(answer))
