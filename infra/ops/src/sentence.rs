//! An error in a sentence.

/// An error with its causes, on one line.
pub fn sentence(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("clients.csv")]
    struct Unread(#[source] io::Error);

    #[test]
    fn an_error_and_its_causes_are_one_line() {
        let error = Unread(io::Error::new(io::ErrorKind::NotFound, "no such file"));
        assert_eq!(sentence(&error), "clients.csv: no such file");
    }
}
