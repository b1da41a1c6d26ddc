//! The length of texts in HTML.

/// The beginning of a text that has at most `most` octets in HTML.
pub fn fitting(text: &str, most: usize) -> &str {
    let mut octets = 0;
    for (at, character) in text.char_indices() {
        octets += octets_of(character);
        if octets > most {
            return &text[..at];
        }
    }
    text
}

/// The octets of a text in HTML.
pub(crate) fn octets(text: &str) -> usize {
    text.chars().map(octets_of).sum()
}

fn octets_of(character: char) -> usize {
    // askama writes these as `&#34;` and the like.
    if "\"&'<>".contains(character) {
        5
    } else {
        character.len_utf8()
    }
}
