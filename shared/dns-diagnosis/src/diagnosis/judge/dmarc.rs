//! The DMARC policy that applies to a domain: its own, that of its organizational domain, or that of
//! a public suffix above both (RFC 9989 section 4.10.1).

use serde::{Deserialize, Serialize};

use super::answers::{Observations, value_of};
use super::finding::{Finding, Judgement, Standing};
use super::joined::Joined;
use super::likeness::{Expected, Likeness};
use crate::diagnosis::DiagnosisCode as Code;
use crate::dns::{Data, Observation, Outcome, RecordType};
use crate::email_auth::{
    Applicable, Dmarc, DmarcAnswer, DmarcRecords, Owner, Policy, Reach, applicable, is_dmarc,
    tree_walk,
};
use crate::names::DomainName;

/// The result of the search for a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum DmarcDiscovery {
    /// There is a policy.
    Published {
        /// The name of the record: `_dmarc` below the domain or below a name above it.
        at: String,
        /// The record, as DNS has it.
        text: String,
        /// The parsed record.
        dmarc: Dmarc,
        /// The policy that applies to mail from the domain (from `p`, `sp` or `np`).
        policy: Policy,
    },
    /// There are records, but no policy applies: there is more than one record, or the record cannot be
    /// read.
    Void {
        /// The name with the records.
        at: String,
        /// Whether there is more than one record; otherwise there is one that cannot be read.
        multiple: bool,
    },
    /// There is no policy.
    Absent,
    /// DNS did not answer.
    Unknown,
}

/// Where the policy of `domain` is published (RFC 9989 section 4.7).
pub fn dmarc_name(domain: &str) -> String {
    format!("_dmarc.{domain}")
}

/// Finds the policy for mail from `domain` in what DNS answered.
pub fn discover_dmarc(domain: &DomainName, observations: &[Observation]) -> DmarcDiscovery {
    Policies::new(domain, &Observations::new(observations)).discovery()
}

/// Whether the record `at`, which applies to `domain`, is of a registry above it rather than of its
/// owner.
pub fn is_of_registry(at: &str, domain: &DomainName) -> bool {
    at.len() < dmarc_name(domain.organizational()).len()
}

/// A DMARC record at a name above a domain, at the domain itself, or at its MAIL FROM name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DmarcAt {
    /// The name, without `_dmarc`.
    pub name: String,
    /// The parsed record.
    pub dmarc: Dmarc,
}

