//! Sentences about the state of a record, if no code applies.

use super::result::Fix;
use super::wording::Wording;
use crate::diagnosis::judge::RecordState;
use crate::identity::AxisStatus;
use crate::records::{Record, RecordId};

impl Wording<'_> {
    /// What to say if no code applies.
    pub(super) fn state_message(&self, record: &Record, place: &str, state: RecordState) -> String {
        let name = &record.name;
        match state {
            RecordState::Found if record.id == RecordId::Dmarc => self.dmarc_found(place),
            RecordState::Found if self.ses_gave_up(record) && self.domain_failed() => format!(
                "The record at {name} is published and right. Amazon SES stopped looking for it before it was \
                 published."
            ),
            RecordState::Found if self.ses_gave_up(record) => format!(
                "The record at {name} is published and right, but Amazon SES stopped looking before \
                 that. Lasso asks Amazon SES again automatically; nothing has to be done."
            ),
            RecordState::Found => format!("The record at {name} is published and right."),
            RecordState::Missing => match self.gone_since(record) {
                Some(day) => {
                    format!("The record at {name} is no longer there. It was last found on {day}.")
                }
                None => format!("There is no record at {name}."),
            },
            RecordState::Wrong => format!("The record at {name} is not what it should be."),
            RecordState::Unknown => format!("DNS gave no answer for {name}."),
            RecordState::NotLookedYet => format!("{name} has not been looked up yet."),
        }
    }

    /// What to do if no code applies: only Amazon SES has to be asked again.
    pub(super) fn state_fix(&self, record: &Record, state: RecordState) -> Option<Fix> {
        let stopped =
            record.id != RecordId::Dmarc && self.ses_gave_up(record) && self.domain_failed();
        (state == RecordState::Found && stopped).then(|| {
            Self::advice(format!(
                "On the page of {} in Lasso, click “Start again”.",
                self.context.domain
            ))
        })
    }

    /// A record that was never there is awaited; one that was there is missed.
    pub(super) fn not_found_message(&self, record: &Record) -> String {
        let (kind, name) = (record.data.type_name(), &record.name);
        match self.gone_since(record) {
            Some(day) => {
                format!(
                    "The {kind} record at {name} is no longer there. It was last found on {day}."
                )
            }
            None => format!("There is no {kind} record at {name} yet."),
        }
    }

    /// The day on which an earlier look last found the record.
    fn gone_since(&self, record: &Record) -> Option<String> {
        let sightings = self.context.sightings?;
        let at = sightings.last_found(record.id)?;
        Some(at.strftime("%-d %B %Y").to_string())
    }

    /// Whether SES gave up on the domain itself, so that a person has to restart it.
    fn domain_failed(&self) -> bool {
        let ses = self.context.ses;
        ses.is_some_and(|ses| ses.verification == AxisStatus::Failed)
    }

    fn ses_gave_up(&self, record: &Record) -> bool {
        self.context.ses.is_some_and(|ses| match record.id {
            RecordId::Verification => ses.verification == AxisStatus::Failed,
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => ses.dkim == AxisStatus::Failed,
            RecordId::MailFromMx | RecordId::MailFromSpf => ses.mail_from == AxisStatus::Failed,
            RecordId::Dmarc | RecordId::Ownership => false,
        })
    }
}
