//! 1,000,000 domains. An SES account has 10,000 identities by default, so the domains are spread
//! over shards: each is a stack in its own account and Region, and shards share nothing. So one
//! shard is simulated, in three sizes.

use std::io::{self, Write};
use std::time::Duration;

use domain_auth::names::DomainName;
use domain_auth::ports::Clock;
use domain_auth::state::Trigger;
use domain_auth::use_cases::poll::Report;
use futures::future::join;
use jiff::SignedDuration;

use super::population::World;
use super::result::quantile;
use super::{ours, price};
use crate::dns::Published;
use crate::goals::Goals;
use crate::units::{Units, float};

const ALL: usize = 1_000_000;
/// Domains of a shard.
const SIZES: [usize; 3] = [10_000, 50_000, 100_000];
/// One domain in this many waits for its records at any time, as in the month of `sweep`.
const WAITING: usize = 30;
/// SES verifies one in this many of the waiting domains in the simulated time.
const VERIFIED: usize = 4;
const HOUR: Duration = Duration::from_hours(1);
const SIMULATED: Duration = Duration::from_hours(4);
const HOURS_OF_A_MONTH: f64 = 730.0;
/// The price of alarms, metrics, secrets and queues of a stack for a month (`docs/cost.md`), in dollars.
const FIXED: f64 = 29.6;

/// The result for a shard of one size.
struct Shard {
    domains: usize,
    reports: Vec<Report>,
    /// Domains that SES has verified.
    verified: usize,
    /// Pages of SES's list that were read.
    pages: usize,
    throttled: usize,
    /// The delays from SES's verification to the service's, sorted.
    lags: Vec<Duration>,
    /// How long each look was due, sorted.
    waits: Vec<Duration>,
    units: Units,
    busy: Duration,
}

/// A line of the table: its label, its value, and its unit.
type Line = (&'static str, fn(&Shard) -> f64, &'static str);

const LINES: [Line; 13] = [
    ("shards", |it| it.shards(), ""),
    ("looks in an hour", |it| float(it.waits.len()) / hours(), ""),
    ("  due for, p99", |it| seconds(&it.waits, 0.99), "s"),
    ("  due for, longest", |it| seconds(&it.waits, 1.0), "s"),
    (
        "lists of all domains in an hour",
        |it| float(it.lists()) / hours(),
        "",
    ),
    (
        "ListEmailIdentities calls in an hour",
        |it| float(it.pages) / hours(),
        "",
    ),
    ("calls that SES throttled", |it| float(it.throttled), ""),
    (
        "SES verified → we know: median",
        |it| seconds(&it.lags, 0.5),
        "s",
    ),
    ("  p99", |it| seconds(&it.lags, 0.99), "s"),
    (
        "write units of the table in an hour",
        |it| it.units.write / hours(),
        "",
    ),
    (
        "busy share of the function's time",
        |it| it.busy.as_secs_f64() * 100.0 / SIMULATED.as_secs_f64(),
        "%",
    ),
    ("a shard per month", |it| it.month(), "$"),
    (
        "1,000,000 domains per month",
        |it| it.month() * it.shards(),
        "$",
    ),
];

