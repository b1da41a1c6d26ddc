//! A page of all emails, and the emails as files.

use askama::Template;

use crate::samples::{LetterError, letter_samples, samples};

/// A file of the preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its content.
    pub body: String,
}

/// Why the preview failed.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The sample data is not an event, or a message could not be written.
    #[error("the sample data is not an event")]
    Samples(#[from] serde_json::Error),
    /// The email with instructions failed.
    #[error("there is no email with instructions")]
    Letter(#[from] LetterError),
    /// The HTML of an email could not be rendered.
    #[error("an email could not be rendered")]
    Unrendered(#[from] askama::Error),
}

/// An email on the overview page.
struct Entry {
    name: String,
    subject: String,
    has_chat: bool,
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    entries: &'a [Entry],
}

/// Every email as HTML, text and message for a chat channel, and `index.html` with links to them.
pub fn preview() -> Result<Vec<PreviewFile>, PreviewError> {
    let mut entries = Vec::new();
    let mut files = Vec::new();
    let file = |name: &str, ending: &str, body: String| PreviewFile {
        name: format!("{name}.{ending}"),
        body,
    };
    let with_subject = |subject: &str, text: &str| format!("Subject: {subject}\n\n{text}");
    for sample in samples()? {
        let (name, draft) = (sample.name, sample.draft);
        files.push(file(&name, "html", draft.html()?));
        files.push(file(
            &name,
            "txt",
            with_subject(&draft.subject, &draft.text()),
        ));
        if let Some(chat) = &sample.chat {
            files.push(file(&name, "json", serde_json::to_string_pretty(chat)?));
        }
        entries.push(Entry {
            name,
            subject: draft.subject,
            has_chat: sample.chat.is_some(),
        });
    }
    for (name, letter) in letter_samples()? {
        files.push(file(
            name,
            "txt",
            with_subject(&letter.subject, &letter.text),
        ));
        files.push(file(name, "html", letter.html));
        entries.push(Entry {
            name: name.to_owned(),
            subject: letter.subject,
            has_chat: false,
        });
    }
    let index = Index { entries: &entries }.render()?;
    files.insert(0, file("index", "html", index));
    Ok(files)
}
