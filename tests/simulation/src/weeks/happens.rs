//! The effect of an event in the plan: a request that may be cut off, or a trouble that lasts.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::Clock;
use domain_auth::state::VERIFICATION_WINDOW;
use futures::future::{join_all, select};
use jiff::SignedDuration;
use ses_model::{Seen, Status};

use super::plan::{Deed, Trouble, Way, Which, Who};
use super::truth::Facts;
use super::world::{CUT_OFF, World};
use crate::dns::{Published, Servers};
use crate::ses;

/// Simultaneous requests for an email: more than one domain may have per day.
const LETTERS: usize = 7;

/// The probability that SES itself notices missing records: after days, so that our looks are
/// usually first.
const SES_LOSES: f64 = 0.005;

impl World {
    /// A request of a person, which may be cut off at any time.
    pub(super) async fn request(&self, deed: Deed) {
        self.clock
            .sleep(self.chance.up_to(Duration::from_secs(10)))
            .await;
        let request = async {
            match deed {
                Deed::Add(who) => Box::pin(self.add(self.whose(who))).await,
                Deed::Check(who) => self.check(self.whose(who)).await,
                Deed::Complete(who) => self.decide(self.whose(who), true).await,
                Deed::Reject(who) => self.decide(self.whose(who), false).await,
                Deed::Restart(who) => self.restart(self.whose(who)).await,
                Deed::Remove(who) => Box::pin(self.remove(self.whose(who))).await,
                Deed::Ready(who) => self.ready(self.whose(who)).await,
                Deed::Recheck(who) => self.recheck(self.whose(who)).await,
                Deed::Release(who) => self.release(self.whose(who)).await,
                Deed::Adopt(who) => self.adopt(self.whose(who)).await,
                Deed::Prove(who) => self.prove(self.whose(who)).await,
                Deed::Instruct(who, which) => self.instruct_often(who, which).await,
                Deed::Publish(name, published) => {
                    self.dns.publish(&self.names[name], published);
                }
                Deed::Servers(name, servers) => {
                    self.dns.set_servers(&self.names[name], servers);
                }
                Deed::Lose(name) => self.ses.lose(&self.names[name]),
            }
        };
        Box::pin(self.unless_cut_off(request)).await;
        self.tell_truth();
    }

    async fn unless_cut_off(&self, request: impl Future<Output = ()>) {
        let life = if self.chance.happens(CUT_OFF) {
            self.chance
                .latency(Duration::ZERO, Duration::from_millis(300))
        } else {
            Duration::from_secs(28)
        };
        select(pin!(request), pin!(self.clock.sleep(life))).await;
    }

    /// Many simultaneous emails, each of which may be cut off.
    async fn instruct_often(&self, who: Who, which: Which) {
        let (client, name) = self.whose(who);
        let names = match which {
            Which::One => std::slice::from_ref(name),
            Which::All => self.names.as_slice(),
        };
        let often = names.iter().flat_map(|name| [name; LETTERS]);
        let letters = often.map(|name| {
            let letter = Box::pin(self.instruct((client, name)));
            Box::pin(self.unless_cut_off(letter))
        });
        join_all(letters).await;
    }

    fn whose(&self, who: Who) -> (&ClientId, &DomainName) {
        (&self.clients[who.client], &self.names[who.name])
    }

    /// Starts a trouble of the service. Returns until when it lasts.
    pub(super) fn befalls(&self, trouble: Trouble, now: Duration) -> Duration {
        let length = match trouble {
            Trouble::Ses(length) => {
                self.ses.set_trouble(ses::Trouble {
                    throttled: 0.5,
                    unanswered: 0.1,
                });
                self.store.observer.holds_up(length);
                length
            }
            Trouble::SnsDown(length) => {
                self.topic_down.store(true, Ordering::Relaxed);
                length
            }
            Trouble::ResolverDown(length) => {
                self.dns.set_down(true);
                length
            }
            Trouble::ClockJump(by, way) => {
                let signed = SignedDuration::try_from(by).unwrap_or_default();
                let journal = &self.store.observer;
                match way {
                    Way::Ahead => {
                        journal.jumps_ahead(by);
                        self.clock.jump(signed);
                    }
                    // Due domains are due later, and the lease of a run that was cut off ends
                    // later.
                    Way::Back => {
                        journal.holds_up(by * 2);
                        self.clock.jump(-signed);
                    }
                }
                // Domains that were due later are due now, or much later.
                Duration::from_hours(3)
            }
        };
        now + length
    }

    pub(super) fn ends(&self, trouble: Trouble) {
        match trouble {
            Trouble::Ses(_) => self.ses.set_trouble(ses::Trouble::default()),
            Trouble::SnsDown(_) => self.topic_down.store(false, Ordering::Relaxed),
            Trouble::ResolverDown(_) => self.dns.set_down(false),
            Trouble::ClockJump(..) => {}
        }
    }

    /// SES looks at DNS from time to time.
    pub(super) fn ses_looks(&self) {
        let now = self.clock.elapsed();
        let window = Duration::try_from(VERIFICATION_WINDOW).unwrap_or_default();
        // Then SES finds the DKIM records only.
        let without_text = self.ses.gives_up_on_text();
        self.ses.look(|name, identity| {
            let there = self.dns.published(name) == Published::Everything
                && self.dns.servers(name) != Servers::Dead;
            match identity.verification() {
                Status::Pending | Status::NotStarted | Status::TemporaryFailure => {
                    if there && self.chance.happens(0.5) {
                        if without_text {
                            identity.observe_all_but_text(Seen::Found, now);
                        } else {
                            identity.observe(Seen::Found, now);
                        }
                    } else {
                        identity.expire(now, window);
                    }
                }
                Status::Success if !there && self.chance.happens(SES_LOSES) => {
                    identity.observe(Seen::Missing, now);
                }
                // SES stops looking. The service is also right if it does not.
                Status::Failed if there && self.chance.happens(0.01) => {
                    let success = Status::Success;
                    identity.set_status((success, success, success), now);
                }
                Status::Success if without_text => identity.expire(now, window),
                Status::Success | Status::Failed => {}
            }
        });
        self.tell_truth();
    }

    /// Everything that observers can see of all names.
    pub(super) fn tell_truth(&self) {
        let resolver_down = self.dns.is_down();
        for name in &self.names {
            let ses = self.ses.status(name).map(verification_of);
            let own = matches!(ses, None | Some(AxisStatus::Success));
            let facts = Facts {
                published: self.dns.published(name),
                servers: self.dns.servers(name),
                resolver_down,
                ses,
                inherits: !own && self.is_below_a_verified_one(name),
            };
            self.store.observer.is(name, facts);
        }
    }

    /// Whether the client of a name holds a verified name above it.
    fn is_below_a_verified_one(&self, name: &DomainName) -> bool {
        let journal = &self.store.observer;
        let verified = |name| {
            let identity = self.ses.identity(name);
            identity.is_some_and(|identity| identity.verification() == Status::Success)
        };
        let above = name.ancestors();
        let mut above = above.iter().filter(|above| verified(above));
        above.any(|above| journal.have_the_same_holder(above, name))
    }
}

/// The verification at SES: its DKIM records are enough, whatever v1 returns for the TXT record.
fn verification_of(status: SesStatus) -> AxisStatus {
    match (status.verification, status.dkim) {
        (AxisStatus::Failed, AxisStatus::Success) => AxisStatus::Success,
        (verification, _) => verification,
    }
}
