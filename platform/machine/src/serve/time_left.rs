//! The time that a client has left.

use std::time::{Duration, Instant};

/// The time until `end`; none if it is over. A timeout of a socket must not be zero.
pub(super) fn remaining(end: Instant) -> Option<Duration> {
    Some(end.saturating_duration_since(Instant::now())).filter(|left| *left > Duration::from_millis(1))
}
