//! `lasso-ops verify-account`: answers what the documentation of SES leaves open, on a domain that the operator
//! owns. docs/aws-questions.md has the questions, and what the service does in either case.
//!
//! It makes three identities below that domain, tagged with a stack name of its own (`verify-account-…`), and
//! deletes these and no other. Each start does what can be done by now, notes it in a file, and says what to do
//! next; what was killed is started again. SES gives up on records after 72 hours, so the last start is then.

mod ask;
mod questions;
mod seen;

use std::fmt;

use domain_auth::identity::{Dkim, DkimToken};
use domain_auth::names::DomainName;
use domain_auth::ports::{Clock, Identities, IdentityStatuses, ListIdentities, Ports};
use domain_auth::state::VERIFICATION_WINDOW;
use domain_auth::use_cases::SesTools;
use domain_auth_aws::SesIdentities;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::connected::Connected;
use super::patience::patiently;
use crate::aws::Aws;
use crate::options::VerifyAccount;
use crate::outcome::{Error, Report};
use crate::stack::Stack;
use ask::{
    delete, describe, described, inherited, made, nothing_above, rate, restarted, token, tokens,
    v1_status,
};
pub use questions::{Answers, Question};
pub use seen::Seen;
use seen::{put, read, write};

/// After the window, for the clocks of SES and of this machine.
const SAFETY: SignedDuration = SignedDuration::from_hours(1);

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "next", rename_all = "snake_case")]
pub enum Next {
    /// More can be done at once.
    GoOn,
    /// These CNAME records must be published.
    Publish {
        /// Names and values.
        records: Vec<(String, String)>,
    },
    /// There is nothing to see before a certain time.
    ComeBack {
        /// That time.
        at: Timestamp,
    },
    /// All is answered, and what was made is deleted.
    Done,
}

/// The three names.
struct Names {
    /// Verified by its CNAME records alone.
    keys: DomainName,
    /// Below the verified one.
    child: DomainName,
    /// Never published.
    unpublished: DomainName,
}

impl Names {
    fn below(domain: &DomainName) -> Result<Self, Error> {
        let name = |label: &str| {
            let name = format!("{label}.{domain}");
            DomainName::parse(&name).map_err(|error| {
                Error::Input(format!("{name} cannot be a client's domain: {error}"))
            })
        };
        Ok(Self {
            keys: name("lasso-keys")?,
            child: name("child.lasso-keys")?,
            unpublished: name("lasso-unpublished")?,
        })
    }

    fn all(&self) -> [&DomainName; 3] {
        [&self.child, &self.keys, &self.unpublished]
    }
}

pub(super) async fn run(
    aws: &Aws,
    stack: &Stack,
    options: &VerifyAccount,
) -> Result<Report, Error> {
    let domain = DomainName::parse(&options.domain)
        .map_err(|error| Error::Input(format!("{}: {error}", options.domain)))?;
    let mut connected = Connected::to(aws, stack)?;
    let kept = read(&options.state)?;
    let first = kept.is_none();
    let mut seen = kept.unwrap_or_else(|| Seen::begun(&domain, connected.clock.now()));
    if seen.domain != domain.as_str() {
        return Err(Error::Input(format!(
            "{} is about {}, and not about {domain}",
            options.state.display(),
            seen.domain
        )));
    }
    let region = aws.region().to_owned();
    // The tag of this run, so that no identity of the stack is ours to delete.
    connected.ses = SesIdentities::new(aws.ses_v1(), aws.ses_v2(), region, seen.tag.clone());
    if first {
        // Before anything is kept: a refused start leaves no file.
        may_begin(&connected.tools(), &domain).await?;
    }
    if !options.consent.yes {
        let told = Told {
            next: None,
            seen: &seen,
        };
        return Ok(Report::new(&told, false));
    }
    if let Some(answers) = &options.answers {
        // Before any call: a file that cannot be written is told at once.
        put(answers, &seen.answers.markdown(aws.region()))?;
    }
    write(&options.state, &seen)?;
    let next = loop {
        let next = step(&connected.tools(), &mut seen).await?;
        write(&options.state, &seen)?;
        if next != Next::GoOn {
            break next;
        }
    };
    if let Some(answers) = &options.answers {
        put(answers, &seen.answers.markdown(aws.region()))?;
    }
    let needs_a_person = next != Next::Done;
    let told = Told {
        next: Some(next),
        seen: &seen,
    };
    Ok(Report::new(&told, needs_a_person))
}

