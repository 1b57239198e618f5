//! The states that a server can be in, and the ways into them.

/// A way into a state, each step at so many days from now.
pub(super) struct State {
    pub name: &'static str,
    /// Whether a GitLab runs there; else setup writes into a folder.
    pub has_gitlab: bool,
    pub steps: &'static [(i32, &'static str)],
    /// The days at which somebody looks and pastes.
    pub day: i32,
}

const SETUP: &str = "labtrust setup mygitlab.example.com --out /etc/proxy";

/// A certificate and key in a folder.
pub(super) const FOLDER: &[State] = &[
    State { name: "nothing was done yet", has_gitlab: false, steps: &[], day: 0 },
    State { name: "set up", has_gitlab: false, steps: &[(0, SETUP)], day: 0 },
    State {
        name: "set up, without trust here",
        has_gitlab: false,
        steps: &[(0, "labtrust setup mygitlab.example.com --out /etc/proxy --no-trust")],
        day: 0,
    },
    State { name: "undone", has_gitlab: false, steps: &[(0, SETUP), (0, "labtrust setup --undo")], day: 0 },
    State {
        name: "set up again",
        has_gitlab: false,
        steps: &[(0, SETUP), (0, "labtrust setup --undo"), (0, SETUP)],
        day: 0,
    },
    State {
        name: "staged",
        has_gitlab: false,
        steps: &[(0, "labtrust setup mygitlab.example.com --out /etc/proxy --stage")],
        day: 0,
    },
    State {
        name: "untrusted here",
        has_gitlab: false,
        steps: &[(0, SETUP), (0, "labtrust untrust")],
        day: 0,
    },
    State {
        name: "self-signed",
        has_gitlab: false,
        steps: &[(0, "labtrust setup mygitlab.example.com --out /etc/proxy --self-signed")],
        day: 0,
    },
    State {
        name: "restored",
        has_gitlab: false,
        steps: &[
            (0, SETUP),
            (0, "labtrust backup /root/b.age --passphrase-file /root/passphrase"),
            (0, "labtrust setup --undo"),
            (0, "labtrust restore /root/b.age --passphrase-file /root/passphrase --yes"),
        ],
        day: 0,
    },
    State {
        name: "requested",
        has_gitlab: false,
        steps: &[(0, "labtrust request mygitlab.example.com --out /etc/proxy")],
        day: 0,
    },
];

/// The CA that follows a company's.
const NEXT_COMPANY: &str = "cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout next.key -days 900 \
     -out next.crt -subj /CN=next -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign";

/// Years later, and clocks that were wrong.
pub(super) const YEARS: &[State] = &[
    State {
        name: "a company's CA ends soon",
        has_gitlab: false,
        steps: &[
            (
                0,
                "cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -days 80 \
                 -out ca.crt -subj /CN=company -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
            ),
            (0, NEXT_COMPANY),
            (
                0,
                "labtrust setup mygitlab.example.com --out /etc/proxy --ca-cert /root/ca.crt --ca-key /root/ca.key --no-trust --yes",
            ),
        ],
        day: 1,
    },
    State {
        name: "a company's CA ended",
        has_gitlab: false,
        steps: &[
            (
                0,
                "cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -days 80 \
                 -out ca.crt -subj /CN=company -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
            ),
            (0, NEXT_COMPANY),
            (
                0,
                "labtrust setup mygitlab.example.com --out /etc/proxy --ca-cert /root/ca.crt --ca-key /root/ca.key --no-trust --yes",
            ),
        ],
        day: 81,
    },
    State { name: "renewal missed", has_gitlab: false, steps: &[(0, SETUP)], day: 300 },
    State { name: "certificate ended", has_gitlab: false, steps: &[(0, SETUP)], day: 398 },
    State {
        name: "self-signed certificate ended",
        has_gitlab: false,
        steps: &[(0, "labtrust setup mygitlab.example.com --out /etc/proxy --self-signed")],
        day: 398,
    },
    State {
        name: "CA ends soon",
        has_gitlab: false,
        steps: &[(0, SETUP), (3540, "labtrust renew --days 90")],
        day: 3570,
    },
    State { name: "CA ended", has_gitlab: false, steps: &[(0, SETUP)], day: 3700 },
    State {
        name: "CA for more domains ended",
        has_gitlab: false,
        steps: &[(
            0,
            "labtrust setup mygitlab.example.com --out /etc/proxy --permit corp.example --key-type p384",
        )],
        day: 3700,
    },
    State { name: "the clock was ahead", has_gitlab: false, steps: &[(30, SETUP)], day: 0 },
];

/// The steps of a rotation.
pub(super) const ROTATIONS: &[State] = &[
    State { name: "started", has_gitlab: false, steps: &[(0, SETUP), (0, "labtrust rotate start")], day: 0 },
    State {
        name: "switched",
        has_gitlab: false,
        steps: &[(0, SETUP), (0, "labtrust rotate start"), (0, "labtrust rotate switch --clients-ready")],
        day: 0,
    },
    State {
        name: "retired",
        has_gitlab: false,
        steps: &[
            (0, SETUP),
            (0, "labtrust rotate start"),
            (0, "labtrust rotate switch --clients-ready"),
            (0, "labtrust rotate retire"),
        ],
        day: 0,
    },
    State {
        name: "start given up",
        has_gitlab: false,
        steps: &[(0, SETUP), (0, "labtrust rotate start"), (0, "labtrust rotate abort")],
        day: 0,
    },
    State {
        name: "switch given up",
        has_gitlab: false,
        steps: &[
            (0, SETUP),
            (0, "labtrust rotate start"),
            (0, "labtrust rotate switch --clients-ready"),
            (0, "labtrust rotate abort"),
        ],
        day: 0,
    },
];