/// What is known of the records on the tree walk from a domain.
pub(crate) struct Policies<'d> {
    domain: &'d DomainName,
    /// Whether the domain exists in DNS, which `np` depends on.
    pub(super) exists: bool,
    /// The names that were asked, the domain first, and the judgement at each.
    places: Vec<(&'d str, Judgement)>,
    /// The MAIL FROM name and the judgement there, if it was asked.
    mail_from: Option<(&'d str, Judgement)>,
}

impl<'d> Policies<'d> {
    pub(super) fn new(domain: &'d DomainName, observations: &Observations<'_>) -> Self {
        let judge = |outcome: &Outcome| judge(outcome, observations);
        let places = tree_walk(domain.as_str()).filter_map(|name| {
            let at = dmarc_name(name);
            let asked = observations.get(&at, RecordType::Txt).is_some();
            let judged = || observations.settle(&at, RecordType::Txt, &judge);
            (asked || name == domain.as_str()).then(|| (name, judged()))
        });
        Self {
            domain,
            exists: !observations.denies(domain.as_str()),
            places: places.collect(),
            mail_from: None,
        }
    }

    /// With what is known of the MAIL FROM name: a record there may end the organization (`psd`, RFC 9989
    /// section 4.10.2), and SPF is not aligned with the domain then.
    pub(super) fn with_mail_from(mut self, name: &'d str, observations: &Observations<'_>) -> Self {
        let judged = judgement_at(&dmarc_name(name), observations);
        self.mail_from = judged.map(|judged| (name, judged));
        self
    }

    /// Every name that was asked, and the judgement at it.
    fn all(&self) -> impl Iterator<Item = &(&'d str, Judgement)> {
        self.places.iter().chain(&self.mail_from)
    }

    /// The record that applies to mail from the domain. `None` if no record applies, or if it is not known.
    pub(super) fn applying(&self) -> Option<Dmarc> {
        match applicable(self.domain.as_str(), self) {
            Applicable::Record { dmarc, .. } => Some(dmarc),
            Applicable::Unreadable { .. } | Applicable::Nothing | Applicable::Unknown => None,
        }
    }

    /// The judgement that a person is shown, and the name that it is about: that of the domain, or of
    /// a name above it whose policy covers the domain.
    pub(super) fn effective(&self) -> (Judgement, String) {
        match self.places.get(self.effective_place()) {
            Some((name, judged)) => (judged.clone(), dmarc_name(name)),
            None => (Judgement::absent(), dmarc_name(self.domain.as_str())),
        }
    }

    /// Whether that judgement is that the record is right.
    pub(super) fn is_right(&self) -> bool {
        let effective = self.places.get(self.effective_place());
        effective.is_some_and(|(_, judged)| judged.standing == Standing::Right)
    }

    fn effective_place(&self) -> usize {
        let own_decides = self.places.first().is_none_or(|(_, own)| {
            own.standing == Standing::Right
                || own.standing == Standing::Unknown
                || own.has(Code::DmarcMultiple)
                || own.has(Code::DmarcInvalid)
                || own.is_explained()
        });
        if own_decides {
            return 0;
        }
        let at = match applicable(self.domain.as_str(), self) {
            Applicable::Record { at, .. } | Applicable::Unreadable { at }
                if !self.is_above_organization(&at) =>
            {
                at
            }
            Applicable::Record { .. }
            | Applicable::Unreadable { .. }
            | Applicable::Nothing
            | Applicable::Unknown => self.domain.organizational().to_owned(),
        };
        let place = self
            .places
            .iter()
            .position(|(name, judged)| *name == at && judged.standing != Standing::Absent);
        place.unwrap_or(0)
    }

    /// Whether a record above the domain belongs to a registry rather than to the domain's owner.
    fn is_above_organization(&self, name: &str) -> bool {
        name.len() < self.domain.organizational().len()
    }

    pub(crate) fn discovery(&self) -> DmarcDiscovery {
        match applicable(self.domain.as_str(), self) {
            Applicable::Record { at, owner, dmarc } => DmarcDiscovery::Published {
                text: self.text_at(&at).unwrap_or_default(),
                at: dmarc_name(&at),
                policy: dmarc.asks(match owner {
                    Owner::Author => Reach::Itself,
                    Owner::Organization | Owner::PublicSuffix if self.exists => Reach::Below,
                    Owner::Organization | Owner::PublicSuffix => Reach::BelowNonexistent,
                }),
                dmarc,
            },
            Applicable::Unreadable { at } => DmarcDiscovery::Void {
                at: dmarc_name(&at),
                multiple: false,
            },
            Applicable::Unknown => DmarcDiscovery::Unknown,
            Applicable::Nothing => {
                let void = self.places.iter().find(|(_, judged)| {
                    judged.has(Code::DmarcMultiple) || judged.has(Code::DmarcInvalid)
                });
                void.map_or(DmarcDiscovery::Absent, |(name, judged)| {
                    DmarcDiscovery::Void {
                        at: dmarc_name(name),
                        multiple: judged.has(Code::DmarcMultiple),
                    }
                })
            }
        }
    }

    /// The records beside the one that applies.
    pub(super) fn others(&self, discovery: &DmarcDiscovery) -> Vec<DmarcAt> {
        let applies = |name: &str| match discovery {
            DmarcDiscovery::Published { at, .. } => *at == dmarc_name(name),
            DmarcDiscovery::Void { .. } | DmarcDiscovery::Absent | DmarcDiscovery::Unknown => false,
        };
        let others = self.all().filter(|(name, _)| !applies(name));
        let others = others.filter_map(|(name, _)| match self.record(name) {
            DmarcAnswer::Record(dmarc) => Some(DmarcAt {
                name: (*name).to_owned(),
                dmarc,
            }),
            DmarcAnswer::Unreadable | DmarcAnswer::Nothing | DmarcAnswer::Unknown => None,
        });
        others.collect()
    }

    /// The text of the one record at a name.
    pub(super) fn text_at(&self, name: &str) -> Option<String> {
        let (_, judged) = self.all().find(|(place, _)| *place == name)?;
        one_record(judged).cloned()
    }
}

/// The judgement of what is at `at`; none if it was not asked.
pub(super) fn judgement_at(at: &str, observations: &Observations<'_>) -> Option<Judgement> {
    let judge = |outcome: &Outcome| judge(outcome, observations);
    observations.get(at, RecordType::Txt)?;
    Some(observations.settle(at, RecordType::Txt, &judge))
}

/// The record that a judgement is about, for the tree walk.
pub(super) fn answer_of(judged: &Judgement) -> DmarcAnswer {
    match judged.standing {
        Standing::Right | Standing::Wrong => match one_record(judged) {
            Some(text) => Dmarc::parse(text).map_or(DmarcAnswer::Unreadable, DmarcAnswer::Record),
            None => DmarcAnswer::Nothing,
        },
        Standing::Absent => DmarcAnswer::Nothing,
        Standing::Unknown => DmarcAnswer::Unknown,
    }
}

/// The text of the one record; of several, all are discarded.
fn one_record(judged: &Judgement) -> Option<&String> {
    let mut records = judged.observed.iter().filter(|text| is_dmarc(text));
    records.next().filter(|_| records.next().is_none())
}

impl DmarcRecords for Policies<'_> {
    /// A registry that does not answer is taken for one without a policy, which nearly all are.
    fn record(&self, name: &str) -> DmarcAnswer {
        match self.all().find(|(place, _)| *place == name) {
            Some((_, judged)) => match answer_of(judged) {
                DmarcAnswer::Unknown if self.is_above_organization(name) => DmarcAnswer::Nothing,
                answer @ (DmarcAnswer::Record(_)
                | DmarcAnswer::Unreadable
                | DmarcAnswer::Nothing
                | DmarcAnswer::Unknown) => answer,
            },
            None => DmarcAnswer::Nothing,
        }
    }
}

