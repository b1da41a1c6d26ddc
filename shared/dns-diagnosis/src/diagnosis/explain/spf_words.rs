//! Sentences about mistakes in an SPF record, and the fix.

use super::result::Fix;
use super::show::{in_full, listed, show, shown};
use super::spf_repair::{Others, joined, leads_to_itself, legible};
use super::spf_spelling::is_misspelt;
use super::steps::{Questions, Steps};
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{Finding, decode, mistaken_modifier};
use crate::email_auth::{
    Mechanism, Qualifier, Spf, SpfError, SpfFault, SpfResult, SpfTerm, with_include,
};
use crate::records::{Record, SES_SPF_DOMAIN};

/// The result of SPF if the record cannot be evaluated (permerror, RFC 7208 section 2.6.7).
pub(super) const IGNORED: &str =
    "Mail servers then treat the whole record as broken, and mail fails their check (SPF)";

impl Wording<'_> {
    /// What a finding about the SPF record at `place` means.
    pub(super) fn spf_message(&self, record: &Record, place: &str, finding: &Finding) -> String {
        let raw = finding.value.as_deref().unwrap_or_default();
        let seen = shown(raw);
        let result = self.case.spf_evaluation(record, raw).result;
        match (finding.code, result) {
            (Code::SpfCannotTell, SpfResult::CannotTell { term }) => format!(
                "The record at {place} does not name Amazon SES, and what it names instead ({}) is different for each \
                 mail, so mail from Lasso may fail the check (SPF). The record is now {seen}",
                show(&term)
            ),
            (Code::SpfAllowsEverybody, _) => format!(
                "The record at {place} lets every server in the world send mail in the name of \
                 {place}, not only Amazon SES: {seen}"
            ),
            (Code::SpfTooManyLookups, SpfResult::Pass(_)) => format!(
                "Mail that Lasso sends is not affected, but the record at {place} makes mail servers look up more than \
                 10 other names, so they may refuse other mail. Tell the person who looks after your DNS. The \
                 record is now {seen}"
            ),
            (Code::SpfTooManyLookups, _) if leads_to_itself(raw, place) => format!(
                "The record at {place} names {place} itself, so mail servers look it up again and again. {IGNORED}. The \
                 record is now {seen}"
            ),
            (Code::SpfTooManyLookups, _) if !raw.to_ascii_lowercase().contains(SES_SPF_DOMAIN) => {
                format!(
                    "The record at {place} makes mail servers look up more than 10 other names, and does not name Amazon \
                 SES. {IGNORED}. The record is now {seen}"
                )
            }
            (Code::SpfTooManyLookups, _) => format!(
                "The record at {place} makes mail servers look up more than 10 other names before \
                 they reach include:{SES_SPF_DOMAIN}. {IGNORED}. The record is now {seen}"
            ),
            (Code::SpfMissingInclude, _) => missing_include(place, raw),
            (_, SpfResult::Invalid(fault)) => fault_message(place, raw, &fault),
            (
                _,
                SpfResult::Pass(_)
                | SpfResult::NotPass(_)
                | SpfResult::Unknown { .. }
                | SpfResult::CannotTell { .. },
            ) => match mistaken_modifier(raw) {
                Some((word, meant)) => format!(
                    "The record at {place} has the term {}, which mail servers ignore: it has to be \
                     {}, with a colon. The record is now {seen}",
                    show(word),
                    show(&meant)
                ),
                None => format!("Mail servers cannot use the SPF record at {place}: {seen}"),
            },
        }
    }

    /// What to do about a finding about the SPF record.
    pub(super) fn spf_fix(&self, record: &Record, finding: &Finding) -> Option<Fix> {
        let raw = finding.value.as_deref().unwrap_or_default();
        match finding.code {
            Code::SpfAllowsEverybody => {
                let limited = self.limited(record, raw)?;
                Some(self.change_value_to(record, &limited))
            }
            // Mail from SES passes, and the other terms are for others to mend.
            Code::SpfTooManyLookups if self.case.passes_spf(record, raw) => None,
            _ => {
                let value = self.passing(record, raw);
                let others = Others::of(raw, &value, &record.name);
                let mut steps = Steps {
                    first: self.emptied(record, finding.code),
                    ..Steps::default()
                };
                steps.ask.may_leave_out(&others.lost, "SPF");
                if others.are_kept {
                    steps.then.push(keeping(raw, &value));
                    steps.then.extend(self.left_to_others(record, raw, &value));
                }
                Some(self.open_and_change(record, steps, &value))
            }
        }
    }

    /// What to do about several SPF records at one name: there may be one, with the terms of all.
    pub(super) fn spf_join(&self, record: &Record, place: &str) -> Fix {
        let texts = self.case.spf_texts(record);
        let all = joined(&texts);
        let value = self.passing(record, &all);
        let mut ask = Questions::default();
        let lost = Others::of(&all, &value, &record.name).lost;
        ask.may_leave_out(&lost, "SPF");
        let value = self.panel.text_value(&value);
        let order = format!(
            "{}open one of the TXT records {} whose value begins with v=spf1, put the value below into its field “{}”, \
             and then delete the others: the value has the {}terms of all of them. The value: {}",
            self.at(),
            self.named(place),
            self.panel.value_field(&record.data),
            if lost.is_empty() { "" } else { "other " },
            in_full(&value)
        );
        Fix {
            text: ask.before(&order),
            field: Some(self.panel.value_field(&record.data).to_owned()),
            value: Some(value),
        }
    }

    /// The record with what is wrong for mail from SES mended, and everything else kept; the
    /// proposed one if that is not possible.
    fn passing(&self, record: &Record, text: &str) -> String {
        let kept = legible(text, &record.name);
        let plain = kept
            .as_deref()
            .and_then(|text| with_include(text, SES_SPF_DOMAIN).ok());
        // In front of everything it is reached in any case.
        let first = kept.as_deref().and_then(|text| {
            let rest = text.get("v=spf1".len()..)?;
            Some(format!("v=spf1 include:{SES_SPF_DOMAIN}{rest}"))
        });
        let passes = |text: &String| self.case.passes_spf(record, text);
        let mended = [plain, first].into_iter().flatten().find(passes);
        mended.unwrap_or_else(|| record.data.value())
    }

    /// What is wrong with names that the new value still has: others have to mend them.
    fn left_to_others(&self, record: &Record, raw: &str, value: &str) -> Option<String> {
        let SpfResult::Invalid(fault) = self.case.spf_evaluation(record, raw).result else {
            return None;
        };
        let names = |name: &str| value.contains(name);
        let what = match &fault {
            SpfFault::NoRecord { target, .. } if names(target) => {
                format!("{} has no SPF record", show(target))
            }
            SpfFault::Multiple { at } if names(at) => {
                format!("{} has more than one SPF record", show(at))
            }
            SpfFault::Syntax { at, .. } if names(at) => {
                format!("mail servers cannot read the SPF record at {}", show(at))
            }
            SpfFault::Endless { target } if names(target) => {
                format!("{} leads in a circle", show(target))
            }
            SpfFault::TooManyExchanges { at } if names(at) => {
                format!("{} has more than 10 mail servers", show(at))
            }
            SpfFault::TooManyVoids { names } => {
                let names: Vec<String> = names.iter().map(|name| show(name)).collect();
                format!("there is nothing at {}", listed(&names))
            }
            SpfFault::TooManyLookups => {
                "the rest of the record makes mail servers look up more than 10 names".to_owned()
            }
            SpfFault::NoRecord { .. }
            | SpfFault::Multiple { .. }
            | SpfFault::Syntax { .. }
            | SpfFault::Endless { .. }
            | SpfFault::TooManyExchanges { .. } => return None,
        };
        Some(format!(
            "Tell the person who looks after your DNS that {what}."
        ))
    }

    /// The record with `~all` in the place of `+all`.
    fn limited(&self, record: &Record, text: &str) -> Option<String> {
        let words = text.split(' ').filter(|word| !word.is_empty());
        let words = words.map(|word| match word.to_ascii_lowercase().as_str() {
            "all" | "+all" => "~all",
            _ => word,
        });
        let limited = words.collect::<Vec<_>>().join(" ");
        (limited != text).then(|| self.passing(record, &limited))
    }
}

