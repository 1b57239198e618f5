//! Talking to a program as a person at a terminal does: wait for its question, then answer.

use super::process::{Output, Process};
use std::io::Write;
use std::time::Duration;

/// A program on a pseudo-terminal; what it writes to stdout and stderr arrives in one stream.
pub(crate) struct Terminal {
    process: Process,
    seen: usize,
}

impl Terminal {
    pub(super) fn new(process: Process) -> Self {
        Self { process, seen: 0 }
    }

    /// Waits until `text` appears after what was waited for before.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) -> &mut Self {
        loop {
            let written = self.process.stdout();
            if let Some(at) = written[self.seen..].find(text) {
                self.seen += at + text.len();
                return self;
            }
            self.process.check_time(&format!("did not say {text:?}"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Types `text`; a line ends with `\n`.
    pub(crate) fn send(&mut self, text: &str) -> &mut Self {
        let input = self.process.child.stdin.as_mut().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.flush().unwrap();
        self
    }

    /// Waits for the program's end; the output's stdout holds all that was on the screen.
    pub(crate) fn finish(self) -> Output {
        self.process.finish()
    }
}
