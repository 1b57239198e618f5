//! What a GitLab server says of itself: `gitlab.rb`, nginx's configuration, a container as its engine
//! describes it, a compose file.
#![no_main]

use labtrust::fuzzing::{self, Config, Container, Role, Settings, Wanted};
use labtrust_plan::Command;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
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
    let endpoint = "mygitlab.example.com:443".parse().expect("an endpoint");
    let registry = "mygitlab.example.com:4567".parse().expect("an endpoint");
    // What is edited is edited once.
    let wanted = Wanted::usual(&endpoint, &registry);
    if let Ok(settings) = Settings::plan(Some(text.as_bytes()), "", &wanted) {
        let again = Settings::plan(Some(&settings.after), "", &wanted).expect("what is read as meant");
        assert!(again.edits.is_empty(), "{again:?}");
    }
    fuzzing::nginx(text);
    fuzzing::compose(text);
    if let Ok(container) = Container::read(text, &Command::new("/usr/bin/docker", [""; 0]), None) {
        let _ = (container.has_config(), container.is_gitlab(), container.published(443));
        let _ = container.outside("/etc/gitlab".as_ref());
    }
});