/// That the new value keeps the rest of the old one, so that the rest is not taken for a mistake.
fn keeping(old: &str, new: &str) -> String {
    let ours = format!("include:{SES_SPF_DOMAIN}");
    let first = format!("v=spf1 {ours}");
    if new.starts_with(&first) && !old.starts_with(&first) && old.contains(&ours) {
        format!(
            "{ours} comes first now, so that mail from Lasso passes; the rest stays, because another service may need \
             it."
        )
    } else {
        "The new value keeps the rest of the record, because another service may need it."
            .to_owned()
    }
}

/// The parts of a record that have run together into one name: the word of the record that ends in `target`.
fn run_together<'r>(raw: &'r str, target: &str) -> Option<&'r str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.%{}".contains(c);
    if target.chars().all(is_name) {
        return None;
    }
    raw.split(' ').find(|word| word.ends_with(target))
}

fn fault_message(place: &str, raw: &str, fault: &SpfFault) -> String {
    let seen = shown(raw);
    match fault {
        SpfFault::Syntax {
            error: SpfError::NotSpf,
            ..
        } => format!(
            "The text at {place} is meant as an SPF record, but it does not begin with v=spf1 and a plain space, \
             so mail servers do not see it. The record is now {seen}"
        ),
        SpfFault::Syntax { at, .. } if at == place && decode(raw).contains(['–', '—']) => {
            format!(
                "Mail servers cannot read the SPF record at {place}: it has a long dash where a short one (-) or a \
             tilde (~) belongs. The record is now {seen}"
            )
        }
        SpfFault::Syntax { at, error } if at == place => format!(
            "Mail servers cannot read the SPF record at {place}: it {}. The record is now {seen}",
            shown(&error.to_string())
        ),
        SpfFault::Syntax { at, error } => format!(
            "The record at {place} leads to the SPF record at {}, which {}. {IGNORED}. The record is now {seen}",
            show(at),
            shown(&error.to_string())
        ),
        SpfFault::NoRecord { target, .. } if run_together(raw, target).is_some() => format!(
            "In the record at {place} two parts have run together: {}. {IGNORED}. The record is now {seen}",
            show(run_together(raw, target).unwrap_or(target))
        ),
        SpfFault::NoRecord { target, .. } => format!(
            "The record at {place} leads to {}, and there is no SPF record at that name{}. \
             {IGNORED}. The record is now {seen}",
            show(target),
            if is_misspelt(target) {
                "; it looks like a misspelt amazonses.com"
            } else {
                ""
            }
        ),
        SpfFault::Multiple { at } => format!(
            "The record at {place} leads to {}, which has more than one SPF record. {IGNORED}. \
             The record is now {seen}",
            show(at)
        ),
        SpfFault::Endless { target } => format!(
            "The record at {place} names {}, which leads in a circle, so mail servers get an error and delay \
             your mail. The record is now {seen}",
            show(target)
        ),
        SpfFault::TooManyLookups => {
            format!("The record at {place} makes mail servers look up more than 10 names: {seen}")
        }
        SpfFault::TooManyVoids { names } => {
            let names: Vec<String> = names.iter().map(|name| show(name)).collect();
            format!(
                "The record at {place} names too many hosts that do not exist ({}). {IGNORED}. The record is now \
                 {seen}",
                names.join(", ")
            )
        }
        SpfFault::TooManyExchanges { at } => format!(
            "The record at {place} allows the mail servers of {}, which are more than 10. \
             {IGNORED}. The record is now {seen}",
            show(at)
        ),
    }
}

