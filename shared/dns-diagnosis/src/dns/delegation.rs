//! Zones below the zone that holds the domain: `_domainkey`, `_dmarc` or the MAIL FROM name may be
//! delegated.

use super::Observation;

/// The apexes that the observations name below `apex`, each once. Most domains have none.
pub fn delegated_zones<'o>(
    apex: &str,
    observations: impl IntoIterator<Item = &'o Observation>,
) -> Vec<&'o str> {
    let mut zones: Vec<&str> = Vec::new();
    for observation in observations {
        if let Some(zone) = observation.zone.as_deref()
            && zone.len() > apex.len()
            && is_within(zone, apex)
            && !zones.contains(&zone)
        {
            zones.push(zone);
        }
    }
    zones
}

/// The zone among `zones` that holds a name: the longest one that encloses it.
pub fn closest_zone<'z>(name: &str, zones: &[&'z str]) -> Option<&'z str> {
    let enclosing = zones.iter().copied().filter(|zone| is_within(name, zone));
    enclosing.max_by_key(|zone| zone.len())
}

/// Whether a name is the zone's apex or lies below it.
fn is_within(name: &str, zone: &str) -> bool {
    let Some(start) = name.len().checked_sub(zone.len()) else {
        return false;
    };
    let Some((front, end)) = name.split_at_checked(start) else {
        return false;
    };
    end.eq_ignore_ascii_case(zone) && (front.is_empty() || front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Outcome, Question, RecordType};

    fn seen(zone: Option<&str>) -> Observation {
        Observation {
            question: Question {
                name: "tokenone._domainkey.example.com".to_owned(),
                record_type: RecordType::Cname,
            },
            authoritative: Vec::new(),
            zone: zone.map(str::to_owned),
            recursive: Outcome::NotAsked,
        }
    }

    #[test]
    fn only_a_zone_below_the_apex_is_a_delegated_one() {
        let observations = [
            None,
            Some("example.com"),
            Some("com"),
            Some("notexample.com"),
            Some("_domainkey.Example.com"),
            Some("_domainkey.Example.com"),
        ]
        .map(seen);
        assert_eq!(
            delegated_zones("example.com", &observations),
            ["_domainkey.Example.com"]
        );
    }

    #[test]
    fn a_name_is_in_the_longest_zone_that_encloses_it() {
        let zones = ["mail.example.com", "_domainkey.mail.example.com"];
        for (name, zone) in [
            ("tokenone._domainkey.mail.example.com", Some(zones[1])),
            ("_domainkey.mail.example.com", Some(zones[1])),
            ("x_domainkey.mail.example.com", Some(zones[0])),
            ("bounce.MAIL.example.com", Some(zones[0])),
            ("bounce.example.com", None),
            ("com", None),
            ("ü.example.com", None),
        ] {
            assert_eq!(closest_zone(name, &zones), zone, "{name}");
        }
    }
}
