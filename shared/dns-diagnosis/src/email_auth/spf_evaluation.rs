//! `check_host()` of RFC 7208 for one question: does mail from one sending service pass at a name?
//!
//! The service is identified by the name that records include (`amazonses.com`), and not by its
//! addresses, which change, so that records with addresses become outdated. So its mail passes if
//! an `include` of that name is evaluated, with the qualifier `+`, before another term decides.
//! `a`, `mx`, `ptr`, `ip4` and `ip6` count as other people's hosts, and do not match unless their
//! prefix length is 0.
//!
//! The evaluation is pure. It reads the known DNS answers through [`SpfAnswers`], and returns
//! further questions in [`SpfEvaluation::questions`]. Evaluate again when they are answered. One
//! record never needs more than ten questions, because RFC 7208 allows no more terms that cause
//! one.

use super::spf::is_spf;
use super::spf::{MAX_SPF_LOOKUPS, Mechanism, Modifier, Prefix, Qualifier, Spf, SpfTerm};
use super::spf_result::{SpfAnswer, SpfAnswers, SpfEvaluation, SpfFault, SpfPass, SpfResult};
use super::spf_target::{Target, target};
use crate::dns::{Question, RecordType};

/// Look-ups that may find nothing, for one whole evaluation (RFC 7208 section 4.6.4).
pub const MAX_VOID_LOOKUPS: usize = 2;
/// Exchanges of one `mx` (RFC 7208 section 4.6.4).
const MAX_EXCHANGES: usize = 10;

/// Evaluates the record `text`, which is published at `name`, for mail with a MAIL FROM at that name
/// from the service that records include as `service`.
///
/// # Examples
///
/// ```
/// use dns_diagnosis::dns::Question;
/// use dns_diagnosis::email_auth::{
///     SpfAnswer, SpfAnswers, SpfPass, SpfResult, evaluate_spf,
/// };
///
/// struct NothingKnown;
/// impl SpfAnswers for NothingKnown {
///     fn answer(&self, question: &Question) -> SpfAnswer {
///         SpfAnswer::NotAsked(question.clone())
///     }
/// }
///
/// let text = "v=spf1 include:amazonses.com ~all";
/// let evaluation = evaluate_spf(text, "bounce.example.com", "amazonses.com", &NothingKnown);
/// assert_eq!(
///     evaluation.result,
///     SpfResult::Pass(SpfPass::Included { via: Vec::new() })
/// );
/// assert!(evaluation.questions.is_empty());
/// ```
pub fn evaluate_spf(
    text: &str,
    name: &str,
    service: &str,
    answers: &dyn SpfAnswers,
) -> SpfEvaluation {
    let mut evaluation = Evaluation {
        mail_from: name,
        service,
        answers,
        lookups: 0,
        voids: Vec::new(),
        questions: Vec::new(),
        via: Vec::new(),
    };
    let result = evaluation.check(name, text);
    SpfEvaluation {
        result: result.unwrap_or_else(SpfResult::Invalid),
        lookups: evaluation.lookups,
        questions: evaluation.questions,
    }
}

struct Evaluation<'a> {
    mail_from: &'a str,
    service: &'a str,
    answers: &'a dyn SpfAnswers,
    lookups: usize,
    voids: Vec<String>,
    questions: Vec<Question>,
    via: Vec<String>,
}

/// Whether a mechanism matches.
enum Match {
    Yes(SpfPass),
    No,
    /// It depends on this, which is [`SpfResult::Unknown`] or [`SpfResult::CannotTell`].
    Perhaps(SpfResult),
}

