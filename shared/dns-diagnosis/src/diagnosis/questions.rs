//! What to ask: first what every look needs, then the probes that explain a record that is not
//! where it belongs. Probes cost look-ups only where there is something to explain, and only at names
//! that may exist: "no such name" (NXDOMAIN) holds for every type at the name (RFC 2308 section 5), and
//! for every name below it (RFC 8020). A record's state rests on neither, only on its own look-up.

use super::code::DiagnosisCode as Code;
use super::dmarc::dmarc_name;
use super::judge::type_of;
use super::view::Standing;
use super::{Context, Look};
use crate::dns::{Observation, Question, RecordType, Zone, ZoneOutcome};
use crate::email_auth::tree_walk;
use crate::names::DomainName;
use crate::records::{Record, RecordData, RecordId};

/// Longest name that can be asked for (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;
/// A label that nobody has: whatever answers for it is a wildcard (RFC 4592).
pub(crate) const NOBODYS_LABEL: &str = "lasso-wildcard-check";

/// The first round: every record by its own name and type, the DMARC record of the organizational
/// domain, and the zone's name servers as they see themselves.
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

/// What is asked in a round after the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probes {
    /// What records are aliases of: a part of their own look-up.
    pub aliases: Vec<Question>,
    /// What explains records that are not right. What the authoritative servers say is enough for it.
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
    let look = Look::new(*context, records, observations);
    let mut aliases = Questions::default();
    let mut questions = Questions::default();
    let mut anything = false;
    for record in records {
        let judged = look.own(record);
        look.ask_for_aliases(record, &mut aliases);
        if record.id == RecordId::Dmarc {
            for name in look.unasked_policies() {
                questions.ask(&name, RecordType::Txt);
            }
        }
        if record.id == RecordId::MailFromSpf {
            for question in look.spf_questions(record) {
                questions.ask(&question.name, question.record_type);
            }
        }
        let exists = look.observations.exists(&record.name);
        if exists {
            ask_beside(record, &mut questions);
        }
        let settled = matches!(judged.standing, Standing::Right | Standing::Unknown);
        if settled || record.id == RecordId::Dmarc && look.has_dmarc() {
            continue;
        }
        if !judged.is_explained() {
            look.ask_elsewhere(record, &mut questions);
        }
        if exists {
            anything = true;
            ask_instead(record, &mut questions);
        }
    }
    // Where nothing exists at a name, no wildcard answers for it either.
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
    let new = |question: &Question| !look.observations.has(question);
    aliases.0.retain(new);
    let new = |question: &Question| new(question) && !aliases.0.contains(question);
    questions.0.retain(new);
    Probes {
        aliases: aliases.0,
        explaining: questions.0,
    }
}

/// A name where a record may have ended up.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) kind: PlaceKind,
    /// A name above it that exists only where somebody made such a mistake: the last label that does
    /// not belong there, right below the zone or the domain.
    branch: Option<String>,
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
        let mut add = |name: String, kind, branch| {
            let new = name != record.name && name.len() <= MAX_NAME;
            if new {
                places.push(Place { name, kind, branch });
            }
        };
        let mut bases = vec![zone];
        bases.extend((domain != zone).then_some(domain));
        for base in bases {
            let name = format!("{}.{base}", record.name);
            add(name, PlaceKind::Doubled, Some(branch(&record.name, base)));
        }
        // At the parent `_dmarc` and `_amazonses` are records of their own; whether the value is
        // ours is checked where the answer is read.
        let front = record.name.strip_suffix(domain);
        if let Some(front) = front.filter(|_| domain != zone && record.id != RecordId::Dmarc) {
            add(format!("{front}{zone}"), PlaceKind::WithoutPart, None);
        }
        match record.id {
            RecordId::Verification | RecordId::Ownership => {
                add(domain.to_owned(), PlaceKind::Apex, None);
            }
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
                let value = record.data.value();
                let name = format!("{value}.{zone}");
                add(name, PlaceKind::UnderItsValue, Some(branch(&value, zone)));
                for old in self.former_tokens(record.id) {
                    let name = format!("{old}._domainkey.{domain}");
                    add(name, PlaceKind::OlderToken, None);
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

    /// The places where it may have ended up; of those below a branch first the branch alone.
    fn ask_elsewhere(&self, record: &Record, questions: &mut Questions) {
        for place in self.places(record) {
            let asked = |branch: &&String| self.observations.get(branch, RecordType::Txt).is_some();
            match &place.branch {
                Some(branch) if !asked(&branch) => questions.ask(branch, RecordType::Txt),
                Some(branch) if self.observations.denies(branch) => {}
                Some(_) | None => questions.ask(&place.name, type_of(&record.data)),
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

/// What may not be at the name of a record although the record is right.
fn ask_beside(record: &Record, questions: &mut Questions) {
    match record.id {
        // Receivers ask for TXT at these names and are led on by the CNAME.
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
            questions.ask(&record.name, RecordType::Txt);
        }
        RecordId::MailFromMx => questions.ask(&record.name, RecordType::Cname),
        RecordId::Verification | RecordId::MailFromSpf | RecordId::Dmarc | RecordId::Ownership => {}
    }
}

/// What may be at the name in the record's place.
fn ask_instead(record: &Record, questions: &mut Questions) {
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

/// The name right below `base` that leads to `name` doubled onto it.
fn branch(name: &str, base: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    format!("{last}.{base}")
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
