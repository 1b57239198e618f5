//! The report of a rollout: Chromium opens it as people do, and axe-core judges it.

use serde_json::Value;

use crate::lab::{Machine, browsers};

const RECORD: &str = "/var/lib/labtrust/rollout/records/trust-1.json";

/// A record of so many `hosts` in the state folder.
fn record(machine: &Machine, hosts: usize) {
    let script = include_str!("fleet_page/record.py");
    let record = machine.run(["/usr/bin/python3", "-c", script, &hosts.to_string()]).succeeded().stdout;
    machine
        .run(["mkdir", "-p", "-m", "700", "/var/lib/labtrust", "/var/lib/labtrust/rollout/records"])
        .succeeded();
    machine.write(RECORD, &record);
}

#[test]
fn the_page_is_used_with_mouse_and_keyboard_on_screens_and_paper() {
    let machine = machine!("fleet-page");
    browsers::install(&machine, "chromium");
    for (hosts, page) in [(40, "forty"), (2000, "many")] {
        record(&machine, hosts);
        machine.sh(&format!("labtrust rollout --report /root/{page}.html")).succeeded();
    }
    let pages = ["/root/forty.html", "/root/many.html"];
    let told = browsers::use_page(&machine, include_str!("fleet_page/steps.py"), &pages);
    told.succeeded().says("ok: serves many hosts");
}

#[test]
fn a_report_is_also_csv_and_json() {
    let machine = machine!("fleet-data");
    record(&machine, 40);
    let report = |name: &str| {
        machine
            .run(["labtrust", "rollout", "--report", &format!("/root/{name}")])
            .succeeded()
            .says("report: ");
        machine.read(&format!("/root/{name}"))
    };
    let json: Value = serde_json::from_str(&report("report.json")).unwrap();
    let recorded: Value = serde_json::from_str(&machine.read(RECORD)).unwrap();
    assert_eq!(json["hosts"].as_object().unwrap().len(), 40);
    assert_eq!(json["cas"], recorded["cas"]);

    // Python's own reader finds a row for each host, CA and store.
    report("report.csv");
    let rows = machine.sh("/usr/bin/python3 -c 'import csv, json
rows = list(csv.DictReader(open(\"/root/report.csv\", newline=\"\")))
print(json.dumps([len(rows), len({row[\"host\"] for row in rows}), rows[0]]))'");
    let [count, hosts, first] = serde_json::from_str::<[Value; 3]>(&rows.succeeded().stdout).unwrap();
    let stores = |host: &Value| {
        let anchors = host["anchors"].as_array().cloned().unwrap_or_default();
        anchors.iter().map(|anchor| anchor["stores"].as_array().unwrap().len()).sum::<usize>().max(1)
    };
    let want: usize = json["hosts"].as_object().unwrap().values().map(stores).sum();
    assert_eq!((count.as_u64(), hosts.as_u64()), (Some(want as u64), Some(40)));
    assert_eq!(first["store_state"], "trusted", "{first}");
}
