{
    "name": "vworkspace: how much it carries",
    "summary": "Opens every view as a user does, and counts what the database is asked. For tests only.",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "vworkspace",
    "depends": ["vworkspace"],
    "installable": True,
}
