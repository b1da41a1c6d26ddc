//! The visible part of a text.

/// The lines of a text. Unicode's own line and paragraph separators end lines, too. Invisible
/// characters, and characters that change the direction of text, are removed, so that no text looks
/// different from its content (Unicode Technical Report 36, "Bidirectional text spoofing").
pub fn quotable(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n")
        .split([
            '\n', '\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}', '\u{85}',
        ])
        .map(visible)
        .collect()
}

/// The visible text in one line, with one space for each run of white space.
pub fn one_line(text: &str) -> String {
    let line = quotable(text).join(" ");
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ")
}

/// The visible text in quotation marks at the end of a sentence, with a full stop after them,
/// unless the text ends its own sentence.
pub fn quotation(text: &str) -> String {
    let line = one_line(text);
    let stop = if line.ends_with(['.', '!', '?', '…']) {
        ""
    } else {
        "."
    };
    format!("“{line}”{stop}")
}

/// Whether a character is invisible, or changes how its neighbours look: controls, bidirectional
/// controls, zero-width characters, fillers, variation selectors, interlinear annotation and tags
/// (most of them `Default_Ignorable_Code_Point` of the Unicode Character Database).
///
/// The two joiners are not in this list: South Asian scripts, Persian and emoji need them, and
/// [`quotable`] keeps them only there.
pub fn is_hidden(c: char) -> bool {
    let ignorable = matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    ignorable || c.is_control()
}

/// A line without its invisible characters. A tab becomes a space.
fn visible(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\t' => shown.push(' '),
            '\u{200c}' | '\u{200d}' => {
                let before = shown.chars().next_back();
                let between = [before, characters.peek().copied()];
                if between.into_iter().all(|c| c.is_some_and(joins)) {
                    shown.push(c);
                }
            }
            c if is_hidden(c) => {}
            c => shown.push(c),
        }
    }
    shown
}

/// Whether a joiner next to the character changes how it looks, as writers of its script need it.
fn joins(c: char) -> bool {
    matches!(
        c,
        '\u{600}'..='\u{dff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{18af}'
            | '\u{2190}'..='\u{2bff}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{1f000}'..='\u{1faff}'
    )
}
