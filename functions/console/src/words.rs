//! The words for states and times on the pages.

use domain_auth::state::Status;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::doubt::{Doubt, doubt, has_stopped};
use crate::lost::{self, is_hidden, lost};
use crate::next::Repairs;
use crate::types::{Domain, StepCode, Summary};

/// The word for a state, and the class of its colour (`good`, `bad`, `wait`).
pub(crate) fn state(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Contested => ("Proof needed", "wait"),
        Status::Provisioning => ("Registration in progress", "wait"),
        Status::Pending => ("Waiting for DNS", "wait"),
        Status::Verified => ("Verified", "good"),
        Status::Authenticated => ("Lasso sends", "good"),
        Status::AtRisk => ("At risk", "bad"),
        Status::Failed => ("Failed", "bad"),
        Status::Rejected => ("Rejected", "bad"),
        Status::Removing => ("Removal in progress", ""),
    }
}

/// The word for a domain in a list, and the class of its colour: its state, unless its records have to be repaired or
/// something is in doubt in a state that does not say so.
pub(crate) fn standing(summary: &Summary) -> (&'static str, &'static str) {
    if has_lost_records(summary) {
        return ("Repair needed", "bad");
    }
    if has_stopped(summary) {
        return ("Lasso stopped sending", "bad");
    }
    if !matches!(summary.status, Status::Verified | Status::Authenticated) {
        return state(summary.status);
    }
    match doubt(summary) {
        Some(Doubt::Challenged) => ("Claimed by another client", "wait"),
        Some(Doubt::NotVerified) => ("Not verified at the moment", "wait"),
        None => state(summary.status),
    }
}

/// The word for a domain on its page, and the class of its colour: as in a list, with what its records say.
pub(crate) fn standing_on_page(domain: &Domain) -> (&'static str, &'static str) {
    match lost(domain) {
        Some(lost) if domain.summary.status != Status::Rejected => (lost::word(lost), "bad"),
        Some(_) | None => standing(&domain.summary),
    }
}

/// Whether records have vanished of a domain that is verified or sends, as the API says by the next step.
fn has_lost_records(summary: &Summary) -> bool {
    let needs_repair = matches!(
        summary.step(),
        StepCode::RepairRecords | StepCode::RepairDomain
    );
    needs_repair && matches!(summary.status, Status::Verified | Status::Authenticated)
}

/// The name in Unicode, followed by its ASCII form if they differ, because letters of different scripts can look alike.
pub(crate) fn name(summary: &Summary) -> String {
    if summary.domain_unicode == summary.domain {
        summary.domain.clone()
    } else {
        format!("{} ({})", summary.domain_unicode, summary.domain)
    }
}

/// The state of a domain, as the headline of its page.
pub(crate) fn headline(domain: &Domain, repairs: Repairs) -> String {
    let summary = &domain.summary;
    let name = &summary.domain_unicode;
    let was_told = summary.ready_at.is_some();
    if let Some(lost) = lost(domain) {
        return lost::headline(name, lost);
    }
    let doubt = doubt(summary);
    match (summary.status, summary.step()) {
        (Status::Contested | Status::Pending | Status::AtRisk, StepCode::RepairDomain) => {
            format!("{name} does not work in DNS: repair the domain first")
        }
        (Status::Verified, _) if doubt == Some(Doubt::Challenged) => {
            format!("Lasso support decides about {name}")
        }
        (Status::Authenticated, _) if doubt == Some(Doubt::Challenged) => {
            format!("Lasso sends for {name}, which another client claims")
        }
        (Status::Verified | Status::Authenticated, _) if doubt == Some(Doubt::NotVerified) => {
            format!("Amazon SES no longer reports {name} as verified")
        }
        (Status::Contested, StepCode::WaitForLasso) => {
            format!("Lasso support decides about {name}")
        }
        (Status::Contested, StepCode::WaitForService) => {
            format!("{name} is being transferred to you")
        }
        (Status::Contested, StepCode::KeepOwnershipRecord) => {
            format!("Leave the ownership record of {name} in place")
        }
        (Status::Contested, _) => format!("Prove that {name} is yours"),
        (Status::Provisioning, _) => format!("{name} is being registered"),
        (Status::Pending, StepCode::WaitForSes) => format!("{name} waits for Amazon SES"),
        (Status::Pending, StepCode::TellLasso) => {
            format!("Tell Lasso that {name} is ready")
        }
        (Status::Pending, _) if repairs.missing_first && repairs.wrong > 0 => {
            format!("Publish the records of {name}: the TXT record is missing")
        }
        (Status::Pending, _) if repairs.wrong > 0 => format!("Correct the records of {name}"),
        (Status::Pending, StepCode::RepairRecords) => {
            format!("Publish the records of {name} again")
        }
        (Status::Pending, _) => format!("Publish the records of {name}"),
        (Status::Verified, _) if was_told => format!("{name} waits for Lasso’s final step"),
        (Status::Verified, _) => format!("{name} is verified: tell Lasso that you are ready"),
        (Status::Authenticated, _) => format!("Lasso sends for {name}"),
        (Status::AtRisk, StepCode::WaitForSes) => format!("The records of {name} are back"),
        (Status::AtRisk, StepCode::AskLasso) => format!("Ask Lasso support about {name}"),
        (Status::AtRisk, _) => format!("Repair the records of {name}"),
        (Status::Failed, StepCode::AskLasso) => format!("{name} is not verified: check the name"),
        (Status::Failed, _) => format!("{name} is not verified: start again"),
        (Status::Rejected, _) if was_told => format!("Lasso support looks at {name} again"),
        (Status::Rejected, _) => format!("Lasso rejected {name}"),
        (Status::Removing, _) => format!("{name} is being removed"),
    }
}

