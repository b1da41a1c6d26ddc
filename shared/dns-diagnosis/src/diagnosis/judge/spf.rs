//! The SPF record of the MAIL FROM name: whether mail from Amazon SES passes with it (RFC 7208).

use super::answers::{Observations, answers};
use super::case::Case;
use super::finding::{Finding, Judgement, Standing};
use super::likeness::Likeness;
use super::value::value_of;
use crate::diagnosis::DiagnosisCode as Code;
use crate::dns::{Outcome, Question, RecordType};
use crate::email_auth::{
    MAX_SPF_LOOKUPS, Mechanism, Modifier, Qualifier, Spf, SpfAnswer, SpfAnswers, SpfEvaluation,
    SpfFault, SpfPass, SpfResult, SpfTerm, evaluate_spf, is_spf,
};
use crate::records::{Record, SES_SPF_DOMAIN};

/// Longest chain of aliases that is followed. Resolvers follow about as many.
const MAX_ALIASES: usize = 8;

impl SpfAnswers for Observations<'_> {
    fn answer(&self, question: &Question) -> SpfAnswer {
        let mut question = question.clone();
        let mut followed: Vec<&str> = Vec::new();
        for _ in 0..=MAX_ALIASES {
            let record_type = question.record_type;
            let Some(observation) = self.get(&question.name, record_type) else {
                return SpfAnswer::NotAsked(question);
            };
            if let Some(target) = self.alias(&question.name, record_type) {
                if followed.contains(&target) {
                    return SpfAnswer::Endless;
                }
                followed.push(target);
                target.clone_into(&mut question.name);
                continue;
            }
            // The records of one server: two that disagree would have two records together.
            let answers = answers(observation);
            let data = answers.iter().find_map(|outcome| match outcome {
                Outcome::Found { data, .. } => Some(data),
                Outcome::Alias { .. }
                | Outcome::NoData { .. }
                | Outcome::NoSuchName { .. }
                | Outcome::Failed { .. }
                | Outcome::TimedOut
                | Outcome::NotAsked => None,
            });
            return match data {
                Some(data) => SpfAnswer::Found(data.iter().map(value_of).collect()),
                None if answers.is_empty() => SpfAnswer::Silent,
                None => SpfAnswer::Void,
            };
        }
        SpfAnswer::Silent
    }
}

