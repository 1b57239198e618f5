//! A private CA and certificate trust installer for self-hosted GitLab.