fn judge(outcome: &Outcome, observations: &Observations<'_>) -> Judgement {
    match outcome {
        Outcome::Found { data, .. } => judge_texts(data),
        Outcome::Alias { target, .. } => {
            // A record kept at a DMARC service, which is common and works.
            let plain = |outcome: &Outcome| match outcome {
                Outcome::Found { data, .. } => judge_texts(data),
                Outcome::Alias { .. }
                | Outcome::NoData { .. }
                | Outcome::NoSuchName { .. }
                | Outcome::Failed { .. }
                | Outcome::TimedOut
                | Outcome::NotAsked => Judgement::absent(),
            };
            let shown = format!("CNAME {target}");
            match observations.follow(target, RecordType::Txt, &plain) {
                Some(judged) if judged.standing != Standing::Absent => judged,
                Some(_) | None => {
                    Judgement::wrong(vec![Finding::of(Code::WrongType, &shown)], vec![shown])
                }
            }
        }
        Outcome::NoData { .. }
        | Outcome::NoSuchName { .. }
        | Outcome::Failed { .. }
        | Outcome::TimedOut
        | Outcome::NotAsked => Judgement::absent(),
    }
}

fn judge_texts(data: &[Data]) -> Judgement {
    let observed: Vec<String> = data.iter().map(value_of).collect();
    let records: Vec<&String> = observed.iter().filter(|text| is_dmarc(text)).collect();
    let findings = match records.as_slice() {
        [] => match observed.iter().find(|text| resembles_dmarc(text)) {
            Some(text) => malformed(text),
            None => observed
                .iter()
                .take(1)
                .map(|text| Finding::of(Code::ValueMismatch, text))
                .collect(),
        },
        [text] => match Dmarc::parse(text) {
            Ok(_) => return Judgement::right(observed),
            Err(_) => unusable(text),
        },
        [first, ..] => vec![Finding::of(Code::DmarcMultiple, first.as_str())],
    };
    Judgement::wrong(findings, observed)
}

/// Receivers skip it, but a person meant it.
fn resembles_dmarc(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let policy = text.trim_start().strip_prefix("p=");
    let policies = [Policy::None, Policy::Quarantine, Policy::Reject];
    text.contains("dmarc1")
        || text.trim_start().starts_with("v=dmarc")
        || policy.is_some_and(|rest| policies.iter().any(|it| rest.starts_with(it.as_str())))
        || text.contains("rua=mailto:")
}

/// A record that receivers skip: why, if one of the usual mistakes explains it.
fn malformed(text: &str) -> Vec<Finding> {
    let expected = Expected {
        value: "v=DMARC1",
        names: Vec::new(),
        zones: Vec::new(),
        case_matters: true,
    };
    let front: String = text.split(';').next().unwrap_or_default().to_owned();
    let mut findings = match expected.compare(&front) {
        // A space in front is no part of a value that works otherwise: it is no DMARC record.
        Likeness::Damaged(codes) if codes == [Code::ValueWhitespace] => Vec::new(),
        Likeness::Damaged(codes) => codes
            .into_iter()
            .map(|code| Finding::of(code, text))
            .collect(),
        Likeness::Same | Likeness::Other { .. } => Vec::new(),
    };
    findings.extend(unusable(text));
    findings
}

/// The findings that receivers do not use a record and that another record is in the same text, if so.
fn unusable(text: &str) -> Vec<Finding> {
    let joined = Joined::of(text).map(|_| Code::ValuesJoined);
    let codes = joined.into_iter().chain([Code::DmarcInvalid]);
    codes.map(|code| Finding::of(code, text)).collect()
}
