//! The questions to DNS: first the questions that every diagnosis needs, then probes that explain a
//! record which is not at its name. Probes are asked only if there is something to explain, and
//! only at names that may exist: "no such name" (NXDOMAIN) applies to every type at the name (RFC
//! 2308 section 5), and to every name below it (RFC 8020). Probes do not affect a record's state,
//! which depends only on its own look-up.
//!
//! The record in this example is not at its name, so the probes search it where the usual mistakes
//! put it:
//!
//! ```
//! use dns_diagnosis::diagnosis::{Context, FormerTokens, probes_for, questions_for};
//! use dns_diagnosis::dns::{Observation, Outcome, Question, ZoneOutcome};
//! use dns_diagnosis::names::DomainName;
//! use dns_diagnosis::records::ownership_record;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let domain = DomainName::parse("example.com")?;
//! let records = [ownership_record(&domain, "secret")];
//! let context = Context {
//!     domain: &domain,
//!     zone: &ZoneOutcome::Unknown { failure: None },
//!     former: &FormerTokens::default(),
//!     ses: None,
//!     sightings: None,
//! };
//! // A DNS in which none of the names exists.
//! let observe = |question: &Question| Observation {
//!     question: question.clone(),
//!     authoritative: Vec::new(),
//!     zone: None,
//!     recursive: Outcome::NoSuchName { negative_ttl: 300 },
//! };
//!
//! let first = questions_for(&domain, &records, None);
//! assert_eq!(first[0].name, "_lasso-challenge.example.com");
//! let mut observations: Vec<Observation> = first.iter().map(observe).collect();
//!
//! let probes = probes_for(&context, &records, &observations);
//! let names: Vec<&str> = probes.explaining.iter().map(|probe| &*probe.name).collect();
//! assert_eq!(names[..2], ["com.example.com", "example.example.com"]);
//!
//! observations.extend(probes.explaining.iter().map(observe));
//! assert!(probes_for(&context, &records, &observations).is_empty());
//! # Ok(())
//! # }
//! ```

use super::Context;
use super::judge::{Case, MAX_NAME, Standing, dmarc_name, type_of};
use crate::dns::{Observation, Question, RecordType, Zone};
use crate::email_auth::tree_walk;
use crate::names::DomainName;
use crate::records::{Record, RecordData, RecordId};

/// The first round: every record by its own name and type, the DMARC record of the organizational
/// domain, and the zone's name servers as they see themselves.
///
/// # Examples
///
/// ```
/// use dns_diagnosis::diagnosis::questions_for;
/// use dns_diagnosis::dns::RecordType;
/// use dns_diagnosis::names::DomainName;
/// use dns_diagnosis::records::ownership_record;
///
/// let domain = DomainName::parse("example.com")?;
/// let records = [ownership_record(&domain, "secret")];
/// let questions = questions_for(&domain, &records, None);
/// assert_eq!(questions.len(), 1);
/// assert_eq!(questions[0].name, "_lasso-challenge.example.com");
/// assert_eq!(questions[0].record_type, RecordType::Txt);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn questions_for(
    domain: &DomainName,
    records: &[Record],
    zone: Option<&Zone>,
) -> Vec<Question> {
    let mut questions = Questions::default();
    for record in records {
        questions.ask(&record.name, type_of(&record.data));
        if record.id == RecordId::Dmarc {
            questions.ask(&dmarc_name(domain.organizational()), RecordType::Txt);
        }
    }
    if let Some(zone) = zone {
        questions.ask(&zone.apex, RecordType::Ns);
    }
    questions.0
}

/// The questions of a round after the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probes {
    /// The targets of records that are aliases: a part of their own look-up.
    pub aliases: Vec<Question>,
    /// Questions whose answers explain records that are not right. The answers of the authoritative servers
    /// are enough.
    pub explaining: Vec<Question>,
}

impl Probes {
    /// Whether there is nothing left to ask.
    pub fn is_empty(&self) -> bool {
        self.aliases.is_empty() && self.explaining.is_empty()
    }
}

/// The next round, given what is known: what must not be beside a record, and probes for what is not
/// right. Empty once there is nothing left to ask, so that rounds may be repeated; three are enough
/// for everything but chains of aliases.
pub fn probes_for(
    context: &Context<'_>,
    records: &[Record],
    observations: &[Observation],
) -> Probes {
    let case = Case::new(*context, records, observations);
    let mut aliases = Questions::default();
    let mut questions = Questions::default();
    let (mut is_in_place, mut is_signed) = (false, true);
    for record in records {
        let judged = case.own(record);
        match record.id {
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
                is_signed = is_signed && judged.standing == Standing::Right;
            }
            RecordId::MailFromSpf => is_in_place = judged.standing == Standing::Right,
            RecordId::Verification
            | RecordId::MailFromMx
            | RecordId::Dmarc
            | RecordId::Ownership => {}
        }
        case.ask_for_aliases(record, &mut aliases);
        if record.id == RecordId::Dmarc {
            for name in case.unasked_policies() {
                questions.ask(&name, RecordType::Txt);
            }
        }
        if record.id == RecordId::MailFromSpf {
            for question in case.spf_questions(record) {
                questions.ask(&question.name, question.record_type);
            }
        }
        let exists = case.observations.exists(&record.name);
        if exists {
            case.ask_beside(record, &mut questions);
        }
        let settled = matches!(judged.standing, Standing::Right | Standing::Unknown);
        if settled || record.id == RecordId::Dmarc && case.has_dmarc() {
            continue;
        }
        if !judged.is_explained() {
            case.ask_elsewhere(record, &mut questions);
            if case.is_seen_elsewhere(record) {
                // It may be a wildcard that answers there.
                for probe in case.wildcard_probes() {
                    questions.ask(probe, type_of(&record.data));
                }
            }
        }
        if exists {
            ask_instead(record, &mut questions);
            // If nothing exists at a name, no wildcard answers for it either.
            case.ask_for_wildcard(record, &mut questions);
        }
    }
    if let Some(name) = case.policy_beside_dkim(is_in_place, is_signed) {
        questions.ask(&dmarc_name(name), RecordType::Txt);
    }
    let new = |question: &Question| !case.observations.has(question);
    aliases.0.retain(new);
    let new = |question: &Question| new(question) && !aliases.0.contains(question);
    questions.0.retain(new);
    Probes {
        aliases: aliases.0,
        explaining: questions.0,
    }
}

