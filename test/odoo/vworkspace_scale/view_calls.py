"""The calls that Odoo's web client makes for a view, from what the server tells of it."""

from collections import namedtuple
from datetime import date

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo.tools.safe_eval import safe_eval

# kind: what a person does; what: on what; is_search: whether it looks for records, rather than summing all of them
Call = namedtuple("Call", "view kind what method arguments is_search", defaults=(True,))

PAGE, CARDS, COUNT_LIMIT = 80, 40, 10_001
MISS = "there-is-no-such-thing"


class ViewCalls:
    """All calls that a person causes in one action's views."""

    def __init__(self, model, action, hits):
        """@param hits: field to a text that some record has"""
        self.model = model
        self.hits = hits
        self.names = {"uid": model.env.uid, "context_today": date.today, "relativedelta": relativedelta}
        self.domain = self._eval(action.domain or "[]")
        modes = [mode for mode in action.view_mode.split(",") if mode != "form"]
        by_mode = {view.view_mode: view.view_id.id for view in action.view_ids}
        told = model.get_views(
            [[by_mode.get(mode, False), mode] for mode in (*modes, "form")] + [[action.search_view_id.id, "search"]]
        )
        self.fields = told["models"][model._name]["fields"]
        self.arches = {mode: etree.fromstring(view["arch"]) for mode, view in told["views"].items()}
        self.modes = modes

    def all(self):
        for mode in self.modes:
            yield from getattr(self, f"_{mode}")(self.arches[mode])
        yield from self._form()

    # Views

    def _list(self, arch):
        yield from self._pages("list", arch, PAGE)
        for name in self._columns(arch):
            if self.fields[name].get("sortable"):
                yield self._read("list", ("sort", name), arch, order=f"{name} asc", is_search=False)
        yield from self._groups("list", arch, unfolded=False)

    def _kanban(self, arch):
        yield from self._pages("kanban", arch, CARDS)
        yield from self._groups("kanban", arch, unfolded=True)

    def _pivot(self, arch):
        rows = [field.get("name") for field in arch.iter("field") if field.get("type") == "row"]
        columns = [field.get("name") for field in arch.iter("field") if field.get("type") == "col"]
        sets = [[], rows, columns, rows + columns]
        for name, domain in [("all", []), *self._filters()]:
            arguments = {"domain": self.domain + domain, "grouping_sets": sets, "aggregates": ["__count"]}
            yield Call("pivot", "sum", name, "formatted_read_grouping_sets", arguments, False)

    def _graph(self, arch):
        names = [
            f"{field.get('name')}:{field.get('interval')}" if field.get("interval") else field.get("name")
            for field in arch.iter("field")
            if field.get("type") != "measure"
        ]
        for name, domain in [("all", []), *self._filters()]:
            arguments = {"domain": self.domain + domain, "groupby": names, "aggregates": ["__count"]}
            yield Call("graph", "sum", name, "formatted_read_group", arguments, False)

    def _form(self):
        record = self.model.search(self.domain, limit=1)
        if record:
            arguments = {"specification": self._specification(self.arches["form"], self.model)}
            yield Call("form", "open", "newest", "web_read", {"ids": record.ids, **arguments})

    # What is done in them

    def _pages(self, view, arch, size):
        total = self.model.search_count(self.domain)
        yield self._read(view, ("open", "first page"), arch, limit=size)
        last = max(0, total - size)
        yield self._read(view, ("open", "last page"), arch, limit=size, offset=last, is_search=False)
        yield Call(view, "count", "all", "search_count", {"domain": self.domain}, False)
        for name, domain in self._filters():
            yield self._read(view, ("filter", name), arch, domain=domain, limit=size)
        for name, domain in self._searches():
            yield self._read(view, ("search", name), arch, domain=domain, limit=size)
        for name in self._named_fields():
            relation = self.fields[name]["relation"]
            arguments = {"model": relation, "name": self.hits.get(name, "a"), "limit": 8}
            yield Call(view, "suggest", name, "name_search", arguments)

    def _groups(self, view, arch, unfolded):
        for name in self._groupings():
            arguments = {
                "domain": self.domain,
                "groupby": [name],
                "aggregates": ["__count"],
                "limit": PAGE,
                "auto_unfold": unfolded,
                "unfold_read_specification": self._specification(arch, self.model),
                "unfold_read_default_limit": PAGE,
            }
            yield Call(view, "group", name, "web_read_group", arguments, False)
            groups = self.model.web_read_group(self.domain, [name], ["__count"], limit=PAGE)["groups"]
            if groups:
                opened = max(groups, key=lambda group: group["__count"])["__extra_domain"]
                yield self._read(view, ("open group", name), arch, domain=opened, limit=PAGE)
        bar = arch.find(".//progressbar")
        for name in self._groupings() if bar is not None else ():
            states = {"field": bar.get("field"), "colors": safe_eval(bar.get("colors"))}
            arguments = {"domain": self.domain, "group_by": name, "progress_bar": states}
            yield Call(view, "bars", name, "read_progress_bar", arguments, False)

    def _read(self, view, named, arch, *, domain=(), limit=PAGE, offset=0, order=None, is_search=True):
        arguments = {
            "domain": [*self.domain, *domain],
            "specification": self._specification(arch, self.model),
            "limit": limit,
            "offset": offset,
            "order": order or arch.get("default_order") or "",
            "count_limit": COUNT_LIMIT,
        }
        return Call(view, *named, "web_search_read", arguments, is_search)

    # What the search view offers

    def _filters(self):
        for node in self.arches["search"].iter("filter"):
            if node.get("domain"):
                yield node.get("name"), self._eval(node.get("domain"))
            elif node.get("date"):
                first = date.today().replace(day=1)
                after = first + relativedelta(months=1)
                column = node.get("date")
                yield node.get("name"), [(column, ">=", str(first)), (column, "<", str(after))]

    def _searches(self):
        for node in self.arches["search"].iter("field"):
            name = node.get("name")
            for told, text in (("hit", self.hits.get(name)), ("miss", MISS)):
                domain = text and self._domain_of(node, name, text)
                if domain:
                    yield f"{name}, {told}", domain

    def _domain_of(self, node, name, text):
        if node.get("filter_domain"):
            return self._eval(node.get("filter_domain"), text)
        if self.fields[name]["type"] in ("selection", "boolean"):
            return text != MISS and [(name, "=", text)]
        return [(name, node.get("operator") or "ilike", text)]

    def _named_fields(self):
        names = [node.get("name") for node in self.arches["search"].iter("field")]
        return [name for name in names if self.fields[name]["type"] == "many2one"]

    def _groupings(self):
        contexts = [self._eval(node.get("context")) for node in self.arches["search"].iter("filter") if node.get("context")]
        return [context["group_by"] for context in contexts if "group_by" in context]

    # Fields

    def _columns(self, arch):
        return [node.get("name") for node in arch.iter("field") if node.get("column_invisible") != "1"]

    def _specification(self, arch, model):
        names = {}
        for node in arch.iter("field"):
            if any(above.tag == "field" for above in node.iterancestors()) or node.get("name") not in model._fields:
                continue
            names[node.get("name")] = self._specification_of(node, model)
        return names

    def _specification_of(self, node, model):
        field = model._fields[node.get("name")]
        if field.type == "many2one":
            return {"fields": {"display_name": {}}}
        if field.relational and len(node):
            nested = etree.fromstring(etree.tostring(node[0]))
            return {"fields": self._specification(nested, model.env[field.comodel_name]), "limit": CARDS}
        return {"fields": {}} if field.relational else {}

    def _eval(self, text, typed=None):
        return safe_eval(text, {**self.names, "self": typed})
