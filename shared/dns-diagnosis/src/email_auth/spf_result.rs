//! The input and the result of an SPF evaluation.

use super::spf::{Qualifier, SpfError};
use crate::dns::Question;

/// What is known of DNS.
pub trait SpfAnswers {
    /// What there is at a name, with aliases followed.
    fn answer(&self, question: &Question) -> SpfAnswer;
}

/// What there is at a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpfAnswer {
    /// The texts, exchanges or addresses, at least one.
    Found(Vec<String>),
    /// The name, or the type at it, does not exist: a "void lookup".
    Void,
    /// DNS did not answer.
    Silent,
    /// Aliases that lead back to themselves: resolvers answer with an error each time.
    Endless,
    /// It was not queried yet. This question is next; behind an alias it is a different one.
    NotAsked(Question),
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpfEvaluation {
    /// The result, as far as it is known.
    pub result: SpfResult,
    /// How many of the ten look-ups were used up.
    pub lookups: usize,
    /// What has to be asked before the result is final. Until then the result supposes that what
    /// was not asked does not match.
    pub questions: Vec<Question>,
}

/// The result for mail from the sending service, such as Amazon SES.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpfResult {
    /// `pass`.
    Pass(SpfPass),
    /// `fail`, `softfail` or `neutral`: no term that applies names the sending service.
    NotPass(Qualifier),
    /// `permerror`, or an error that does not end: the whole record counts for nothing.
    Invalid(SpfFault),
    /// `temperror`, or not asked: it depends on what is at this name, which is not known.
    Unknown {
        /// The name.
        at: String,
    },
    /// It depends on a macro that is different for each mail.
    CannotTell {
        /// The term with the macro.
        term: String,
    },
}

/// Why mail from the sending service passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpfPass {
    /// The sending service is included.
    Included {
        /// The names through which the `include` was reached, without the record's own: empty
        /// if the record has it itself.
        via: Vec<String>,
    },
    /// All mail of all servers passes.
    Everybody {
        /// The name of the record that says so.
        at: String,
    },
}

/// Why a record results in `permerror`, or in a `temperror` that does not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpfFault {
    /// A syntax error in the record (RFC 7208 section 4.6).
    Syntax {
        /// The name of the record that has it.
        at: String,
        /// What is wrong.
        error: SpfError,
    },
    /// An `include` or a `redirect` of a name that has no SPF record (RFC 7208 sections 5.2 and 6.1).
    NoRecord {
        /// The name of the record that has the term.
        at: String,
        /// The name without a record.
        target: String,
    },
    /// A name that is included has more than one SPF record (RFC 7208 section 4.5).
    Multiple {
        /// The name.
        at: String,
    },
    /// A term leads to a name whose aliases lead back to themselves. Mail servers get an error from DNS and put
    /// mail off each time (`temperror`, RFC 7208 sections 2.6.6 and 5).
    Endless {
        /// The name.
        target: String,
    },
    /// More than ten terms that cause look-ups (RFC 7208 section 4.6.4).
    TooManyLookups,
    /// More than two names that do not exist (RFC 7208 section 4.6.4).
    TooManyVoids {
        /// The names, in the order of evaluation.
        names: Vec<String>,
    },
    /// An `mx` of a name with more than ten exchanges (RFC 7208 section 4.6.4).
    TooManyExchanges {
        /// The name.
        at: String,
    },
}
