//! What is wrong with what is served.
