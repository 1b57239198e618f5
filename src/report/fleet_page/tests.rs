//! The report of a small rollout, as HTML, CSV and JSON.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use super::{csv, html};
use crate::{fleet::record::FleetRecord, report::rollout::document};

const OLD: &str = "90e83ace4e5beff801f76fde59c7584aca54d4b767b2f654ccefb4db761a3925";

/// A record of `hosts` with one CA.
fn record(action: &str, hosts: &serde_json::Value) -> FleetRecord {
    serde_json::from_value(json!({
        "schema": 1, "action": action, "at": "2026-11-30T16:00:00Z",
        "cas": [{ "sha256": OLD, "title": "Example Lab CA", "not_after": "2036-11-27T15:59:00Z" }],
        "hosts": hosts,
    }))
    .unwrap()
}

/// A host with the `state`, the reason `why` and the results `stores`: id, state, detail.
fn host(state: &str, why: &str, stores: &[[&str; 3]]) -> serde_json::Value {
    let store = |[id, state, detail]: &[&str; 3]| json!({ "id": id, "state": state, "detail": detail });
    let stores: Vec<_> = stores.iter().map(store).collect();
    let is_pending = stores.iter().any(|store| store["state"] == "pending");
    let code = match state {
        "ok" if is_pending => Some(4),
        "ok" => Some(0),
        _ => None,
    };
    json!({
        "at": "2026-11-30T15:58:00Z", "state": state, "code": code, "why": why,
        "anchors": [{ "sha256": OLD, "stores": stores }],
    })
}

/// A record with a host of each state.
fn all_states() -> FleetRecord {
    let full = [["system", "failed", "No space left"], ["docker", "trusted", "in certs.d"]];
    record(
        "trust",
        &json!({
            "runner-1": host("ok", "", &[["system", "trusted", "holds it"]]),
            "runner-2": host("failed", "", &full),
            "runner-3": host("ok", "", &[["docker", "pending", "restart Docker"]]),
            "runner-4": host("unreachable", "ssh: connect to host runner-4 port 22: timed out", &[]),
            "runner-5": host("unreachable", "ssh: connect to host runner-5 port 22: timed out", &[]),
            "runner-6": null,
        }),
    )
}

