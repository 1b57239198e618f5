//! The options of `render`.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser},
};
use labtrust_plan::render::RENDERINGS;

use super::SeveralArgs;

/// Write files that make other machines trust the CA, for the tools that manage them
///
/// The files contain certificates alone, never a key. Each rendering serves what its target can do, and says what it
/// leaves to `labtrust trust`.
#[derive(Debug, Args)]
pub struct Render {
    /// What is rendered
    #[arg(long = "as", value_name = "KIND", value_parser = kinds())]
    pub kind: String,
    #[command(flatten)]
    pub cas: SeveralArgs,
    /// Render the removal of the CAs
    #[arg(long)]
    pub remove: bool,
    /// Folder for the files [default: standard output, if there is one file]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

fn kinds() -> PossibleValuesParser {
    let kinds = RENDERINGS.iter().map(|rendering| PossibleValue::new(rendering.id).help(rendering.title));
    PossibleValuesParser::new(kinds)
}
