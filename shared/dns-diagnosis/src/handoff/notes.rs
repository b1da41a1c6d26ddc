//! What a format says of a record, beside the record itself.

use super::order::Handoff;
use crate::names::plain_text::shown;
use crate::providers::Panel;
use crate::records::{Record, RecordId, Requirement};

/// What a record is for, in a few words.
pub(super) fn purpose(record: &Record) -> &'static str {
    match record.id {
        RecordId::Verification => "proves to Amazon SES that the domain is yours",
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3
            if record.requirement == Requirement::Required =>
        {
            "proves to Amazon SES that the domain is yours, and signs your mail with it (DKIM)"
        }
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
            "signs your mail with your own domain (DKIM)"
        }
        RecordId::MailFromMx => "takes back mail that cannot be delivered (MAIL FROM)",
        RecordId::MailFromSpf => "names Amazon SES as an allowed sender (SPF)",
        RecordId::Dmarc => "tells mailbox providers your policy (DMARC)",
        RecordId::Ownership => "proves to Lasso which client the domain belongs to",
    }
}

/// What to mind with a record.
fn caution(id: RecordId) -> Option<&'static str> {
    match id {
        RecordId::Dmarc => Some(
            "Only add this if there is no TXT record at this name yet. Keep one that is there: a \
             second one would make both invalid.",
        ),
        RecordId::MailFromMx => Some("This has to be the only MX record at this name."),
        RecordId::MailFromSpf => {
            Some("This has to be the only record at this name that begins with v=spf1.")
        }
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
            Some("A plain CNAME record: no proxy, no flattening, nothing else at this name.")
        }
        RecordId::Verification | RecordId::Ownership => None,
    }
}

/// What publishing a record does to the claims to the domain, for a person who may be a stranger to
/// the client: whoever publishes the ownership record decides who has the domain at Lasso.
pub(super) fn claim_notice(id: RecordId, domain: &str, client: &str) -> Option<String> {
    match id {
        RecordId::Ownership => Some(format!(
            "When Lasso finds this record, {domain} goes to {client}, a client of Lasso, and any other \
             client of Lasso loses it. Publish it only if you work for that organization."
        )),
        RecordId::Verification | RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => None,
        RecordId::MailFromMx | RecordId::MailFromSpf | RecordId::Dmarc => None,
    }
}

/// What to mind with a record, in a comment of a file.
pub(super) fn comment(handoff: &Handoff<'_>, id: RecordId) -> String {
    let client = handoff.client.as_str();
    let notice = claim_notice(id, handoff.domain.as_str(), client);
    let texts = [caution(id), notice.as_deref()];
    texts
        .into_iter()
        .flatten()
        .fold(String::new(), |all, text| format!("{all} {text}"))
}

/// What to mind with a record in a provider's panel.
pub(super) fn note(handoff: &Handoff<'_>, panel: &Panel, record: &Record) -> Option<String> {
    let client = shown(handoff.client.as_str());
    let notice = claim_notice(record.id, handoff.domain.as_str(), &client);
    let notes = [
        panel.quoting(&record.data),
        caution(record.id),
        notice.as_deref(),
    ];
    let notes: Vec<&str> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}
