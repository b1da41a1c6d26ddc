//! The plain-text body of an email. Each sentence is one line, however long: a line break within a
//! client's text would make its words look like a line of ours, and mail programs wrap
//! automatically.

use std::fmt::Write as _;

use domain_auth::plain_text::one_line;

use crate::draft::{Advice, Button, Draft, Part, RecordRow, Target};

impl Draft {
    /// The plain-text body.
    pub fn text(&self) -> String {
        let mut blocks = vec![one_line(&self.heading)];
        let (before, behind) = self.around_button();
        blocks.extend(before.iter().map(of_part));
        blocks.extend(self.button.as_ref().map(of_button));
        blocks.extend(behind.iter().map(of_part));
        if !self.small_print.is_empty() {
            blocks.push(format!("-- \n{}", lines(&self.small_print, "")));
        }
        blocks.retain(|block| !block.is_empty());
        blocks.join("\n\n") + "\n"
    }
}

fn of_part(part: &Part) -> String {
    match part {
        Part::Sentence(text) => one_line(text),
        Part::Callout { label, text, .. } => format!("{label}: {}", one_line(text)),
        Part::Quote { intro, lines: said } => {
            format!("{}\n{}", one_line(intro), lines(said, "> "))
        }
        Part::Facts(facts) => {
            let widest = facts.iter().map(|(label, _)| label.chars().count());
            let width = widest.max().unwrap_or_default() + 2;
            let line =
                |(label, value): &(&str, String)| format!("{label:<width$}{}", one_line(value));
            facts.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Part::List { title, items } => format!("{}\n{}", one_line(title), lines(items, "- ")),
        Part::Records { title, records } => {
            let records: Vec<String> = records.iter().map(of_record).collect();
            format!("{}\n\n{}", one_line(title), records.join("\n\n"))
        }
        Part::Table {
            title,
            columns,
            rows,
        } => {
            let rows: Vec<String> = rows.iter().map(|row| of_row(columns, row)).collect();
            format!("{}\n\n{}", one_line(title), rows.join("\n\n"))
        }
    }
}

fn of_record(record: &RecordRow) -> String {
    let mut block = format!("* {}: {}", one_line(&record.kind), record.state);
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            write!(block, "\n  {label:<8}{}", one_line(text)).ok();
        }
    };
    line("Name:", &record.name);
    line("Value:", &record.value);
    line("Seen:", &record.message);
    if let Some(Advice {
        before,
        value,
        behind,
    }) = &record.fix
    {
        line("Fix:", &format!("{before}{value}{behind}"));
    }
    block
}

/// The first cell is the heading of the row's block.
fn of_row(columns: &[&str], row: &[String]) -> String {
    let width = columns.iter().map(|column| column.chars().count()).max();
    let width = width.unwrap_or_default() + 2;
    let mut cells = columns.iter().zip(row);
    let mut block = cells
        .next()
        .map_or_else(String::new, |(_, cell)| format!("* {}", one_line(cell)));
    for (column, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
        write!(block, "\n  {column:<width$}{}", one_line(cell)).ok();
    }
    block
}

fn of_button(button: &Button) -> String {
    let label = one_line(&button.label);
    match &button.target {
        Target::Page(url) => format!("{label}:\n{}", one_line(url)),
        Target::Call(call) => format!("{label}, in the API:\n{}", one_line(call)),
    }
}

fn lines(lines: &[String], before: &str) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("{before}{}", one_line(line)))
        .collect();
    lines.join("\n")
}
