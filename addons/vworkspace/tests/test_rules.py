import hashlib

from odoo.tests import BaseCase, tagged

from odoo.addons.vworkspace import comparison_rules as rules


def ours(version=3, sha="a", observed=2, state="ready", taken=(3, 0), is_removed=False):
    return rules.Ours(version, sha, observed, state, taken, is_removed)


def theirs(version=3, sha="a", observed=2, state="ready"):
    return rules.Theirs(version, sha, observed, state)


@tagged("post_install", "-at_install")
class TestRules(BaseCase):
    """Who wins where Odoo and the gateway differ."""

    def test_applications(self):
        table = [
            ("equal", ours(), theirs(), False, rules.NOTHING),
            ("the gateway is ahead", ours(), theirs(version=4), False, rules.TAKE),
            ("ahead, but a person changed it since", ours(), theirs(version=4), True, rules.RAISE),
            ("Odoo is ahead", ours(version=4), theirs(), False, rules.SEND),
            ("Odoo is ahead and it waits", ours(version=4), theirs(), True, rules.NOTHING),
            ("the gateway lacks it", ours(), None, False, rules.SEND),
            ("the gateway lacks it and it waits", ours(), None, True, rules.NOTHING),
            ("the gateway lacks what is removed", ours(is_removed=True), None, False, rules.SEND),
            ("the gateway lacks what was deleted", ours(state="deleted"), None, False, rules.NOTHING),
            ("Odoo lacks it", None, theirs(), False, rules.UNKNOWN),
            ("Odoo lacks what was deleted", None, theirs(state="deleted"), False, rules.NOTHING),
            ("the gateway changed it itself", ours(), theirs(sha="b"), False, rules.ASK),
            ("the gateway never had it", ours(taken=(2, 0)), theirs(sha="b"), False, rules.RAISE),
            ("it was raised already", ours(taken=(2, 3)), theirs(sha="b"), False, rules.ASK),
            ("an older report", ours(observed=1), theirs(), False, rules.ASK),
            ("another state", ours(state="deploying"), theirs(), False, rules.ASK),
            ("a tombstone was lost", ours(is_removed=True), theirs(), False, rules.SEND),
            ("a tombstone waits", ours(is_removed=True), theirs(), True, rules.NOTHING),
            ("being removed there", ours(), theirs(state="deleting"), False, rules.ASK),
            ("removed there", ours(state="deleting", is_removed=True), theirs(state="deleted"), False, rules.ASK),
        ]
        for called, own, other, waits, expected in table:
            with self.subTest(called):
                self.assertEqual(rules.judge_instance(own, other, waits), expected)

    def test_operations(self):
        table = [
            ("equal", ours(state="running"), theirs(state="running"), False, rules.NOTHING),
            ("another state", ours(state="running"), theirs(state="succeeded"), False, rules.ASK),
            ("the gateway lacks one that nobody began", ours(state="awaiting_approval"), None, False, rules.SEND),
            ("the gateway lacks one that may run", ours(state="running"), None, False, rules.LEAVE),
            ("the gateway lacks one that ended", ours(state="failed"), None, False, rules.NOTHING),
            ("it waits", ours(state="draft"), None, True, rules.NOTHING),
            ("Odoo lacks it", None, theirs(), False, rules.ASK),
        ]
        for called, own, other, waits, expected in table:
            with self.subTest(called):
                self.assertEqual(rules.judge_operation(own, other, waits), expected)

    def test_digests_are_over_sorted_lines_page_by_page(self):
        lines = {f"ref-{number}": f"line-{number}" for number in range(600)}
        pages = rules.digests(lines)
        page = rules.page_of("ref-0")
        expected = sorted(line for ref, line in lines.items() if rules.page_of(ref) == page)
        self.assertEqual(pages[page], hashlib.sha256("\n".join(expected).encode()).hexdigest())
        self.assertEqual(page, hashlib.sha256(b"ref-0").hexdigest()[:2])
        self.assertEqual(rules.digests(dict(reversed(lines.items()))), pages)

    def test_lines_are_as_the_gateway_writes_them(self):
        self.assertEqual(rules.instance_line("r", ours(sha="ff")), "r|3|ff|2")
        self.assertEqual(rules.operation_line("r", ours(state="running")), "r|3|running|")