fn missing_include(place: &str, raw: &str) -> String {
    let seen = shown(raw);
    let why = Spf::parse(raw).ok().and_then(|spf| not_counting(&spf));
    match why {
        Some(why) => format!(
            "The record at {place} names include:{SES_SPF_DOMAIN}, but {why}, so mail from Amazon SES \
             does not pass: {seen}"
        ),
        None => format!(
            "The record at {place} does not name Amazon SES as an allowed sender: \
             include:{SES_SPF_DOMAIN} is not in {seen}"
        ),
    }
}

/// Why an include of SES that is there does not count.
fn not_counting(spf: &Spf) -> Option<String> {
    let ours = |term: &SpfTerm| match term {
        SpfTerm::Directive(qualifier, Mechanism::Include(name)) => {
            let is_ours = name
                .trim_end_matches('.')
                .eq_ignore_ascii_case(SES_SPF_DOMAIN);
            is_ours.then_some(*qualifier)
        }
        SpfTerm::Directive(..) | SpfTerm::Modifier(_) => None,
    };
    let (place, qualifier) =
        (spf.terms.iter().enumerate()).find_map(|(place, term)| Some((place, ours(term)?)))?;
    let all = spf
        .terms
        .iter()
        .position(|term| matches!(term, SpfTerm::Directive(_, Mechanism::All)));
    if all.is_some_and(|all| all < place) {
        return Some("it comes after “all”, where mail servers stop reading".to_owned());
    }
    let why = match qualifier {
        Qualifier::Pass => "an earlier term already decides otherwise",
        Qualifier::Fail => "the “-” in front of it forbids it",
        Qualifier::SoftFail => "the “~” in front of it says that it is probably not allowed",
        Qualifier::Neutral => {
            "the “?” in front of it says neither that it is allowed nor that it is not"
        }
    };
    Some(why.to_owned())
}
