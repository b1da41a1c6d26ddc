//! Compares our poller with one call for each domain.

use std::io::{self, Write};
use std::time::Duration;

use domain_auth::names::DomainName;
use futures::future::join;

use super::population::{DOMAINS, World};
use super::result::quantile;
use super::{month, one_by_one, ours, price};
use crate::dns::Published;
use crate::goals::Goals;
use crate::units::{Units, float};

const SEED: u64 = 1;
/// SES verifies one domain in this many, at any time of the first hours.
const VERIFIED: usize = 20;
const VERIFYING: Duration = Duration::from_hours(3);

/// The results of one strategy.
pub(super) struct Strategy {
    calls: usize,
    throttled: usize,
    /// Seconds that the calls of one operation take at the quota.
    quota_time: f64,
    /// The time until all were looked at.
    sweep: Duration,
    dns_looks: usize,
    /// The cost of the sweep, in units, in run time of functions, and in runs.
    pub(super) units: Units,
    pub(super) busy: Duration,
    pub(super) runs: f64,
    /// Whether it reads SES's list between the looks.
    pub(super) reads_list: bool,
    /// The delays from SES's verification to the service's, sorted.
    lags: Vec<Duration>,
}

/// A line of the table: its label, its value, and its unit.
type Line = (&'static str, fn(&Strategy) -> f64, &'static str);

const LINES: [Line; 13] = [
    ("calls to SES", |it| float(it.calls), ""),
    ("  of them throttled", |it| float(it.throttled), ""),
    (
        "quota time of the busiest operation",
        |it| it.quota_time,
        "s",
    ),
    (
        "time to look at all of them",
        |it| it.sweep.as_secs_f64(),
        "s",
    ),
    ("  of them with a look at DNS", |it| float(it.dns_looks), ""),
    ("SES verified → we know: median", |it| it.lag(0.5), "s"),
    ("  p99", |it| it.lag(0.99), "s"),
    ("  longest", |it| it.lag(1.0), "s"),
    ("DynamoDB read units of the sweep", |it| it.units.read, ""),
    ("DynamoDB write units of the sweep", |it| it.units.write, ""),
    (
        "time of functions in the sweep",
        |it| it.busy.as_secs_f64(),
        "s",
    ),
    ("cost of the sweep", |it| it.cost() * 100.0, "¢"),
    ("cost of 10,000 domains per month", month::cost, "$"),
];

/// 10,000 waiting domains that are all due: our poller compared with one call for each.
pub(crate) fn sweep(out: &mut impl Write, goals: &mut Goals) -> io::Result<()> {
    writeln!(
        out,
        "A sweep: {DOMAINS} domains wait for their records, 2 to 24 hours old, all due at once. Amazon SES\n\
         takes one call per second and operation, and verifies {} of them, spread over {} hours. We know of\n\
         it at the next look, which is due after a quarter of an hour in the first day, and hourly from then on, or\n\
         from its list of identities, which is read every five minutes.\n",
        DOMAINS / VERIFIED,
        VERIFYING.as_secs() / 3600,
    )?;
    let (ours, theirs) = (run_ours(), run_one_by_one());
    writeln!(
        out,
        "{:<38}{:>12}{:>16}{:>11}",
        "", "ours", "one by one", "ratio"
    )?;
    for (name, value, unit) in LINES {
        let (ours, theirs) = (value(&ours), value(&theirs));
        let ratio = if ours > 0.0 && theirs > 0.0 {
            format!("1 : {:.1}", theirs / ours)
        } else {
            String::new()
        };
        let with_unit = |value: f64| format!("{value:.*} {unit:1}", usize::from(!unit.is_empty()));
        let (ours, theirs) = (with_unit(ours), with_unit(theirs));
        writeln!(out, "{name:<38}{ours:>12}{theirs:>16}{ratio:>11}")?;
    }
    month::explain(out)?;
    let ratio = float(theirs.calls) / float(ours.calls.max(1));
    goals.reach(out, "at most 1/80 of the calls", ratio, |ratio| {
        ratio >= 80.0
    })?;
    let quota_time = ours.quota_time;
    goals.reach(
        out,
        "a full sweep in under 120 s of quota time",
        quota_time,
        |time| time < 120.0,
    )
}

impl Strategy {
    fn of(world: &World, busy: Duration, runs: f64) -> Self {
        let calls = world.ses.calls();
        let noted = world.store.observer.noted();
        let taken = calls.values().map(|calls| calls.taken);
        let throttled = calls.values().map(|calls| calls.throttled);
        Self {
            calls: taken.clone().chain(throttled.clone()).sum(),
            throttled: throttled.sum(),
            quota_time: taken.max().map_or(0.0, float),
            sweep: noted.first_look.values().max().copied().unwrap_or_default(),
            dns_looks: noted.dns_looks,
            units: world.store.units(),
            busy,
            runs,
            reads_list: false,
            lags: Vec::new(),
        }
    }

    fn lag(&self, share: f64) -> f64 {
        let lag = quantile(&self.lags, share);
        lag.unwrap_or_default().as_secs_f64()
    }

    /// Dollars for the sweep.
    pub(super) fn cost(&self) -> f64 {
        price::table(self.units) + price::runs(self.busy, self.runs)
    }
}

fn run_ours() -> Strategy {
    let world = World::of_a_day(SEED);
    world.setting.clock.run(async {
        let (reports, busy) = ours::poll(&world, World::all_seen).await;
        let mut strategy = Strategy::of(&world, busy, float(reports.len()));
        strategy.reads_list = true;
        // The rest measures how soon a verification is known.
        let (verified, _) = join(verify(&world), ours::poll(&world, known)).await;
        strategy.lags = lags(&world, &verified);
        strategy
    })
}

fn run_one_by_one() -> Strategy {
    let world = World::of_a_day(SEED);
    world.setting.clock.run(async {
        one_by_one::poll(&world, World::all_seen).await;
        // Its function runs all the time, and is started again every minute.
        let busy = world.setting.clock.elapsed();
        let mut strategy = Strategy::of(&world, busy, busy.as_secs_f64() / 60.0);
        let (verified, ()) = join(verify(&world), one_by_one::poll(&world, known)).await;
        strategy.lags = lags(&world, &verified);
        strategy
    })
}

fn known(world: &World) -> bool {
    world.store.observer.noted().known.len() >= DOMAINS / VERIFIED
}

/// Makes SES verify one domain in this many, at random times. Returns the times.
async fn verify(world: &World) -> Vec<(DomainName, Duration)> {
    let setting = &world.setting;
    let start = setting.clock.elapsed();
    let mut names = world.ses.names();
    names.sort();
    let chosen = names.into_iter().step_by(VERIFIED);
    let mut moments: Vec<(Duration, DomainName)> = chosen
        .map(|name| (start + setting.chance.up_to(VERIFYING), name))
        .collect();
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

fn lags(world: &World, verified: &[(DomainName, Duration)]) -> Vec<Duration> {
    let noted = world.store.observer.noted();
    let lag = |(name, moment): &(DomainName, Duration)| noted.known.get(name)?.checked_sub(*moment);
    let mut lags: Vec<Duration> = verified.iter().filter_map(lag).collect();
    lags.sort_unstable();
    lags
}
