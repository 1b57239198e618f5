//! Examples, exit codes, files and environment variables of each command. `--help` and the manual show the same rows.

use crate::exit;

/// An example.
pub struct Example {
    /// Its heading, without a full stop.
    pub what: &'static str,
    /// The command line. SHA256 stands for a fingerprint.
    pub line: &'static str,
}

/// The page of one command.
pub struct HelpPage {
    /// The name of the command.
    pub verb: &'static str,
    /// Examples, the most common first.
    pub examples: &'static [Example],
    /// The exit codes whose meaning depends on the command; they replace those of [`EXITS`].
    exits: &'static [(u8, &'static str)],
}

/// Exit codes that mean the same for most commands.
const EXITS: &[(u8, &str)] = &[
    (exit::DONE, "everything that you asked for is done and checked"),
    (exit::USAGE, "the command line is wrong"),
    (exit::FAULT, "the command failed, or root has to run it; the output says what was done so far"),
];

const DRY_RUN: (u8, &str) = (exit::NO, "you answered no, or --dry-run found something to change");
const NOT_TRUSTED: (u8, &str) =
    (exit::NO, "a store does not trust the CA, you answered no, or --dry-run found something to change");
const RESTART: (u8, &str) = (
    exit::RESTART,
    "done, but it takes effect only after the command that the output names, such as a restart",
);
const NOT_YET: (u8, &str) = (
    exit::RESTART,
    "no other problem, but a change takes effect only after the command that the output names",
);
const PRINTED: (u8, &str) = (exit::DONE, "printed");
const WRITTEN: (u8, &str) = (exit::DONE, "printed, or written with --out");

/// Files and folders, for the manual.
pub const FILES: &[(&str, &str)] = &[
    ("/var/lib/labtrust", "State of a machine: the CA, receipts of every change, and the lock (as root)."),
    ("~/.local/share/labtrust", "State of a user (as any other user)."),
    (
        "~/.local/share/labtrust/certs, ~/.local/share/labtrust/certs.pem",
        "CAs for programs that read SSL_CERT_DIR and NODE_EXTRA_CA_CERTS (as a user without root).",
    ),
    ("/etc/gitlab/gitlab.rb, /etc/gitlab/ssl", "Settings and certificates of an Omnibus GitLab."),
    ("/etc/docker/certs.d/HOST:PORT", "CAs that the Docker daemon trusts for one registry."),
];

/// Environment variables, for the manual.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("LABTRUST_STATE", "Folder for the state, as --state."),
    (
        "LABTRUST_KEYSTORE_PASSWORD_FILE",
        "File whose first line is the password of Java keystores that have neither of the usual passwords.",
    ),
    ("NO_COLOR", "If set, output has no colours."),
    (
        "NODE_EXTRA_CA_CERTS, SSL_CERT_DIR, SHELL",
        "Without root: whether this shell has the lines that `trust` prints, and in which form to print them.",
    ),
    (
        "DOCKER_HOST, DOCKER_CONFIG",
        "Docker daemon and client settings that the doctor looks at, as docker does.",
    ),
];

const fn example(what: &'static str, line: &'static str) -> Example {
    Example { what, line }
}

