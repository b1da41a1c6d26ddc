//! Names below a domain that mail is sent from: which DMARC record they have, and whether they exist. A look
//! at the domain does not know them, so they are asked for when an address there is asked about.

use super::answers::Observations;
use super::dmarc::{answer_of, dmarc_name, judgement_at};
use super::finding::Standing;
use crate::dns::{Observation, Question, RecordType};
use crate::email_auth::{DmarcAnswer, Verdict, tree_walk};

/// Longest chain of aliases that is followed.
const MAX_CHAIN: usize = 4;

/// What to ask about `author`, which is below `domain`: its DMARC record and those of the names between
/// both, which the tree walk (RFC 9989 section 4.10) comes to first; and whether it exists, which `np`
/// depends on. Empty if `author` is not below `domain`.
pub fn questions_below(author: &str, domain: &str) -> Vec<Question> {
    let text = |name: String| Question {
        name,
        record_type: RecordType::Txt,
    };
    let below = tree_walk(author).filter(|name| is_below(name, domain));
    let mut questions: Vec<Question> = below.map(|name| text(dmarc_name(name))).collect();
    if !questions.is_empty() {
        questions.push(text(author.to_owned()));
    }
    questions
}

/// The targets of aliases that were not asked yet, for which the DMARC records behind them are asked.
pub fn aliases_below(observations: &[Observation]) -> Vec<Question> {
    let all = Observations::new(observations);
    let targets = all.iter().filter_map(|seen| {
        let is_policy = seen.question.name.starts_with("_dmarc.");
        let open = open_target(&all, &seen.question.name)?;
        is_policy.then(|| Question {
            name: open.to_owned(),
            record_type: RecordType::Txt,
        })
    });
    let mut questions: Vec<Question> = targets.collect();
    questions.sort_unstable();
    questions.dedup();
    questions
}

/// The DMARC record for `name`; none if no server has answered for it.
pub(crate) fn policy_below(name: &str, observations: &[Observation]) -> Option<DmarcAnswer> {
    let all = Observations::new(observations);
    let at = dmarc_name(name);
    let is_open = open_target(&all, &at).is_some();
    let judged = judgement_at(&at, &all).filter(|_| !is_open)?;
    match judged.standing {
        Standing::Unknown => None,
        Standing::Right | Standing::Wrong | Standing::Absent => Some(answer_of(&judged)),
    }
}

/// Whether `name` exists in DNS.
pub(crate) fn existence_of(name: &str, observations: &[Observation]) -> Verdict {
    let all = Observations::new(observations);
    if all.exists(name) || all.exists(&dmarc_name(name)) {
        Verdict::Yes
    } else if all.denies(name) {
        Verdict::No
    } else {
        Verdict::Unknown
    }
}

/// The name at the end of the aliases that begin at `name`, if it was not asked yet.
fn open_target<'a>(all: &Observations<'a>, name: &str) -> Option<&'a str> {
    let mut target = all.alias(name, RecordType::Txt)?;
    for _ in 0..MAX_CHAIN {
        if all.get(target, RecordType::Txt).is_none() {
            return Some(target);
        }
        target = all.alias(target, RecordType::Txt)?;
    }
    None
}

fn is_below(name: &str, domain: &str) -> bool {
    let front = name.strip_suffix(domain);
    front.is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_below_the_domain_costs_one_more_query() {
        let names = |author| {
            let questions = questions_below(author, "example.com").into_iter();
            questions.map(|asked| asked.name).collect::<Vec<_>>()
        };
        assert_eq!(names("example.com"), Vec::<String>::new());
        assert_eq!(names("badexample.com"), Vec::<String>::new());
        assert_eq!(
            names("news.example.com"),
            ["_dmarc.news.example.com", "news.example.com"]
        );
        assert_eq!(
            names("a.news.example.com"),
            [
                "_dmarc.a.news.example.com",
                "_dmarc.news.example.com",
                "a.news.example.com"
            ]
        );
        let long = ["a."; 40].concat() + "example.com";
        assert!(names(&long).len() <= 8, "the walk has at most eight names");
    }
}
