//! States and times in the words of the pages.

use std::fmt::Write as _;

use domain_auth::state::Status;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::types::{Domain, Summary};

/// How a state looks: a word, and the class of its colour (`good`, `bad`, `wait`).
pub(crate) fn state(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Contested => ("Proof needed", "wait"),
        Status::Provisioning => ("Being registered", "wait"),
        Status::Pending => ("Waiting for DNS", "wait"),
        Status::Verified => ("Verified", "good"),
        Status::Authenticated => ("Lasso sends", "good"),
        Status::AtRisk => ("At risk", "bad"),
        Status::Failed => ("Failed", "bad"),
        Status::Rejected => ("Rejected", "bad"),
        Status::Removing => ("Being removed", ""),
    }
}

/// Where a domain stands, as the headline of its page.
pub(crate) fn headline(domain: &Domain) -> String {
    let name = &domain.summary.domain_unicode;
    match domain.summary.status {
        Status::Contested if domain.records.is_empty() => format!("{name} waits for a decision"),
        Status::Contested => format!("Prove that {name} is yours"),
        Status::Provisioning => format!("{name} is being registered"),
        Status::Pending => format!("Publish the records of {name}"),
        Status::Verified if domain.summary.ready_at.is_some() => {
            format!("{name} waits for Lasso’s final step")
        }
        Status::Verified => format!("{name} is verified: tell Lasso that you are ready"),
        Status::Authenticated => format!("Lasso sends for {name}"),
        Status::AtRisk => format!("Repair the records of {name}"),
        Status::Failed => format!("{name} is not verified: start again"),
        Status::Rejected => format!("Lasso rejected {name}"),
        Status::Removing => format!("{name} is being removed"),
    }
}

/// The same for Lasso support, which looks at a domain of `client`.
pub(crate) fn headline_for_staff(domain: &Domain, client: &str) -> String {
    let name = &domain.summary.domain_unicode;
    match domain.summary.status {
        Status::Contested if domain.records.is_empty() => {
            format!("{client} has proven {name}: decide who has it")
        }
        Status::Contested => format!("{client} has to prove that {name} is theirs"),
        Status::Provisioning => format!("{name} is being registered for {client}"),
        Status::Pending => format!("{client} has to publish the records of {name}"),
        Status::Verified => format!("{name} of {client} waits for the final step"),
        Status::Authenticated => format!("Lasso sends for {name} of {client}"),
        Status::AtRisk => format!("{client} has to repair the records of {name}"),
        Status::Failed => format!("{name} of {client} is not verified"),
        Status::Rejected => format!("Lasso rejected {name} of {client}"),
        Status::Removing => format!("{name} of {client} is being removed"),
    }
}

/// What a Client Administrator does next, where the console knows it better than the API, which does not
/// ask them to say that they are ready.
pub(crate) fn next_step(summary: &Summary) -> Option<&str> {
    let is_verified = summary.status == Status::Verified;
    if is_verified && summary.ready_at.is_none() {
        return Some("Tell Lasso that you are ready. Lasso support then takes the final step.");
    }
    let step = summary.next_step.as_ref();
    step.map(|step| step.sentence.as_str())
}

/// What the time that the API gives with a state means. Nothing where the state says it already, in
/// `detail`.
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

/// After how many seconds a page of the state is fetched again; none where nothing moves by itself.
pub(crate) fn refresh_seconds(status: Status) -> Option<u32> {
    match status {
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

/// A path of an address: `/staff/clients/{client}` of a client's identifier. Characters that are not
/// plain are written `~` and two hexadecimal digits, as the API has it.
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
    fn a_moment_is_written_in_full() {
        let at: Timestamp = "2026-06-01T12:05:59Z".parse().unwrap();
        assert_eq!(moment(at), "1 June 2026, 12:05 UTC");
    }

    #[test]
    fn a_client_is_a_part_of_a_path_as_the_api_writes_it() {
        assert_eq!(path_part("maple-homes_1.x"), "maple-homes_1.x");
        assert_eq!(path_part("a/b@c"), "a~2Fb~40c");
        assert_eq!(path_part("ü"), "~C3~BC");
    }
}
