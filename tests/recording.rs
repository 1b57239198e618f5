//! The recorded session that README shows: what a person types and sees on a terminal in the lab, as a picture.
//! `scripts/record` records it again.

use std::{fmt::Write as _, fs};

use crate::{
    examples::{redacted, run_on_terminal},
    lab::Style,
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/session.svg");

/// What is typed, each with the answers to its questions.
const SESSION: [(&str, &[&str]); 2] =
    [("labtrust setup mygitlab.example.com --prepare /srv/gitlab", &["y"]), ("labtrust status --check", &[])];

/// The width of the terminal: the line with a fingerprint fits.
const COLUMNS: usize = 124;

/// The size of a character and of a line, in pixels.
const CHARACTER: f32 = 8.4;
const LINE: usize = 19;
const MARGIN: usize = 16;

/// The line of a prompt.
fn prompt(command: &str) -> Vec<(char, Style)> {
    let style = |index| Style { bold: index > 0, colour: if index == 0 { 90 } else { 0 } };
    format!("$ {command}").chars().enumerate().map(|(index, character)| (character, style(index))).collect()
}

/// The class of `style`: a letter for its weight, the number of its colour.
fn class(style: Style) -> String {
    format!("{}{}", if style.bold { "b" } else { "n" }, style.colour)
}

fn svg(lines: &[Vec<(char, Style)>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a screen is small"
    )]
    let width = (columns as f32 * CHARACTER) as usize + 2 * MARGIN;
    let height = lines.len() * LINE + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"A terminal session: \
         labtrust setup shows its plan, asks, and reports what it did\">\n{STYLE}\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n"
    );
    for (number, line) in lines.iter().enumerate() {
        let y = MARGIN + LINE * number + LINE * 3 / 4;
        write!(svg, "<text x=\"{MARGIN}\" y=\"{y}\" style=\"animation-delay:{}ms\">", number * 80).unwrap();
        for part in line.chunk_by(|(_, style), (_, next)| style == next) {
            let text: String = part.iter().map(|(character, _)| character).collect();
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            write!(svg, "<tspan class=\"{}\">{text}</tspan>", class(part[0].1)).unwrap();
        }
        svg.push_str("</text>\n");
    }
    svg + "</svg>\n"
}

/// Lines appear one after another, unless the reader wants no motion.
const STYLE: &str = "<style>
rect { fill: #161b22; }
text { font: 14px/1 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre; }
@media (prefers-reduced-motion: no-preference) { text { animation: appear 1ms both; } }
@keyframes appear { from { opacity: 0; } to { opacity: 1; } }
.b0, .b31, .b32, .b33, .b36, .b90 { font-weight: bold; }
.n31, .b31 { fill: #ff7b72; } .n32, .b32 { fill: #3fb950; } .n33, .b33 { fill: #d29922; } .n36, .b36 { fill: #76e3ea; } .n90, .b90 { fill: #8b949e; }
</style>";

/// The text of a picture.
fn text(svg: &str) -> String {
    let lines = svg.lines().filter(|line| line.starts_with("<text"));
    let text = |line: &str| {
        let parts: String = line.split('>').map(|part| part.split('<').next().unwrap_or_default()).collect();
        parts.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") + "\n"
    };
    lines.map(text).collect()
}

#[test]
fn the_recorded_session_is_what_a_terminal_shows() {
    let machine = machine!("mygitlab");
    let mut lines = Vec::new();
    for (command, answers) in SESSION {
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        lines.push(prompt(command));
        let screen = run_on_terminal(&machine, &format!("stty cols {COLUMNS}; {command}"), answers);
        // A terminal breaks a line at its edge.
        let broken = screen.lines().iter().flat_map(|line| {
            let pieces = line.chunks(COLUMNS).map(<[_]>::to_vec).collect::<Vec<_>>();
            if pieces.is_empty() { vec![Vec::new()] } else { pieces }
        });
        lines.extend(broken);
    }
    let now = svg(&lines);
    if std::env::var_os("LABTRUST_UPDATE").is_some() {
        fs::write(PATH, now).unwrap();
    } else {
        let recorded = text(&fs::read_to_string(PATH).unwrap());
        assert_eq!(redacted(&text(&now)), redacted(&recorded), "scripts/record records it again");
    }
}
