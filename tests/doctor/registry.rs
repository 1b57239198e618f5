//! What answers, and is no registry.
