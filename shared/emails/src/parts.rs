//! The common parts of the emails to Lasso support and to clients.

use domain_auth::diagnosis::RecordState;
use domain_auth::event::{Event, RecordStanding};
use domain_auth::plain_text::shown_about_record;
use domain_auth::state::Status;

use crate::draft::{Part, RecordRow};
use crate::words;

/// Whether Lasso sent for the domain, and has stopped.
pub(crate) fn stops_mail(event: &Event) -> bool {
    let sent = event.previous_status.is_some_and(Status::sends);
    sent && !event.status.sends()
}

/// The records as the last DNS look found them.
pub(crate) fn records(event: &Event) -> Option<Part> {
    let row = |standing: &RecordStanding| {
        let published = standing.record.as_ref();
        let name = published.map_or("", |record| record.name.as_str());
        let about = |text: &str| shown_about_record(&event.domain, name, text);
        let is_open = words::is_open(standing.state);
        RecordRow {
            kind: published.map_or_else(
                || words::record(standing.id).to_owned(),
                |record| {
                    let requirement = words::requirement(record.requirement);
                    format!("{}, {requirement}", words::record(standing.id))
                },
            ),
            state: words::record_state(standing.state),
            is_open,
            name: name.to_owned(),
            // A value that is already published is not to be copied.
            value: published
                .filter(|_| standing.state != RecordState::Found)
                .map_or_else(String::new, |record| record.value.clone()),
            message: if standing.code.is_some() {
                about(&standing.message)
            } else {
                String::new()
            },
            fix: standing.fix.as_deref().map(about),
        }
    };
    let records: Vec<RecordRow> = event.records.iter().map(row).collect();
    (!records.is_empty()).then(|| Part::Records {
        title: "The records, at the last look at DNS".to_owned(),
        records,
    })
}
