//! What a GitLab server says of itself: `gitlab.rb`, nginx's configuration, a container as its engine
//! describes it, a compose file.
#![no_main]

use labtrust::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    fuzzing::settings(text);
    fuzzing::nginx(text);
    fuzzing::compose(text);
    fuzzing::container(text);
});
