//! What an error message means.
