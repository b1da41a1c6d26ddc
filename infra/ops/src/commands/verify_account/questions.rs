//! The questions that `verify-account` answers.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

/// The questions that the documentation does not answer. The simulators of SES know each by the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Whether there is a TXT token that was never asked for.
    TokenUnasked,
    /// Whether tokens are the same after delete and create.
    Tokens,
    /// What calls per second are counted for.
    RateOf,
    /// What v1 says of a domain that DKIM alone verified, at once.
    VerifiedByDkim,
    /// What the calls say of an identity below a verified one.
    Inheritance,
    /// What v1 says of the same domain when its TXT record has not come within 72 hours.
    TextMissing,
    /// What `VerifyDomainDkim` does if DKIM has failed.
    FailedDkim,
    /// What `VerifyDomainIdentity` does to a verified domain.
    VerifiedAgain,
}

impl Question {
    /// Every question, in the order in which they are answered.
    pub const ALL: [Self; 8] = [
        Self::TokenUnasked,
        Self::Tokens,
        Self::RateOf,
        Self::VerifiedByDkim,
        Self::Inheritance,
        Self::TextMissing,
        Self::FailedDkim,
        Self::VerifiedAgain,
    ];

    /// The question in a sentence, as docs/aws-questions.md has it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::TokenUnasked => {
                "Does v1 return a TXT token of an identity for which VerifyDomainIdentity was never called?"
            }
            Self::Tokens => {
                "Are the TXT token and the DKIM tokens the same after delete and create?"
            }
            Self::RateOf => {
                "Is the quota of one call per second counted for each identity operation, or for all together?"
            }
            Self::VerifiedByDkim => {
                "What is the v1 status of a domain as soon as its CNAME records alone have verified it?"
            }
            Self::Inheritance => {
                "What do Create, Get, List and v1 say of an identity below a verified domain?"
            }
            Self::TextMissing => {
                "What is the v1 status of a domain that DKIM verified, when its TXT record has not come within 72 hours?"
            }
            Self::FailedDkim => {
                "Does v1 VerifyDomainDkim start a failed v2 identity again, with its tokens?"
            }
            Self::VerifiedAgain => {
                "What is the v1 status of a verified domain after VerifyDomainIdentity is called again?"
            }
        }
    }
}

/// The answers that were seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<Question, String>);

impl Answers {
    /// Notes an answer.
    pub fn note(&mut self, question: Question, answer: &str) {
        self.0.insert(question, answer.to_owned());
    }

    /// Whether there is one.
    pub fn has(&self, question: Question) -> bool {
        self.0.contains_key(&question)
    }

    /// An answer.
    pub fn of(&self, question: Question) -> Option<&str> {
        self.0.get(&question).map(String::as_str)
    }

    /// A Markdown document.
    pub fn markdown(&self, region: &str) -> String {
        let mut text = format!(
            "# What Amazon SES answered in {region}\n\n| question | seen |\n| --- | --- |\n"
        );
        for question in Question::ALL {
            let seen = self.of(question).unwrap_or("not yet");
            // A `String` takes all that is written.
            writeln!(text, "| {} | {seen} |", question.sentence()).ok();
        }
        text
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for question in Question::ALL {
            if let Some(answer) = self.of(question) {
                writeln!(f, "{}\n  {answer}", question.sentence())?;
            }
        }
        Ok(())
    }
}
