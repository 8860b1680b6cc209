import ast
import os
import re

from odoo.modules import get_module_path
from odoo.tests import BaseCase, tagged

CALLS = {"get", "post", "put", "patch", "delete", "head", "options", "request", "urlopen", "send"}


def sources(*folders):
    root = get_module_path("vworkspace")
    for folder, _folders, files in os.walk(root):
        inside = os.path.relpath(folder, root).split(os.sep)[0]
        if folders and inside not in folders:
            continue
        for name in files:
            if name.endswith(".py") and inside != "tests":
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    yield os.path.join(folder, name), file.read()


@tagged("post_install", "-at_install")
class TestSources(BaseCase):
    """What no linter of Odoo sees."""

    def test_each_call_over_the_network_has_a_timeout_and_follows_no_redirection(self):
        found = 0
        for path, text in sources():
            for node in ast.walk(ast.parse(text)):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                owner = node.func.value
                clients = ("requests", "session", "urllib")
                if isinstance(owner, ast.Name) and owner.id in clients and node.func.attr in CALLS:
                    found += 1
                    given = {keyword.arg: keyword.value for keyword in node.keywords}
                    self.assertIn("timeout", given, path)
                    self.assertFalse(given["allow_redirects"].value, path)
        self.assertEqual(found, 1)

    def test_nothing_else_of_the_network_is_imported(self):
        for path, text in sources():
            for name in ("xmlrpc", "urllib.request", "http.client", "socket", "aiohttp", "httpx"):
                self.assertNotRegex(text, rf"(?m)^\s*(import|from) {re.escape(name)}\b", path)

    def test_the_truth_is_written_past_no_context_key(self):
        for path, text in sources("models"):
            if path.endswith(("_mixin.py", "vworkspace_gateway.py")):
                self.assertNotIn("context.get", text, path)

    def test_each_error_of_the_gateway_has_a_dialog_that_shows_its_sentence(self):
        root = get_module_path("vworkspace")
        texts = []
        for names in (("gateway_errors.py",), ("static", "src", "errors", "gateway_errors.js")):
            with open(os.path.join(root, *names), encoding="utf-8") as file:
                texts.append(file.read())
        errors = [node.name for node in ast.parse(texts[0]).body if isinstance(node, ast.ClassDef)]
        self.assertGreater(len(errors), 3)
        for name in errors:
            self.assertIn(f'"{name}"', texts[1])

    def test_only_crons_commit(self):
        crons = ("vworkspace_outbox.py", "vworkspace_comparison.py", "discuss_notice.py", "odoo_series.py")
        for path, text in sources():
            self.assertNotIn("cr.commit", text, path)
            if "commit_progress" in text:
                self.assertTrue(path.endswith(crons), path)
