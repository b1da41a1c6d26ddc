//! The response to "we are ready": the domain, what is still missing, and whether Lasso support was
//! told.

use domain_auth::domain::Domain;
use domain_auth::event::{MissingPiece, staff_path};
use domain_auth::state::Status;
use domain_auth::use_cases::notify::Notified;
use jiff::Timestamp;
use serde::Serialize;

use crate::next_step::{Asker, NextStepCode, next_step};
use crate::time::in_millis;
use crate::view::DomainView;

/// A domain whose client has said that it is ready for the final step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Notified")
)]
pub struct NotifiedView {
    /// The domain, as everywhere.
    #[serde(flatten)]
    pub domain: DomainView,
    /// The pieces that are still missing, with the pieces that sending depends on first. Empty if nothing is
    /// missing.
    pub missing: Vec<MissingPiece>,
    /// When Lasso support was told, in the present state, that the client is ready, or asks about a name that
    /// Amazon SES does not accept; `null` if Lasso support has nothing to do.
    #[serde(serialize_with = "in_millis")]
    pub support_told_at: Option<Timestamp>,
    /// Whether Lasso support is told by email. If not, the domain is only in the queue of Lasso support. No
    /// email is sent beyond the client's daily limit of emails to Lasso support, or if the same was emailed
    /// within 24 hours, before the domain was removed and added again.
    pub emailed: bool,
    /// The result as a sentence, with what happened to the note.
    pub sentence: String,
}

impl From<&Notified> for NotifiedView {
    fn from(notified: &Notified) -> Self {
        Self::with_step_of(notified, Asker::Client)
    }
}

impl NotifiedView {
    fn with_step_of(notified: &Notified, asker: Asker) -> Self {
        let told = told(&notified.domain);
        Self {
            domain: DomainView::new(&notified.domain, notified.look.as_ref()),
            missing: notified.missing.clone(),
            support_told_at: told.map(|(at, _)| at),
            emailed: told.is_some_and(|(_, emailed)| emailed),
            sentence: sentence(notified, asker, told),
        }
    }
}

/// When Lasso support was told in the present state, and whether by email.
fn told(domain: &Domain) -> Option<(Timestamp, bool)> {
    match domain.state.status() {
        Status::Provisioning | Status::Pending | Status::Verified | Status::Failed => {
            let call = domain.ready_call().filter(|_| domain.has_said_ready());
            // No list of Lasso support has a domain that is being registered.
            let is_listed = domain.state.status() != Status::Provisioning;
            let call = call.filter(|call| call.emailed || is_listed);
            call.map(|call| (call.at, call.emailed))
        }
        Status::Authenticated | Status::AtRisk | Status::Contested => None,
        Status::Rejected | Status::Removing => None,
    }
}

fn sentence(notified: &Notified, asker: Asker, told: Option<(Timestamp, bool)>) -> String {
    let happened = match told {
        Some((at, emailed)) => {
            let at = at.strftime("%-d %B %Y at %H:%M UTC");
            let how = if emailed {
                "by email, once for this state"
            } else {
                "in its queue, without an email"
            };
            format!("Lasso support was told on {at}, {how}.")
        }
        None => not_told(&notified.domain, asker),
    };
    if !notified.is_noted {
        return happened;
    }
    let shown = if notified.domain.challengers.is_empty() {
        ""
    } else {
        ", and Lasso support sees it with that decision"
    };
    format!("{happened} Your note is in the history of the domain{shown}.")
}

/// Why Lasso support is not told, and what is to do instead.
fn not_told(domain: &Domain, asker: Asker) -> String {
    if !domain.challengers.is_empty() {
        return "Lasso support decides about the claim of another client. It gets no email about this \
                message."
            .to_owned();
    }
    let sends = match domain.state.status() {
        Status::AtRisk => {
            "Lasso still sends mail from this domain, and looks at its records again now."
        }
        Status::Authenticated => "Lasso sends mail from this domain.",
        Status::Provisioning if domain.has_said_ready() => {
            return "No email is sent to Lasso support now. Its list has the domain as soon as Amazon SES has \
                    registered it."
                .to_owned();
        }
        Status::Provisioning | Status::Pending | Status::Verified | Status::Contested => {
            return NOT_TOLD.to_owned();
        }
        Status::Failed | Status::Rejected | Status::Removing => return NOT_TOLD.to_owned(),
    };
    let step = next_step(domain, asker);
    if step.code == NextStepCode::Nothing {
        format!("{sends} No step is left, and Lasso support is not told.")
    } else {
        format!("{sends} {} {NOT_TOLD}", step.sentence)
    }
}