/// A registry that somebody moved to another port after the setup.
const MOVED: [(i32, &str); 2] =
    [(0, "labtrust setup"), (0, "sed -i 's#example.com:4567#example.com:5050#' /etc/gitlab/gitlab.rb")];

/// A GitLab on this machine.
pub(super) const GITLAB: &[State] = &[
    State { name: "found", has_gitlab: true, steps: &[], day: 0 },
    State { name: "set up", has_gitlab: true, steps: &[(0, "labtrust setup")], day: 0 },
    State { name: "staged", has_gitlab: true, steps: &[(0, "labtrust setup --stage")], day: 0 },
    State { name: "certificate ended", has_gitlab: true, steps: &[(0, "labtrust setup")], day: 398 },
    State { name: "CA ended", has_gitlab: true, steps: &[(0, "labtrust setup")], day: 3700 },
    State {
        name: "undone",
        has_gitlab: true,
        steps: &[(0, "labtrust setup"), (0, "labtrust setup --undo")],
        day: 0,
    },
    State {
        name: "rotation started",
        has_gitlab: true,
        steps: &[(0, "labtrust setup"), (0, "labtrust rotate start")],
        day: 0,
    },
];

/// A GitLab or a state folder that somebody changed after a setup.
pub(super) const CHANGED: &[State] = &[
    State {
        name: "renamed",
        has_gitlab: true,
        steps: &[
            (0, "labtrust setup"),
            (0, "sed -i 's#//mygitlab#//other.mygitlab#' /etc/gitlab/gitlab.rb"),
            (0, "gitlab-ctl reconfigure"),
        ],
        day: 0,
    },
    State {
        name: "renamed and set up",
        has_gitlab: true,
        steps: &[
            (0, "labtrust setup"),
            (0, "sed -i 's#//mygitlab#//other.mygitlab#' /etc/gitlab/gitlab.rb"),
            (0, "echo 192.0.2.10 other.mygitlab.example.com >>/etc/hosts; gitlab-ctl reconfigure"),
            (0, "labtrust setup"),
        ],
        day: 0,
    },
    State {
        name: "renamed to a host that the CA can never sign for",
        has_gitlab: true,
        steps: &[
            (0, "labtrust setup"),
            (0, "sed -i 's#//mygitlab.example.com#//git.corp.example#' /etc/gitlab/gitlab.rb"),
            (0, "echo 192.0.2.10 git.corp.example >>/etc/hosts; gitlab-ctl reconfigure"),
        ],
        day: 0,
    },
    State { name: "registry moved, and not applied", has_gitlab: true, steps: &MOVED, day: 0 },
    State {
        name: "registry moved",
        has_gitlab: true,
        steps: &[MOVED[0], MOVED[1], (0, "gitlab-ctl reconfigure")],
        day: 0,
    },
    State {
        name: "registry moved and certificate renewed",
        has_gitlab: true,
        steps: &[MOVED[0], MOVED[1], (0, "gitlab-ctl reconfigure"), (0, "labtrust renew")],
        day: 0,
    },
    State {
        name: "registry moved to a host of its own that the CA can never sign for",
        has_gitlab: true,
        steps: &[
            (0, "labtrust setup"),
            (0, "sed -i 's#//mygitlab.example.com:4567#//registry.corp.example#' /etc/gitlab/gitlab.rb"),
        ],
        day: 0,
    },
    State {
        name: "state lost",
        has_gitlab: true,
        steps: &[
            (0, "labtrust setup"),
            (0, "labtrust backup /root/b.age --passphrase-file /root/passphrase"),
            (0, "rm -r /var/lib/labtrust"),
        ],
        day: 0,
    },
    State {
        name: "GitLab's own pair, by its common name alone",
        has_gitlab: true,
        steps: &[(
            0,
            "mkdir -p /etc/gitlab/ssl && cd /etc/gitlab/ssl && openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \
             -keyout mygitlab.example.com.key -out mygitlab.example.com.crt -subj /CN=mygitlab.example.com",
        )],
        day: 0,
    },
    State {
        name: "a company's certificate was imported",
        has_gitlab: true,
        steps: &[
            (0, NEXT_COMPANY),
            (0, "labtrust request >/root/r.csr"),
            (
                0,
                "cd /root && openssl x509 -req -in r.csr -CA next.crt -CAkey next.key -CAcreateserial -days 300 -copy_extensions copy -out leaf.crt",
            ),
            (0, "labtrust import --cert /root/leaf.crt --chain /root/next.crt"),
        ],
        day: 0,
    },
    State {
        name: "rotation switched",
        has_gitlab: true,
        steps: &[
            (0, "labtrust setup"),
            (0, "labtrust rotate start"),
            (0, "labtrust rotate switch --clients-ready"),
        ],
        day: 0,
    },
    State {
        name: "rotation given up after the switch",
        has_gitlab: true,
        steps: &[
            (0, "labtrust setup"),
            (0, "labtrust rotate start"),
            (0, "labtrust rotate switch --clients-ready"),
            (0, "labtrust rotate abort"),
            (0, "labtrust rotate abort"),
        ],
        day: 0,
    },
];
