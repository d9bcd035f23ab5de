"""Makes an evidence pack from its description in the manual, and checks one, with the standard library alone.

pack_by_hand.py FOLDER          writes a pack and prints its head
pack_by_hand.py --older FOLDER  the same as before there was a receipts.csv
pack_by_hand.py --check FOLDER  checks hashes and chain of any pack
"""

import csv
import hashlib
import io
import json
import os
import sys

KEYS = (
    "id projectId project name hint mode status owner purpose createdAt createdBy rotatedFrom pausedAt pausedBy "
    "pauseReason revokedAt revokedBy revokeReason reviewedAt reviewedBy keepUntil lastUsedAt lastUsedPrecision "
    "requests30d findings inScope decision"
).split()
DECISIONS = (
    "review key project name decision until reason decidedBy decidedAt ownKey lastUsedAt lastUsedPrecision findings "
    "outcome revision executedAt executedBy"
).split()
RECEIPTS = "revision firstSeq confirmedBy nodes slowestNode slowestMs expired".split()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def table(columns, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(column, "") for column in columns])
    return text.getvalue().encode()


def make(folder, older):
    previous, events = "0" * 64, []

    def event(at, actor, action, detail, project=None, key=None):
        nonlocal previous
        body = canonical(
            {
                "seq": len(events) + 1,
                "id": "evt_%026d" % (len(events) + 1),
                "at": at,
                "actor": actor,
                "action": action,
                "project": project,
                "key": key,
                "detail": detail,
                "previousHash": previous,
            }
        )
        events.append(body)
        previous = sha256((previous + body).encode())
        return len(events)

    day = "2026-01-%02dT12:00:00.000Z"
    project, review = "prj_%026d" % 1, "rev_%026d" % 1
    web, app, old = ("key_%026d" % number for number in (1, 2, 3))
    event(day % 1, "local:ann", "project.created", {"name": "shop"}, project)
    first = previous
    for number, (key, name, hint) in enumerate(
        [(web, "web", "redir_live_aaaa****...****bbbb"), (app, "app", "redir_live_cccc****...****dddd")]
    ):
        detail = {"name": name, "mode": "live", "hint": hint, "owner": "Zoë" if number else None, "purpose": None}
        event(day % 2, "local:ann", "key.created", detail, project, key)
    detail = {"name": "old", "mode": "test", "hint": "redir_test_eeee****...****ffff", "owner": None, "purpose": None}
    event(day % 2, "local:ann", "key.created", detail, project, old)
    event(day % 3, "local:ann", "key.revoked", {"name": "old", "hint": detail["hint"], "reason": "moved"}, project, old)
    as_of = {"seq": len(events), "hash": previous}
    detail = {"review": review, "name": "Q1", "scope": {"projects": [], "filter": "", "staleDays": None}, "dueAt": None}
    event(day % 4, "local:ann", "review.started", {**detail, "asOf": as_of, "population": {"keys": 3, "inScope": 2}})
    decided = {
        "review": review, "name": "web", "hint": "redir_live_aaaa****...****bbbb", "decision": "revoke", "until": None,
        "reason": "unused", "version": 1, "ownKey": False, "lastUsedAt": None, "lastUsedPrecision": 5,
        "findings": ["noOwner"],
    }
    event(day % 5, "token:ben", "review.decided", decided, project, web)
    done = {
        "name": "web", "hint": decided["hint"], "reason": "unused", "review": review, "decision": "revoke",
        "decidedBy": "token:ben", "decidedAt": day % 5, "until": None,
    }
    revision = event(day % 6, "local:ann", "key.revoked", done, project, web)
    event(day % 6, "local:ann", "review.executed", {"review": review, "name": "Q1", "decisions": sha256(b""), "done": 1})

    shared = {"projectId": project, "project": "shop", "createdAt": day % 2, "createdBy": "local:ann", "requests30d": 0}
    keys = table(
        KEYS,
        [
            {**shared, "id": web, "name": "web", "hint": decided["hint"], "mode": "live", "status": "revoked",
             "revokedAt": day % 6, "revokedBy": "local:ann", "revokeReason": "unused", "reviewedAt": day % 5,
             "reviewedBy": "token:ben", "inScope": "true", "decision": "revoke"},
            {**shared, "id": app, "name": "app", "hint": "redir_live_cccc****...****dddd", "mode": "live",
             "status": "active", "owner": "Zoë", "inScope": "true"},
            {**shared, "id": old, "name": "old", "hint": "redir_test_eeee****...****ffff", "mode": "test",
             "status": "revoked", "revokedAt": day % 3, "revokedBy": "local:ann", "revokeReason": "moved",
             "inScope": "false"},
        ],
    )
    decisions = table(
        DECISIONS,
        [
            {"review": review, "key": web, "project": "shop", "name": "web", "decision": "revoke", "reason": "unused",
             "decidedBy": "token:ben", "decidedAt": day % 5, "ownKey": "false", "lastUsedPrecision": 5,
             "findings": "noOwner", "outcome": "done", "revision": revision, "executedAt": day % 6,
             "executedBy": "local:ann"},
            {"review": review, "key": app, "project": "shop", "name": "app"},
        ],
    )
    files = {
        "keys.csv": keys, "decisions.csv": decisions, "report.html": b"<!DOCTYPE html><title>By hand</title>\n",
        "report.md": b"# By hand\n",
    }
    if not older:
        receipt = {"revision": revision + 1, "firstSeq": revision, "confirmedBy": 1, "nodes": 2, "slowestNode": "eu-1",
                   "slowestMs": 4, "expired": "eu-2"}
        files["receipts.csv"] = table(RECEIPTS, [receipt])
    report = {
        "format": 1,
        "createdAt": day % 7,
        "createdBy": "local:ann",
        "role": "admin",
        "server": {"version": "by hand", "id": first},
        "asOf": {"seq": len(events), "hash": previous},
        "scope": {
            "review": {
                "id": review, "name": "Q1", "asOf": as_of, "dueAt": None, "startedAt": day % 4,
                "startedBy": "local:ann", "status": "executed", "executedAt": day % 6, "executedBy": "local:ann",
                "signedAt": None, "signedBy": None, "signedHead": None, "samePerson": None,
            },
            "projects": [],
            "filter": "",
            "thresholds": {"warnDays": 30, "staleDays": 90, "reviewEveryDays": 90},
        },
        "exclusions": [{"reason": "reviewScope", "keys": 1}],
        "counts": {
            "keys": 3, "inScope": 2, "active": 1, "paused": 0, "revoked": 1, "findings": {}, "withFindings": 0,
            "dormant45": 0, "dormant45Active": 0, "idle90Active": 0, "withOwner": 1, "withPurpose": 0, "reviewed90": 0,
            "decisions": {"keep": 0, "revoke": 1, "rotate": 0, "pause": 0, "ask": 0, "skip": 0, "undecided": 1},
        },
        "previousPack": None,
    }
    hashes = {name: sha256(data) for name, data in files.items()}
    event(day % 7, "local:ann", "report.created", {**report, "sha256": hashes})
    files["events.jsonl"] = "".join(body + "\n" for body in events).encode()
    manifest = {
        **report,
        "head": "%d:%s" % (len(events), previous),
        "files": [{"name": name, "bytes": len(files[name]), "sha256": sha256(files[name])} for name in sorted(files)],
    }
    text = json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    files["manifest.json"] = text.encode()
    os.mkdir(folder)
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    print(manifest["head"])


def check(folder):
    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()

    manifest = json.loads(read("manifest.json"))
    for file in manifest["files"]:
        data = read(file["name"])
        assert (len(data), sha256(data)) == (file["bytes"], file["sha256"]), file["name"]
    previous = "0" * 64
    for number, line in enumerate(read("events.jsonl").decode().splitlines(), 1):
        event = json.loads(line)
        assert (event["seq"], event["previousHash"]) == (number, previous), "line %d" % number
        previous = sha256((previous + line).encode())
    assert manifest["head"] == "%d:%s" % (number, previous)
    assert event["action"] == "report.created"
    for name, told in event["detail"]["sha256"].items():
        assert sha256(read(name)) == told, name


if sys.argv[1] == "--check":
    check(sys.argv[2])
else:
    make(sys.argv[-1], sys.argv[1] == "--older")
