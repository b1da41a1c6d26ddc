//! Which records to publish, and with which values. Other services' records are kept, and so are
//! records that are already right.

use super::Handoff;
use crate::diagnosis::{
    Context, DmarcDiscovery, FormerTokens, Observations, RecordState, WILDCARD_PROBE, answers,
    diagnose, discover_dmarc, proposes_dmarc,
};
use crate::dns::{Data, RecordType, ZoneOutcome};
use crate::email_auth::{is_dmarc, is_spf};
use crate::records::{Record, RecordData, RecordId};

/// The records to publish.
#[derive(Debug)]
pub(super) struct Proposal<'a> {
    /// The records that are handed over.
    pub(super) records: Vec<Record>,
    /// The records that are not handed over, because of what DNS has already.
    pub(super) left_out: Vec<LeftOut<'a>>,
}

/// A record that is not handed over.
#[derive(Debug)]
pub(super) struct LeftOut<'a> {
    /// The record as it would be handed over.
    pub(super) record: &'a Record,
    /// Why the record is left out: a sentence.
    pub(super) reason: &'static str,
}

const POLICY_PUBLISHED: &str =
    "A DMARC policy is already published, and a second policy would make both invalid.";
const POLICY_UNKNOWN: &str = "It is not known whether a DMARC policy of a name above applies to the domain: DNS did not answer.";
const NAME_DELEGATED: &str = "The name is delegated to other name servers, which do not answer, so it is not known whether a policy \
     is published.";
const ALIAS_HOLDS: &str = "There is a CNAME record at the name, and no other record may be at the same \
    name.";
const NO_PLACE: &str = "There are CNAME records at the name and at the domain itself, and no other record may be at the \
    same name. Amazon SES also verifies the domain by the CNAME records of DKIM alone.";
const NAME_TAKEN: &str =
    "Another mail service uses the name. Ask Lasso support for another MAIL FROM name.";

impl<'a> Proposal<'a> {
    pub(super) fn of(handoff: &Handoff<'a>) -> Self {
        let published = Published::of(handoff);
        let mut proposal = Self {
            records: Vec::new(),
            left_out: Vec::new(),
        };
        for record in handoff.records {
            let proposed = match record.id {
                RecordId::Dmarc => published.dmarc(record),
                RecordId::MailFromMx => published.mail_from(record).map(|()| record.clone()),
                RecordId::MailFromSpf => {
                    published.mail_from(record).map(|()| published.spf(record))
                }
                RecordId::Verification => published.verification(record),
                RecordId::Ownership => Ok(record.clone()),
                RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => Ok(record.clone()),
            };
            match proposed {
                Ok(record) => proposal.records.push(record),
                Err(reason) => proposal.left_out.push(LeftOut { record, reason }),
            }
        }
        proposal
    }
}

/// What DNS has already.
struct Published<'h, 'a> {
    handoff: &'h Handoff<'a>,
    observations: Observations<'a>,
}

impl<'h, 'a> Published<'h, 'a> {
    fn of(handoff: &'h Handoff<'a>) -> Self {
        Self {
            handoff,
            observations: Observations::new(handoff.observations),
        }
    }

