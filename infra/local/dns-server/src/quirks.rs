//! Unusual but allowed behaviour of name servers.

use hickory_proto::rr::{Name, RData, Record};

use super::answer::Answer;

/// Gives the names of an answer mixed case, like a server that keeps the case in which they were
/// written (RFC 4343 section 4).
pub(crate) fn mix_case(answer: &mut Answer) {
    let sections = [
        &mut answer.answers,
        &mut answer.authorities,
        &mut answer.additionals,
    ];
    for record in sections.into_iter().flatten() {
        mix_case_of(record);
    }
}

fn mix_case_of(record: &mut Record) {
    record.name = mixed(&record.name);
    match &mut record.data {
        RData::CNAME(target) => target.0 = mixed(&target.0),
        RData::NS(host) => host.0 = mixed(&host.0),
        RData::MX(mx) => mx.exchange = mixed(&mx.exchange),
        RData::SOA(soa) => soa.mname = mixed(&soa.mname),
        _ => {}
    }
}

/// Every second letter in upper case.
fn mixed(name: &Name) -> Name {
    let labels = name.iter().map(|label| {
        let octets = label.iter().enumerate();
        let octets = octets.map(|(place, octet)| {
            if place % 2 == 0 {
                octet.to_ascii_uppercase()
            } else {
                *octet
            }
        });
        octets.collect::<Vec<u8>>()
    });
    let labels: Vec<Vec<u8>> = labels.collect();
    Name::from_labels(labels.iter().map(Vec::as_slice)).map_or_else(
        |_| name.clone(),
        |mut mixed| {
            mixed.set_fqdn(true);
            mixed
        },
    )
}
