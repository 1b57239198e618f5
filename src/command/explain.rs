//! `explain`: explains a finding or an error message.

use anyhow::Result;
use serde::Serialize;

use crate::{
    cli::Explain,
    doctor::{
        Page, is_misspelt_code,
        message::{self, Meaning, NextStep, Side},
        near_codes,
    },
    exit,
    hint::{fail, shell_line},
    input,
    printer::Printer,
};

/// The longest text that is read. Job logs are seldom longer.
const LONGEST: usize = 1 << 20;

#[derive(Serialize)]
struct Report<'r> {
    /// The most likely code of the doctor, if there is one.
    code: Option<&'r str>,
    codes: &'r [&'r str],
    what: Option<&'r str>,
    /// The program that said it, and the side that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<Side>,
    next: Vec<NextStep>,
    /// The page of `code`.
    page: Option<&'r str>,
}

pub(super) fn run(printer: &Printer, arguments: &Explain) -> Result<u8> {
    let text = match arguments.text.as_slice() {
        [dash] if dash == "-" => pasted()?,
        words => words.join(" "),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(exit::misuse("no text was given", "labtrust explain \"the error message\""));
    }
    // The doctor writes codes in this form above its findings.
    let code = text.strip_prefix("error: ").or_else(|| text.strip_prefix("warning: ")).unwrap_or(text);
    if let Some(page) = Page::find(code) {
        explain_code(printer, page);
        return Ok(exit::DONE);
    }
    if let Some(meaning) = Some(text).filter(|text| !is_misspelt_code(text)).and_then(message::meaning) {
        explain(printer, &meaning);
        return Ok(exit::DONE);
    }
    say_unknown(printer, text);
    Ok(exit::NO)
}

fn pasted() -> Result<String> {
    let bytes = input::standard_input(LONGEST)?;
    if bytes.len() > LONGEST {
        let hint = "pass only the lines around the error: tail -n 50 FILE | labtrust explain -";
        return Err(fail("standard input holds more than 1 MiB", hint));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn explain_code(printer: &Printer, page: Page) {
    printer.document(&Report {
        code: Some(page.code),
        codes: &[page.code],
        what: Some(page.cause()),
        program: None,
        side: None,
        next: message::next_of_unknown(""),
        page: Some(page.text),
    });
    printer.heading(page.code);
    // Bold words are the first words of their lines, so they need no mark here.
    for line in page.text.replace("**", "").lines() {
        printer.say(line);
    }
}

fn explain(printer: &Printer, meaning: &Meaning) {
    let row = meaning.row;
    let code = row.codes.first().copied();
    let page = code.and_then(Page::find);
    let next = meaning.next();
    printer.document(&Report {
        code,
        codes: row.codes,
        what: Some(row.what),
        program: meaning.program,
        side: Some(meaning.side),
        next: next.clone(),
        page: page.map(|page| page.text),
    });
    printer.say(row.what);
    let by = meaning.program.map_or_else(String::new, |program| format!("by {program}, "));
    printer.say(format_args!("Reported {by}about {}.", meaning.side.words()));
    if !row.codes.is_empty() {
        printer.heading("Possible causes, most likely first:");
        say_codes(printer, row.codes);
    }
    say_next(printer, &next);
}

fn say_unknown(printer: &Printer, text: &str) {
    let next = message::next_of_unknown(text);
    printer.document(&Report {
        code: None,
        codes: &[],
        what: None,
        program: None,
        side: None,
        next: next.clone(),
        page: None,
    });
    let near = near_codes(text);
    if near.is_empty() {
        printer.say("No explanation for this message.");
    } else {
        printer.say("Unknown code. Similar codes:");
    }
    say_codes(printer, &near);
    say_next(printer, &next);
}

fn say_codes(printer: &Printer, codes: &[&str]) {
    for code in codes {
        printer.command(shell_line!("labtrust explain {}", code));
    }
}

fn say_next(printer: &Printer, next: &[NextStep]) {
    let mut last = None;
    for NextStep { place, command } in next {
        if last != Some(place) {
            printer.heading(&place.map_or_else(|| "Next:".to_owned(), |place| format!("Next, {place}:")));
        }
        printer.command(command);
        last = Some(place);
    }
}