impl Case<'_> {
    /// Asks at the places where the record may have ended up. For places below a branch, it asks first only
    /// for the branch, and for places below a subdomain that may not exist, only for the subdomain.
    fn ask_elsewhere(&self, record: &Record, questions: &mut Questions) {
        let domain = self.context.domain.as_str();
        let may_be_below = self.may_exist_below_domain();
        for place in self.places(record) {
            let front = place.name.strip_suffix(domain);
            if !may_be_below && front.is_some_and(|front| front.ends_with('.')) {
                if !self.observations.is_asked(domain) {
                    questions.ask(domain, RecordType::Txt);
                }
                continue;
            }
            let Some(branch) = &place.branch else {
                questions.ask(&place.name, type_of(&record.data));
                continue;
            };
            match self.observations.denies_if_asked(branch) {
                Some(true) => {}
                Some(false) => questions.ask(&place.name, type_of(&record.data)),
                None if questions.has_name(branch) => {}
                None => questions.ask(branch, RecordType::Txt),
            }
        }
    }

    /// Whether there may be names below the domain: always if it is a zone, and if one of its records
    /// exists; otherwise if the domain has been asked for and is not denied.
    fn may_exist_below_domain(&self) -> bool {
        let domain = self.context.domain.as_str();
        let mut records = self.records.iter();
        domain == self.zone
            || records.any(|record| self.observations.exists(&record.name))
            || self.observations.is_asked(domain) && !self.observations.denies(domain)
    }

    /// Asks for records that may not be at the name of a record, although the record itself is right.
    fn ask_beside(&self, record: &Record, questions: &mut Questions) {
        let record_type = type_of(&record.data);
        match record.data {
            RecordData::Cname { .. } => {
                // Receivers ask for TXT at these names and are led on by the CNAME.
                questions.ask(&record.name, RecordType::Txt);
                // A CNAME record does not tell its zone, and `_domainkey` may be one of its own.
                if let Some((_, above)) = record.name.split_once('.') {
                    questions.ask(above, RecordType::Soa);
                }
            }
            RecordData::Txt { .. } | RecordData::Mx { .. } => {
                if self.observations.alias(&record.name, record_type).is_none() {
                    questions.ask(&record.name, RecordType::Cname);
                }
            }
        }
    }

    /// Asks what a wildcard answers for the name of a record that is not right.
    fn ask_for_wildcard(&self, record: &Record, questions: &mut Questions) {
        let sibling = self.wildcard_probe(record);
        questions.ask(sibling, RecordType::Cname);
        match record.data {
            RecordData::Txt { .. } => questions.ask(sibling, RecordType::Txt),
            RecordData::Mx { .. } => {
                questions.ask(sibling, RecordType::Mx);
                questions.ask(sibling, RecordType::Txt);
            }
            RecordData::Cname { .. } => {
                for record_type in [
                    RecordType::Txt,
                    RecordType::Mx,
                    RecordType::A,
                    RecordType::Aaaa,
                ] {
                    questions.ask(sibling, record_type);
                }
            }
        }
    }

    fn ask_for_aliases(&self, record: &Record, questions: &mut Questions) {
        let record_type = type_of(&record.data);
        if record_type == RecordType::Cname {
            return;
        }
        let mut names = vec![record.name.clone()];
        if record.id == RecordId::Dmarc {
            names.extend(
                tree_walk(self.context.domain.as_str())
                    .skip(1)
                    .map(dmarc_name),
            );
        }
        for mut name in names {
            // As far as the chain is known, and one step further.
            for _ in 0..4 {
                let Some(target) = self.observations.alias(&name, record_type) else {
                    break;
                };
                questions.ask(target, record_type);
                target.clone_into(&mut name);
            }
        }
    }
}

/// Asks for records that may be at the name instead.
fn ask_instead(record: &Record, questions: &mut Questions) {
    match record.data {
        RecordData::Cname { .. } => {
            questions.ask(&record.name, RecordType::A);
            questions.ask(&record.name, RecordType::Aaaa);
            questions.ask(&record.name, RecordType::Mx);
        }
        RecordData::Txt { .. } | RecordData::Mx { .. } => {
            questions.ask(&record.name, RecordType::Cname);
        }
    }
}

/// Questions without repetition, in the order of asking.
#[derive(Default)]
pub(crate) struct Questions(pub(crate) Vec<Question>);

impl Questions {
    fn has_name(&self, name: &str) -> bool {
        let mut names = self.0.iter().map(|question| &question.name);
        names.any(|own| own.eq_ignore_ascii_case(name))
    }

    pub(crate) fn ask(&mut self, name: &str, record_type: RecordType) {
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_asked =
            |own: &Question| own.record_type == record_type && own.name.eq_ignore_ascii_case(name);
        if !name.is_empty() && name.len() <= MAX_NAME && !self.0.iter().any(is_asked) {
            let name = name.to_ascii_lowercase();
            self.0.push(Question { name, record_type });
        }
    }
}
