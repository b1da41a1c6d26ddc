//! What to ask: first what every look needs, then the probes that explain a record that is not
//! where it belongs. Probes cost look-ups only where there is something to explain.

use super::code::DiagnosisCode as Code;
use super::dmarc::dmarc_name;
use super::judge::type_of;
use super::view::Standing;
use super::{Context, Look};
use crate::dns::{Observation, Question, RecordType, Zone, ZoneOutcome};
use crate::names::DomainName;
use crate::records::{Record, RecordData, RecordId};

/// Longest name that can be asked for (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;
/// A label that nobody has: whatever answers for it is a wildcard (RFC 4592).
pub(crate) const NOBODYS_LABEL: &str = "lasso-wildcard-check";

/// The first round: every record by its own name and type, what must not be beside it, the DMARC
/// record of the organizational domain, and the zone's name servers as they see themselves.
pub fn questions_for(
    domain: &DomainName,
    records: &[Record],
    zone: Option<&Zone>,
) -> Vec<Question> {
    let mut questions = Questions::default();
    for record in records {
        questions.ask(&record.name, type_of(&record.data));
        match record.id {
            // Receivers ask for TXT at these names and are led on by the CNAME.
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
                questions.ask(&record.name, RecordType::Txt);
            }
            RecordId::MailFromMx => questions.ask(&record.name, RecordType::Cname),
            RecordId::Dmarc => {
                questions.ask(&dmarc_name(domain.organizational()), RecordType::Txt);
            }
            RecordId::Verification | RecordId::MailFromSpf | RecordId::Ownership => {}
        }
    }
    if let Some(zone) = zone {
        questions.ask(&zone.apex, RecordType::Ns);
    }
    questions.0
}

/// The next round, given what is known: probes for what is not right. Empty once there is nothing
/// left to ask, so that rounds may be repeated; two are enough for everything but chains of aliases.
pub fn probes_for(
    context: &Context<'_>,
    records: &[Record],
    observations: &[Observation],
) -> Vec<Question> {
    let look = Look::new(*context, records, observations);
    let mut questions = Questions::default();
    let mut anything = false;
    for record in records {
        let judged = look.own(record);
        look.ask_for_aliases(record, &mut questions);
        let settled = matches!(judged.standing, Standing::Right | Standing::Unknown);
        if settled || record.id == RecordId::Dmarc && look.has_dmarc() {
            continue;
        }
        anything = true;
        if !judged.is_explained() {
            for place in look.places(record) {
                questions.ask(&place.name, type_of(&record.data));
            }
        }
        match record.data {
            RecordData::Cname { .. } => {
                questions.ask(&record.name, RecordType::A);
                questions.ask(&record.name, RecordType::Aaaa);
            }
            RecordData::Txt { .. } | RecordData::Mx { .. } => {
                questions.ask(&record.name, RecordType::Cname);
            }
        }
    }
    if anything {
        let sibling = look.nobodys_name();
        for record_type in [
            RecordType::Cname,
            RecordType::Txt,
            RecordType::Mx,
            RecordType::A,
            RecordType::Aaaa,
        ] {
            questions.ask(&sibling, record_type);
        }
    }
    questions
        .0
        .retain(|question| !look.observations.has(question));
    questions.0
}

/// A name where a record may have ended up.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) kind: PlaceKind,
}

/// By which mistake a record ends up at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceKind {
    /// The zone twice.
    Doubled,
    /// The subdomain part left out.
    WithoutPart,
    /// The domain itself.
    Apex,
    /// Name and value swapped.
    UnderItsValue,
    /// The name with an older token.
    OlderToken,
}

impl PlaceKind {
    pub(super) fn code(self) -> Code {
        match self {
            Self::Doubled => Code::HostDoubled,
            Self::WithoutPart => Code::HostWithoutZonePart,
            Self::Apex => Code::AtApex,
            Self::UnderItsValue => Code::ValueIsName,
            Self::OlderToken => Code::StaleToken,
        }
    }
}

impl Look<'_> {
    /// Where else a record may be: doubled, without the subdomain part, at the domain itself,
    /// under its value, or under an older token.
    pub(super) fn places(&self, record: &Record) -> Vec<Place> {
        let zone = self.panel.zone();
        let domain = self.context.domain.as_str();
        let mut places = Vec::new();
        let mut add = |name: String, kind| {
            let new = name != record.name && name.len() <= MAX_NAME;
            if new {
                places.push(Place { name, kind });
            }
        };
        add(format!("{}.{zone}", record.name), PlaceKind::Doubled);
        if domain != zone {
            add(format!("{}.{domain}", record.name), PlaceKind::Doubled);
        }
        // At the parent `_dmarc` and `_amazonses` are records of their own; whether the value is
        // ours is checked where the answer is read.
        let front = record.name.strip_suffix(domain);
        if let Some(front) = front.filter(|_| domain != zone && record.id != RecordId::Dmarc) {
            add(format!("{front}{zone}"), PlaceKind::WithoutPart);
        }
        match record.id {
            RecordId::Verification | RecordId::Ownership => {
                add(domain.to_owned(), PlaceKind::Apex);
            }
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
                let value = record.data.value();
                add(format!("{value}.{zone}"), PlaceKind::UnderItsValue);
                for old in self.former_tokens(record.id) {
                    add(format!("{old}._domainkey.{domain}"), PlaceKind::OlderToken);
                }
            }
            RecordId::MailFromMx | RecordId::MailFromSpf | RecordId::Dmarc => {}
        }
        places
    }

    /// The older tokens that stood in this record's place: SES lists three each time.
    fn former_tokens(&self, id: RecordId) -> impl Iterator<Item = &str> {
        let place = match id {
            RecordId::Dkim1 => 0,
            RecordId::Dkim2 => 1,
            RecordId::Dkim3 => 2,
            RecordId::Verification
            | RecordId::MailFromMx
            | RecordId::MailFromSpf
            | RecordId::Dmarc
            | RecordId::Ownership => usize::MAX,
        };
        let former = self.context.former.dkim.iter().enumerate();
        former
            .filter(move |(at, _)| at % 3 == place)
            .map(|(_, token)| token.as_str())
    }

    /// A name beside the DKIM records at which only a wildcard answers.
    pub(super) fn nobodys_name(&self) -> String {
        format!("{NOBODYS_LABEL}._domainkey.{}", self.context.domain)
    }

    fn ask_for_aliases(&self, record: &Record, questions: &mut Questions) {
        let record_type = type_of(&record.data);
        if record_type == RecordType::Cname {
            return;
        }
        let mut names = vec![record.name.clone()];
        if record.id == RecordId::Dmarc {
            names.push(dmarc_name(self.context.domain.organizational()));
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

impl Context<'_> {
    /// The zone, where it was found.
    pub(crate) fn found_zone(&self) -> Option<&Zone> {
        match self.zone {
            ZoneOutcome::Found(zone) => Some(zone),
            ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. } => None,
        }
    }
}

/// Questions without repetition, in the order of asking.
#[derive(Default)]
pub(crate) struct Questions(pub(crate) Vec<Question>);

impl Questions {
    pub(crate) fn ask(&mut self, name: &str, record_type: RecordType) {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
        let question = Question { name, record_type };
        if !question.name.is_empty()
            && question.name.len() <= MAX_NAME
            && !self.0.contains(&question)
        {
            self.0.push(question);
        }
    }
}
