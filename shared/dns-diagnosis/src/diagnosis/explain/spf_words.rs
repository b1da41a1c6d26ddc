//! Sentences about mistakes in an SPF record, and the fix.

use super::result::Fix;
use super::show::{in_full, show, shown};
use super::spf_spelling::is_misspelt;
use super::trouble_words::listed;
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{Finding, SES_SPF_DOMAIN, decode, mistaken_modifier};
use crate::email_auth::{
    Mechanism, Qualifier, Spf, SpfError, SpfFault, SpfResult, SpfTerm, is_spf, with_include,
};
use crate::records::Record;

/// The result of SPF if the record cannot be evaluated (permerror, RFC 7208 section 2.6.7).
pub(super) const IGNORED: &str =
    "Mail servers then count the whole record as broken, and mail fails their check (SPF)";

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
                let note = kept_for_others(raw, &value);
                Some(self.open_and_change(record, "", &note, &value))
            }
        }
    }

    /// What to do about several SPF records at one name: there may be one, with the terms of all.
    pub(super) fn spf_join(&self, record: &Record, place: &str) -> Fix {
        let texts = self.case.spf_texts(record);
        let value = self.passing(record, &joined(&texts));
        let value = self.panel.text_value(&value);
        Fix {
            text: format!(
                "{}open one of the TXT records {} that begin with v=spf1, put the value below into its field “{}”, and \
                 then delete the others: the value has the terms of all of them. The value: {}",
                self.at(),
                self.row(place),
                self.panel.value_field(&record.data),
                in_full(&value)
            ),
            field: Some(self.panel.value_field(&record.data).to_owned()),
            value: Some(value),
        }
    }

    /// The record with what is wrong for mail from SES mended, and everything else kept; the
    /// proposed one if that is not possible.
    fn passing(&self, record: &Record, text: &str) -> String {
        let kept = legible(&as_one(text));
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

/// The record without our own include, which may have the wrong qualifier, and without terms that
/// are not SPF. None if it is no SPF record at all.
fn legible(text: &str) -> Option<String> {
    let (version, rest) = text.split_at_checked("v=spf1".len())?;
    let spaced = format!("{version} {rest}");
    if !is_spf(&spaced) {
        return None;
    }
    let rest = with_values(rest);
    let words: Vec<String> = rest.split(' ').flat_map(terms_in).collect();
    let kept = words.iter().map(String::as_str).filter(|word| {
        let lower = word.to_ascii_lowercase();
        let target = lower.split_once(':').map_or("", |(_, target)| target);
        let ours = lower.contains(SES_SPF_DOMAIN) || is_misspelt(target);
        !word.is_empty() && !ours && Spf::parse(&format!("v=spf1 {word}")).is_ok()
    });
    let kept: Vec<&str> = std::iter::once("v=spf1").chain(kept).collect();
    let kept = kept.join(" ");
    let ends = kept == "v=spf1" && !text.contains("all");
    // A record that ended in an unreadable term with `all` in it gets the proposed end.
    let has_end = ["all", "redirect="].iter().any(|end| kept.contains(end));
    Some(if has_end || ends {
        kept
    } else {
        format!("{kept} ~all")
    })
}

/// An address that a space separates from its mechanism, as in `ip4 192.0.2.1`, put back. Neither is a term alone.
fn with_values(rest: &str) -> String {
    [" ip4 ", " ip6 "]
        .iter()
        .fold(rest.to_owned(), |text, apart| {
            text.replace(apart, &format!(" {}:", apart.trim()))
        })
}

/// How terms begin that have a value.
const STARTS: [&str; 5] = ["include:", "exists:", "redirect=", "ip4:", "ip6:"];

/// The terms in what spaces separate: one, or several that have other signs, or nothing, between them.
fn terms_in(word: &str) -> Vec<String> {
    let runs_on = |start: &&str| {
        let at = word.rfind(*start).unwrap_or_default();
        let front = word.get(..at).unwrap_or_default();
        front.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    let is_one = Spf::parse(&format!("v=spf1 {word}")).is_ok() && !STARTS.iter().any(runs_on);
    if word.is_empty() || is_one {
        return vec![word.to_owned()];
    }
    let mut text = word
        .replace([',', ';'], " ")
        .replace("ipv4:", "ip4:")
        .replace("ipv6:", "ip6:");
    for start in STARTS {
        let mut parts = text.split(start);
        let mut parted = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            if parted.ends_with(|c: char| c.is_ascii_alphanumeric()) {
                parted.push(' ');
            }
            parted.push_str(start);
            parted.push_str(part);
        }
        text = parted;
    }
    for end in ["~all", "-all", "?all", "+all"] {
        if let Some(front) = text.strip_suffix(end) {
            text = format!("{front} {end}");
        }
    }
    text.split(' ').map(str::to_owned).collect()
}

/// What a new value does to the rest of the record: it keeps it, so that it is not taken for a mistake, or leaves
/// out what no mail server can read.
fn kept_for_others(old: &str, new: &str) -> String {
    let others = |text: &str| -> Vec<String> {
        let words = text.split(' ').skip(1).map(str::to_ascii_lowercase);
        let is_end = |word: &String| word.ends_with("all") || word.is_empty();
        let words = words.filter(|word| !word.contains(SES_SPF_DOMAIN) && !is_end(word));
        words.collect()
    };
    let kept = others(new);
    let is_lost = |word: &String| {
        let target = word.rsplit([':', '=']).next().unwrap_or_default();
        let target = target.trim_end_matches([',', ';']);
        let kept = new.to_ascii_lowercase().contains(target);
        word.contains([':', '=']) && !kept && !is_misspelt(target)
    };
    let lost = others(old).into_iter().filter(is_lost);
    let lost: Vec<String> = lost.map(|word| show(&word)).collect();
    if !lost.is_empty() && is_spf(old) {
        return format!(
            " (it leaves out {}; if you do not know what that is for, ask the person who looks after your DNS first)",
            listed(&lost)
        );
    }
    if kept.is_empty() {
        return String::new();
    }
    " (it keeps the rest of the record, which another service may need)".to_owned()
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

/// The record where another one begins inside it: with the terms of both.
fn as_one(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut starts: Vec<usize> = lower.match_indices("v=spf1").map(|(at, _)| at).collect();
    if starts.len() < 2 || !text.is_ascii() {
        return text.to_owned();
    }
    starts.push(text.len());
    let parts = starts.windows(2).filter_map(|pair| match pair {
        [from, to] => text.get(*from..*to).map(str::to_owned),
        _ => None,
    });
    joined(&parts.collect::<Vec<String>>())
}

/// One record with the terms of all, each once. The end is that of the first that is not the proposed
/// `~all`.
fn joined(texts: &[String]) -> String {
    let words = texts.iter().flat_map(|text| text.split(' ').skip(1));
    let mut kept: Vec<&str> = Vec::new();
    let mut ends: Vec<&str> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let bare = word.trim_start_matches(['+', '-', '~', '?']);
        let list = if bare.eq_ignore_ascii_case("all") {
            &mut ends
        } else {
            &mut kept
        };
        if !list.iter().any(|seen| seen.eq_ignore_ascii_case(word)) {
            list.push(word);
        }
    }
    let end = ends.iter().find(|end| **end != "~all").or(ends.first());
    let words = std::iter::once("v=spf1").chain(kept).chain(end.copied());
    words.collect::<Vec<_>>().join(" ")
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
