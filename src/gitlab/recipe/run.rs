//! The commands that recreate a container of `docker run` with more ports. They stop and keep the old container until
//! the new one works, and do not touch its volumes.

use labtrust_plan::{Options, ShellLine, shell_line};
use serde_json::Value;

use super::{
    PublishedPort, Recipe,
    flag::{FLAGS, NO_FLAGS, plain},
    is_unset,
};
use crate::by_hand::ByHand;

impl Recipe {
    /// The steps that recreate it with `more` ports than it publishes now; `what` describes the first step. `image` holds
    /// the settings of its image, which the command need not repeat.
    ///
    /// # Errors
    /// The option that a command line cannot repeat exactly.
    pub(crate) fn by_hand(
        &self,
        what: &str,
        engine: &ShellLine,
        image: &Value,
        more: &[PublishedPort],
    ) -> Result<Vec<ByHand>, String> {
        self.refuse_unknown_options(engine, image)?;
        let (name, old) = (self.name(), format!("{}-before", self.name()));
        if self.is_removed_at_its_end() {
            return self.by_hand_of_removed(what, engine, image, more, &old);
        }
        let run = self.run_command(engine, &["run", "--detach"], image, more, &old)?;
        let restart = FLAGS.iter().find(|flag| flag.name == "--restart");
        let restart = restart.map(|flag| flag.words(self.at(&flag.at))).unwrap_or_default().pop();
        // A restarted engine would also start the old container.
        let run_with = |words: &[&str]| engine.clone().with(words);
        let keep = restart.as_ref().map(|_| run_with(&["update", "--restart", "no", &old]));
        let give_back = restart.map(|policy| run_with(&["update", "--restart", &policy, name]));
        let mut commands = vec![run_with(&["stop", name]), run_with(&["rename", name, &old])];
        commands.extend(keep);
        commands.push(run);
        commands.extend(self.connect_commands(engine));
        let back = [run_with(&["rm", "--force", name]), run_with(&["rename", &old, name])];
        let back = back.into_iter().chain(give_back).chain([run_with(&["start", name])]);
        Ok(vec![
            ByHand::remark(what).run(commands),
            ByHand::remark("when the new container works").run([run_with(&["rm", &old])]).or_else(),
            ByHand::remark("if it does not work").run(back).or_else(),
        ])
    }

    /// Whether it was started with `--rm`, so that its engine deletes it when it stops.
    fn is_removed_at_its_end(&self) -> bool {
        self.at(&["HostConfig", "AutoRemove"]) == &Value::Bool(true)
    }

    /// The same for a container that its engine deletes when it stops: the new one is created before, so that it gets the
    /// old one's environment, and that its volumes without a name stay.
    fn by_hand_of_removed(
        &self,
        what: &str,
        engine: &ShellLine,
        image: &Value,
        more: &[PublishedPort],
        old: &str,
    ) -> Result<Vec<ByHand>, String> {
        let name = self.name();
        let run_with = |words: &[&str]| engine.clone().with(words);
        let mut commands = vec![run_with(&["rename", name, old])];
        commands.push(self.run_command(engine, &["create", "--rm"], image, more, old)?);
        commands.extend(self.connect_commands(engine));
        commands.extend([run_with(&["stop", old]), run_with(&["start", name])]);
        let back = [run_with(&["rm", name]), run_with(&["rename", old, name])];
        Ok(vec![
            ByHand::remark(what).run(commands),
            ByHand::remark("if it cannot be created").run(back).or_else(),
        ])
    }

    /// The commands that connect the new container to its further networks.
    fn connect_commands(&self, engine: &ShellLine) -> Vec<ShellLine> {
        let connect = |(network, options): (&str, Vec<ShellLine>)| {
            shell_line!("{} network connect{} {} {}", engine, Options(&options), network, self.name())
        };
        self.more_networks().into_iter().map(connect).collect()
    }

