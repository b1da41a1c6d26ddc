//! The DMARC policy that applies to a domain: its own, or its organizational domain's
//! (RFC 7489 section 6.6.3).

use serde::{Deserialize, Serialize};

use super::answers::Observations;
use super::case::Case;
use super::finding::{Finding, Judgement, Standing};
use super::likeness::{Expected, Likeness};
use super::protection::Protection;
use super::value::value_of;
use crate::diagnosis::DiagnosisCode as Code;
use crate::dns::{Data, Observation, Outcome, RecordType};
use crate::email_auth::{Alignment, Dmarc, Policy, is_dmarc};
use crate::names::DomainName;
use crate::records::Record;

/// What the search for a policy came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum DmarcDiscovery {
    /// There is a policy.
    Published {
        /// Where: `_dmarc` below the domain or its organizational domain.
        at: String,
        /// The record, as DNS has it.
        text: String,
        /// What it says.
        dmarc: Dmarc,
        /// What it asks for mail from the domain.
        policy: Policy,
    },
    /// There are records, and none applies: two of them, or one that cannot be read.
    Void {
        /// Where.
        at: String,
        /// Two records, rather than one that cannot be read.
        multiple: bool,
    },
    /// There is none.
    Absent,
    /// DNS did not answer.
    Unknown,
}

/// Where the policy of `domain` is published (RFC 7489 section 6.1).
pub fn dmarc_name(domain: &str) -> String {
    format!("_dmarc.{domain}")
}

/// Finds the policy for mail from `domain` in what DNS answered to the questions of the first round.
pub fn discover_dmarc(domain: &DomainName, observations: &[Observation]) -> DmarcDiscovery {
    Policies::new(domain, &Observations::new(observations)).discovery(domain)
}

/// The judgements at the two places.
pub(super) struct Policies {
    own: Judgement,
    above: Option<Judgement>,
}

impl Policies {
    pub(super) fn new(domain: &DomainName, observations: &Observations<'_>) -> Self {
        let at = |domain: &str| {
            let judge = |outcome: &Outcome| judge(outcome, observations);
            observations.settle(&dmarc_name(domain), RecordType::Txt, &judge)
        };
        let organizational = domain.organizational();
        Self {
            own: at(domain.as_str()),
            above: (organizational != domain.as_str()).then(|| at(organizational)),
        }
    }

    /// The judgement that counts, and whether it is the organizational domain's.
    pub(super) fn effective(self) -> (Judgement, bool) {
        let decided = self.own.standing == Standing::Right
            || self.own.standing == Standing::Unknown
            || self.own.has(Code::DmarcMultiple)
            || self.own.has(Code::DmarcInvalid)
            || self.own.is_explained();
        match self.above {
            Some(above) if !decided && above.standing != Standing::Absent => (above, true),
            Some(_) | None => (self.own, false),
        }
    }

    fn discovery(self, domain: &DomainName) -> DmarcDiscovery {
        let (judged, above) = self.effective();
        let at = dmarc_name(if above {
            domain.organizational()
        } else {
            domain.as_str()
        });
        match judged.standing {
            Standing::Right => {
                let record = judged.observed.iter().find_map(|text| {
                    let dmarc = Dmarc::parse(text).ok()?;
                    Some((text.clone(), dmarc))
                });
                match record {
                    Some((text, dmarc)) => DmarcDiscovery::Published {
                        at,
                        text,
                        policy: if above {
                            dmarc.asks(crate::email_auth::Reach::Below)
                        } else {
                            dmarc.policy
                        },
                        dmarc,
                    },
                    None => DmarcDiscovery::Unknown,
                }
            }
            Standing::Wrong
                if judged.has(Code::DmarcMultiple) || judged.has(Code::DmarcInvalid) =>
            {
                DmarcDiscovery::Void {
                    at,
                    multiple: judged.has(Code::DmarcMultiple),
                }
            }
            Standing::Wrong | Standing::Absent => DmarcDiscovery::Absent,
            Standing::Unknown => DmarcDiscovery::Unknown,
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
            Err(_) => vec![Finding::of(Code::DmarcInvalid, text.as_str())],
        },
        [first, ..] => vec![Finding::of(Code::DmarcMultiple, first.as_str())],
    };
    Judgement::wrong(findings, observed)
}

/// Receivers skip it, but a person meant it.
fn resembles_dmarc(text: &str) -> bool {
    text.to_ascii_lowercase().contains("dmarc1")
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
        Likeness::Damaged(codes) => codes
            .into_iter()
            .map(|code| Finding::of(code, text))
            .collect(),
        Likeness::Same | Likeness::Other { .. } => Vec::new(),
    };
    findings.push(Finding::of(Code::DmarcInvalid, text));
    findings
}

impl Case<'_> {
    /// The judgement of the DMARC record; the flag says that the organizational domain's counts.
    pub(super) fn dmarc(&self) -> (Judgement, bool) {
        Policies::new(self.context.domain, &self.observations).effective()
    }

    pub(crate) fn has_dmarc(&self) -> bool {
        self.dmarc().0.standing == Standing::Right
    }

    /// The name that the DMARC judgement is about.
    pub(super) fn dmarc_place(&self, record: &Record, above: bool) -> String {
        if above {
            dmarc_name(self.context.domain.organizational())
        } else {
            record.name.clone()
        }
    }
}

/// What the policy means for mail that is sent now.
pub(super) fn weigh_dmarc(judged: &mut Judgement, above: bool, protection: Protection) {
    if judged.standing != Standing::Right {
        return;
    }
    let Some((text, dmarc)) = judged
        .observed
        .iter()
        .find_map(|text| Some((text.clone(), Dmarc::parse(text).ok()?)))
    else {
        return;
    };
    let policy = if above {
        dmarc.asks(crate::email_auth::Reach::Below)
    } else {
        dmarc.policy
    };
    let spf_is_strict = dmarc.spf == Alignment::Strict;
    // Our MAIL FROM is a subdomain, which strict alignment never accepts (RFC 7489 section 3.1.2).
    let spf_aligns = protection.mail_from && !spf_is_strict;
    if policy.blocks() && !protection.dkim && !spf_aligns {
        judged
            .findings
            .push(Finding::of(Code::DmarcBlocksVia, &text));
    }
    // SES signs with the identity's own domain: strict DKIM alignment is met by senders at the
    // domain itself, and matters to those below it where SPF does not align either.
    if spf_is_strict || (dmarc.dkim == Alignment::Strict && !spf_aligns) {
        judged
            .findings
            .push(Finding::of(Code::DmarcStrictAlignment, &text));
    }
}
