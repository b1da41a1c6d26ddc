//! The choice of a label for the custom MAIL FROM domain: the first candidate that is unused.
//!
//! SES requires a subdomain that is not otherwise used for mail, so DNS is queried before a label
//! is proposed. Our records would break another sender's MX or SPF record, and a CNAME record would
//! hide ours.

use crate::diagnosis::{Observations, Questions, WILDCARD_PROBE};
use crate::dns::{Observation, Question, RecordType};
use crate::email_auth::Spf;
use crate::identity::MailFromLabel;
use crate::names::DomainName;
use crate::records::SES_SPF_DOMAIN;

/// What is asked of each candidate.
const TYPES: [RecordType; 4] = [
    RecordType::Mx,
    RecordType::Txt,
    RecordType::Cname,
    RecordType::A,
];

/// Why a candidate cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBy {
    /// An MX record of another service.
    MailExchange,
    /// A CNAME record.
    Alias,
    /// An SPF or other TXT record of another service.
    Text,
    /// An address: a host has the name.
    Host,
    /// A wildcard, which answers for every name (RFC 4592).
    Wildcard,
}

/// What is known of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Nothing is there, or only records of ours.
    Free,
    /// Something is there.
    Taken {
        /// The kind of record that is there.
        by: TakenBy,
    },
    /// It was not asked, or DNS did not answer.
    Unknown,
}

/// The label to propose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChoice {
    /// The label.
    pub label: MailFromLabel,
    /// What is known of it. Not `free` if DNS did not answer or all candidates are taken.
    pub availability: Availability,
}

/// What to ask about one candidate, the first of which is enough for most domains.
pub fn questions_for_label(domain: &DomainName, label: &MailFromLabel) -> Vec<Question> {
    let mut questions = Questions::default();
    for name in [label.below(domain), format!("{WILDCARD_PROBE}.{domain}")] {
        for record_type in TYPES {
            questions.ask(&name, record_type);
        }
    }
    questions.0
}

/// What to ask about all candidates at once.
pub fn questions_for_labels(domain: &DomainName) -> Vec<Question> {
    let mut questions = Questions::default();
    for question in candidates().flat_map(|label| questions_for_label(domain, &label)) {
        questions.ask(&question.name, question.record_type);
    }
    questions.0
}

/// The first candidate that is free; else the first of which nothing is known; else the first
/// that only a wildcard answers for, because a record of its own hides the wildcard; else the
/// default.
pub fn choose_label(
    domain: &DomainName,
    region: &str,
    observations: &[Observation],
) -> LabelChoice {
    let observations = Observations::new(observations);
    let looked: Vec<LabelChoice> = candidates()
        .map(|label| LabelChoice {
            availability: availability(&label.below(domain), domain, region, &observations),
            label,
        })
        .collect();
    let wildcard = Availability::Taken {
        by: TakenBy::Wildcard,
    };
    [Availability::Free, Availability::Unknown, wildcard]
        .into_iter()
        .find_map(|wanted| looked.iter().find(|choice| choice.availability == wanted))
        .or(looked.first())
        .cloned()
        .unwrap_or_else(|| LabelChoice {
            label: MailFromLabel::default_label(),
            availability: Availability::Unknown,
        })
}

fn candidates() -> impl Iterator<Item = MailFromLabel> {
    (0..MailFromLabel::CANDIDATES.len()).filter_map(MailFromLabel::candidate)
}

fn availability(
    name: &str,
    domain: &DomainName,
    region: &str,
    observations: &Observations<'_>,
) -> Availability {
    let probe = format!("{WILDCARD_PROBE}.{domain}");
    let alias = TYPES
        .iter()
        .find_map(|record_type| observations.alias(name, *record_type));
    if let Some(target) = alias {
        return taken(TakenBy::Alias, || {
            observations.alias(&probe, RecordType::Mx) == Some(target)
        });
    }
    for record_type in TYPES {
        let values = observations.values(name, record_type);
        let foreign = values
            .iter()
            .any(|value| !is_ours(value, record_type, region));
        if foreign {
            return taken(kind_of(record_type), || {
                observations.values(&probe, record_type) == values
            });
        }
    }
    let answered = |record_type: &RecordType| {
        observations
            .get(name, *record_type)
            .is_some_and(|o| !crate::diagnosis::answers(o).is_empty())
    };
    if TYPES.iter().all(answered) {
        Availability::Free
    } else {
        Availability::Unknown
    }
}

