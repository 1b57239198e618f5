//! `explain`: what a finding or an error message means, without a browser.

use anyhow::Result;

use super::Context;
use crate::{cli::Explain, doctor::Page, exit, hint::fail};

pub fn run(context: &Context<'_>, arguments: &Explain) -> Result<u8> {
    let text = arguments.text.join(" ");
    let page = Page::find(text.trim()).ok_or_else(|| {
        fail(
            "that is no finding of the doctor's, and no message that labtrust knows",
            "labtrust doctor HOST:4567 asks",
        )
    })?;
    context.printer.document(&serde_json::json!({ "schema": 1, "code": page.code, "text": page.text }));
    context.printer.heading(page.code);
    context.printer.say(page.text);
    Ok(exit::DONE)
}
