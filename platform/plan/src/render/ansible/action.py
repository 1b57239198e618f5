# Copyright (c) 2026 the labtrust authors
# MIT License (see https://opensource.org/license/mit)
# SPDX-License-Identifier: MIT
"""Sends the script to the host over the connection's standard input, and reads the JSON document at the end of its output."""
from __future__ import annotations

import json
import os
import re

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.labtrust.trust.plugins.plugin_utils.script import Invalid, Anchor, script

TEMPLATE = os.path.join(os.path.dirname(__file__), "..", "..", "roles", "labtrust", "files", "labtrust-trust.sh")

ARGUMENTS = {
    "anchors": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "certificate": {"type": "str", "required": True},
            "endpoints": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"]},
        },
    },
    "endpoints": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "restart": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 120},
}

DONE, NO, NOT_DONE, RESTART = 0, 1, 3, 4

# A function of the script that one case alone needs: its comment begins with the case in parentheses.
FUNCTION = re.compile(r"^# \((\w+)\) .*\n(?:#.*\n)*.*\(\) \{(?: .*\}\n|\n(?:.*\n)*?\}\n)", re.MULTILINE)


class ActionModule(ActionBase):
    """One script a host and state, by one connection, without a temporary folder and without Python on the host."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        if getattr(self._connection._shell, "SHELL_FAMILY", "sh") == "powershell":
            raise AnsibleActionFail("the script is for Unix; for Windows, use: labtrust render --as powershell")
        with open(TEMPLATE, encoding="utf-8") as file:
            template = file.read()
        by_state = anchors_by_state(options)
        result.update(changed=False, code=DONE, anchors=[], files=[], notes=[], diff=[])
        # A new CA is trusted before an old one is removed.
        for state in ("present", "absent"):
            anchors = by_state[state]
            if anchors and not result.get("failed"):
                text = self._sendable(script(template, anchors, is_removal=state == "absent"), options, anchors, state)
                try:
                    document = self._document(text, self._words(options))
                except AnsibleActionFail as error:
                    # What the first script did is kept in the result.
                    result.update(failed=True, code=NOT_DONE, msg=error.message)
                else:
                    self._merge(result, document, anchors, state)
        return result

    def _sendable(self, text, options, anchors, state):
        """The script without what this run does not need: it is sent to each host."""
        user = self.get_become_option("become_user") if self._connection.become else self._get_remote_user()
        is_needed = {
            "help": False,
            "remove": state == "absent",
            "user": user != "root",
            "restart": options["restart"],
            "wide": not all(anchor.limits_names for anchor in anchors),
        }
        return without_comments(FUNCTION.sub(lambda found: found[0] if is_needed[found[1]] else "", text))

    def _words(self, options):
        words = ["-v", "--timeout", str(options["timeout"])]
        if options["restart"]:
            words.append("--restart")
        if self._task.check_mode:
            words.append("--dry-run")
        return " ".join(words)

    def _document(self, text, words):
        """Runs the script, and returns the document that it prints."""
        ran = self._low_level_execute_command(f"sh -s -- {words}", in_data=text.encode())
        document = last_document(ran["stdout"])
        if document is None and "you must have a tty" in ran["stdout"] + ran["stderr"]:
            ran = self._with_terminal(text, words)
            document = last_document(ran["stdout"])
        if document is None:
            said = " ".join((ran["stderr"] or ran["stdout"]).split()[-60:])
            raise AnsibleActionFail(f"the script did not run to its end (exit code {ran['rc']}): {said or 'it said nothing'}")
        return document

    def _with_terminal(self, text, words):
        """A terminal and standard input exclude each other: the script is sent as a file, as ansible.builtin.script does."""
        folder = self._make_tmp_path()
        try:
            path = self._connection._shell.join_path(folder, "labtrust-trust.sh")
            self._transfer_data(path, text)
            self._fixup_perms2((folder, path))
            return self._low_level_execute_command(f"sh {path} {words}")
        finally:
            self._remove_tmp_path(folder)

    def _merge(self, result, document, anchors, state):
        """Adds what the script reported to the result of the task."""
        is_dry_run = self._task.check_mode
        code = document["code"]
        result["changed"] |= bool(document["files"]) if is_dry_run else document["changed"]
        result["anchors"] += document["anchors"]
        result["files"] += document["files"]
        result["notes"] += [note for note in document["notes"] if note not in result["notes"]]
        result["diff"] += [difference(path, anchors, state) for path in document["files"]]
        is_only_planned = is_dry_run and code == NO and bool(document["files"])
        if code != DONE:
            result["code"] = code
        reasons = [
            f"{store['id']}: {store['detail']}"
            for anchor in document["anchors"]
            for store in anchor["stores"]
            if is_fault(store["state"], state, is_only_planned)
        ]
        if code not in (DONE, RESTART) and not is_only_planned:
            result.update(failed=True, msg="; ".join(reasons) or f"the script ended with the exit code {code}")
        elif code == RESTART:
            result["msg"] = "done, and a restart is left: " + "; ".join(reasons)


def anchors_by_state(options):
    """The CAs, those to be trusted and those to be removed."""
    by_state = {"present": [], "absent": []}
    if not options["anchors"]:
        raise AnsibleActionFail("anchors is empty: name one CA at least")
    known = set()
    for number, item in enumerate(options["anchors"], 1):
        try:
            anchor = Anchor(item["certificate"], item["endpoints"] or options["endpoints"])
        except Invalid as error:
            raise AnsibleActionFail(f"element {number} of anchors: {error}") from None
        if anchor.sha256 in known:
            raise AnsibleActionFail(f"element {number} of anchors: an earlier element has the same certificate")
        known.add(anchor.sha256)
        by_state[item["state"] or options["state"]].append(anchor)
    return by_state


def without_comments(text):
    """The script without indentation and without the lines that are comments."""
    lines = (line.lstrip(" ") for line in text.splitlines(keepends=True))
    return "".join(line for line in lines if not line.startswith("#"))


def is_fault(found, state, is_only_planned):
    """Whether the state of a store belongs to the message."""
    if is_only_planned:
        return False
    return found not in ("skipped", "trusted" if state == "present" else "untrusted")


def last_document(output):
    """The JSON document in the last line that holds one; none if the script did not come to its end."""
    for line in reversed(output.splitlines()):
        if line.startswith('{"schema":1,'):
            try:
                return json.loads(line)
            except ValueError:
                return None
    return None


def difference(path, anchors, state):
    """The file at `path`, before and after: the certificate of its name, or a line for each CA of a file with items."""
    own = [anchor.pem for anchor in anchors if anchor.name in path]
    text = own[0] if own else "".join(f"{anchor.name}: SHA-256 {anchor.sha256}\n" for anchor in anchors)
    before, after = ("", text) if state == "present" else (text, "")
    return {
        "before": before,
        "after": after,
        "before_header": path if before or not own else "/dev/null",
        "after_header": path if after or not own else "/dev/null",
    }
