//! Looks at domains that are due. SES is asked about 100 domains at a time, as fast as its quota
//! allows, and its answers change states immediately. DNS is queried meanwhile, and a slow domain
//! does not delay the others.

use std::pin::pin;

use futures::channel::mpsc;
use futures::{Stream, StreamExt, stream};

use super::part::Part;
use super::stages::{Asked, Doubtful, DueDomain, Looked};
use super::{Poller, PollerPorts, Times};
use crate::ports::{Clock, Due, LIST_PAGE, StoreError};
use crate::turns::in_turns;

/// DNS looks that run at the same time. A domain whose servers are dead takes only one of these
/// places, for 15 s.
const LOOKS_AT_ONCE: usize = 32;

impl<P: PollerPorts> Poller<'_, P> {
    /// `list_pages`: the number of pages of SES's list when it was last read to its end.
    pub(super) async fn look_at_domains(
        &self,
        list_pages: Option<usize>,
        times: Times,
    ) -> Result<Part, StoreError> {
        let mut part = Part::default();
        let due = self
            .take_due(Due::Look, times.ask, LIST_PAGE, &mut part.report)
            .await?;
        let now = self.tools.clock.now();
        let (to_ask, unasked): (Vec<DueDomain>, Vec<DueDomain>) = due
            .into_iter()
            .map(DueDomain::new)
            .partition(|domain| domain.asks_ses(now));
        let (mut asked, to_ask) = self
            .settled_by_list(to_ask, list_pages, times, &mut part)
            .await;
        asked.extend(unasked.into_iter().map(DueDomain::not_asked));
        // There may be no time to look up all of them in DNS, so those looked up longest ago go
        // first.
        asked.sort_by_key(|asked| asked.domain().dns_looked_at);
        let asked = in_turns(asked, usize::MAX, |asked| asked.domain().client.clone());
        let to_ask = in_turns(to_ask, usize::MAX, |due| due.as_ref().client.clone());
        let (sender, answered) = mpsc::unbounded();
        let to_look_up = stream::select(answered, stream::iter(asked));
        let (asking, looking) = futures::future::join(
            self.ask_ses(to_ask, times, sender),
            self.look_up(to_look_up, times),
        )
        .await;
        part.add(asking);
        part.add(looking);
        Ok(part)
    }

    async fn look_up(&self, domains: impl Stream<Item = Asked>, times: Times) -> Part {
        let mut part = Part::default();
        let mut want_ses = Vec::new();
        let looks = domains
            .map(|asked| self.look(asked, times))
            .buffer_unordered(LOOKS_AT_ONCE);
        let mut looks = pin!(looks);
        while let Some((looked, wants_ses)) = looks.next().await {
            part.add(looked);
            want_ses.extend(wants_ses);
        }
        part.add(self.ask_about(want_ses, times).await);
        part
    }

    /// Looks at DNS and writes the result. Without time for DNS, writes the SES status, if there is
    /// time for that. A doubtful domain is returned.
    async fn look(&self, asked: Asked, times: Times) -> (Part, Option<Doubtful>) {
        let tools = &self.tools;
        let looked = if tools.clock.now() < times.dns {
            match asked.look_up(tools.dns, tools.clock).await {
                Looked::Enough(looked) => Some(looked),
                Looked::Doubtful(doubtful) => return (Part::default(), Some(doubtful)),
            }
        } else {
            let looked = asked.without_dns();
            looked.filter(|_| tools.clock.now() < times.write)
        };
        match looked {
            Some(looked) => (self.conclude(looked, times).await, None),
            None => (Part::default(), None),
        }
    }
}
