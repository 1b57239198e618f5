# Copyright (c) 2026 the labtrust authors
# MIT License (see https://opensource.org/license/mit)
# SPDX-License-Identifier: MIT
from __future__ import annotations

DOCUMENTATION = r"""
name: jsonl
type: stdout
short_description: One line of JSON for each host, as it ends
version_added: @VERSION@
description:
  - 'Prints first the hosts of the play: C({"hosts": ["a", "b"]}).'
  - 'Then prints, for each host as it ends, one line of JSON:
    C({"host", "state", "changed", "code", "anchors", "files", "notes", "why"}).'
  - The state is V(ok), V(failed) or V(unreachable). The reason, C(why), is an empty text for V(ok) unless a restart is left.
  - The fields C(code), C(anchors), C(files) and C(notes) are those of the module M(labtrust.trust.labtrust_trust).
    Without its result, C(code) is V(null) and the lists are empty.
  - A host for which another task fails has a line too. A host that was never begun has none.
"""

import json

from ansible.plugins.callback import CallbackBase

ACTION = "labtrust.trust.labtrust_trust"


class CallbackModule(CallbackBase):
    """Prints a line for each host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "labtrust.trust.jsonl"

    def _line(self, result, state):
        fields = result._result
        is_done = state == "ok" and not fields.get("code")
        why = "" if is_done else fields.get("msg", "")
        line = {
            "host": result._host.get_name(),
            "state": state,
            "changed": bool(fields.get("changed")),
            "code": fields.get("code"),
            "why": " ".join(str(why).split()),
        }
        line.update((name, fields.get(name, [])) for name in ("anchors", "files", "notes"))
        self._display.display(json.dumps(line, ensure_ascii=False))

    def v2_playbook_on_play_start(self, play):
        inventory = play.get_variable_manager()._inventory
        hosts = [host.get_name() for host in inventory.get_hosts(play.hosts, ignore_restrictions=True, order=play.order)]
        self._display.display(json.dumps({"hosts": hosts}))

    def v2_runner_on_ok(self, result):
        if result._task.resolved_action == ACTION:
            self._line(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self._line(result, "failed")

    def v2_runner_on_unreachable(self, result):
        self._line(result, "unreachable")