impl Evaluation<'_> {
    /// `check_host()` for one record. An error ends the whole evaluation (RFC 7208 sections 4.6
    /// and 5.2).
    fn check(&mut self, name: &str, text: &str) -> Result<SpfResult, SpfFault> {
        let spf = Spf::parse(text).map_err(|error| SpfFault::Syntax {
            at: name.to_owned(),
            error,
        })?;
        let mut doubts = Vec::new();
        for term in &spf.terms {
            let SpfTerm::Directive(qualifier, mechanism) = term else {
                continue;
            };
            match self.matches(name, mechanism)? {
                Match::No => {}
                Match::Perhaps(why) => doubts.push((*qualifier, why)),
                Match::Yes(pass) => return Ok(settle(doubts, result_of(*qualifier, pass))),
            }
        }
        let redirect = spf.terms.iter().find_map(|term| match term {
            SpfTerm::Modifier(Modifier::Redirect(spec)) => Some(spec),
            SpfTerm::Modifier(Modifier::Exp(_) | Modifier::Unknown(_)) | SpfTerm::Directive(..) => {
                None
            }
        });
        let result = match redirect {
            Some(spec) => self.follow(name, "redirect=", spec)?,
            None => SpfResult::NotPass(Qualifier::Neutral),
        };
        Ok(settle(doubts, result))
    }

    fn matches(&mut self, name: &str, mechanism: &Mechanism) -> Result<Match, SpfFault> {
        let everybody = || SpfPass::Everybody {
            at: name.to_owned(),
        };
        Ok(match mechanism {
            Mechanism::All | Mechanism::Ip4(Prefix::Zero) => Match::Yes(everybody()),
            Mechanism::Ip4(Prefix::Some) | Mechanism::Ip6 => Match::No,
            Mechanism::Include(spec) => match self.follow(name, "include:", spec)? {
                SpfResult::Pass(pass) => Match::Yes(pass),
                SpfResult::NotPass(_) | SpfResult::Invalid(_) => Match::No,
                doubt @ (SpfResult::Unknown { .. } | SpfResult::CannotTell { .. }) => {
                    Match::Perhaps(doubt)
                }
            },
            Mechanism::Ptr(_) => {
                self.count()?;
                Match::No
            }
            Mechanism::A(spec, prefix) => {
                let spec = spec.as_deref();
                match (self.look_up(name, spec, "a:", RecordType::A)?, prefix) {
                    (Seen::Some(_), Prefix::Zero) => Match::Yes(everybody()),
                    (Seen::Some(_) | Seen::Nothing | Seen::Doubt(_), _) => Match::No,
                }
            }
            Mechanism::Mx(spec, prefix) => {
                let spec = spec.as_deref();
                match (self.look_up(name, spec, "mx:", RecordType::Mx)?, prefix) {
                    (Seen::Some(count), _) if count > MAX_EXCHANGES => {
                        let at = spec.unwrap_or(name).to_owned();
                        return Err(SpfFault::TooManyExchanges { at });
                    }
                    (Seen::Some(_), Prefix::Zero) => Match::Yes(everybody()),
                    (Seen::Some(_) | Seen::Nothing | Seen::Doubt(_), _) => Match::No,
                }
            }
            Mechanism::Exists(spec) => {
                match self.look_up(name, Some(spec), "exists:", RecordType::A)? {
                    Seen::Some(_) => Match::Yes(everybody()),
                    Seen::Nothing => Match::No,
                    Seen::Doubt(doubt) => Match::Perhaps(doubt),
                }
            }
        })
    }

    /// The result of the record that an `include` or a `redirect` names.
    fn follow(&mut self, name: &str, term: &str, spec: &str) -> Result<SpfResult, SpfFault> {
        self.count()?;
        let target = match target(spec, name, self.mail_from) {
            Target::Name(target) => target,
            Target::NoName => return Err(no_record(name, spec)),
            Target::Unknown => {
                let term = format!("{term}{spec}");
                return Ok(SpfResult::CannotTell { term });
            }
        };
        if target == self.service {
            let via = self.via.clone();
            return Ok(SpfResult::Pass(SpfPass::Included { via }));
        }
        match self.ask(&target, RecordType::Txt) {
            SpfAnswer::Found(texts) => {
                let mut records = texts.iter().filter(|text| is_spf(text));
                match (records.next(), records.next()) {
                    (Some(text), None) => {
                        self.via.push(target.clone());
                        let result = self.check(&target, text);
                        self.via.pop();
                        result
                    }
                    (Some(_), Some(_)) => Err(SpfFault::Multiple { at: target }),
                    (None, _) => Err(no_record(name, &target)),
                }
            }
            SpfAnswer::Void => Err(no_record(name, &target)),
            SpfAnswer::Endless => Err(SpfFault::Endless { target }),
            SpfAnswer::Silent | SpfAnswer::NotAsked(_) => Ok(SpfResult::Unknown { at: target }),
        }
    }

    /// What a mechanism finds at the name that it gives, or at that of its record.
    fn look_up(
        &mut self,
        name: &str,
        spec: Option<&str>,
        term: &str,
        record_type: RecordType,
    ) -> Result<Seen, SpfFault> {
        self.count()?;
        let target = match spec.map(|spec| target(spec, name, self.mail_from)) {
            None => name.to_owned(),
            Some(Target::Name(target)) => target,
            Some(Target::NoName) => return Ok(Seen::Nothing),
            Some(Target::Unknown) => {
                let term = format!("{term}{}", spec.unwrap_or_default());
                return Ok(Seen::Doubt(SpfResult::CannotTell { term }));
            }
        };
        Ok(match self.ask(&target, record_type) {
            SpfAnswer::Found(values) => Seen::Some(values.len()),
            SpfAnswer::Void => {
                self.voids.push(target);
                if self.voids.len() > MAX_VOID_LOOKUPS {
                    let names = self.voids.clone();
                    return Err(SpfFault::TooManyVoids { names });
                }
                Seen::Nothing
            }
            SpfAnswer::Endless => return Err(SpfFault::Endless { target }),
            SpfAnswer::Silent | SpfAnswer::NotAsked(_) => {
                Seen::Doubt(SpfResult::Unknown { at: target })
            }
        })
    }

    fn ask(&mut self, name: &str, record_type: RecordType) -> SpfAnswer {
        let question = Question {
            name: name.to_owned(),
            record_type,
        };
        let answer = self.answers.answer(&question);
        if let SpfAnswer::NotAsked(question) = &answer
            && !self.questions.contains(question)
        {
            self.questions.push(question.clone());
        }
        answer
    }

    fn count(&mut self) -> Result<(), SpfFault> {
        self.lookups += 1;
        if self.lookups > MAX_SPF_LOOKUPS {
            return Err(SpfFault::TooManyLookups);
        }
        Ok(())
    }
}

