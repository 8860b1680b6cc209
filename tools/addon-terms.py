"""Says which texts of an addon its translation template lacks: `python3 tools/addon-terms.py addons/vworkspace`.

Not a second exporter: names of fields and models are Odoo's to collect. It finds what people forget, which is to export again
(CONTRIBUTING.md, The addon).
"""

import ast
import pathlib
import re
import sys
from xml.etree import ElementTree

ATTRIBUTES = ("string", "confirm", "placeholder", "help")
JS_TERM = re.compile(r"""\b_t\(\s*("(?:[^"\\\n]|\\.)*")""")


def of_python(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_" and node.args:
            given = node.args[0]
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield given.value


def of_xml(path):
    for element in ElementTree.parse(path).iter():
        for name in ATTRIBUTES:
            text = element.get(name, "").strip()
            if re.search(r"[A-Za-z]", text) and element.tag not in ("t", "value"):
                yield text


def of_javascript(path):
    for found in JS_TERM.finditer(path.read_text()):
        yield ast.literal_eval(found.group(1))


def in_template(path):
    """The template's msgids: a keyword, and quoted lines that belong together."""
    terms, lines = set(), None
    for line in [*path.read_text().splitlines(), ""]:
        if line.startswith("msgid "):
            lines = [line.removeprefix("msgid ")]
        elif lines is not None and line.startswith('"'):
            lines.append(line)
        elif lines is not None:
            terms.add("".join(ast.literal_eval(part) for part in lines))
            lines = None
    return terms


def main(addon):
    known = in_template(addon / "i18n" / f"{addon.name}.pot")
    kinds = (("**/*.py", of_python), ("**/*views*.xml", of_xml), ("static/**/*.js", of_javascript))
    missing = [
        (path, term)
        for pattern, terms_of in kinds
        for path in sorted(addon.glob(pattern))
        if "tests" not in path.parts
        for term in terms_of(path)
        if term not in known
    ]
    for path, term in missing:
        print(f"{path}: the template lacks {term!r}")
    if missing:
        print("Export the template again (CONTRIBUTING.md, The addon).")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
