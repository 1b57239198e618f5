//! The screen of a terminal after a program wrote to it: lines of characters with their styles, without the parts that were
//! erased, such as a spinner.

/// How a character is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether it is bold.
    pub bold: bool,
    /// The number of its colour (ECMA-48, 8.3.117), such as 32 for green; 0 is the terminal's own.
    pub colour: u8,
}

/// The lines of a screen of any height.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    lines: Vec<Vec<(char, Style)>>,
    row: usize,
    column: usize,
    style: Style,
}

impl Screen {
    /// The screen after `written`.
    pub(crate) fn of(written: &str) -> Self {
        let mut screen = Self::default();
        let mut rest = written.chars();
        while let Some(character) = rest.next() {
            match character {
                '\r' => screen.column = 0,
                '\n' => screen.row += 1,
                '\u{8}' => screen.column = screen.column.saturating_sub(1),
                '\u{1b}' => screen.control(&mut rest),
                other if other.is_control() => {}
                other => screen.put(other),
            }
        }
        screen
    }

    fn control(&mut self, rest: &mut std::str::Chars<'_>) {
        if rest.next() != Some('[') {
            return;
        }
        let mut numbers = String::new();
        let Some(last) = rest.find(|&character| {
            let is_last = character.is_ascii_alphabetic();
            numbers.extend((!is_last).then_some(character));
            is_last
        }) else {
            return;
        };
        let mut numbers = numbers.split(';').map(|number| number.parse::<u8>().unwrap_or(0));
        match last {
            'm' => numbers.for_each(|number| self.set_style(number)),
            'A' => self.row = self.row.saturating_sub(usize::from(numbers.next().unwrap_or(1).max(1))),
            // 0 erases from here on, 2 the whole line.
            'K' => {
                let from = if numbers.next() == Some(2) { 0 } else { self.column };
                if let Some(line) = self.lines.get_mut(self.row) {
                    line.truncate(from);
                }
            }
            _ => {}
        }
    }

    fn set_style(&mut self, number: u8) {
        match number {
            0 => self.style = Style::default(),
            1 => self.style.bold = true,
            30..=37 | 90..=97 => self.style.colour = number,
            39 => self.style.colour = 0,
            _ => {}
        }
    }

    fn put(&mut self, character: char) {
        let blank = (' ', Style::default());
        self.lines.resize(self.lines.len().max(self.row + 1), Vec::new());
        let line = &mut self.lines[self.row];
        line.resize(line.len().max(self.column + 1), blank);
        line[self.column] = (character, self.style);
        self.column += 1;
    }

    /// Its lines.
    pub(crate) fn lines(&self) -> &[Vec<(char, Style)>] {
        &self.lines
    }

    /// Its text; each line ends with a line feed, and has no spaces at its end.
    pub(crate) fn text(&self) -> String {
        let line = |line: &Vec<(char, Style)>| {
            let text: String = line.iter().map(|(character, _)| character).collect();
            format!("{}\n", text.trim_end())
        };
        self.lines.iter().map(line).collect()
    }
}

#[test]
fn erased_parts_are_not_on_the_screen() {
    let written = "\u{1b}[1mCA\u{1b}[0m\r\n\r\u{1b}[2K⠋ working\r\u{1b}[2K\u{1b}[32m✓\u{1b}[39m done\r\nlonger\rlong\u{1b}[K\r\n";
    let screen = Screen::of(written);
    assert_eq!(screen.text(), "CA\n✓ done\nlong\n");
    assert_eq!(screen.lines()[0][0].1, Style { bold: true, colour: 0 });
    assert_eq!(screen.lines()[1][0], ('✓', Style { bold: false, colour: 32 }));
}