/// What a mechanism found.
enum Seen {
    /// So many records.
    Some(usize),
    Nothing,
    Doubt(SpfResult),
}

fn no_record(at: &str, target: &str) -> SpfFault {
    SpfFault::NoRecord {
        at: at.to_owned(),
        target: target.to_owned(),
    }
}

fn result_of(qualifier: Qualifier, pass: SpfPass) -> SpfResult {
    match qualifier {
        Qualifier::Pass => SpfResult::Pass(pass),
        Qualifier::Fail | Qualifier::SoftFail | Qualifier::Neutral => SpfResult::NotPass(qualifier),
    }
}

/// The result if earlier mechanisms may match or may not. A macro that may decide otherwise makes
/// it unknown. An `include` that may pass its mail does not change that the rest passes: the
/// service passes either way.
fn settle(doubts: Vec<(Qualifier, SpfResult)>, result: SpfResult) -> SpfResult {
    let passes = match &result {
        SpfResult::Pass(_) => true,
        SpfResult::NotPass(_) => false,
        SpfResult::Invalid(_) | SpfResult::Unknown { .. } | SpfResult::CannotTell { .. } => {
            return result;
        }
    };
    let other = doubts
        .into_iter()
        .find(|(qualifier, _)| (*qualifier == Qualifier::Pass) != passes);
    other.map_or(result, |(_, doubt)| doubt)
}

#[cfg(test)]
#[path = "spf_evaluation_tests.rs"]
mod tests;
