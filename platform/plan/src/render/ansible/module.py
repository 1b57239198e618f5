# Copyright (c) 2026 the labtrust authors
# MIT License (see https://opensource.org/license/mit)
# SPDX-License-Identifier: MIT
from __future__ import annotations

DOCUMENTATION = r"""
module: labtrust_trust
short_description: Trust CAs in each store of a host, and prove it
version_added: @VERSION@
description:
  - Trusts the CA of a private GitLab in each store of a host that has a fixed path, such as the system store and the folders of
    Docker, podman and containerd, and proves it by asking each store.
  - One POSIX script a host does the work. It is sent over the standard input of the connection, so that the host needs neither
    Python nor a temporary folder.
  - A store that trusts the CA is left as it is. A change that fails is taken back. Files of others are not changed.
author:
  - the labtrust authors (@labtrust)
options:
  anchors:
    description: The CAs.
    type: list
    elements: dict
    required: true
    suboptions:
      certificate:
        description: One certificate in PEM. A private key is refused.
        type: str
        required: true
      endpoints:
        description:
          - Registries and servers for which the CA is trusted, as V(HOST) or V(HOST:PORT).
          - Without a port, the ports 443 and 4567 are meant. If it is empty, the option O(endpoints) is used.
        type: list
        elements: str
        default: []
      state:
        description: Whether this CA is trusted. Left out, the option O(state) is used.
        type: str
        choices: [present, absent]
  endpoints:
    description: Registries and servers for each CA that names none.
    type: list
    elements: str
    default: []
  state:
    description:
      - With V(present), the CAs are trusted.
      - With V(absent), each store is as it was before.
    type: str
    choices: [present, absent]
    default: present
  restart:
    description: Whether a program that reads the system store only when it starts is restarted after a change.
    type: bool
    default: false
  timeout:
    description: Seconds for the updater of the system store. It is stopped afterwards, with its children.
    type: int
    default: 120
attributes:
  check_mode:
    description: Nothing is changed, and the files that would be written or removed are reported.
    support: full
  diff_mode:
    description: Shows the files that are written or removed.
    support: full
  platform:
    description: Any system with a POSIX shell.
    support: full
    platforms: posix
"""

EXAMPLES = r"""
- name: Trust the CA, and the registry
  labtrust.trust.labtrust_trust:
    anchors:
      - certificate: "{{ lookup('ansible.builtin.file', 'ca.crt') }}"
    endpoints:
      - mygitlab.example.com:4567

- name: Trust the next CA, and stop trusting the old one
  labtrust.trust.labtrust_trust:
    anchors:
      - certificate: "{{ lookup('ansible.builtin.file', 'next.crt') }}"
      - certificate: "{{ lookup('ansible.builtin.file', 'old.crt') }}"
        state: absent
    endpoints:
      - mygitlab.example.com:4567
"""

RETURN = r"""
code:
  description:
    - The exit code of the script.
    - V(0) is done and proven, V(1) the answer is no, V(3) not done, V(4) done while a restart is left.
    - In check mode, V(1) is also a change that would be made.
  returned: always
  type: int
  sample: 0
anchors:
  description: The CAs, each with its result in each store.
  returned: always
  type: list
  elements: dict
  contains:
    sha256:
      description: SHA-256 of the certificate.
      type: str
    stores:
      description: The results, with C(id), C(state), C(changed) and C(detail).
      type: list
      elements: dict
files:
  description: The files that were written or removed, or would be.
  returned: always
  type: list
  elements: str
notes:
  description: What the script leaves to a person, a sentence each.
  returned: always
  type: list
  elements: str
"""
