//! The servers of the zones, and their unusual behaviour.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use local_dns_server::{AskedAs, Fault, FaultRule, Transport};

use crate::chance::Chance;
use crate::zone::Zone;

/// The last octet of the highest server address.
pub(crate) const LAST: u8 = 9;

/// Chooses servers and their unusual behaviour.
pub(crate) fn choose(zone: &mut Zone, chance: &mut Chance) {
    let names: Vec<String> = zone.files.keys().cloned().collect();
    for name in names {
        match chance.up_to(3) {
            0 => {}
            1 => many_addresses(zone, chance, &name),
            _ => apart(zone, chance, &name),
        }
    }
    if chance.once_in(6) {
        let quirk = *chance.one_of(&[&Fault::MixedCase, &Fault::Uncompressed, &Fault::NoOpt]);
        let rule = FaultRule::under(&zone.registered, quirk).asked_as(AskedAs::Resolver);
        zone.quirks.push(rule);
    }
}

/// One to four servers, which do not serve the other zones.
fn apart(zone: &mut Zone, chance: &mut Chance, name: &str) {
    let mut numbers: Vec<u8> = (2..=LAST).collect();
    chance.shuffle(&mut numbers);
    numbers.truncate(1 + chance.up_to(3));
    let addresses: Vec<IpAddr> = numbers.iter().map(|number| address(*number)).collect();
    // One of several servers may be useless.
    let broken = (addresses.len() > 1 && chance.once_in(6)).then_some(0);
    for (place, server) in addresses.iter().enumerate() {
        let rules = if broken == Some(place) {
            vec![FaultRule::under(name, failure(chance))]
        } else if chance.once_in(2) {
            quirk(chance, name)
        } else {
            Vec::new()
        };
        zone.quirks
            .extend(rules.into_iter().map(|rule| rule.at(*server)));
    }
    zone.servers.insert(name.to_owned(), addresses);
}

/// Servers from the zone file: few names with many addresses, or names in other people's zones.
fn many_addresses(zone: &mut Zone, chance: &mut Chance, name: &str) {
    if chance.once_in(2) {
        for host in ["aria.ns.cloudflare.com.", "bob.ns.cloudflare.com."] {
            let lines = zone.files.entry(name.to_owned()).or_default();
            lines.push(format!("{name}. NS {host}"));
        }
        return;
    }
    let addresses = 1 + chance.up_to(6);
    let lines = zone.files.entry(name.to_owned()).or_default();
    lines.push(format!("{name}. NS ns.{name}."));
    for number in 0..addresses {
        let number = u8::try_from(number).unwrap_or_default() + 1;
        lines.push(format!("ns.{name}. A 127.0.0.{number}"));
    }
    // A server that can be reached only over IPv6.
    if chance.once_in(2) {
        lines.push(format!("{name}. NS ns6.{name}."));
        lines.push(format!("ns6.{name}. AAAA 2001:db8::53"));
        lines.push(format!("ns.{name}. AAAA 2001:db8::35"));
    }
}

/// Behaviour that follows the protocol, or that clients have to tolerate.
fn quirk(chance: &mut Chance, name: &str) -> Vec<FaultRule> {
    let rule = |fault| FaultRule::under(name, fault);
    match chance.up_to(11) {
        0 => vec![rule(Fault::MixedCase)],
        1 => vec![rule(Fault::Uncompressed)],
        2 => vec![rule(Fault::SmallAnswers)],
        3 => vec![rule(Fault::NoOpt)],
        4 => vec![rule(Fault::FormErrToEdns)],
        5 => vec![rule(Fault::NotImp).edns(true)],
        6 => vec![rule(Fault::BadVersToEdns)],
        7 => vec![rule(Fault::Drop).edns(true)],
        8 => vec![rule(Fault::NoSoa)],
        9 => vec![rule(Fault::DenyEmptyNonTerminals)],
        10 => vec![
            rule(Fault::TruncateAndRefuseTcp)
                .edns(true)
                .over(Transport::Udp),
        ],
        _ => vec![rule(Fault::Delay(Duration::from_millis(40)))],
    }
}

fn failure(chance: &mut Chance) -> Fault {
    *chance.one_of(&[
        &Fault::ServFail,
        &Fault::Refused,
        &Fault::Drop,
        &Fault::Lame,
        &Fault::NotAuthoritative,
        &Fault::TruncateAndRefuseTcp,
    ])
}

/// An address of this machine.
pub(crate) fn address(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, number).into()
}
