//! The doctor on the server itself.
