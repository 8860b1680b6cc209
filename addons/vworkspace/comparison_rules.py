"""Who wins where Odoo and the gateway differ. Decisions only: no database, no clock."""

import hashlib
from collections import namedtuple

# What one side knows of a record. removed: a tombstone; taken: a version that needs no second sending.
Ours = namedtuple("Ours", "version values_sha observed_generation state taken is_removed")
Theirs = namedtuple("Theirs", "version values_sha observed_generation state")

NOTHING, SEND, RAISE, TAKE, ASK, UNKNOWN, LEAVE = "nothing", "send", "raise", "take", "ask", "unknown", "leave"

GONE = ("deleting", "deleted")
ENDED = ("succeeded", "failed", "cancelled")
# An operation of these states may have begun in the cluster: it isn't asked for a second time.
BEGUN = ("queued", "delivering", "running")


def page_of(ref):
    return hashlib.sha256(ref.encode()).hexdigest()[:2]


def digests(lines_by_ref):
    """Page to digest, from reference to line."""
    pages = {}
    for ref, line in lines_by_ref.items():
        pages.setdefault(page_of(ref), []).append(line)
    return {page: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() for page, lines in pages.items()}


def instance_line(ref, ours):
    return f"{ref}|{ours.version}|{ours.values_sha}|{ours.observed_generation}"


def operation_line(ref, ours):
    return f"{ref}|{ours.version}|{ours.state}|"


def judge_instance(ours, theirs, is_waiting):
    """What is to be done about one application.

    :param ours: None where Odoo has no such record
    :param theirs: None where the gateway has none
    :param is_waiting: whether a change of it waits to be sent
    """
    if ours is None:
        return NOTHING if theirs.state == "deleted" else UNKNOWN
    if theirs is None:
        return NOTHING if is_waiting or ours.state == "deleted" else SEND
    if theirs.state in GONE:
        return NOTHING if ours.state == theirs.state else ASK
    if ours.is_removed:
        return NOTHING if is_waiting else SEND
    return _judge_versions(ours, theirs, is_waiting)


def _judge_versions(ours, theirs, is_waiting):
    if theirs.version > ours.version:
        return RAISE if is_waiting else TAKE
    if is_waiting:
        return NOTHING
    if ours.version > theirs.version:
        return SEND
    if ours.values_sha != theirs.values_sha:
        # The gateway had Odoo's content of this version once, and changed it since; or never had it.
        return ASK if theirs.version in ours.taken else RAISE
    differs = (ours.observed_generation, ours.state) != (theirs.observed_generation, theirs.state)
    return ASK if differs else NOTHING


def judge_operation(ours, theirs, is_waiting):
    if ours is None:
        # Its report makes it again, where Odoo has the application.
        return ASK
    if theirs is None:
        if is_waiting or ours.state in ENDED:
            return NOTHING
        return LEAVE if ours.state in BEGUN else SEND
    if ours.version > theirs.version and not is_waiting:
        return SEND
    return NOTHING if ours.state == theirs.state else ASK