const NOT_TOLD: &str = "Lasso support is not told.";

impl NotifiedView {
    /// The view for Lasso support: with its path to the domain, and its own next step.
    pub fn for_support(notified: &Notified) -> Self {
        let mut view = Self::with_step_of(notified, Asker::Support);
        view.domain.summary.path = staff_path(&notified.domain.client, &notified.domain.name);
        view.domain.summary.next_step = next_step(&notified.domain, Asker::Support);
        view
    }
}

#[cfg(test)]
mod tests {
    use domain_auth::domain::Challenger;
    use domain_auth::missing::missing_pieces;
    use domain_auth::names::{ClientId, DomainName, Note};
    use domain_auth::records::RecordId;
    use domain_auth::state::Trigger;

    use super::*;
    use crate::StaffSummaryView;
    use crate::openapi::story::{at, story};

    fn notified(domain: Domain) -> Notified {
        Notified {
            missing: missing_pieces(&domain, None),
            domain,
            look: None,
            event: None,
            is_noted: true,
        }
    }

    #[test]
    fn the_answer_to_ready_names_the_step_that_is_left() {
        use domain_auth::diagnosis::{RecordState, Sightings};
        let [.., authenticated] = story(Trigger::Completed).map(|change| change.domain);
        let said = NotifiedView::from(&notified(authenticated.clone()));
        assert!(said.sentence.contains("No step is left"), "{said:?}");
        let mut broken = authenticated;
        let keys = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
        for (state, time) in [(RecordState::Found, 300), (RecordState::Missing, 400)] {
            let seen = keys.map(|id| (id, state));
            broken.sightings = broken.sightings.after(seen, at(time));
        }
        broken.dns_looked_at = Some(at(400));
        assert_ne!(broken.sightings, Sightings::default());
        let broken = notified(broken);
        for said in [
            NotifiedView::from(&broken),
            NotifiedView::for_support(&broken),
        ] {
            let step = &said.domain.summary.next_step;
            assert_ne!(step.code, NextStepCode::Nothing);
            assert!(said.sentence.contains(&step.sentence), "{said:?}");
            assert!(!said.sentence.contains("No step"), "{said:?}");
        }
    }

    #[test]
    fn lasso_support_sees_the_note_of_a_holder_that_is_challenged() {
        let [.., mut domain] = story(Trigger::Completed).map(|change| change.domain);
        domain.challengers.push(Challenger {
            client: ClientId::parse("cedar").unwrap(),
            name: DomainName::parse("maplehomes.com").unwrap(),
        });
        let note = Note::parse("This domain is ours since 1998.").unwrap();
        domain.write_note(at(500), &note);
        let entry = StaffSummaryView::new(&domain, None, None);
        assert_eq!(entry.ready_note.as_deref(), Some(note.as_str()));
        let said = NotifiedView::from(&notified(domain)).sentence;
        assert!(said.contains("Lasso support sees it"), "{said}");
        assert!(!said.contains("No step"), "{said}");
    }

    #[test]
    fn a_domain_outside_the_lists_of_support_counts_as_told_only_after_an_email() {
        let [provisioning, pending, ..] = story(Trigger::Completed).map(|change| change.domain);
        for (mut domain, emailed, is_told) in [
            (provisioning.clone(), false, false),
            (provisioning, true, true),
            (pending, false, true),
        ] {
            domain.say_ready(at(20), None, emailed);
            let said = NotifiedView::from(&notified(domain));
            assert_eq!(said.support_told_at.is_some(), is_told, "{said:?}");
            assert_eq!(said.sentence.contains("was told on"), is_told, "{said:?}");
        }
    }
}
