//! The words for states and times on the pages.

use std::fmt::Write as _;

use domain_auth::state::Status;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::api::Problem;
use crate::lost::{Lost, is_hidden, lost};
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

/// The word for a domain in a list, and the class of its colour: its state, unless its records have vanished in a state
/// that they do not end at once.
pub(crate) fn standing(summary: &Summary) -> (&'static str, &'static str) {
    if has_lost_records(summary) {
        return ("Records missing", "bad");
    }
    state(summary.status)
}

/// The word for a domain on its page, and the class of its colour: as in a list, with what its records say.
pub(crate) fn standing_on_page(domain: &Domain) -> (&'static str, &'static str) {
    let status = domain.summary.status;
    if status != Status::Rejected && lost(domain).is_some() {
        return ("Records missing", "bad");
    }
    state(status)
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

/// Why the API has refused a form, without the names of fields and calls that no page shows.
pub(crate) fn refusal(problem: &Problem) -> String {
    if problem.code == "idempotency_key_reused" {
        return "This form was sent before, with something else in it. Load the page again, and send it once more."
            .to_owned();
    }
    let said = problem.detail.split(" (POST ").enumerate();
    let said = said.map(|(part, text)| match text.split_once(')') {
        Some((_, rest)) if part > 0 => rest,
        Some(_) | None => text,
    });
    let said: String = said.collect();
    let fields = [
        ("“confirm” ", "What you typed to confirm "),
        ("“domain” ", "It "),
        ("“email” ", "The email address "),
        ("“contact_email” ", "The email address "),
        ("“communities” ", "The list of communities "),
        ("“community” ", "The community "),
        ("“reason” ", "The reason "),
        ("“note” ", "The note "),
    ];
    let field = fields
        .iter()
        .find_map(|(field, label)| Some((label, said.strip_prefix(field)?)));
    field.map_or_else(|| said.clone(), |(label, rest)| format!("{label}{rest}"))
}

/// The state of a domain, as the headline of its page. `wrong` is the number of its wrong records.
pub(crate) fn headline(domain: &Domain, wrong: usize) -> String {
    let summary = &domain.summary;
    let name = &summary.domain_unicode;
    let was_told = summary.ready_at.is_some();
    let lost = lost(domain);
    match (summary.status, summary.step()) {
        (Status::Contested | Status::Pending | Status::AtRisk, StepCode::RepairDomain) => {
            format!("{name} does not work in DNS: repair the domain first")
        }
        (Status::Verified | Status::Authenticated | Status::Rejected, _)
            if lost == Some(Lost::Domain) =>
        {
            format!("{name} does not work in DNS: repair the domain first")
        }
        (Status::Verified | Status::Authenticated | Status::Rejected, _)
            if lost == Some(Lost::Records) =>
        {
            format!("Publish the records of {name} again: they are missing")
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
        (Status::Pending, _) if wrong > 0 => format!("Correct the records of {name}"),
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
    let lost = lost(domain);
    match (domain.summary.status, domain.summary.step()) {
        (_, StepCode::DecideClaim) => format!("Decide who gets {name}"),
        (Status::Contested, StepCode::WaitForService) => {
            format!("{name} is being transferred to {client}")
        }
        (Status::Contested | Status::Pending | Status::AtRisk, _) if is_hidden => {
            format!("{client} has to repair {name} first: it does not work in DNS")
        }
        (Status::Verified | Status::Authenticated | Status::Rejected, _)
            if lost == Some(Lost::Domain) =>
        {
            format!("{client} has to repair {name} first: it does not work in DNS")
        }
        (Status::Verified | Status::Authenticated | Status::Rejected, _)
            if lost == Some(Lost::Records) =>
        {
            format!("{client} has to publish the records of {name} again")
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
    if is_verified && summary.ready_at.is_none() {
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
        Status::Authenticated if has_lost_records(summary) => Some(30),
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

/// A part of a path, such as a client's identifier in `/staff/clients/{client}`. Special characters
/// are written as `~` and two hexadecimal digits, as in the API.
pub(crate) fn path_part(text: &str) -> String {
    let mut part = String::new();
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if plain {
            part.push(char::from(byte));
        } else {
            // Writing to a `String` does not fail.
            write!(part, "~{byte:02X}").ok();
        }
    }
    part
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

    #[test]
    fn a_client_identifier_in_a_path_is_encoded_like_in_the_api() {
        assert_eq!(path_part("maple-homes_1.x"), "maple-homes_1.x");
        assert_eq!(path_part("a/b@c"), "a~2Fb~40c");
        assert_eq!(path_part("ü"), "~C3~BC");
    }
}
