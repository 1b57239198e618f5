//! What people type for a host, an endpoint, a name of a certificate or a fingerprint: what is
//! accepted has one form, which is accepted as itself and stays in its folder.
#![no_main]

use std::{
    fmt::{Debug, Display},
    str::FromStr,
};

use labtrust::certificate::SubjectName;
use labtrust_plan::{DnsName, Endpoint, Fingerprint, Host, Target};
use libfuzzer_sys::fuzz_target;

fn parsed<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            let form = value.to_string();
            assert!(form.is_ascii() && !form.chars().any(|c| c.is_ascii_control() || c == ' '), "{form:?}");
            assert_eq!(form.parse::<T>().ok().as_ref(), Some(&value), "{text:?} became {form:?}");
            Some(value)
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!said.chars().any(char::is_control), "{said:?} would act on a terminal");
            None
        }
    }
}

fuzz_target!(|text: &str| {
    parsed::<DnsName>(text);
    parsed::<Host>(text);
    parsed::<SubjectName>(text);
    parsed::<Fingerprint>(text);
    let endpoint = parsed::<Endpoint>(text);
    let target = parsed::<Target>(text).map(|target| target.or_port(443));
    for endpoint in endpoint.into_iter().chain(target) {
        let folder = endpoint.certs_d_folder();
        assert!(!folder.contains(['/', '\\', '\0']) && !folder.starts_with('.') && !folder.is_empty());
        assert!(folder.len() <= 255 + 6, "{folder} is no file name");
    }
});
