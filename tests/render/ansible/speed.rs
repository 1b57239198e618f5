//! The speed of the collection beside a role that is written by hand, on the same fleet in the same run, with an updater that
//! takes no time. scripts/fleet prints it for 5, 20 and 40 hosts; here a few have to do.

use super::*;
use crate::lab::is_whole;

/// What a run took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    wall: f64,
    /// On the machine that manages the others.
    cpu: f64,
    megabytes: f64,
}

impl Cost {
    fn of(fleet: &Fleet, playbook: &str) -> Self {
        let line = format!("ANSIBLE_PIPELINING=1 python measure.py ansible-playbook -i inventory {playbook}");
        let output = fleet.sh(&line).succeeded().stdout;
        let figures: Vec<f64> = output.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
        let &[code, wall, cpu, bytes] = &figures[..] else { panic!("{output}") };
        assert!(code == 0.0, "{playbook} failed");
        Self { wall, cpu, megabytes: bytes / 1e6 }
    }

    /// A first run of the playbook on hosts where nothing was done, and a second one.
    fn first_and_again(fleet: &Fleet, playbook: &str) -> [Self; 2] {
        for host in &fleet.hosts {
            let forget = "rm -rf /usr/local/share/ca-certificates/* /etc/docker /var/lib/labtrust; cp /root/bundle /etc/ssl/certs/ca-certificates.crt";
            host.machine.sh(forget).succeeded();
        }
        [Self::of(fleet, playbook), Self::of(fleet, playbook)]
    }
}

fn measure(hosts: u32) -> Result<(), String> {
    let kinds = vec![Kind::STUB; hosts as usize];
    let (fleet, _pair) = fleet(&kinds)?;
    fleet.control.write("/root/rendered/by_hand.yml", include_str!("by_hand.yml"));
    fleet.control.write("/root/rendered/measure.py", include_str!("measure.py"));
    let by_hand = Cost::first_and_again(&fleet, "by_hand.yml");
    let ours = Cost::first_and_again(&fleet, "trust.yml");
    println!("{hosts} hosts          clock s   CPU s a host   MB in all");
    for (title, costs) in [("by hand", by_hand), ("labtrust", ours)] {
        for (run, cost) in ["first", "again"].iter().zip(costs) {
            let each = cost.cpu / f64::from(hosts);
            println!("  {title:9} {run:6} {:10.1} {each:12.2} {:13.2}", cost.wall, cost.megabytes);
        }
    }
    let ratio = |run: usize| (ours[run].wall / by_hand[run].wall, ours[run].cpu / by_hand[run].cpu);
    let (first, again) = (ratio(0), ratio(1));
    println!(
        "  labtrust : by hand   first {:.2} (CPU {:.2})   again {:.2} (CPU {:.2})",
        first.0, first.1, again.0, again.1
    );
    assert!(ours.iter().all(|cost| cost.megabytes <= 0.015 * f64::from(hosts)), "{ours:?}");
    if hosts >= 20 {
        // The starts of Ansible itself weigh less then.
        assert!(first.0 <= 0.6 && again.0 <= 0.25, "{first:?} {again:?}");
        assert!(ours.iter().all(|cost| cost.cpu <= 0.3 * f64::from(hosts)), "{ours:?}");
    } else {
        assert!(again.1 < 1.0, "{again:?}");
    }
    Ok(())
}

#[test]
fn it_is_faster_than_a_role_by_hand() {
    let sizes: &[u32] = if is_whole("LABTRUST_FLEET") { &[5, 20, 40] } else { &[4] };
    for hosts in sizes {
        if let Err(reason) = measure(*hosts) {
            return crate::lab::skip(&reason);
        }
    }
}
