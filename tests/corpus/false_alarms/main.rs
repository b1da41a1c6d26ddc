//! No false alarms: random zones with all required records, among other people's records, wildcards
//! and long texts, on servers that are unusual but follow the protocol. Every record must be found.
//!
//! A zone follows from its seed. `SEEDS=5000` tries more zones, `SEED=17` only one.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

mod chance;
mod others;
mod right;
mod servers;
mod world;
mod zone;

use std::env;
use std::fmt::Write;
use std::ops::Range;

use futures::StreamExt;
use futures::stream;

use crate::world::World;
use crate::zone::Zone;

/// How many zones are tried.
const SEEDS: u64 = 1_000;
/// How many zones are on one DNS server.
const BATCH: u64 = 50;
/// How many domains are looked at at the same time.
const AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn every_correct_record_of_a_random_zone_is_found() {
    let seeds = seeds();
    let mut alarms = Vec::new();
    let mut first = seeds.start;
    while first < seeds.end {
        let batch = first..seeds.end.min(first + BATCH);
        first = batch.end;
        alarms.extend(alarms_of(batch).await);
    }
    let shown = alarms
        .iter()
        .take(5)
        .fold(String::new(), |mut text, alarm| {
            let _infallible = write!(text, "\n{alarm}");
            text
        });
    assert!(
        alarms.is_empty(),
        "{} of {} zones raise an alarm{shown}",
        alarms.len(),
        seeds.end - seeds.start
    );
}

/// Otherwise a test that finds nothing would prove nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_without_one_of_its_records_raises_an_alarm() {
    let mut zones: Vec<Zone> = (0..30).map(Zone::of).collect();
    for zone in &mut zones {
        zone.remove_a_key();
    }
    let world = World::start(&zones).await;
    for zone in &zones {
        let alarm = world.alarm(zone).await;
        let about =
            |alarm: &String| alarm.contains("dkim-1 missing") || alarm.contains("dkim-1 wrong");
        assert!(alarm.as_ref().is_some_and(about), "{zone}\n{alarm:?}");
    }
}

#[test]
fn the_same_seed_makes_the_same_zone() {
    for seed in 0..50 {
        assert_eq!(Zone::of(seed).to_string(), Zone::of(seed).to_string());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "which zones a person wants to see"
)]
fn seeds() -> Range<u64> {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(SEEDS),
    }
}

/// The diagnoses of zones that have no problem.
async fn alarms_of(seeds: Range<u64>) -> Vec<String> {
    let zones: Vec<Zone> = seeds.map(Zone::of).collect();
    let world = World::start(&zones).await;
    let alarms = stream::iter(&zones)
        .map(|zone| world.alarm(zone))
        .buffered(AT_ONCE)
        .filter_map(std::future::ready);
    alarms.collect().await
}
