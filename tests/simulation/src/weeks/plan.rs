//! The events of the weeks: actions of people, and troubles. All of them come from the seed.

use std::time::Duration;

use crate::chance::Chance;
use crate::dns::{Published, Servers};

/// Number of events per day.
const PER_DAY: usize = 24;
/// The share of names that are not disturbed.
const QUIET: f64 = 0.4;
/// The share of the other names whose records are published soon after they were added.
const PUBLISHING: f64 = 0.7;

/// An event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Happening {
    /// A person does something.
    Deed(Deed),
    /// The service gets into trouble, for some time.
    Trouble(Trouble),
}

/// An action of a person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Deed {
    /// A client adds a domain.
    Add(Who),
    /// A client asks for a check.
    Check(Who),
    /// Lasso support takes the final step.
    Complete(Who),
    /// Lasso support refuses it.
    Reject(Who),
    /// A client restarts the verification after a failure.
    Restart(Who),
    /// A client removes a domain.
    Remove(Who),
    /// A client says that it is ready.
    Ready(Who),
    /// A client has the records sent by email, several times simultaneously: of one domain, or of
    /// all.
    Instruct(Who, Which),
    /// Lasso support looks at a domain.
    Recheck(Who),
    /// Lasso support releases a claim.
    Release(Who),
    /// Lasso support gives a client the identity that SES has.
    Adopt(Who),
    /// A claimant publishes the proof of its claim.
    Prove(Who),
    /// A person deletes the identity at SES by hand.
    Lose(usize),
    /// A person publishes records or wrong ones, or removes them.
    Publish(usize, Published),
    /// Name servers stop or start answering.
    Servers(usize, Servers),
}

/// A trouble of the service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trouble {
    /// SES throttles and leaves calls unanswered, for this long.
    Ses(Duration),
    /// SNS accepts nothing, for this long.
    SnsDown(Duration),
    /// Our own resolver does not answer, for this long.
    ResolverDown(Duration),
    /// The wall clock jumps, ahead or back.
    ClockJump(Duration, Way),
}

/// The direction in which a clock jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Ahead,
    Back,
}

/// Which domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    One,
    All,
}

/// Which client, and which name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) client: usize,
    pub(crate) name: usize,
}

/// The sequence of events with their times. Some names are disturbed only by their own client, so
/// that broken records stay broken for long enough to be noticed.
pub(crate) fn plan(
    chance: &Chance,
    days: u32,
    clients: usize,
    names: usize,
) -> Vec<(Duration, Happening)> {
    let length = Duration::from_hours(24) * days;
    let quiet: Vec<bool> = (0..names).map(|_| chance.happens(QUIET)).collect();
    let count = usize::try_from(days).unwrap_or(1) * PER_DAY;
    let mut plan: Vec<(Duration, Happening)> = (0..count)
        .map(|_| (chance.up_to(length), happening(chance, clients, names)))
        .filter(|(_, happening)| !disturbs(*happening, &quiet))
        .collect();
    for (name, quiet) in quiet.into_iter().enumerate() {
        if quiet {
            let story = story(chance, length, name).into_iter();
            plan.extend(story.map(|(at, deed)| (at, Happening::Deed(deed))));
        } else {
            // One process starts first.
            let begins = chance.up_to(Duration::from_hours(48));
            plan.push((begins, Happening::Deed(Deed::Add(Who { client: 0, name }))));
            // Most people publish soon, and some never.
            if chance.happens(PUBLISHING) {
                let soon = begins + chance.up_to(Duration::from_hours(12));
                let publish = Deed::Publish(name, Published::Everything);
                plan.push((soon, Happening::Deed(publish)));
            }
        }
    }
    plan.retain(|(at, _)| *at < length);
    plan.sort_by_key(|(at, _)| *at);
    plan
}