#[test]
fn the_page_tells_each_state_in_words() {
    let page = html(&all_states());
    for part in [
        "<title>labtrust rollout: 2 of 6 hosts done, 1 needs a restart</title>",
        "Makes each host trust: Example Lab CA. The last run ended 2026-11-30 16:00 UTC.",
        "ends <time datetime=\"2036-11-27T15:59:00Z\" data-end=\"3649\">2036-11-27</time>, in 3,649 days",
        "<dt><i aria-hidden=\"true\">✗</i> unreachable</dt><dd class=\"number\">2</dd>",
        "<dt><i aria-hidden=\"true\">·</i> never begun</dt><dd class=\"number\">1</dd>",
        "<code>labtrust rollout --retry -i INVENTORY</code>",
        "<p class=\"reason\">system: No space left</p><p class=\"of\">runner-2</p>",
        "<p class=\"reason\">ssh: connect to host HOST port 22: timed out</p><p class=\"of\">runner-4, runner-5</p>",
        "<tr role=\"row\" data-host=\"runner-2\" data-group=\"failed\"><th role=\"rowheader\" scope=\"row\">runner-2</th>\
         <td role=\"cell\" class=\"bad\"><i aria-hidden=\"true\">✗</i> failed</td>\
         <td role=\"cell\" class=\"bad\" data-label=\"system\" data-word=\"failed\"><i aria-hidden=\"true\">✗</i> failed</td>\
         <td role=\"cell\" class=\"good\" data-label=\"docker\" data-word=\"trusted\"><i aria-hidden=\"true\">✓</i> trusted</td>\
         <td role=\"cell\"><span class=\"why\">system: No space left</span></td></tr>",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
    assert!(!page.contains("{{"), "a part of the page was not filled");
}

#[test]
fn a_host_is_not_taken_for_another_whose_name_begins_like_it() {
    let why = "web-1: lost web-10, old-web-1 and web-1.example.com; web-1. Ask web-1";
    let page = html(&record("trust", &json!({ "web-1": host("failed", why, &[]) })));
    let told = "HOST: lost web-10, old-web-1 and web-1.example.com; HOST. Ask HOST";
    assert!(page.contains(&format!("<p class=\"reason\">{told}</p>")), "{page}");
}

#[test]
fn a_removal_is_told_as_one() {
    let hosts = json!({ "a": host("ok", "", &[["system", "untrusted", ""]]), "b": host("failed", "", &[["system", "trusted", "still there"]]) });
    let page = html(&record("remove", &hosts));
    for part in [
        "Makes each host stop trusting: ",
        "</i> not there</td>",
        "class=\"bad\" data-label=\"system\" data-word=\"trusted\"",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
}

#[test]
fn a_finished_rollout_leaves_nothing() {
    let page = html(&record("trust", &json!({ "a": host("ok", "", &[["system", "trusted", ""]]) })));
    assert!(page.contains("Nothing: every host is done.") && !page.contains("--retry"), "{page}");
}

#[test]
fn a_host_that_was_only_asked_is_not_done() {
    let mut asked = host("ok", "", &[["system", "untrusted", "it does not hold the certificate"]]);
    asked["code"] = json!(1);
    let page = html(&record("trust", &json!({ "a": asked })));
    for part in [
        "0 of 1 host done",
        "data-group=\"not-done\"",
        "<p class=\"reason\">system: it does not hold the certificate</p>",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
}

#[test]
fn the_end_of_a_ca_is_counted_from_the_run() {
    for (end, told) in [
        ("2026-12-01T00:00:00Z", "ends soon: "),
        ("2026-11-29T00:00:00Z", "before this run"),
        ("soon", "ends <time datetime=\"soon\">soon</time>"),
    ] {
        let mut record = all_states();
        record.cas[0].not_after = end.to_owned();
        assert!(html(&record).contains(told), "{end}");
    }
}

#[test]
fn no_name_or_detail_breaks_out_of_the_page() {
    let evil = "</script><script>alert(1)</script><!--\u{2028}\u{202e}&\"'{{script}}";
    let mut record = record("trust", &json!({ evil: host("failed", evil, &[[evil, "failed", evil]]) }));
    record.cas[0].title = evil.to_owned();
    let page = html(&record);
    assert_eq!(page.matches("<script").count(), 2, "the data and the program");
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("\"use strict\";").count(), 1);
    assert!(!page.contains("<!--"), "a comment");
    let (_, data) = page.split_once("application/json\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    assert!(!data.contains(['<', '>', '&', '\u{2028}']), "{data}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(data).unwrap(), document(&record));
}

#[test]
fn the_policy_allows_this_script_and_this_style_alone() {
    let page = html(&all_states());
    let inside = |from: &str, to: &str| page.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned();
    let script = inside("</script>\n<script>", "</script>");
    let style = inside("<style>", "</style>");
    let policy = inside("http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let want = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        super::source(&script),
        super::source(&style)
    );
    assert_eq!(policy, want);
    for outside in ["http:", "https:", " style=", " onclick=", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn hosts_are_in_the_order_in_which_people_count() {
    let names = ["10.0.0.2", "10.0.0.10", "db1", "web-2.example.com", "web-10.example.com"];
    let hosts: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), json!(null))).collect();
    let page = html(&record("trust", &hosts.into()));
    let places = names.map(|name| page.find(&format!("data-host=\"{name}\"")).unwrap());
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn csv_has_a_row_for_each_host_and_store() {
    let want = format!(
        "host,state,sha256,store,store_state,changed,detail,why\r\n\
         runner-1,done,{OLD},system,trusted,false,holds it,\r\n\
         runner-2,failed,{OLD},system,failed,false,No space left,\r\n\
         runner-2,failed,{OLD},docker,trusted,false,in certs.d,\r\n\
         runner-3,restart-left,{OLD},docker,pending,false,restart Docker,\r\n\
         runner-4,unreachable,,,,,,ssh: connect to host runner-4 port 22: timed out\r\n\
         runner-5,unreachable,,,,,,ssh: connect to host runner-5 port 22: timed out\r\n\
         runner-6,never-begun,,,,,,\r\n"
    );
    assert_eq!(csv(&all_states()), want);
}

#[test]
fn csv_quotes_cells_and_no_cell_is_a_formula() {
    let hosts = json!({ "=1+1": host("failed", "a \"b\", c\nd", &[["-x", "failed", "@sum, or"], ["+y", "failed", " z"]]) });
    let want = format!(
        "host,state,sha256,store,store_state,changed,detail,why\r\n\
         '=1+1,failed,{OLD},'-x,failed,false,\"'@sum, or\",\"a \"\"b\"\", c\nd\"\r\n\
         '=1+1,failed,{OLD},'+y,failed,false,\" z\",\"a \"\"b\"\", c\nd\"\r\n"
    );
    assert_eq!(csv(&record("trust", &hosts)), want);
}
