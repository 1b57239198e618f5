use super::*;

/// Pasted texts, each below a line with its first code (`-` if the doctor has no code for it) and a part of the
/// explanation.
const PASTED: &str = include_str!("messages.txt");

#[test]
fn pasted_texts_have_their_first_code() {
    let texts: Vec<&str> = PASTED.split("\n% ").skip(1).collect();
    assert!(texts.len() >= 80);
    let mut wrong = Vec::new();
    for text in texts {
        let (expected, text) = text.split_once('\n').expect("a line above the text");
        let (code, word) = expected.split_once(": ").expect("a code and a word");
        // Wrapped or logged, it means the same.
        let wrapped: String = (text.chars().enumerate())
            .flat_map(|(at, one)| (at % 40 == 39).then_some('\n').into_iter().chain([one]))
            .collect();
        let logged = format!("2026-11-24T12:00:00.123Z gitlab | \u{1b}[31m{text}\u{1b}[0m");
        for text in [text, &wrapped, &logged] {
            let found = meaning(text).map(|meaning| meaning.row);
            let first = found.map(|row| row.codes.first().copied().unwrap_or("-"));
            if first != Some(code) || !found.is_some_and(|row| row.what.contains(word)) {
                wrong.push(format!("{text}\n  is not {code}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Reported texts, each below a line with its first code, its side, its server and a part of the explanation.
const REPORTED: &str = include_str!("reported.txt");

#[test]
fn reported_texts_are_judged_by_their_reason() {
    let mut wrong = Vec::new();
    for text in REPORTED.split("\n% ").skip(1) {
        let (expected, text) = text.split_once('\n').expect("a line above the text");
        let found = meaning(text).map(|meaning| {
            let code = meaning.row.codes.first().copied().unwrap_or("-");
            let server = meaning.server.as_deref().unwrap_or("-");
            (format!("{code} | {} | {server} | ", meaning.side.name()), meaning.row.what)
        });
        let word = expected.rsplit_once(" | ").map_or("", |(_, word)| word);
        let is_right = found
            .as_ref()
            .is_some_and(|(seen, what)| expected == format!("{seen}{word}") && what.contains(word));
        if !is_right {
            wrong.push(format!("{}\n  is not {expected}: {found:?}", text.trim()));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_unknown_text_has_no_meaning() {
    for text in ["", " ", "hello", "x509", "Login Succeeded", "error", "the forbiddenness of feof"] {
        let found = meaning(text).map(|meaning| meaning.row.codes);
        assert!(found.is_none() || text == "x509", "{text}: {found:?}");
    }
}

#[test]
fn the_next_step_names_the_server() {
    let text_of = |steps: Vec<NextStep>| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let next = |text: &str| meaning(text).map(|meaning| text_of(meaning.next()));
    let named = r#"Get "https://[2001:db8::1]:4567/v2/": Service Unavailable"#;
    assert_eq!(next(named), Some("labtrust doctor '[2001:db8::1]:4567'".into()));
    assert_eq!(next("Service Unavailable"), Some("labtrust doctor HOST:PORT".into()));
}

#[test]
fn a_command_for_the_server_stands_alone() {
    let steps =
        meaning("nginx: [emerg] SSL_CTX_use_PrivateKey() failed: key values mismatch").expect("known").next();
    assert_eq!(steps[0].place, Some("on the server"));
    assert_eq!(steps[0].command.as_str(), "sudo labtrust doctor HOST:PORT");
    assert_eq!(steps[0].to_string(), "on the server: sudo labtrust doctor HOST:PORT");
    let commands = rows().flat_map(|row| next(row.next, None)).map(|step| step.command);
    let prose: Vec<_> = commands.filter(|command| command.as_str().starts_with("on ")).collect();
    assert_eq!(prose, ["on the reverse proxy, in the nginx configuration: client_max_body_size 0;"]);
}

#[test]
fn a_text_as_long_as_is_taken_is_judged_quickly() {
    let began = std::time::Instant::now();
    for part in
        ["x509 ", "https://", "failed with status letsencrypt bind() to ", "é", "\u{1b}]", "lookup a.b, not "]
    {
        meaning(&part.repeat((1 << 20) / part.len()));
    }
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn what_a_row_names_is_a_code_with_a_page() {
    let named = rows().flat_map(|row| row.codes);
    let unknown: Vec<_> = named.filter(|code| crate::doctor::Page::find(code).is_none()).collect();
    assert_eq!(unknown, [&""; 0]);
    assert!(rows().all(|row| !row.next.is_empty()));
}
