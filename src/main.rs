//! The program `labtrust`.

use std::process::ExitCode;

fn main() -> ExitCode {
    labtrust::run()
}
