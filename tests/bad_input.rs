//! Bad input, by mistake and on purpose: each ends with one clear line and a hint, with the right exit code, in bounded
//! time and memory, and changes nothing.

mod authorities;
pub(crate) mod case;
mod evidence;
mod files;
mod hosts;
mod keys;
mod samples;
mod screen;
pub(crate) mod servers;