/// The life of a domain whose records are published, break and are repaired, for some hours or days
/// each.
fn story(chance: &Chance, length: Duration, name: usize) -> Vec<(Duration, Deed)> {
    let hours = |least: u64, more: u64| {
        Duration::from_hours(least) + chance.up_to(Duration::from_hours(more))
    };
    let who = Who { client: 0, name };
    let mut at = hours(0, 12);
    let mut story = vec![(at, Deed::Add(who))];
    at += hours(0, 2);
    story.push((at, Deed::Publish(name, Published::Everything)));
    // Before SES has verified it, there is nothing to complete.
    for _ in 0..3 {
        at += hours(0, 2);
        story.push((at, Deed::Complete(who)));
    }
    while at < length {
        at += hours(0, 24);
        let (trouble, end) = match chance.below(10) {
            0..6 => (
                Deed::Publish(name, BROKEN[chance.below(BROKEN.len())]),
                Deed::Publish(name, Published::Everything),
            ),
            6..8 => (
                Deed::Servers(name, Servers::Dead),
                Deed::Servers(name, Servers::Alive),
            ),
            _ => (
                Deed::Servers(name, Servers::Disagree),
                Deed::Servers(name, Servers::Alive),
            ),
        };
        story.push((at, trouble));
        at += match chance.below(10) {
            // Over before two looks could see it.
            0..3 => hours(0, 6),
            3..7 => hours(8, 30),
            // So long that it has to be noticed.
            _ => hours(44, 40),
        };
        story.push((at, end));
        at += hours(1, 4);
        // It may have failed meanwhile.
        story.push((at, Deed::Restart(who)));
        story.push((at + hours(1, 4), Deed::Complete(who)));
    }
    story
}

/// Ways to break a domain.
const BROKEN: [Published; 3] = [Published::Nothing, Published::Wrong, Published::WithoutAKey];

/// Whether an event would disturb a name that is not to be disturbed.
fn disturbs(happening: Happening, quiet: &[bool]) -> bool {
    let deed = match happening {
        Happening::Deed(deed) => deed,
        Happening::Trouble(_) => return false,
    };
    match deed {
        Deed::Remove(who) | Deed::Reject(who) | Deed::Release(who) => quiet[who.name],
        Deed::Add(who) | Deed::Prove(who) | Deed::Complete(who) => quiet[who.name],
        Deed::Restart(who) | Deed::Ready(who) | Deed::Adopt(who) => quiet[who.name],
        Deed::Publish(name, _) | Deed::Servers(name, _) | Deed::Lose(name) => quiet[name],
        Deed::Check(_) | Deed::Recheck(_) | Deed::Instruct(..) => false,
    }
}

fn happening(chance: &Chance, clients: usize, names: usize) -> Happening {
    let name = chance.below(names);
    // Most events concern the client that comes first.
    let client = if chance.happens(0.6) {
        0
    } else {
        chance.below(clients)
    };
    let who = Who { client, name };
    let hours = |most: u64| chance.up_to(Duration::from_hours(most));
    let deed = match chance.below(100) {
        0..13 => Deed::Add(who),
        13..16 => Deed::Check(who),
        16 => Deed::Adopt(who),
        17..19 => Deed::Recheck(who),
        19..23 => Deed::Remove(who),
        23..32 => Deed::Complete(who),
        32..34 => Deed::Reject(who),
        34..38 => Deed::Restart(who),
        38..42 => Deed::Ready(who),
        42..52 => Deed::Prove(who),
        52..54 => Deed::Release(who),
        54..56 => Deed::Instruct(who, Which::One),
        56 => Deed::Instruct(who, Which::All),
        57..72 => Deed::Publish(name, Published::Everything),
        72..75 => Deed::Publish(name, Published::Wrong),
        75..80 => Deed::Publish(name, Published::Nothing),
        80..83 => Deed::Servers(name, Servers::Dead),
        83 => Deed::Servers(name, Servers::Slow),
        84..86 => Deed::Servers(name, Servers::Disagree),
        86..91 => Deed::Servers(name, Servers::Alive),
        91 => Deed::Lose(name),
        92..94 => return Happening::Trouble(Trouble::Ses(hours(6))),
        94..96 => return Happening::Trouble(Trouble::SnsDown(hours(3))),
        96 => return Happening::Trouble(Trouble::ResolverDown(hours(3))),
        97..99 => return Happening::Trouble(Trouble::ClockJump(hours(2), Way::Ahead)),
        _ => return Happening::Trouble(Trouble::ClockJump(hours(1), Way::Back)),
    };
    Happening::Deed(deed)
}