/// The pages, in the order of the help.
pub const HELP_PAGES: &[HelpPage] = &[
    HelpPage {
        verb: "setup",
        examples: &[
            example(
                "Set up the GitLab on this machine (Omnibus or container)",
                "labtrust setup mygitlab.example.com",
            ),
            example("Show the plan and change nothing", "labtrust setup mygitlab.example.com --dry-run"),
            example("Prepare a new GitLab in Docker", "labtrust setup mygitlab.example.com --prepare gitlab"),
            example(
                "Write only the certificate and key, for a reverse proxy",
                "labtrust setup mygitlab.example.com --out /etc/nginx/ssl --reload 'systemctl reload nginx'",
            ),
            example(
                "Create the CA now and install the certificate later",
                "labtrust setup mygitlab.example.com --stage",
            ),
            example("Undo a setup", "labtrust setup --undo"),
        ],
        exits: &[NOT_TRUSTED, RESTART],
    },
    HelpPage {
        verb: "import",
        examples: &[
            example(
                "Install a certificate with its chain, and its key",
                "labtrust import --cert fullchain.pem --key mygitlab.key",
            ),
            example(
                "Install the certificate that was issued for `labtrust request`",
                "labtrust import --cert issued.cer",
            ),
            example(
                "Install a PKCS#12 file",
                "labtrust import --pkcs12 mygitlab.pfx --passphrase-file passphrase.txt",
            ),
        ],
        exits: &[NOT_TRUSTED, RESTART],
    },
    HelpPage {
        verb: "request",
        examples: &[
            example("Write a CSR for every host in gitlab.rb", "labtrust request -o mygitlab.csr"),
            example(
                "Add a name",
                "labtrust request mygitlab.example.com --name pages.example.com -o mygitlab.csr",
            ),
            example(
                "Use an RSA key of your own",
                "labtrust request mygitlab.example.com --key rsa.key -o mygitlab.csr",
            ),
        ],
        exits: &[DRY_RUN],
    },
    HelpPage {
        verb: "sign",
        examples: &[
            example(
                "Issue a certificate with a new key",
                "labtrust sign runner.mygitlab.example.com -o /etc/runner/tls",
            ),
            example("Sign a CSR", "labtrust sign --csr runner.csr"),
        ],
        exits: &[DRY_RUN],
    },
    HelpPage {
        verb: "renew",
        examples: &[
            example("Renew now", "labtrust renew"),
            example("Renew if fewer than 30 days are left, from a timer", "labtrust renew --if-expiring 30"),
        ],
        exits: &[
            (
                exit::NO,
                "the certificate expires soon and labtrust cannot renew it, or --dry-run found something to change",
            ),
            RESTART,
        ],
    },
    HelpPage {
        verb: "rotate",
        examples: &[
            example("Show the progress", "labtrust rotate"),
            example("Create the next CA", "labtrust rotate start"),
            example("Use it, when every client trusts it", "labtrust rotate switch --clients-ready"),
            example("Remove the old CA", "labtrust rotate retire"),
        ],
        exits: &[NOT_TRUSTED, RESTART],
    },
    HelpPage {
        verb: "backup",
        examples: &[
            example("Encrypt with a passphrase that is asked for", "labtrust backup ca.age"),
            example(
                "Encrypt to a public key, from a script",
                "labtrust backup ca.age --replace --recipient age1…",
            ),
        ],
        exits: &[DRY_RUN],
    },
    HelpPage {
        verb: "restore",
        examples: &[
            example("Show what would be restored", "labtrust restore ca.age --dry-run"),
            example("Restore on a new server", "labtrust restore ca.age"),
            example(
                "Restore a backup that was encrypted to a public key",
                "labtrust restore ca.age --identity key.txt --fingerprint SHA256",
            ),
        ],
        exits: &[DRY_RUN],
    },
    HelpPage {
        verb: "trust",
        examples: &[
            example(
                "Trust the CA of a server",
                "labtrust trust mygitlab.example.com:4567 --fingerprint SHA256",
            ),
            example(
                "Trust a file, for one registry",
                "labtrust trust ./ca.crt --for mygitlab.example.com:4567",
            ),
            example(
                "Trust only in Docker",
                "labtrust trust ./ca.crt --for mygitlab.example.com:4567 --store docker",
            ),
            example(
                "Trust in every store but those of browsers",
                "labtrust trust ./ca.crt --for mygitlab.example.com:4567 --except browsers",
            ),
            example(
                "Also trust in the own stores of every person (as root)",
                "labtrust trust ./ca.crt --for mygitlab.example.com:4567 --all-users",
            ),
            example("Show the trust stores that labtrust knows", "labtrust trust --list"),
            example("Show what would change", "labtrust trust ./ca.crt --dry-run"),
        ],
        exits: &[NOT_TRUSTED, RESTART],
    },
    HelpPage {
        verb: "untrust",
        examples: &[
            example("Remove the only CA", "labtrust untrust"),
            example("Remove the CA of one host", "labtrust untrust mygitlab.example.com"),
            example("Remove a CA wherever it is installed", "labtrust untrust SHA256 --purge"),
        ],
        exits: &[
            (
                exit::NO,
                "the CA is still trusted because somebody else also installed it, or --dry-run found something to change",
            ),
            RESTART,
        ],
    },
    HelpPage {
        verb: "status",
        examples: &[
            example("Show the state of this machine", "labtrust status"),
            example("The same for a script", "labtrust status --json"),
        ],
        exits: &[
            (exit::DONE, "no problem"),
            (exit::NO, "there is a problem, and the output names it"),
            NOT_YET,
        ],
    },
    HelpPage {
        verb: "doctor",
        examples: &[
            example("Find out why docker login fails", "labtrust doctor mygitlab.example.com:4567"),
            example("Fix it", "labtrust doctor mygitlab.example.com:4567 --fix"),
            example(
                "Write evidence for a ticket",
                "labtrust doctor mygitlab.example.com:4567 --evidence evidence.json",
            ),
            example("Diagnose evidence from another machine", "labtrust doctor --from evidence.json"),
        ],
        exits: &[
            (exit::DONE, "no problem is left, or the requested change is done and checked"),
            (exit::NO, "the doctor found a problem, or --dry-run found something to change"),
            RESTART,
        ],
    },
    HelpPage {
        verb: "explain",
        examples: &[
            example(
                "Explain an error message",
                "labtrust explain 'x509: certificate signed by unknown authority'",
            ),
            example("Explain a finding of the doctor", "labtrust explain proxy-not-bypassed"),
        ],
        exits: &[
            (exit::DONE, "the message was explained"),
            (exit::NO, "labtrust has no explanation for this message"),
        ],
    },
    HelpPage {
        verb: "inspect",
        examples: &[
            example("Show what a server sends", "labtrust inspect mygitlab.example.com"),
            example("Show a file", "labtrust inspect ./fullchain.pem"),
        ],
        exits: &[PRINTED],
    },
    HelpPage {
        verb: "render",
        examples: &[
            example(
                "Trust the CA on another machine that has no labtrust",
                "labtrust render --as shell | ssh HOST sudo sh -s",
            ),
            example(
                "Write the script for the old and the new CA of a rotation",
                "labtrust render ./new.crt --as shell --also ./old.crt -o rollout",
            ),
        ],
        exits: &[WRITTEN, DRY_RUN],
    },
    HelpPage {
        verb: "rollout",
        examples: &[
            example("Trust the CA of this machine on every host", "labtrust rollout -i hosts.ini --become"),
            example("Ask first", "labtrust rollout -i hosts.ini --become --check"),
            example("Serve the hosts that are left", "labtrust rollout -i hosts.ini --become --retry"),
            example(
                "Use a jump host and a vault, with options of Ansible",
                "labtrust rollout -i hosts.ini -- --ssh-common-args '-J jump' --ask-vault-pass",
            ),
            example("Write a report of the last run", "labtrust rollout --report rollout.html"),
        ],
        exits: &[
            (exit::NO, "--check or --status: a host does not trust the CA"),
            (exit::FAULT, "a host failed, was not reached, or was not begun"),
            RESTART,
        ],
    },
    HelpPage {
        verb: "page",
        examples: &[
            example("Write the page for a web server or GitLab Pages", "labtrust page -o public"),
            example("Serve it on port 8899 until Ctrl-C", "labtrust page --listen 8899"),
            example(
                "On another machine, with the program's packages",
                "labtrust page mygitlab.example.com:4567 --fingerprint SHA256 --binaries dist -o public",
            ),
        ],
        exits: &[(exit::DONE, "written, or the address was served until the command was stopped"), DRY_RUN],
    },
    HelpPage {
        verb: "export",
        examples: &[
            example("Write the CA's certificate to a file", "labtrust export -o ca.crt"),
            example("Pipe it to another command", "labtrust export | openssl x509 -text -noout"),
        ],
        exits: &[WRITTEN, DRY_RUN],
    },
    HelpPage {
        verb: "completions",
        examples: &[example(
            "Install completions for bash",
            "labtrust completions bash >/etc/bash_completion.d/labtrust",
        )],
        exits: &[PRINTED],
    },
    HelpPage {
        verb: "man",
        examples: &[
            example("Read a page", "labtrust man setup | man -l -"),
            example("Install all pages", "labtrust man -o /usr/local/share/man/man1"),
        ],
        exits: &[WRITTEN],
    },
];