fn taken(by: TakenBy, is_wildcard: impl FnOnce() -> bool) -> Availability {
    Availability::Taken {
        by: if is_wildcard() { TakenBy::Wildcard } else { by },
    }
}

fn kind_of(record_type: RecordType) -> TakenBy {
    match record_type {
        RecordType::Mx => TakenBy::MailExchange,
        RecordType::Cname => TakenBy::Alias,
        RecordType::Txt | RecordType::Ns | RecordType::Soa => TakenBy::Text,
        RecordType::A | RecordType::Aaaa => TakenBy::Host,
    }
}

/// Records that an earlier registration of the same domain asked for count as free.
fn is_ours(value: &str, record_type: RecordType, region: &str) -> bool {
    match record_type {
        RecordType::Mx => value
            .split_once(' ')
            .is_some_and(|(_, host)| host == format!("feedback-smtp.{region}.amazonses.com")),
        RecordType::Txt => Spf::parse(value).is_ok_and(|spf| spf.includes(SES_SPF_DOMAIN)),
        RecordType::A | RecordType::Aaaa | RecordType::Cname | RecordType::Ns | RecordType::Soa => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::scene::{Scene, a, cname, mx, txt};
    use crate::dns::Outcome;

    fn choice(scene: &Scene) -> (String, Availability) {
        let observations = scene.observe(&questions_for_labels(&scene.domain));
        let choice = choose_label(&scene.domain, "us-east-1", &observations);
        (choice.label.as_str().to_owned(), choice.availability)
    }

    fn bare() -> Scene {
        Scene::bare("example.com", "example.com")
    }

    fn free(label: &str) -> (String, Availability) {
        (label.to_owned(), Availability::Free)
    }

    #[test]
    fn the_default_mail_from_name_is_chosen_if_it_is_free() {
        assert_eq!(choice(&bare()), free("bounce"));
    }

    #[test]
    fn a_mail_from_name_with_our_own_records_stays_chosen() {
        assert_eq!(choice(&Scene::right()), free("bounce"));
    }

    #[test]
    fn the_next_candidate_is_chosen_if_foreign_records_hold_the_name() {
        for data in [
            mx("mail.example.com"),
            mx("feedback-smtp.eu-west-1.amazonses.com"),
            cname("u1.wl.sendgrid.net"),
            txt("v=spf1 include:sendgrid.net ~all"),
            a("192.0.2.1"),
        ] {
            let scene = bare().publish("bounce.example.com", data.clone());
            assert_eq!(choice(&scene), free("lasso-bounce"), "{data:?}");
        }
        let two = bare()
            .publish("bounce.example.com", mx("mail.example.com"))
            .publish("lasso-bounce.example.com", cname("x.example.net"));
        assert_eq!(choice(&two), free("lasso-mail"));
    }

    #[test]
    fn a_name_held_only_by_a_wildcard_is_chosen_and_reported_as_taken() {
        let wildcard = Availability::Taken {
            by: TakenBy::Wildcard,
        };
        for data in [mx("mail.example.com"), cname("www.example.com")] {
            let everywhere = bare().publish("*.example.com", data);
            assert_eq!(choice(&everywhere), ("bounce".to_owned(), wildcard));
        }
        let with_bounce = bare()
            .publish("*.example.com", mx("mail.example.com"))
            .publish("bounce.example.com", mx("bounces.example.net"));
        assert_eq!(choice(&with_bounce), ("lasso-bounce".to_owned(), wildcard));
    }

    #[test]
    fn a_mail_from_name_without_an_answer_stays_chosen_and_is_unknown() {
        let silent = (0..3).fold(bare(), |scene, server| {
            scene.fault(server, Outcome::TimedOut)
        });
        assert_eq!(
            choice(&silent),
            ("bounce".to_owned(), Availability::Unknown)
        );
        let nothing_asked = choose_label(&silent.domain, "us-east-1", &[]);
        assert_eq!(nothing_asked.label, MailFromLabel::default_label());
    }
}