    fn refuse_unknown_options(&self, engine: &ShellLine, image: &Value) -> Result<(), String> {
        let network = self.network();
        if network == "none" || network.starts_with("container:") {
            return Err(format!("it uses --network {network}, so it cannot publish ports"));
        }
        let is_known = |at: [&str; 2]| NO_FLAGS.contains(&at) || FLAGS.iter().any(|flag| flag.at == at);
        let mut strange = Vec::new();
        // Podman reports its own defaults there, and few of the given options.
        let parts = if engine.as_str().starts_with("podman") { &[][..] } else { &["Config", "HostConfig"] };
        for part in parts {
            for (key, value) in self.at(&[part]).as_object().into_iter().flatten() {
                let is_images = *part == "Config" && image.get(key) == Some(value);
                if !is_unset(value) && !is_known([part, key]) && !is_images {
                    strange.push(format!("{part}.{key}"));
                }
            }
        }
        if strange.is_empty() {
            Ok(())
        } else {
            Err(format!("labtrust does not know its options {}", strange.join(", ")))
        }
    }

    /// `docker run …`, or with another `verb`. It reads the environment and labels from the container `old`, the name of
    /// the old container by then.
    fn run_command(
        &self,
        engine: &ShellLine,
        verb: &[&str],
        image: &Value,
        more: &[PublishedPort],
        old: &str,
    ) -> Result<ShellLine, String> {
        let mut words: Vec<ShellLine> = Vec::new();
        let mut add = |name: &str, value: &str| words.push(ShellLine::of([name, value]));
        add("--name", self.name());
        let host_name = self.text(&["Config", "Hostname"]).unwrap_or_default();
        if !self.text(&["Id"]).unwrap_or_default().starts_with(host_name) {
            add("--hostname", host_name);
        }
        if !["", "default", "bridge"].contains(&self.network()) {
            add("--network", self.network());
        }
        for port in self.published() {
            add("--publish", &port);
        }
        if self.at(&["HostConfig", "PublishAllPorts"]) == &Value::Bool(true) {
            words.push("--publish-all".into());
        }
        let mut add = |name: &str, value: &str| words.push(ShellLine::of([name, value]));
        for PublishedPort { outside, inside } in more {
            add("--publish", &format!("{outside}:{inside}"));
        }
        for flag in &FLAGS {
            let value = self.at(&flag.at);
            if flag.at[0] == "Config" && image.get(flag.at[1]) == Some(value) {
                continue;
            }
            words.extend(flag.words(value).chunks(2).map(ShellLine::of));
        }
        words.extend(self.mount_options()?);
        words.extend(self.log_options());
        words.extend(self.network_options(self.at(&["NetworkSettings", "Networks", self.network()])));
        words.extend(self.labels(engine, image, old)?);
        let (environment, names) = self.environment(engine, image, old)?;
        words.extend(names.iter().map(|name| ShellLine::of(["--env", name])));
        let (entry, arguments) = self.entrypoint(image);
        words.extend(entry);
        words.push(ShellLine::of([self.text(&["Config", "Image"]).unwrap_or_default()]));
        words.extend(arguments.iter().map(|word| ShellLine::of([word])));
        let run = engine.clone().with(verb);
        let run = shell_line!("{}{}", run, Options(&words));
        Ok(environment.into_iter().rev().fold(run, |run, set| set.and(&run)))
    }

    /// The entrypoint option, and the words after the image, if they differ from the image's.
    fn entrypoint(&self, image: &Value) -> (Option<ShellLine>, Vec<String>) {
        let words = |value: &Value| value.as_array().into_iter().flatten().map(plain).collect::<Vec<_>>();
        let command = words(self.at(&["Config", "Cmd"]));
        let entry = self.at(&["Config", "Entrypoint"]);
        let is_images = |key: &str, value: &Value| {
            let images = image.get(key).unwrap_or(&Value::Null);
            images == value || (is_unset(images) && is_unset(value))
        };
        match words(entry).split_first() {
            Some((first, rest)) if !is_images("Entrypoint", entry) => {
                (Some(shell_line!("--entrypoint {}", first)), [rest, &command].concat())
            }
            _ if is_images("Cmd", self.at(&["Config", "Cmd"])) => (None, Vec::new()),
            _ => (None, command),
        }
    }
}
