//! What happens in the weeks: people, and misfortune. All of it comes from the seed.

use std::time::Duration;

use crate::chance::Chance;
use crate::dns::{Published, Servers};

/// Things that happen in a day.
const PER_DAY: usize = 24;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Happening {
    /// A client adds a domain.
    Add(Who),
    /// A client asks for a check.
    Check(Who),
    /// Lasso support takes the final step.
    Complete(Who),
    /// Lasso support refuses it.
    Reject(Who),
    /// A client starts again after a failure.
    Restart(Who),
    /// A client removes a domain.
    Remove(Who),
    /// Somebody publishes records, wrong ones, or takes them away.
    Publish(usize, Published),
    /// Name servers die, or live again.
    Servers(usize, Servers),
    /// SES throttles and leaves calls unanswered, for so long.
    SesTrouble(Duration),
    /// SNS takes nothing, for so long.
    SnsDown(Duration),
    /// Our own resolver answers nothing, for so long.
    ResolverDown(Duration),
    /// The clock on the wall jumps, ahead or back.
    ClockJump(Duration, Way),
}

/// Which way a clock jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Ahead,
    Back,
}

/// Which client, and which name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) client: usize,
    pub(crate) name: usize,
}

/// What happens when, in order.
pub(crate) fn plan(
    chance: &Chance,
    days: u32,
    clients: usize,
    names: usize,
) -> Vec<(Duration, Happening)> {
    let length = Duration::from_hours(24) * days;
    let count = usize::try_from(days).unwrap_or(1) * PER_DAY;
    let mut plan: Vec<(Duration, Happening)> = (0..count)
        .map(|_| (chance.up_to(length), happening(chance, clients, names)))
        .collect();
    // Somebody has to begin.
    for name in 0..names {
        let who = Who { client: 0, name };
        plan.push((chance.up_to(Duration::from_hours(48)), Happening::Add(who)));
    }
    plan.sort_by_key(|(at, _)| *at);
    plan
}

fn happening(chance: &Chance, clients: usize, names: usize) -> Happening {
    let name = chance.below(names);
    // Most of what happens is done by the client that comes first.
    let client = if chance.happens(0.7) {
        0
    } else {
        chance.below(clients)
    };
    let who = Who { client, name };
    let hours = |most: u64| chance.up_to(Duration::from_hours(most));
    match chance.below(100) {
        0..12 => Happening::Add(who),
        12..20 => Happening::Check(who),
        20..24 => Happening::Remove(who),
        24..36 => Happening::Complete(who),
        36..39 => Happening::Reject(who),
        39..46 => Happening::Restart(who),
        46..66 => Happening::Publish(name, Published::Everything),
        66..69 => Happening::Publish(name, Published::Wrong),
        69..77 => Happening::Publish(name, Published::Nothing),
        77..81 => Happening::Servers(name, Servers::Dead),
        81..83 => Happening::Servers(name, Servers::Slow),
        83..89 => Happening::Servers(name, Servers::Alive),
        89..92 => Happening::SesTrouble(hours(6)),
        92..95 => Happening::SnsDown(hours(3)),
        95..97 => Happening::ResolverDown(hours(3)),
        97 => Happening::ClockJump(hours(2), Way::Ahead),
        _ => Happening::ClockJump(hours(1), Way::Back),
    }
}