    /// The DMARC record: ours if it is published, none if another applies (at the domain, or
    /// above it as RFC 9989 finds it) or if an alias holds the name.
    fn dmarc(&self, record: &Record) -> Result<Record, &'static str> {
        if self.alias(&record.name).is_some() {
            return Err(ALIAS_HOLDS);
        }
        if self.is_delegated_to_silence(&record.name) {
            return Err(NAME_DELEGATED);
        }
        let texts = self.observations.values(&record.name, RecordType::Txt);
        let mut policies = texts.iter().filter(|text| is_dmarc(text));
        // Another policy may mean the same: ours is the one with exactly this text.
        if policies.next() == Some(&record.data.value()) && policies.next().is_none() {
            return Ok(record.clone());
        }
        let (domain, observations) = (self.handoff.domain, self.handoff.observations);
        if !proposes_dmarc(domain, observations) {
            return Err(POLICY_PUBLISHED);
        }
        match discover_dmarc(domain, observations) {
            // It is not published, so leaving it out takes nothing away.
            DmarcDiscovery::Unknown if self.is_answered(&record.name) => Err(POLICY_UNKNOWN),
            DmarcDiscovery::Unknown
            | DmarcDiscovery::Absent
            | DmarcDiscovery::Published { .. }
            | DmarcDiscovery::Void { .. } => Ok(record.clone()),
        }
    }

    /// The token at its name, or at the domain itself, where Amazon SES takes it too, if another service has an
    /// alias at the name. Another alias may hold the domain.
    fn verification(&self, record: &Record) -> Result<Record, &'static str> {
        let domain = self.handoff.domain.as_str();
        match self.alias(&record.name) {
            Some(target) if is_of_another_service(&target) => {
                if self.alias(domain).is_some() {
                    return Err(NO_PLACE);
                }
                Ok(Record {
                    name: domain.to_owned(),
                    ..record.clone()
                })
            }
            Some(_) | None => Ok(record.clone()),
        }
    }

    /// Whether the name is in a zone of its own whose servers do not answer: what is there is not known, and a
    /// record beside the delegation is not seen.
    fn is_delegated_to_silence(&self, name: &str) -> bool {
        let observation = self.observations.get(name, RecordType::Txt);
        let zone = observation.and_then(|observation| observation.zone.as_deref());
        zone.is_some_and(|zone| zone.eq_ignore_ascii_case(name)) && !self.is_answered(name)
    }

    fn is_answered(&self, name: &str) -> bool {
        let observation = self.observations.get(name, RecordType::Txt);
        observation.is_some_and(|observation| !answers(observation).is_empty())
    }

    /// Whether the MAIL FROM name is free: a record of ours there would take the mail of a service that
    /// uses it.
    fn mail_from(&self, record: &Record) -> Result<(), &'static str> {
        let name = &record.name;
        let exchanges = self.observations.data(name, RecordType::Mx);
        let wildcard = siblings(name).any(|sibling| {
            !exchanges.is_empty() && self.observations.data(&sibling, RecordType::Mx) == exchanges
        });
        let has_others_mail = !wildcard
            && exchanges.iter().any(|data| match data {
                Data::Mx { exchange, .. } => is_of_another_service(exchange),
                Data::Address { .. }
                | Data::Cname { .. }
                | Data::Ns { .. }
                | Data::Soa { .. }
                | Data::Txt { .. } => false,
            });
        let is_others_alias = self
            .alias(name)
            .is_some_and(|target| is_of_another_service(&target));
        if has_others_mail || is_others_alias {
            return Err(NAME_TAKEN);
        }
        Ok(())
    }

    /// The SPF record: the one that is there if it lets mail from SES pass, the one that the fix names
    /// if it does not.
    fn spf(&self, record: &Record) -> Record {
        // Without a provider: its words would be in the values.
        let context = Context {
            domain: self.handoff.domain,
            zone: &ZoneOutcome::Unknown { failure: None },
            former: &FormerTokens::default(),
            ses: None,
            sightings: None,
        };
        let records = std::slice::from_ref(record);
        let diagnosis = diagnose(&context, records, self.handoff.observations);
        let Some(found) = diagnosis.records.first() else {
            return record.clone();
        };
        let fixed = found.fix.as_ref().and_then(|fix| fix.value.clone());
        let texts = self.observations.values(&record.name, RecordType::Txt);
        let mut published = texts.into_iter().filter(|text| is_spf(text));
        let kept = published.next().filter(|_| published.next().is_none());
        let text = match found.state {
            RecordState::Found => fixed.or(kept),
            RecordState::Missing | RecordState::Wrong => fixed,
            RecordState::Unknown | RecordState::NotLookedYet => None,
        };
        match text.filter(|text| is_spf(text) && !text.contains('\\')) {
            Some(text) => with_text(record, text),
            None => record.clone(),
        }
    }

    /// What the name is an alias of, by a CNAME record of its own: a record beside it is needed if only a
    /// wildcard answers.
    fn alias(&self, name: &str) -> Option<String> {
        let of = |name: &str| {
            let asked = [RecordType::Txt, RecordType::Mx].into_iter();
            let answered = asked.filter_map(|kind| self.observations.alias(name, kind));
            let direct = self.observations.data(name, RecordType::Cname).into_iter();
            let direct = direct.filter_map(|data| match data {
                Data::Cname { target } => Some(target.as_str()),
                Data::Address { .. }
                | Data::Mx { .. }
                | Data::Ns { .. }
                | Data::Soa { .. }
                | Data::Txt { .. } => None,
            });
            answered.chain(direct).next().map(str::to_owned)
        };
        let target = of(name)?;
        let wildcard = siblings(name).any(|sibling| of(&sibling).as_ref() == Some(&target));
        (!wildcard).then_some(target)
    }
}

/// The names beside `name` at which only a wildcard answers.
pub(super) fn siblings(name: &str) -> impl Iterator<Item = String> {
    let parent = name.split_once('.').map_or(name, |(_, parent)| parent);
    let below = ["", "_domainkey."].into_iter();
    below.map(move |below| format!("{WILDCARD_PROBE}.{below}{parent}"))
}

/// Whether a host takes mail for another service than SES, rather than being a mistyped one of SES. A lone
/// dot takes no mail (RFC 7505).
fn is_of_another_service(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let ours = ["amazonses", "amazonaws", "feedback-smtp"];
    host.trim_matches('.').contains('.') && !ours.iter().any(|word| host.contains(word))
}

fn with_text(record: &Record, text: String) -> Record {
    Record {
        data: RecordData::Txt { text },
        ..record.clone()
    }
}
