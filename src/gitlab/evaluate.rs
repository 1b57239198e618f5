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
        let output = world.try_run(&command).ok().filter(|output| output.code == Some(0));
        match output.and_then(|output| Evaluation::read(&output.stdout)) {
            Some(evaluation) => config.evaluated(evaluation),
            None => config,
        }
    }
}
