//! A fresh certificate before the old one ends.

pub mod answer;
pub mod clock;
pub mod current_certificate;
pub mod out_of_date;
pub mod schedule;
