//! Renewal: a new certificate before the old one expires.

pub(crate) mod answer;
pub(crate) mod asked;
pub(crate) mod clock;
pub(crate) mod current_certificate;
pub(crate) mod out_of_date;
pub(crate) mod schedule;
mod sealed;
