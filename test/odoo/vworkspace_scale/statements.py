import threading
import time
from contextlib import contextmanager


class Statements:
    """What was sent to the database, and how long the whole took."""

    def __init__(self):
        self.sent = []
        self.milliseconds = 0.0

    def _note(self, cr, query, params, start, delay):
        self.sent.append(cr._obj.query.decode())

    def seq_scans(self, cr, table):
        """Searches of the table that PostgreSQL would answer by walking through it; sums and counts are no searches."""
        found = []
        for sql in self.sent:
            if f'FROM "{table}"' not in sql or "LIMIT" not in sql or "COUNT(" in sql.upper():
                continue
            cr._obj.execute(f"EXPLAIN (FORMAT JSON) {sql}".encode())
            if _walks([cr._obj.fetchone()[0][0]["Plan"]], table):
                found.append(sql)
        return found


@contextmanager
def watched():
    """Notes the statements of this thread."""
    statements = Statements()
    thread = threading.current_thread()
    hooks = thread.__dict__.setdefault("query_hooks", [])
    hooks.append(statements._note)
    began = time.perf_counter()
    try:
        yield statements
    finally:
        statements.milliseconds = (time.perf_counter() - began) * 1000
        hooks.remove(statements._note)


def _walks(plans, table):
    return any(
        (plan["Node Type"] == "Seq Scan" and plan.get("Relation Name") == table) or _walks(plan.get("Plans", ()), table)
        for plan in plans
    )
