//! `completions` and `man`: made from the same definition as the help.

use anyhow::Result;

use super::Context;
use crate::{
    cli::{self, Completions},
    exit,
};

pub fn completions(context: &Context<'_>, arguments: &Completions) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut cli::command(), "labtrust", &mut text);
    context.printer.text(&String::from_utf8_lossy(&text));
    exit::DONE
}

/// One page for all verbs, so that one file is all there is to install.
pub fn man(context: &Context<'_>) -> Result<u8> {
    let mut command = cli::command();
    command.build();
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        page.extend(format!(".SH \"LABTRUST {}\"\n", verb.get_name().to_uppercase()).into_bytes());
        let man = clap_mangen::Man::new(verb.clone().display_name(format!("labtrust {}", verb.get_name())));
        let mut section = Vec::new();
        man.render_synopsis_section(&mut section)?;
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        // Within a verb's section its own sections are one level down.
        page.extend(String::from_utf8_lossy(&section).replace(".SH ", ".SS ").into_bytes());
    }
    context.printer.text(&String::from_utf8_lossy(&page));
    Ok(exit::DONE)
}
