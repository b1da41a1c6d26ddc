//! What became of events by email, in the log and in metrics.

use std::collections::BTreeMap;

use domain_auth::audience::Audience;
use domain_auth::figures::Figure;
use domain_auth::use_cases::email_events::{EmailError, Item, Outcome, Settled};

/// `Emailed`, `AlertsNotEmailed`, `EmailsRefused`, `EmailsUncertain` and `SupportSuppressed`.
pub(crate) fn figures<'a>(
    settled: impl Iterator<Item = (&'a Item<'a>, &'a Settled)>,
) -> Vec<Figure> {
    let mut counts: BTreeMap<(&'static str, Option<Part>), usize> = BTreeMap::new();
    for (item, outcome) in settled {
        if let Some(counted) = counted(item.audience(), outcome) {
            *counts.entry(counted).or_default() += 1;
        }
    }
    let figures = counts.into_iter().map(|((name, part), count)| {
        let figure = Figure::count(name, count);
        match part {
            Some((what, part)) => figure.by(what, part),
            None => figure,
        }
    });
    figures.collect()
}

/// What a figure is broken down by, and into which part.
type Part = (&'static str, &'static str);

fn counted(audience: Audience, outcome: &Settled) -> Option<(&'static str, Option<Part>)> {
    let not_emailed = |reason| Some(("AlertsNotEmailed", Some(("Reason", reason))));
    match outcome {
        Ok(Outcome::Sent | Outcome::Listed) => {
            Some(("Emailed", Some(("Audience", audience.as_str()))))
        }
        Ok(Outcome::SummarySent | Outcome::InSummary) => not_emailed("OverLimit"),
        Ok(Outcome::Repeated) => not_emailed("Repeated"),
        Ok(Outcome::OverLimit) => not_emailed("ContactOverLimit"),
        Ok(Outcome::Suppressed) => not_emailed("ContactSuppressed"),
        Ok(Outcome::AlreadySent) => None,
        Err(error) if error.is_refused_for_good() => Some(("EmailsRefused", None)),
        Err(error) if error.may_have_been_sent() => Some(("EmailsUncertain", None)),
        Err(error) if matches!(**error, EmailError::Suppressed) => {
            Some(("SupportSuppressed", None))
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
            // The message that failed has a line of its own.
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
        Outcome::OverLimit => "over_limit",
        Outcome::Suppressed => "suppressed",
        Outcome::AlreadySent => "already_dealt_with",
    }
}
