//! An RFC 1035 master file that is appended to an existing one: absolute names, a TTL on every
//! line, no SOA, and an empty first line in case the existing file has no final line break.

use std::fmt::Write;

use super::Handoff;
use super::notes::{comment, purpose};
use crate::providers::Panel;
use crate::records::character_strings::{decimal_escape, strings};
use crate::records::{Record, RecordData};

/// How to import the file at Cloudflare, which proxies CNAME records unless it is told not to.
const AT_CLOUDFLARE: &str = "; At Cloudflare: DNS, Records, Import and Export. Unselect \"Proxy imported DNS records\": a proxied \
     CNAME\n; record is hidden from Amazon SES. The tag cf-proxied:false after each CNAME record says so too.\n";

/// The attribute of one record, in its comment. On import it goes before the choice for the whole file
/// (Cloudflare docs, "Import and export records", section "Reserved cf- tags").
const DNS_ONLY: &str = " ; cf_tags=cf-proxied:false";

pub(super) fn render(handoff: &Handoff<'_>, panel: &Panel, records: &[&Record]) -> String {
    let domain = handoff.domain;
    let mut file = format!("\n; DNS records for sending mail from {domain} with Lasso\n");
    // A provider that is not known may be Cloudflare under name servers of the customer's own.
    let may_be_cloudflare = panel.provider().is_none_or(|it| it.id == "cloudflare");
    if panel.provider().is_some() && may_be_cloudflare {
        file.push_str(AT_CLOUDFLARE);
    }
    let mut zone = panel.zone().to_owned();
    for record in records {
        let own = handoff.panel_for(record, panel);
        if own.zone() != zone {
            own.zone().clone_into(&mut zone);
            let _infallible = writeln!(
                file,
                "; The zone {zone}: the records below belong in its file, and have no effect in the file \
                 of another zone."
            );
        }
        let caution = comment(handoff, record.id);
        let attribute = match record.data {
            RecordData::Cname { .. } if may_be_cloudflare => DNS_ONLY,
            RecordData::Cname { .. } | RecordData::Txt { .. } | RecordData::Mx { .. } => "",
        };
        let _infallible = write!(
            file,
            "; {}.{caution}\n{}. {} IN {} {}{attribute}\n",
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
        RecordData::Txt { text } => strings(text.as_bytes(), decimal_escape).join(" "),
        RecordData::Cname { target } => format!("{target}."),
        RecordData::Mx {
            preference,
            exchange,
        } => format!("{preference} {exchange}."),
    }
}
