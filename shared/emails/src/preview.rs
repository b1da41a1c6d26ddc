//! A page of all emails, and the emails as files.

use askama::Template;

use crate::samples::{Sample, samples};

/// A file of the preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewFile {
    /// Without a folder.
    pub name: String,
    /// What is in it.
    pub body: String,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The sample data is no event.
    #[error("the sample data is no event")]
    Samples(#[from] serde_json::Error),
    /// An email has no HTML.
    #[error("an email could not be rendered")]
    Unrendered(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    samples: &'a [Sample],
}

/// Every email as HTML, text and message for a chat channel, and `index.html` with links to them.
pub fn preview() -> Result<Vec<PreviewFile>, PreviewError> {
    let samples = samples()?;
    let mut files = vec![PreviewFile {
        name: "index.html".to_owned(),
        body: Index { samples: &samples }.render()?,
    }];
    for sample in &samples {
        let file = |ending: &str, body: String| PreviewFile {
            name: format!("{}.{ending}", sample.name),
            body,
        };
        files.push(file("html", sample.draft.html()?));
        files.push(file(
            "txt",
            format!(
                "Subject: {}\n\n{}",
                sample.draft.subject,
                sample.draft.text()
            ),
        ));
        if let Some(chat) = &sample.chat {
            files.push(file("json", serde_json::to_string_pretty(chat)?));
        }
    }
    Ok(files)
}
