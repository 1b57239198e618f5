//! The files as files: sums, formats, what names them, and what must not be in them.

use super::{LINUX, archive, bytes, dist, judge, made};
use crate::judges;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Unpacks `archive` into a folder of its own, and says where the program is.
fn program(archive: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let line =
        ["-xzf", archive.to_str().unwrap(), "-C", folder.path().to_str().unwrap(), "--strip-components=1"];
    assert!(Command::new("tar").args(line).status().unwrap().success());
    let program = folder.path().join("labtrust");
    (folder, program)
}

#[test]
fn the_sums_are_right_and_of_every_file() {
    let Some(sums) = made("SHA256SUMS") else { return };
    let checked =
        Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(dist()).output();
    assert!(checked.unwrap().status.success());
    let listed = std::fs::read_to_string(sums).unwrap();
    for file in std::fs::read_dir(dist()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name == "SHA256SUMS" || listed.contains(&format!("  {name}\n")), "{name}");
    }
}

#[test]
fn the_program_for_linux_needs_no_library_and_says_what_it_is_built_from() {
    let Some(archive) = archive(LINUX) else { return };
    let (folder, program) = program(&archive);
    for name in [
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "THIRD-PARTY-LICENSES",
        "man/labtrust.1",
        "completions/_labtrust",
    ] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    let path = program.to_str().unwrap();
    let headers = judge(&["readelf", "--program-headers", "--dynamic", "--sections", "--wide", path]);
    assert!(!headers.contains("INTERP") && !headers.contains("(NEEDED)"), "{headers}");
    assert!(headers.contains(".dep-v0"), "no auditable data: {headers}");
    // Nobody learns where it was built.
    let contents = bytes(&program);
    let home = std::env::var("HOME").unwrap();
    for place in [&*format!("{home}/.cargo"), env!("CARGO_MANIFEST_DIR")] {
        assert!(!contents.windows(place.len()).any(|part| part == place.as_bytes()), "{place}");
    }
}

#[test]
fn the_programs_for_macos_have_its_format_and_start_on_macos_11() {
    for (target, processor) in [("aarch64-apple-darwin", 0x0100_000c), ("x86_64-apple-darwin", 0x0100_0007)] {
        let Some(archive) = archive(target) else { continue };
        let (_folder, program) = program(&archive);
        let file = bytes(&program);
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        // mach-o/loader.h: MH_MAGIC_64, the processor, MH_EXECUTE.
        assert_eq!([number(0), number(4), number(12)], [0xfeed_facf, processor, 2], "{target}");
        let (mut libraries, mut least, mut at) = (Vec::new(), None, 32);
        for _ in 0..number(16) {
            match number(at) {
                0xc | 0x8000_0018 => {
                    let name = &file[at + number(at + 8) as usize..at + number(at + 4) as usize];
                    libraries.push(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned());
                }
                0x32 => least = Some(number(at + 12) >> 16), // LC_BUILD_VERSION
                0x24 => least = Some(number(at + 8) >> 16),  // LC_VERSION_MIN_MACOSX
                _ => {}
            }
            at += number(at + 4) as usize;
        }
        assert_eq!(least, Some(11), "{target}");
        let is_the_systems = |name: &String| name.starts_with("/usr/lib/") || name.starts_with("/System/");
        assert!(!libraries.is_empty() && libraries.iter().all(is_the_systems), "{target}: {libraries:?}");
    }
}

#[test]
fn the_bill_of_materials_names_every_crate_once() {
    let Some(bill) = made(&format!("labtrust-{}.cdx.json", super::VERSION)) else { return };
    let bill: serde_json::Value = serde_json::from_slice(&bytes(&bill)).unwrap();
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let names: Vec<_> =
        bill["components"].as_array().unwrap().iter().map(|one| one["bom-ref"].to_string()).collect();
    let once: std::collections::BTreeSet<_> = names.iter().collect();
    assert!(names.len() > 100 && once.len() == names.len());
    for depends in bill["dependencies"].as_array().unwrap() {
        for on in depends["dependsOn"].as_array().unwrap() {
            assert!(once.contains(&on.to_string()), "{on}");
        }
    }
}

#[test]
fn gitlabs_schema_accepts_the_pipeline() {
    if !judges::is_here("check-jsonschema", &["--version"]) {
        return;
    }
    let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join(".gitlab-ci.yml");
    let options = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];
    let output =
        Command::new(judges::program("check-jsonschema")).args(options).arg(pipeline).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn homebrews_formula_names_the_archives_and_their_sums() {
    if !dist().join("labtrust.rb").exists() && !super::is_whole("LABTRUST_RELEASE") {
        println!("the formula is for all platforms, and not all were made");
        return;
    }
    let Some(formula) = made("labtrust.rb") else { return };
    // As much of Homebrew as a formula needs to be read.
    let brew = "class Formula
          def self.method_missing(*) = yield if block_given?
          def self.on_macos = yield
          def self.on_linux = yield
          def self.on_arm = yield
          def self.on_intel = yield
          def self.url(text) = $stdout.puts(text.sub('file://', ''))
          def self.sha256(text) = $stdout.puts(text)
          def self.version(*) = nil
          def self.test = nil
        end
        load ARGV[0]";
    let said = judge(&["ruby", "-e", brew, formula.to_str().unwrap()]);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 8, "{said}");
    for pair in lines.chunks(2) {
        assert!(judge(&["sha256sum", pair[0]]).starts_with(pair[1]), "{said}");
    }
}