/// Refuses a domain on which the questions cannot be asked. Changes nothing.
async fn may_begin<P>(tools: &SesTools<'_, P>, domain: &DomainName) -> Result<(), Error>
where
    P: Ports<Ses: Identities>,
{
    nothing_above(tools, domain).await?;
    for name in Names::below(domain)?.all() {
        if describe(tools, name).await?.is_some() {
            return Err(Error::Input(format!(
                "SES has an identity {name}, which this run did not make: choose another domain, or delete it if an earlier run left it"
            )));
        }
    }
    Ok(())
}

/// Does the next thing. It is noted when it is done, so that one that was killed is done once more; each can be.
async fn step<P>(tools: &SesTools<'_, P>, seen: &mut Seen) -> Result<Next, Error>
where
    P: Ports<Ses: Identities + IdentityStatuses + ListIdentities>,
{
    if seen.cleaned_up {
        return Ok(Next::Done);
    }
    let domain = DomainName::parse(&seen.domain)
        .map_err(|error| Error::Input(format!("{}: {error}", seen.domain)))?;
    let names = Names::below(&domain)?;
    let Some((began_at, dkim)) = seen.unpublished.clone() else {
        make(tools, seen, &domain, &names).await?;
        return Ok(Next::GoOn);
    };
    if !seen.answers.has(Question::RateOf) {
        let answer = rate(tools, &names.unpublished).await;
        seen.answers.note(Question::RateOf, answer);
        return Ok(Next::GoOn);
    }
    if !seen.answers.has(Question::Inheritance) {
        let keys = described(tools, &names.keys).await?;
        if !keys.verified {
            return Ok(Next::Publish {
                records: records(&names.keys, keys.dkim.as_ref()),
            });
        }
        let v1 = v1_status(tools, &names.keys).await?;
        seen.answers.note(Question::VerifiedByDkim, &v1);
        let answer = inherited(tools, &names.child).await?;
        seen.answers.note(Question::Inheritance, &answer);
        return Ok(Next::GoOn);
    }
    let given_up = began_at + VERIFICATION_WINDOW + SAFETY;
    if tools.clock.now() < given_up {
        return Ok(Next::ComeBack { at: given_up });
    }
    after_three_days(tools, seen, &names, &dkim).await
}

/// The identities with their tokens, and what is seen while they are made.
async fn make<P>(
    tools: &SesTools<'_, P>,
    seen: &mut Seen,
    domain: &DomainName,
    names: &Names,
) -> Result<(), Error>
where
    P: Ports<Ses: Identities>,
{
    let Some(first) = seen.first_tokens.clone() else {
        nothing_above(tools, domain).await?;
        // A killed run may already have asked for the token of its identity.
        delete(tools, &names.keys).await?;
        let dkim = made(tools, &names.keys).await?;
        let unasked = token(tools, &names.keys).await?;
        let answer = unasked.map_or("no", |()| "yes");
        seen.answers.note(Question::TokenUnasked, answer);
        seen.first_tokens = Some(tokens(tools, &names.keys, dkim).await?);
        return Ok(());
    };
    if seen.second_tokens.is_none() {
        delete(tools, &names.keys).await?;
        let dkim = made(tools, &names.keys).await?;
        let second = tokens(tools, &names.keys, dkim).await?;
        // The TXT token is the first, then those of DKIM.
        let answer = match (first.first() == second.first(), first[1..] == second[1..]) {
            (true, true) => "the same",
            (false, false) => "all are different",
            (true, false) => "the TXT token is the same, those of DKIM are different",
            (false, true) => "the TXT token is different, those of DKIM are the same",
        };
        seen.answers.note(Question::Tokens, answer);
        seen.second_tokens = Some(second);
        return Ok(());
    }
    let dkim = made(tools, &names.unpublished).await?;
    seen.unpublished = Some((tools.clock.now(), dkim));
    Ok(())
}

/// The CNAME records of Easy DKIM.
fn records(name: &DomainName, dkim: Option<&Dkim>) -> Vec<(String, String)> {
    let Some(dkim) = dkim else {
        return Vec::new();
    };
    let zone = &dkim.signing_hosted_zone;
    let tokens = dkim.tokens.iter().map(DkimToken::as_str);
    tokens
        .map(|token| {
            (
                format!("{token}._domainkey.{name}"),
                format!("{token}.{zone}"),
            )
        })
        .collect()
}

/// What SES says when it has given up on the records that were not published, and the end.
async fn after_three_days<P>(
    tools: &SesTools<'_, P>,
    seen: &mut Seen,
    names: &Names,
    dkim: &[String],
) -> Result<Next, Error>
where
    P: Ports<Ses: Identities + IdentityStatuses>,
{
    if !seen.answers.has(Question::TextMissing) {
        let v1 = v1_status(tools, &names.keys).await?;
        let sends = described(tools, &names.keys).await?.verified;
        let answer = format!("v1 says {v1}; VerifiedForSendingStatus is {sends}");
        seen.answers.note(Question::TextMissing, &answer);
        return Ok(Next::GoOn);
    }
    if !seen.answers.has(Question::FailedDkim) {
        let answer = restarted(tools, &names.unpublished, dkim).await?;
        seen.answers.note(Question::FailedDkim, &answer);
        return Ok(Next::GoOn);
    }
    if !seen.answers.has(Question::VerifiedAgain) {
        // Last, because it may take the verification away.
        patiently(tools.clock, async || {
            tools.ses.verify_domain(&names.keys).await
        })
        .await
        .map_err(|error| Error::failed("VerifyDomainIdentity", error))?;
        let v1 = v1_status(tools, &names.keys).await?;
        seen.answers.note(Question::VerifiedAgain, &v1);
        return Ok(Next::GoOn);
    }
    for name in names.all() {
        delete(tools, name).await?;
    }
    seen.cleaned_up = true;
    Ok(Next::Done)
}

/// What the operator is told.
#[derive(Debug, Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    next: Option<Next>,
    seen: &'a Seen,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seen.answers)?;
        match &self.next {
            None => writeln!(
                f,
                "Would make the identities lasso-keys, child.lasso-keys and lasso-unpublished below {}, ask SES about them, and delete them after three days. Nothing was changed: --yes does it.",
                self.seen.domain
            ),
            Some(Next::Publish { records }) => {
                writeln!(f, "Publish these records, and start again when they are:")?;
                for (name, value) in records {
                    writeln!(f, "  {name}. CNAME {value}.")?;
                }
                Ok(())
            }
            Some(Next::ComeBack { at }) => {
                writeln!(
                    f,
                    "Leave the records as they are, and start again after {at}."
                )
            }
            Some(Next::GoOn) => writeln!(f, "Start again."),
            Some(Next::Done) => {
                writeln!(
                    f,
                    "All is answered, and the identities are deleted. The records can go."
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