/// The headline for Lasso support, which views a domain of `client`.
pub(crate) fn headline_for_staff(domain: &Domain, client: &str) -> String {
    let name = name(&domain.summary);
    let is_hidden = is_hidden(domain);
    if let Some(lost) = lost(domain) {
        return lost::headline_for_staff(&name, client, lost);
    }
    let doubt = doubt(&domain.summary);
    match (domain.summary.status, domain.summary.step()) {
        (_, StepCode::DecideClaim) => format!("Decide who gets {name}"),
        (Status::Contested, StepCode::WaitForService) => {
            format!("{name} is being transferred to {client}")
        }
        (Status::Contested | Status::Pending | Status::AtRisk, _) if is_hidden => {
            format!("{client} has to repair {name} first: it does not work in DNS")
        }
        (Status::Verified | Status::Authenticated, _) if doubt == Some(Doubt::NotVerified) => {
            format!("Amazon SES no longer reports {name} of {client} as verified")
        }
        (Status::Contested, _) => format!("{client} has to prove that {name} is theirs"),
        (Status::Provisioning, _) => format!("{name} is being registered for {client}"),
        (Status::Pending, StepCode::WaitForSes) => {
            format!("{name} of {client} waits for Amazon SES")
        }
        (Status::Pending, _) => format!("{client} has to publish the records of {name}"),
        (Status::Verified, _) => format!("{name} of {client} waits for the final step"),
        (Status::Authenticated, _) => format!("Lasso sends for {name} of {client}"),
        (Status::AtRisk, StepCode::WaitForSes) => format!("The records of {name} are back"),
        (Status::AtRisk, _) => format!("{client} has to repair the records of {name}"),
        (Status::Failed, _) => format!("{name} of {client} is not verified"),
        (Status::Rejected, _) => format!("Lasso rejected {name} of {client}"),
        (Status::Removing, _) => format!("{name} of {client} is being removed"),
    }
}

/// The next step of a Client Administrator, as the API says it or in words for this reader: the API does not
/// ask them to say that they are ready.
pub(crate) fn next_step(summary: &Summary) -> Option<&str> {
    let is_verified = summary.status == Status::Verified && !has_lost_records(summary);
    if is_verified && doubt(summary).is_none() && summary.ready_at.is_none() {
        return Some(
            "On the page of the domain, click “We are ready”. Lasso support then takes the final step.",
        );
    }
    // The API names the client by its identifier, which its people do not know.
    if summary.step() == StepCode::PublishOwnershipRecord {
        return Some(
            "Publish the ownership record. When Lasso finds it, the domain goes to your organization. Publish it only if your organization is the one that should get the domain.",
        );
    }
    let step = summary.next_step.as_ref();
    step.map(|step| step.sentence.as_str())
}

/// The next step of a Client Administrator in a list. The list does not know which records are missing and which are
/// wrong; the domain's page does.
pub(crate) fn next_step_in_list(summary: &Summary) -> Option<&str> {
    if (summary.status, summary.step()) == (Status::Pending, StepCode::PublishRecords) {
        return Some(
            "Publish or correct the DNS records: the page of the domain says which are missing, and which are wrong.",
        );
    }
    next_step(summary)
}

/// The meaning of the time that the API returns with a state. Empty if the state's own text,
/// `detail`, already says it.
pub(crate) fn deadline(status: Status, at: Timestamp, detail: &str) -> Option<String> {
    let date = at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y").to_string();
    if detail.contains(&date) {
        return None;
    }
    let day = moment(at);
    match status {
        Status::Contested => Some(format!("The claim ends on {day} if no proof is found.")),
        Status::Pending => Some(format!("Amazon SES stops looking on {day}.")),
        Status::Failed => Some(format!("It is removed on {day} if nothing changes.")),
        Status::Provisioning | Status::Verified | Status::Authenticated => None,
        Status::AtRisk | Status::Rejected | Status::Removing => None,
    }
}

/// The reload interval of a domain's page, in seconds; `None` if nothing changes
/// automatically.
pub(crate) fn refresh_seconds(summary: &Summary) -> Option<u32> {
    match summary.status {
        Status::Authenticated if has_lost_records(summary) || doubt(summary).is_some() => Some(30),
        Status::Provisioning | Status::Removing => Some(5),
        Status::Pending | Status::Contested => Some(15),
        Status::Verified | Status::AtRisk => Some(30),
        Status::Failed | Status::Rejected => Some(60),
        Status::Authenticated => None,
    }
}

/// "1 June 2026, 12:00 UTC".
pub(crate) fn moment(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// "for 3 days": the time between two moments, in the largest full unit.
pub(crate) fn how_long(since: Timestamp, now: Timestamp) -> String {
    let minutes = (now.as_second() - since.as_second()).max(0) / 60;
    let (number, unit) = match minutes {
        0..60 => (minutes, "minute"),
        60..1_440 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    let many = if number == 1 { "" } else { "s" };
    format!("for {number} {unit}{many}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_as_date_time_and_utc() {
        let at: Timestamp = "2026-06-01T12:05:59Z".parse().unwrap();
        assert_eq!(moment(at), "1 June 2026, 12:05 UTC");
    }

    #[test]
    fn a_wait_is_shown_in_its_largest_unit() {
        let since: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        for (minutes, words) in [
            (-1, "for 0 minutes"),
            (1, "for 1 minute"),
            (59, "for 59 minutes"),
            (60, "for 1 hour"),
            (1_439, "for 23 hours"),
            (2_880, "for 2 days"),
        ] {
            let now = since + jiff::SignedDuration::from_mins(minutes);
            assert_eq!(how_long(since, now), words);
        }
    }
}