/// 1,000,000 domains as shards of three sizes.
pub(crate) fn million(out: &mut impl Write, goals: &mut Goals) -> io::Result<()> {
    writeln!(
        out,
        "{ALL} domains, spread over shards that share nothing: a stack each, in an account and a Region of its\n\
         own, with one call per second and operation. Of {WAITING} domains one waits for its records; the others are\n\
         verified and looked at daily. {} hours of one shard in which SES verifies one of {VERIFIED} that wait.\n",
        SIMULATED.as_secs() / 3600,
    )?;
    let shards = SIZES.map(shard);
    write!(out, "{:<38}", "domains of a shard")?;
    for shard in &shards {
        write!(out, "{:>14}", shard.domains)?;
    }
    writeln!(out)?;
    for (name, value, unit) in LINES {
        write!(out, "{name:<38}")?;
        for shard in &shards {
            let value = format!(
                "{:.*} {unit:1}",
                usize::from(!unit.is_empty()),
                value(shard)
            );
            write!(out, "{value:>14}")?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "\nA month has the fixed cost of a stack, {FIXED} $, in it, and neither requests nor storage.\n"
    )?;
    for shard in &shards {
        let size = shard.domains;
        let lists = float(shard.lists()) / hours();
        goals.reach(
            out,
            &format!("{size}: the list of all is read to its end in every hour"),
            lists,
            |lists| lists >= 0.75,
        )?;
        let longest = seconds(&shard.waits, 1.0);
        goals.reach(
            out,
            &format!("{size}: no look is due for 180 s"),
            longest,
            |longest| longest < 180.0,
        )?;
        let broken = shard.reports.iter().filter(|it| it.breaker_tripped).count();
        goals.reach(
            out,
            &format!("{size}: no run takes its own sight for broken"),
            float(broken),
            |runs| runs < 1.0,
        )?;
        let known = float(shard.lags.len()) / float(shard.verified);
        goals.reach(
            out,
            &format!("{size}: what SES has verified is known"),
            known,
            |share| share >= 0.95,
        )?;
    }
    Ok(())
}

fn shard(domains: usize) -> Shard {
    let world = World::new(1);
    let clock = world.setting.clock.clone();
    let waiting = domains / WAITING;
    known(&world, domains - waiting);
    world.waiting("waiting", waiting, 2 * HOUR, 24 * HOUR);

    let begun = clock.elapsed();
    let counts = || {
        let listed = world
            .ses
            .calls()
            .get("ListEmailIdentities")
            .map_or(0, |it| it.taken);
        (listed, world.ses.throttled())
    };
    let ((listed, throttled), units) = (counts(), world.store.units());
    let looks = world.store.observer.noted().waits.len();
    let (verified, (reports, busy)) = clock.run(join(
        verify(&world, begun),
        ours::poll(&world, |world| {
            world.setting.clock.elapsed() >= begun + SIMULATED
        }),
    ));
    let noted = world.store.observer.noted();
    let lag = |(name, moment): &(DomainName, Duration)| noted.known.get(name)?.checked_sub(*moment);
    let mut lags: Vec<Duration> = verified.iter().filter_map(lag).collect();
    lags.sort_unstable();
    let mut waits = noted.waits[looks..].to_vec();
    waits.sort_unstable();
    let (listed_in_all, throttled_in_all) = counts();
    let in_all = world.store.units();
    Shard {
        domains,
        reports,
        verified: verified.len(),
        pages: listed_in_all - listed,
        throttled: throttled_in_all - throttled,
        lags,
        waits,
        units: Units {
            read: in_all.read - units.read,
            write: in_all.write - units.write,
        },
        busy,
    }
}

/// Domains that are verified, each of which has been looked at, and is due at some time of the next day. The first
/// look of a domain writes what DNS answered; the looks of its life find the same, and write less.
fn known(world: &World, count: usize) {
    let clock = &world.setting.clock;
    let now = clock.now();
    world.due_at("verified", count, &[Trigger::SesVerified], |_| now);
    for name in names(world, "verified") {
        world.dns.publish(&name, Published::Everything);
    }
    let all_seen = |world: &World| world.store.observer.noted().first_look.len() >= count;
    clock.run(ours::poll(world, all_seen));
    let (day, now) = (Duration::from_hours(24), clock.now());
    let mut domains = world.store.inner().all_domains();
    domains.sort_by(|one, other| one.name.cmp(&other.name));
    for domain in domains {
        let later = world.setting.chance.up_to(day);
        let due = now + SignedDuration::try_from(later).unwrap_or_default();
        world.store.put(&domain.updated(|it| it.next_check = due));
    }
}

/// Lets SES verify some of those that wait, in all hours but the last from `begun`, and says when.
async fn verify(world: &World, begun: Duration) -> Vec<(DomainName, Duration)> {
    let setting = &world.setting;
    let chosen = names(world, "waiting").into_iter().step_by(VERIFIED);
    let moment = |name| {
        let offset = setting.chance.up_to(SIMULATED.saturating_sub(HOUR));
        (begun + offset, name)
    };
    let mut moments: Vec<(Duration, DomainName)> = chosen.map(moment).collect();
    moments.sort();
    let mut verified = Vec::new();
    for (moment, name) in moments {
        setting.clock.until(moment).await;
        world.dns.publish(&name, Published::Everything);
        world.ses.verify(&name);
        verified.push((name, moment));
    }
    verified
}

fn names(world: &World, prefix: &str) -> Vec<DomainName> {
    let mut names = world.ses.names();
    names.retain(|name| name.as_str().starts_with(prefix));
    names.sort();
    names
}

impl Shard {
    fn shards(&self) -> f64 {
        float(ALL.div_ceil(self.domains))
    }

    /// Lists that were read to their end for all domains.
    fn lists(&self) -> usize {
        self.reports.iter().filter(|it| it.sweep.is_some()).count()
    }

    fn month(&self) -> f64 {
        let simulated =
            price::table(self.units) + price::runs(self.busy, float(self.reports.len()));
        FIXED + simulated / hours() * HOURS_OF_A_MONTH
    }
}

fn hours() -> f64 {
    SIMULATED.as_secs_f64() / HOUR.as_secs_f64()
}

fn seconds(sorted: &[Duration], share: f64) -> f64 {
    quantile(sorted, share).unwrap_or_default().as_secs_f64()
}
