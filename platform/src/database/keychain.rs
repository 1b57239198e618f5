//! macOS keychains, through `security`.

use std::path::Path;

use super::Listing;
use crate::{Certificate, Result, world::World};

pub fn find(_: &World, _: &Path, _: bool, _: &Certificate) -> Result<Option<Listing>> {
    Ok(None)
}

pub fn add(_: &World, _: &Path, _: bool, _: &Certificate) -> Result<()> {
    Ok(())
}

pub fn restore(_: &World, _: &Path, _: bool, _: &Certificate, _: Option<&Listing>) -> Result<()> {
    Ok(())
}
