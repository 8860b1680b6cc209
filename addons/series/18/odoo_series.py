"""Odoo 18: see odoo_series.py of the addon's tree, which is of Odoo 19."""

from odoo.tools import SQL

GROUPS = "groups_id"
# Odoo 18 keeps implied groups with those that were given.
ALL_GROUPS = "groups_id"


class Constraint:
    """Written as in Odoo 19, kept as Odoo 18 has it."""

    def __init__(self, definition, message=""):
        self.definition = definition
        self.message = message

    def __set_name__(self, owner, name):
        given = (name.lstrip("_"), self.definition, self.message)
        owner._sql_constraints = [*owner._sql_constraints, given]


class Index:
    """Made when the model's table is, which Odoo 18 leaves to ``init``."""

    kind = "INDEX"

    def __init__(self, definition, message=""):
        self.definition = definition

    def __set_name__(self, owner, name):
        before = owner.__dict__.get("init")

        def init(model):
            if before:
                before(model)
            else:
                super(owner, model).init()
            if not model._abstract:
                self.make(model, name)

        owner.init = init

    def make(self, model, name):
        statement = f"CREATE {self.kind} IF NOT EXISTS %s ON %s {self.definition}"
        model.env.cr.execute(
            SQL(statement, SQL.identifier(f"{model._table}{name}"), SQL.identifier(model._table))
        )


class UniqueIndex(Index):
    kind = "UNIQUE INDEX"


def commit_progress(env):
    """Keeps what a cron has done so far."""
    # Without it one failed serialization would send many changes twice; Odoo 18 has no call of its own for that.
    env.cr.commit()  # pylint: disable=invalid-commit
