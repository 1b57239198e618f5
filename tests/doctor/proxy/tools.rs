//! The tools of a user.
