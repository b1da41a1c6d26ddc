//! DNS at names below a domain that Lasso sends for, which the looks at that domain do not ask for: whether an
//! address there has a DMARC policy of its own, and whether its name exists (RFC 9989, `np`).
//!
//! Senders are asked about before mail goes out, so this is bounded: only names below such a domain are looked
//! up, all at once, and what has not answered within a second is not known. Then the policy above applies to
//! the answer, as if there were none below it.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::look::before;
use crate::diagnosis::{aliases_below, questions_below};
use crate::dns::{Lookup, Observation, Question};
use crate::names::DomainName;
use crate::ports::Clock;

/// How long DNS is waited for.
const PATIENCE: SignedDuration = SignedDuration::from_secs(1);

/// The maximum number of names that are looked up for one request.
const NAMES: usize = 20;

/// The longest chain of aliases that is followed to a policy.
const ALIASES: usize = 2;

/// What names below a domain are looked up with.
#[derive(Debug)]
pub struct NamesBelow<'a, D, C> {
    /// The port to DNS.
    pub dns: &'a D,
    /// The clock.
    pub clock: &'a C,
}

impl<D: Lookup, C: Clock> NamesBelow<'_, D, C> {
    /// Looks up the DMARC records of names, each with the domain that it is below. Of more than twenty names the
    /// first are looked up.
    pub(super) async fn look(
        &self,
        names: &BTreeMap<&DomainName, &DomainName>,
    ) -> BTreeMap<DomainName, Vec<Observation>> {
        if names.is_empty() {
            return BTreeMap::new();
        }
        let deadline = self.clock.now() + PATIENCE;
        let dns = self.dns.fresh();
        let mut looks = Vec::new();
        for (name, domain) in names.iter().take(NAMES) {
            looks.push(self.look_at(&dns, name, domain, deadline));
        }
        join_all(looks).await.into_iter().collect()
    }

    async fn look_at(
        &self,
        dns: &D,
        name: &DomainName,
        domain: &DomainName,
        deadline: Timestamp,
    ) -> (DomainName, Vec<Observation>) {
        let questions = questions_below(name.as_str(), domain.as_str());
        let mut seen = self.ask(dns, &questions, deadline).await;
        for _ in 0..ALIASES {
            let targets = aliases_below(&seen);
            let answers = self.ask(dns, &targets, deadline).await;
            if answers.is_empty() {
                break;
            }
            seen.extend(answers);
        }
        (name.clone(), seen)
    }

    /// The answers that are there before the deadline. Each question is asked by itself, so that a name whose
    /// servers are silent hides no other.
    async fn ask(&self, dns: &D, questions: &[Question], deadline: Timestamp) -> Vec<Observation> {
        let asked = questions.iter().map(|question| {
            let question = std::slice::from_ref(question);
            // Boxed: the types of the futures inside are too deep for the compiler.
            before(deadline, self.clock, dns.observe_source(question).boxed())
        });
        let answers = join_all(asked).await;
        answers.into_iter().flatten().flatten().collect()
    }
}
