//! Proxies that are in the way.
