from lxml import etree

from odoo.tests import TransactionCase, tagged

from .discuss_samples import DiscussSamples

ROLES = ("user", "operator", "approver", "administrator")


@tagged("post_install", "-at_install")
class TestViews(DiscussSamples, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_samples()

    def own(self, model):
        """Records of a kind of view or action that belong to this addon."""
        data = self.env["ir.model.data"].search([("module", "=", "vworkspace"), ("model", "=", model)])
        return self.env[model].browse(data.mapped("res_id")).exists()

    def people(self):
        return [getattr(self, role) for role in ROLES]

    def actions_for(self, user):
        """What somebody finds in the menus, wizards of buttons included."""
        for action in self.own("ir.actions.act_window"):
            if action.res_model == "res.config.settings":
                continue
            if not action.group_ids or action.group_ids & user.all_group_ids:
                if self.env[action.res_model].with_user(user).has_access("read"):
                    yield action

    def test_each_button_says_whose_it_is(self):
        nobodys = []
        for view in self.own("ir.ui.view"):
            for button in etree.fromstring(view.arch_db).iter("button"):
                if button.get("special") is None and not button.get("groups"):
                    nobodys.append(f"{view.name}: {button.get('name')}")
        self.assertEqual(nobodys, [])

    def test_each_list_of_the_menus_says_what_to_do_where_it_is_empty(self):
        for action in self.own("ir.actions.act_window"):
            if action.target != "new" and action.res_model != "res.config.settings":
                self.assertTrue(action.help, action.name)

    def test_each_view_of_each_action_opens_for_who_may_read_it(self):
        opened = set()
        for user in self.people():
            for action in self.actions_for(user):
                views = [(False, mode) for mode in action.view_mode.split(",")] + [(False, "search")]
                found = self.env[action.res_model].with_user(user).get_views(views)
                opened.update((action.res_model, kind) for kind in found["views"])
        for model in ("application.instance", "catalog.entry", "cluster", "operation", "policy", "job", "outbox"):
            for kind in ("list", "form", "kanban", "search"):
                self.assertIn((f"vworkspace.{model}", kind), opened)
        self.assertIn(("vworkspace.operation", "pivot"), opened)
        self.assertIn(("vworkspace.operation", "graph"), opened)

    def test_a_user_has_no_button_that_changes_something(self):
        [form] = self.env["vworkspace.application.instance"].with_user(self.user).get_views([(False, "form")])[
            "views"
        ].values()
        names = {button.get("name") for button in etree.fromstring(form["arch"]).iter("button")}
        self.assertIn("action_view_operations", names)
        for name in ("action_deploy", "action_delete", "action_suspend", "action_retry", "action_backup"):
            self.assertNotIn(name, names)

    def test_filters_find_what_they_say(self):
        instances = self.env["vworkspace.application.instance"].with_user(self.operator)
        broken = self.make_instance("broken")
        broken._apply_observed({"state": "degraded"})
        domain = self.filter_domain("vworkspace.application_instance_view_search", "problems")
        found = instances.search(domain)
        self.assertIn(broken, found)
        self.assertNotIn(self.instance, found)

    def filter_domain(self, view, name):
        arch = etree.fromstring(self.env.ref(view).arch_db)
        [node] = arch.xpath(f"//filter[@name='{name}']")
        # pylint: disable=eval-used
        return eval(node.get("domain"), {})

    def test_the_tiles_lead_to_filters_that_are_there(self):
        for user in self.people():
            for group in self.env["vworkspace.dashboard"].with_user(user).get_tiles()["groups"]:
                for tile in group["tiles"]:
                    action = self.env.ref(tile["action"])
                    arch = etree.fromstring(action.search_view_id.arch_db)
                    self.assertTrue(arch.xpath(f"//filter[@name='{tile['filter']}']"), tile["id"])

    def test_the_tiles_count_the_users_companies(self):
        tiles = {
            tile["id"]: tile["count"]
            for group in self.env["vworkspace.dashboard"].with_user(self.operator).get_tiles()["groups"]
            for tile in group["tiles"]
        }
        self.assertEqual(tiles["action_application_instance.draft"], 1)
        self.assertEqual(tiles["action_cluster.connected"], 1)