impl Case<'_> {
    /// Any SPF record that lets mail from SES pass will do (RFC 7208 section 4.5: exactly one).
    pub(super) fn judge_spf(
        &self,
        record: &Record,
        value: &str,
        observed: Vec<String>,
    ) -> Judgement {
        let records: Vec<&String> = observed.iter().filter(|text| is_spf(text)).collect();
        match records.as_slice() {
            [] => {
                let meant = observed.iter().find(|text| resembles_spf(text)).cloned();
                let mut judged = self.judge_text(record, value, observed);
                let unnamed = !judged.is_explained();
                if let Some(text) = meant.filter(|_| unnamed) {
                    let codes = match self.expected(record, value, false).compare(&text) {
                        // The same mistakes as around our own record.
                        Likeness::Other { bare, mistakes }
                            if is_spf(&bare) && !mistakes.is_empty() =>
                        {
                            mistakes
                        }
                        Likeness::Other { .. } | Likeness::Damaged(_) | Likeness::Same => {
                            vec![Code::SpfInvalid]
                        }
                    };
                    let codes = codes.into_iter();
                    judged.findings = codes.map(|code| Finding::of(code, &text)).collect();
                }
                judged
            }
            [text] => {
                let (standing, findings) = self.weigh_spf(record, value, text);
                Judgement {
                    standing,
                    findings,
                    observed,
                }
            }
            [first, ..] => {
                let mut findings = vec![Finding::of(Code::SpfMultiple, first.as_str())];
                if !records.iter().any(|text| self.passes_spf(record, text)) {
                    findings.push(Finding::of(Code::SpfMissingInclude, first.as_str()));
                }
                Judgement::wrong(findings, observed)
            }
        }
    }

    /// What happens to mail from SES by a record at the record's name.
    pub(crate) fn spf_evaluation(&self, record: &Record, text: &str) -> SpfEvaluation {
        evaluate_spf(text, &record.name, SES_SPF_DOMAIN, &self.observations)
    }

    pub(crate) fn passes_spf(&self, record: &Record, text: &str) -> bool {
        matches!(self.spf_evaluation(record, text).result, SpfResult::Pass(_))
    }

    /// What has to be asked to evaluate the record that is published. Nothing for the one that is
    /// proposed.
    pub(crate) fn spf_questions(&self, record: &Record) -> Vec<Question> {
        match self.spf_texts(record).as_slice() {
            [text] => self.spf_evaluation(record, text).questions,
            [] | [_, ..] => Vec::new(),
        }
    }

    /// The SPF records at a record's name.
    pub(crate) fn spf_texts(&self, record: &Record) -> Vec<String> {
        let own = Question {
            name: record.name.clone(),
            record_type: RecordType::Txt,
        };
        match self.observations.answer(&own) {
            SpfAnswer::Found(texts) => texts.into_iter().filter(|text| is_spf(text)).collect(),
            SpfAnswer::Void | SpfAnswer::Silent | SpfAnswer::Endless | SpfAnswer::NotAsked(_) => {
                Vec::new()
            }
        }
    }

    fn weigh_spf(&self, record: &Record, value: &str, text: &str) -> (Standing, Vec<Finding>) {
        let damage = || match self.expected(record, value, false).compare(text) {
            // If a space is missing after the version, a term is malformed.
            Likeness::Damaged(codes) if codes != [Code::ValuesJoined] => codes
                .into_iter()
                .map(|code| Finding::of(code, text))
                .collect(),
            Likeness::Damaged(_) | Likeness::Same | Likeness::Other { .. } => Vec::new(),
        };
        let finding = |code| Finding::of(code, text);
        match self.spf_evaluation(record, text).result {
            SpfResult::Pass(pass) => {
                let spf = Spf::parse(text);
                let everybody = match pass {
                    SpfPass::Everybody { .. } => true,
                    SpfPass::Included { .. } => spf.as_ref().is_ok_and(allows_everybody),
                };
                // Nothing after our include is evaluated for mail from SES, but checkers that count
                // all terms warn about it.
                let many = spf.is_ok_and(|spf| spf.lookup_cost() > MAX_SPF_LOOKUPS);
                let notes = [
                    (many, Code::SpfTooManyLookups),
                    (everybody, Code::SpfAllowsEverybody),
                ];
                let notes = notes.into_iter().filter(|(applies, _)| *applies);
                (
                    Standing::Right,
                    notes.map(|(_, code)| finding(code)).collect(),
                )
            }
            SpfResult::NotPass(_) => {
                let mut findings: Vec<Finding> = damage();
                findings.push(finding(if mistaken_modifier(text).is_some() {
                    Code::SpfInvalid
                } else {
                    Code::SpfMissingInclude
                }));
                (Standing::Wrong, findings)
            }
            SpfResult::Invalid(SpfFault::TooManyLookups) => {
                (Standing::Wrong, vec![finding(Code::SpfTooManyLookups)])
            }
            SpfResult::Invalid(SpfFault::Syntax { at, .. }) if at == record.name => {
                let mut findings: Vec<Finding> = damage();
                if findings.is_empty() {
                    findings.push(finding(Code::SpfInvalid));
                }
                (Standing::Wrong, findings)
            }
            SpfResult::Invalid(
                SpfFault::Syntax { .. }
                | SpfFault::NoRecord { .. }
                | SpfFault::Multiple { .. }
                | SpfFault::Endless { .. }
                | SpfFault::TooManyVoids { .. }
                | SpfFault::TooManyExchanges { .. },
            ) => (Standing::Wrong, vec![finding(Code::SpfInvalid)]),
            SpfResult::Unknown { at } => {
                let silent = Finding::new(Code::DnsUnavailable).at(at);
                (Standing::Unknown, vec![silent])
            }
            SpfResult::CannotTell { .. } => (Standing::Unknown, vec![finding(Code::SpfCannotTell)]),
        }
    }
}

/// Receivers do not take it for SPF, but a person meant it so.
fn resembles_spf(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("v=spf")
        || lower.starts_with("spf1")
        || lower.contains("v=spf1 ")
        || lower.contains("include:amazonses.com")
}

/// Whether all mail of all servers passes by a term of the record itself.
fn allows_everybody(spf: &Spf) -> bool {
    spf.terms
        .iter()
        .any(|term| matches!(term, SpfTerm::Directive(Qualifier::Pass, Mechanism::All)))
}

/// A term like `include=amazonses.com`, which is a modifier that SPF does not know, and ignores, where
/// a mechanism was meant; with what was meant.
pub(crate) fn mistaken_modifier(text: &str) -> Option<(&str, String)> {
    const MECHANISMS: [&str; 7] = ["include", "a", "mx", "ptr", "ip4", "ip6", "exists"];
    let spf = Spf::parse(text).ok()?;
    let mistaken = spf.terms.iter().find_map(|term| match term {
        SpfTerm::Modifier(Modifier::Unknown(name)) => {
            MECHANISMS.contains(&name.as_str()).then_some(name)
        }
        SpfTerm::Modifier(Modifier::Redirect(_) | Modifier::Exp(_)) | SpfTerm::Directive(..) => {
            None
        }
    })?;
    let word = text.split(' ').find(|word| {
        word.split_once('=')
            .is_some_and(|(name, _)| name.eq_ignore_ascii_case(mistaken))
    })?;
    Some((word, word.replacen('=', ":", 1)))
}