impl HelpPage {
    /// The page of the command `verb`.
    pub fn of(verb: &str) -> Option<&'static Self> {
        HELP_PAGES.iter().find(|page| page.verb == verb)
    }

    /// Its exit codes and their meanings, in order.
    pub fn exits(&self) -> Vec<(u8, &'static str)> {
        let is_general = |(code, _): &&(u8, _)| self.exits.iter().all(|(own, _)| own != code);
        let mut exits: Vec<_> = EXITS.iter().filter(is_general).chain(self.exits).copied().collect();
        exits.sort_by_key(|(code, _)| *code);
        exits
    }

    fn after_options(&self) -> String {
        let examples =
            self.examples.iter().map(|example| format!("  {}:\n    {}\n", example.what, example.line));
        let exits = self.exits().into_iter().map(|(code, meaning)| format!("  {code}  {meaning}\n"));
        let text = format!(
            "Examples:\n{}\nExit codes:\n{}",
            examples.collect::<String>(),
            exits.collect::<String>()
        );
        text.trim_end().to_owned()
    }
}

/// The command line with examples and exit codes at the end of each `--help`.
pub fn add_to(command: clap::Command) -> clap::Command {
    HELP_PAGES.iter().fold(command, |command, page| {
        command.mut_subcommand(page.verb, |verb| verb.after_long_help(page.after_options()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn every_command_has_a_page_with_examples_that_the_command_line_takes() {
        let command = cli::command();
        for verb in command.get_subcommands() {
            assert!(HelpPage::of(verb.get_name()).is_some(), "{}", verb.get_name());
        }
        let fingerprint = "ab".repeat(32);
        for page in HELP_PAGES {
            let mut verb = command.find_subcommand(page.verb).expect("a command").clone();
            let help = verb.render_long_help().to_string();
            for example in page.examples {
                assert!(help.contains(&format!("\n    {}\n", example.line)), "no line is broken: {help}");
                // The part after `|` or `>` is for the shell.
                let typed = example.line.split(['|', '>']).next().unwrap_or_default();
                let typed = typed.replace("SHA256", &fingerprint);
                // A quoted part is one word.
                let parts = typed.split('\'').zip([false, true].into_iter().cycle());
                let words: Vec<&str> = parts
                    .flat_map(|(part, is_quoted)| {
                        if is_quoted { vec![part] } else { part.split_whitespace().collect::<Vec<_>>() }
                    })
                    .collect();
                assert_eq!(words[..2], ["labtrust", page.verb], "{typed}");
                let parsed = cli::command().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{typed}: {}", parsed.expect_err("refused"));
            }
        }
    }
}
