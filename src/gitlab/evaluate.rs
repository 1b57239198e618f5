//! Has GitLab's own Ruby evaluate gitlab.rb, where GitLab is installed, for the settings that only Ruby can compute. Nothing
//! is applied.

use std::path::Path;

use labtrust_machine::World;

use super::{
    config::Config,
    control::Control,
    installation::{Installation, Kind, exists},
    role,
    ruby::Evaluation,
};

pub(super) const SCRIPT: &str = include_str!("evaluate.rb");

impl Installation {
    /// `config` with the values that only Ruby can compute, if there are any and GitLab's own Ruby can be run.
    pub(crate) fn evaluated(&self, world: &World, config: Config) -> Config {
        let paths = role::setting_paths();
        if !config.needs_ruby(&paths) {
            return config;
        }
        let (control, options) = match &self.kind {
            Kind::Omnibus if exists(world, Path::new(Control::RUBY)).unwrap_or_default() => {
                (Control::omnibus(), &["--without-environment"][..])
            }
            Kind::Container(container) if container.running => {
                (Control::inside(&container.engine, &container.name), &[][..])
            }
            _ => return config,
        };
        let Ok(paths) = serde_json::to_string(&paths) else { return config };
        let command = control.ruby([&["-e", SCRIPT, "--", &paths], options].concat());
        let output = world.try_run(&command).map_err(|error| error.to_string());
        config.evaluated(output.and_then(|output| Evaluation::read(&output.stdout)))
    }
}

#[cfg(test)]
mod tests {
    use crate::gitlab::stage::Stage;

    /// Why Ruby stops at `script` on a machine; empty if it does not.
    fn stopped(script: &str) -> String {
        let script = format!("{script}\nexternal_url 'https://git.corp.example'\n");
        Stage::new().evaluation_with(script.as_bytes(), &["--without-environment"]).err().unwrap_or_default()
    }

    #[test]
    fn what_gitlab_rb_prints_is_no_part_of_the_answer() {
        for script in ["puts 'hi'", "system('echo hi')", "STDOUT.puts 'hi'", "$stdout.syswrite('hi')"] {
            assert_eq!(stopped(script), "", "{script}");
        }
    }

    #[test]
    fn no_way_into_the_environment_of_the_shell_is_open() {
        for read in [
            "ENV['PATH']",
            "ENV.values",
            "ENV.to_a",
            "ENV.each_pair { |one| one }",
            "ENV.map { |one| one }",
            "ENV.select { |one| one }",
            "ENV.find { |one| one }",
            "ENV.inspect",
            "(ENV['PATH'] rescue nil)",
        ] {
            assert_eq!(stopped(read), "/etc/gitlab/gitlab.rb:1: it reads the environment", "{read}");
        }
        assert_eq!(stopped("ENV['LANG'] = 'C'"), "");
    }

    #[test]
    fn the_error_of_ruby_has_its_place_and_no_secret() {
        for (script, why) in [
            ("'hunter2'.frozen_fqdn", "1: NoMethodError: frozen_fqdn"),
            ("x = 1\nnode['hunter']", "2: KeyError: hunter"),
            ("require 'corp/settings'", "1: LoadError: corp/settings"),
            ("from_file '/etc/gitlab/none.rb'", "1: Errno::ENOENT"),
            ("raise 'hunter2'", "1: RuntimeError"),
            ("x = [", "2: SyntaxError"),
        ] {
            assert_eq!(stopped(script), format!("/etc/gitlab/gitlab.rb:{why}"), "{script}");
        }
    }
}
