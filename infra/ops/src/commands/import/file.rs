//! The CSV file.

use std::path::Path;

use domain_auth::domain::NewDomain;
use domain_auth::names::{ClientId, Community, DomainName, EmailAddress};
use serde::{Deserialize, Serialize};

use crate::outcome::Error;

/// A row as it is written.
#[derive(Debug, Deserialize)]
struct Written {
    client: String,
    domain: String,
    #[serde(default)]
    community: Option<String>,
    #[serde(default)]
    contact_email: Option<String>,
}

/// A row that can be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line in the file, counted from one.
    pub line: u64,
    /// The domain in the row.
    pub new: NewDomain,
}

/// A row that was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowNotDone {
    /// Its line in the file.
    pub line: u64,
    /// The name of the domain in the row.
    pub domain: String,
    /// Why the row was not imported.
    pub reason: String,
}

/// Reads the rows of a file. One that cannot be read is among those not done, and the others go on.
pub fn read(path: &Path) -> Result<(Vec<Row>, Vec<RowNotDone>), Error> {
    let file = |source| Error::File {
        path: path.display().to_string(),
        source,
    };
    let text = std::fs::read(path).map_err(file)?;
    rows(&text)
}

/// The columns that a file may have. A misspelt one would lose what is in it.
const COLUMNS: [&str; 4] = ["client", "domain", "community", "contact_email"];

pub(super) fn rows(text: &[u8]) -> Result<(Vec<Row>, Vec<RowNotDone>), Error> {
    // The byte order mark that spreadsheets put in front of UTF-8.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = with_line_feeds(text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_slice());
    let headers = reader.headers().cloned();
    let headers = headers.map_err(|error| {
        Error::Input(format!(
            "the first line of the CSV file: {error}. Save the file as CSV in UTF-8"
        ))
    })?;
    if let Some(unknown) = headers.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(Error::Input(format!(
            "the CSV file has an unknown column, {unknown:?}; the columns are {}",
            COLUMNS.join(", ")
        )));
    }
    let given = |column| headers.iter().filter(|name| *name == column).count();
    if let Some(column) = COLUMNS.iter().find(|column| given(**column) > 1) {
        return Err(Error::Input(format!(
            "the CSV file has the column `{column}` more than once"
        )));
    }
    for wanted in ["client", "domain"] {
        if !headers.iter().any(|header| header == wanted) {
            return Err(Error::Input(format!(
                "the first line of the CSV file has no column `{wanted}`: {}",
                COLUMNS.join(",")
            )));
        }
    }
    let (mut rows, mut not_done) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let line = |record: &csv::StringRecord| record.position().map_or(0, csv::Position::line);
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                not_done.push(RowNotDone {
                    line: error.position().map_or(0, csv::Position::line),
                    domain: String::new(),
                    reason: error.to_string(),
                });
                continue;
            }
        };
        let written: Result<Written, csv::Error> = record.deserialize(Some(&headers));
        let domain = written
            .as_ref()
            .map_or_else(|_| String::new(), |row| row.domain.clone());
        match written.map_err(|error| error.to_string()).and_then(parsed) {
            Ok(new) => rows.push(Row {
                line: line(&record),
                new,
            }),
            Err(reason) => not_done.push(RowNotDone {
                line: line(&record),
                domain,
                reason,
            }),
        }
    }
    Ok((rows, not_done))
}

/// The text with one character at the end of each line. After CR LF the reader counts a line too late.
fn with_line_feeds(text: &[u8]) -> Vec<u8> {
    let next = text.iter().skip(1).map(Some).chain([None]);
    let pairs = text.iter().zip(next);
    let kept = pairs.filter(|pair| *pair != (&b'\r', Some(&b'\n')));
    kept.map(|(byte, _)| *byte).collect()
}

fn parsed(row: Written) -> Result<NewDomain, String> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let community = given(row.community).map(|text| Community::parse(&text));
    let contact = given(row.contact_email).map(|text| EmailAddress::parse(&text));
    Ok(NewDomain {
        client: ClientId::parse(&row.client).map_err(|error| format!("client: {error}"))?,
        name: DomainName::parse(&row.domain).map_err(|error| format!("domain: {error}"))?,
        community: community
            .transpose()
            .map_err(|error| format!("community: {error}"))?,
        contact_email: contact
            .transpose()
            .map_err(|error| format!("contact_email: {error}"))?,
    })
}

#[cfg(test)]
mod encoding_tests {
    use super::*;
    use crate::outcome::WRONG_ARGUMENTS;

    #[test]
    fn a_file_that_is_not_in_utf_8_is_a_wrong_argument() {
        let text = "client,domain\r\nmaple,example.com\r\n";
        let mut unicode_text = vec![0xff, 0xfe];
        unicode_text.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let refused = rows(&unicode_text).unwrap_err();
        assert_eq!(refused.exit_code(), WRONG_ARGUMENTS);
        assert!(refused.to_string().contains("UTF-8"), "{refused}");
    }
}
