//! Logs and counts the outcomes of events by email.

use std::collections::BTreeMap;

use domain_auth::audience::Audience;
use domain_auth::figures::Figure;
use domain_auth::use_cases::email_events::{EmailError, Item, Outcome, Settled};
use jiff::SignedDuration;

/// The counters of events by email.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Counter {
    /// By audience.
    Emailed(&'static str),
    /// By reason.
    NotEmailed(&'static str),
    Refused,
    Uncertain,
    Suppressed,
    Carried,
}

/// The metrics of a batch.
pub(crate) fn figures<'a>(
    settled: impl Iterator<Item = (&'a Item<'a>, &'a Settled)>,
) -> Vec<Figure> {
    let mut counts: BTreeMap<Counter, usize> = BTreeMap::new();
    for (item, outcome) in settled {
        let is_new = !item.is_carried();
        if let Some(counter) = counter(item.audience(), outcome, is_new) {
            *counts.entry(counter).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|(counter, count)| figure(counter, count))
        .collect()
}

/// How long ago the oldest event of a queue happened that is emailed later.
///
/// SQS's own `ApproximateAgeOfOldestMessage` leaves out a message that was received three times
/// (Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS").
pub(crate) fn oldest_alert_age(age: SignedDuration, queue: &'static str) -> Figure {
    Figure::seconds("OldestAlertAge", [age]).by("Queue", queue)
}

fn figure(counter: Counter, count: usize) -> Figure {
    match counter {
        Counter::Emailed(audience) => Figure::count("Emailed", count).by("Audience", audience),
        Counter::NotEmailed(reason) => {
            Figure::count("AlertsNotEmailed", count).by("Reason", reason)
        }
        Counter::Refused => Figure::count("EmailsRefused", count),
        Counter::Uncertain => Figure::count("EmailsUncertain", count),
        Counter::Carried => Figure::count("AlertsCarried", count),
        Counter::Suppressed => Figure::count("SupportSuppressed", count),
    }
}

/// The counter of an outcome. `is_new`: it has not been counted on another day.
fn counter(audience: Audience, outcome: &Settled, is_new: bool) -> Option<Counter> {
    match outcome {
        Ok(Outcome::Sent | Outcome::Listed) => Some(Counter::Emailed(audience.as_str())),
        Ok(Outcome::SummarySent | Outcome::InSummary) => Some(Counter::NotEmailed("OverLimit")),
        Ok(Outcome::Repeated) => Some(Counter::NotEmailed("Repeated")),
        Ok(Outcome::Suppressed) => Some(Counter::NotEmailed("ContactSuppressed")),
        Ok(Outcome::AlreadySent) => None,
        Err(error) if error.is_refused_for_good() => Some(Counter::Refused),
        Err(error) if error.may_have_been_sent() => Some(Counter::Uncertain),
        Err(error) if matches!(**error, EmailError::Suppressed) => Some(Counter::Suppressed),
        Err(error) if matches!(**error, EmailError::DayIsFull { .. }) && is_new => {
            Some(Counter::Carried)
        }
        Err(_) => None,
    }
}

/// One line for each event and audience.
pub(crate) fn log<'a>(settled: impl Iterator<Item = (&'a Item<'a>, &'a Settled)>) {
    for (item, outcome) in settled {
        let event = item.event();
        match outcome {
            Ok(outcome) => tracing::info!(
                event_id = %event.event_id,
                event_type = event.event_type.as_str(),
                client = event.client.as_str(),
                audience = item.audience().as_str(),
                outcome = word_for(*outcome),
                "an event was dealt with"
            ),
            Err(error) if error.may_have_been_sent() => tracing::warn!(
                event_id = %event.event_id,
                event_type = event.event_type.as_str(),
                client = event.client.as_str(),
                audience = item.audience().as_str(),
                "it is not known whether an email was sent; it is sent again"
            ),
            // The failed message has its own line.
            Err(_) => {}
        }
    }
}

fn word_for(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sent => "sent",
        Outcome::Listed => "listed",
        Outcome::SummarySent => "summary_sent",
        Outcome::InSummary => "in_summary",
        Outcome::Repeated => "repeated",
        Outcome::Suppressed => "suppressed",
        Outcome::AlreadySent => "already_dealt_with",
    }
}
