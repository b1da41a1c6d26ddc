//! A new version of the public suffix list moves no claim: `builder.site` becomes a suffix below
//! which builders have their own domains, or is no longer one.

use domain_auth::domain::Domain;
use domain_auth::domain::NewDomain;
use domain_auth::names::{ClientId, Eligibility, SuffixList};
use domain_auth::ports::ReadClaims;
use domain_auth::state::Status;
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::add::{self, Addition};
use domain_auth::use_cases::provision::{self, Provisioned};
use domain_auth::use_cases::release::{Verdict, release};
use domain_auth::use_cases::sender_policies::NamesBelow;
use domain_auth::use_cases::senders::{self, SenderStanding};
use domain_auth_testkit::{client, domain_name, new_domain};
use futures::FutureExt;

use crate::world::{DAY, World, admin};

const SUFFIX: &str = "builder.site";
const NAME: &str = "maple.builder.site";

/// The list in which `builder.site` is an ordinary domain.
fn without() -> Eligibility {
    Eligibility::default()
}

/// The list in which it is a suffix.
fn with() -> Eligibility {
    fn organizational(name: &str) -> Option<&str> {
        let Some(above) = name.strip_suffix(".builder.site") else {
            return (name != SUFFIX).then(|| domain_auth_testkit::organizational(name));
        };
        let label = above.rsplit('.').next().unwrap_or(above);
        Some(&name[above.len() - label.len()..])
    }
    Eligibility::default().with_suffixes(SuffixList::new(organizational))
}

impl World {
    fn add_by(&self, list: &Eligibility, client_id: &str, name: &str) -> Domain {
        let new: NewDomain = new_domain(client_id, name);
        let tools = self.store_tools();
        let actor = admin();
        let added = add::add(&tools, list, &new, &actor, self.limits);
        let change = match Box::pin(added).now_or_never().unwrap().unwrap() {
            Addition::Existing(domain) | Addition::ForOneMore(domain, _) => return *domain,
            Addition::Created(change) => change,
        };
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        let provisioned = provision::provision(&tools, change.domain);
        match Box::pin(provisioned).now_or_never().unwrap().unwrap() {
            Provisioned::Done(domain) | Provisioned::Waits(domain) => domain,
            Provisioned::Later(domain, _) => domain,
        }
    }

    fn sender_by(&self, list: &Eligibility, client_id: &str, address: &str) -> senders::Verdict {
        let client = client(client_id);
        let below = NamesBelow {
            dns: &self.dns,
            clock: &self.clock,
        };
        let judged = senders::judge(&self.store, &below, list, &client, address);
        Box::pin(judged).now_or_never().unwrap().unwrap()
    }

    fn holder_in(&self, organizational: &str, name: &str) -> Option<ClientId> {
        let claims = self.store.claims(organizational).now_or_never().unwrap();
        claims.unwrap().holder(&domain_name(name)).cloned()
    }
}

fn lists() -> [(&'static str, Eligibility, Eligibility); 2] {
    [("grows", without(), with()), ("shrinks", with(), without())]
}

#[test]
fn a_holder_keeps_its_name_under_any_public_suffix_list() {
    for (what, before, after) in lists() {
        let world = World::new();
        let added = world.add_by(&before, "maple", NAME);
        assert_eq!(added.state.status(), Status::Pending, "{what}");
        let organizational = added.organizational.clone().unwrap();
        world.ses.verify(&domain_name(NAME));
        world.poll_after(DAY);
        assert_eq!(
            world.status("maple", NAME),
            Some(Status::Verified),
            "{what}"
        );

        assert_eq!(
            world.add_by(&after, "maple", NAME).state.status(),
            Status::Verified
        );
        for (wanted, who) in [(NAME, "cedar"), ("mail.maple.builder.site", "oak")] {
            let contested = world.add_by(&after, who, wanted);
            assert_eq!(
                contested.state.status(),
                Status::Contested,
                "{what}: {wanted}"
            );
        }
        for list in [&before, &after] {
            for address in ["a@maple.builder.site", "a@mail.maple.builder.site"] {
                let verdict = world.sender_by(list, "maple", address);
                let expected = senders::Verdict::Covered {
                    by: domain_name(NAME),
                    standing: SenderStanding::WaitingForLasso,
                    warnings: Vec::new(),
                };
                assert_eq!(verdict, expected, "{what}: {address}");
            }
        }
        // Its own new name below it goes into the register of the claim above it.
        let child = world.add_by(&after, "maple", "news.maple.builder.site");
        assert_eq!(child.organizational, Some(organizational.clone()), "{what}");
        assert_ne!(child.state.status(), Status::Contested, "{what}");

        world.remove("maple", NAME);
        world.settle();
        assert_eq!(world.status("maple", NAME), None, "{what}");
        assert_eq!(
            world.holder_in(&organizational, NAME),
            None,
            "{what}: it is released"
        );
        let again = world.add_by(&after, "pine", NAME);
        assert_eq!(
            again.state.status(),
            Status::Contested,
            "{what}: a tombstone"
        );
    }
}

#[test]
fn a_proof_finds_claims_made_under_another_public_suffix_list() {
    for (what, before, after) in lists() {
        let world = World::new();
        // Under the old list it waits for a name that was given up; then another client takes it.
        world.add_by(&before, "maple", NAME);
        world.add_by(&before, "cedar", NAME);
        let contested = world.domain("cedar", NAME).unwrap();
        world.remove("maple", NAME);
        world.settle();
        world.poll_after(DAY * 8);
        let added = world.add_by(&after, "oak", NAME);
        assert_eq!(added.state.status(), Status::Pending, "{what}");
        assert_ne!(contested.organizational, added.organizational, "{what}");

        world.publish_proof("cedar", NAME);
        world.poll_after(DAY);
        world.settle();
        assert_eq!(world.status("oak", NAME), Some(Status::Contested), "{what}");
        let cedar = world.domain("cedar", NAME).unwrap();
        assert_eq!(cedar.state.status(), Status::Pending, "{what}");
        assert_eq!(
            cedar.organizational, added.organizational,
            "{what}: one register"
        );
        let held = |organizational: &str| world.holder_in(organizational, NAME);
        let holders = [held(SUFFIX), held(NAME)];
        let there: Vec<_> = holders.iter().flatten().collect();
        assert_eq!(there, [&client("cedar")], "{what}: one holder");
    }
}

#[test]
fn lasso_support_releases_a_name_under_any_public_suffix_list() {
    for (what, before, after) in lists() {
        let world = World::new();
        let added = world.add_by(&before, "maple", NAME);
        let organizational = added.organizational.unwrap();
        world.add_by(&after, "cedar", NAME);
        let (client, name) = (client("maple"), domain_name(NAME));
        let tools = world.store_tools();
        let actor = admin();
        let order = crate::release::order(Verdict::End, true);
        let released = release(&tools, (&client, &name), &order, &actor);
        Box::pin(released).now_or_never().unwrap().unwrap();
        assert_eq!(world.holder_in(&organizational, NAME), None, "{what}");
        assert_eq!(
            world.status("maple", NAME),
            Some(Status::Contested),
            "{what}"
        );
        world.publish_proof("cedar", NAME);
        world.settle();
        assert_eq!(world.status("cedar", NAME), Some(Status::Pending), "{what}");
        world.remove("cedar", NAME);
        world.settle();
        assert_eq!(world.status("cedar", NAME), None, "{what}");
    }
}
