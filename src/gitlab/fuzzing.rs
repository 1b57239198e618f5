//! The entry points of the fuzz targets: parsers of GitLab's files and answers, and their invariants for any text.

use labtrust_plan::{Command, Endpoint, ShellLine};

use super::{
    Role, compose,
    config::Config,
    container::{Container, Reach},
    nginx,
    published_ports::{Need, PortSeen, advice},
    settings::{Settings, Wanted},
    sources::Sources,
};

/// `gitlab.rb`: an edited file is not edited again.
pub fn settings(text: &str) {
    let config = Config::read("", text);
    for role in [Role::Gitlab, Role::Registry, Role::Pages, Role::Kas, Role::Mattermost] {
        let _ = (config.address(role), config.certificate(role), config.key(role), config.listen_port(role));
    }
    let _ = (
        config.are_pages_in_path(),
        config.served_elsewhere(),
        config.is_lets_encrypt_off(),
        config.remarks(),
    );
    let endpoint = |text: &str| text.parse::<Endpoint>().expect("an endpoint");
    let wanted = Wanted::usual(&endpoint("mygitlab.example.com:443"), &endpoint("mygitlab.example.com:4567"));
    if let Ok(settings) = Settings::plan(Some(text.as_bytes()), &Sources::default(), &wanted) {
        let again = Settings::plan(Some(&settings.after), &Sources::default(), &wanted)
            .expect("the file after the edit is read");
        assert!(again.edits.is_empty(), "{again:?}");
    }
}

/// Configuration of nginx.
pub fn nginx(text: &str) {
    nginx::read(text);
}

/// A compose file.
pub fn compose(text: &str) {
    compose::published(text, 443);
}

/// A container as its engine describes it.
pub fn container(text: &str) {
    if let Ok(container) = read_container(text) {
        let _ = (container.has_config(), container.is_gitlab(), container.published(443));
        let _ = container.outside("/etc/gitlab".as_ref());
    }
}

/// The commands for a container that does not publish a port. `image` holds the settings of its image.
pub fn recipe(container: &str, image: &str) -> Vec<ShellLine> {
    let Ok(container) = read_container(container) else { return Vec::new() };
    let port = PortSeen {
        need: Need::Ssh { is_said: true },
        inside: 22,
        outside: 2222,
        reach: Reach::Nowhere,
        is_free: true,
        holder: None,
        instead: None,
    };
    let image = || serde_json::from_str(image).unwrap_or_default();
    let recipe = advice(&container, &[port], false, &image, &|_| true).by_hand;
    recipe.into_iter().flat_map(|part| part.commands).collect()
}

fn read_container(text: &str) -> serde_json::Result<Container> {
    Container::read(text, &Command::new("/usr/bin/docker", [""; 0]), None)
}
