//! An RFC 1035 master file, to be appended to the one that is there: absolute names, a TTL on every
//! line, no SOA, and an empty line first in case the file ends without a line break.

use std::fmt::Write;

use super::Handoff;
use super::notes::{comment, purpose};
use super::record_set::strings;
use crate::records::{Record, RecordData};

pub(super) fn render(handoff: &Handoff<'_>, records: &[&Record]) -> String {
    let domain = handoff.domain;
    let mut file = format!("\n; DNS records for sending mail from {domain} with Lasso\n");
    for record in records {
        let caution = comment(handoff, record.id);
        let _infallible = write!(
            file,
            "; {}.{caution}\n{}. {} IN {} {}\n",
            purpose(record),
            record.name,
            record.ttl,
            record.data.type_name(),
            rdata(&record.data)
        );
    }
    file
}

fn rdata(data: &RecordData) -> String {
    match data {
        RecordData::Txt { text } => strings(text.as_bytes(), escape).join(" "),
        RecordData::Cname { target } => format!("{target}."),
        RecordData::Mx {
            preference,
            exchange,
        } => format!("{preference} {exchange}."),
    }
}

/// `\X` and `\DDD` of RFC 1035 section 5.1.
fn escape(octet: u8) -> String {
    match octet {
        b'"' | b'\\' => format!("\\{}", char::from(octet)),
        b' '..=b'~' => char::from(octet).to_string(),
        other => format!("\\{other:03}"),
    }
}
