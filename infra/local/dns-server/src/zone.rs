//! One zone as a map from names to records, and all zones of a server together.
//!
//! `hickory-server`'s in-memory zone enforces the rules of the protocol: it refuses a CNAME next to
//! other records, a second CNAME, or a zone without SOA. Real providers serve such zones, and the
//! service must diagnose them, so this zone stores everything that is in the file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::rr::rdata::{A, AAAA, NS, SOA};
use hickory_proto::rr::{LowerName, Name, RData, Record, RecordType};

use super::master_file::{DEFAULT_TTL, MasterFile};

/// How long a negative answer may be cached (RFC 2308 section 5), in a zone without its own SOA
/// record. Short, so that a published record is seen soon.
const DEFAULT_NEGATIVE_TTL: u32 = 5;

/// The servers of zones, if they were set and do not come from the zone file.
pub(crate) type ZoneServers = HashMap<LowerName, Vec<IpAddr>>;

/// A zone.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    origin: LowerName,
    // In canonical order (RFC 4034 section 6.1): the names below a name follow it directly.
    owners: BTreeMap<LowerName, Vec<Record>>,
}

impl Zone {
    /// Builds a zone. Adds an SOA record, NS records and their address if the file has none.
    /// Returns the names that do not belong to the zone: their records are left out, as in any name
    /// server.
    pub(crate) fn new(file: MasterFile, server: IpAddr, serial: u32) -> (Self, Vec<Name>) {
        let origin = LowerName::new(&file.origin);
        let mut zone = Self {
            origin: origin.clone(),
            owners: BTreeMap::new(),
        };
        let mut outside = Vec::new();
        for record in file.records {
            if origin.zone_of(&LowerName::new(&record.name)) {
                zone.insert(record);
            } else {
                outside.push(record.name);
            }
        }
        zone.supply_defaults(&file.origin, server, serial);
        (zone, outside)
    }

    /// The name of the zone.
    pub(crate) fn origin(&self) -> &LowerName {
        &self.origin
    }

    /// Adds the records of another file of the same zone.
    pub(crate) fn merge(&mut self, other: &Self) {
        for record in other.owners.values().flatten() {
            if record.record_type() != RecordType::SOA {
                self.insert(record.clone());
            }
        }
    }

    /// Every record at exactly this name.
    pub(crate) fn at(&self, name: &LowerName) -> &[Record] {
        self.owners.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether there is anything at this name or below it. A name with only names below it exists,
    /// too (RFC 8020 section 2).
    pub(crate) fn exists(&self, name: &LowerName) -> bool {
        self.owners
            .range(name.clone()..)
            .next()
            .is_some_and(|(next, _)| name.zone_of(next))
    }

    /// The records of the wildcard that answers for a name that does not exist (RFC 4592 section
    /// 3.3.1): the wildcard directly below the closest existing name.
    pub(crate) fn wildcard(&self, name: &LowerName) -> Option<&[Record]> {
        let mut encloser = name.base_name();
        while !self.exists(&encloser) {
            if encloser == self.origin || encloser.is_root() {
                return None;
            }
            encloser = encloser.base_name();
        }
        let wildcard = Name::from_labels([b"*".as_slice()])
            .ok()?
            .append_name(&encloser)
            .ok()?;
        self.owners
            .get(&LowerName::new(&wildcard))
            .map(Vec::as_slice)
    }

    /// The NS records of the topmost delegation at or above a name, except those of the zone's own
    /// apex (RFC 1034 section 4.3.2, step 3b).
    pub(crate) fn delegation(&self, name: &LowerName) -> Option<Vec<&Record>> {
        let mut cut = None;
        let mut at = name.clone();
        while at != self.origin && !at.is_root() {
            let servers: Vec<_> = of_type(self.at(&at), RecordType::NS).collect();
            if !servers.is_empty() {
                cut = Some(servers);
            }
            at = at.base_name();
        }
        cut
    }

    /// The SOA record for the authority section of a negative answer, with the TTL from RFC 2308
    /// section 3.
    pub(crate) fn start_of_authority(&self) -> Option<Record> {
        let mut record = of_type(self.at(&self.origin), RecordType::SOA)
            .next()?
            .clone();
        if let RData::SOA(soa) = &record.data {
            record.ttl = record.ttl.min(soa.minimum);
        }
        Some(record)
    }

    /// The zone with these servers instead of its own: `ns1`, `ns2`, … below its name.
    fn with_servers(&self, servers: &[IpAddr]) -> Self {
        let mut zone = self.clone();
        if let Some(apex) = zone.owners.get_mut(&self.origin) {
            apex.retain(|record| record.record_type() != RecordType::NS);
        }
        let origin = Name::from(self.origin.clone());
        for (place, address) in servers.iter().enumerate() {
            let label = format!("ns{}", place + 1);
            let host =
                Name::from_labels([label.as_bytes()]).and_then(|label| label.append_name(&origin));
            let Ok(host) = host else {
                continue;
            };
            if let Some(there) = zone.owners.get_mut(&LowerName::new(&host)) {
                there.retain(|record| record.data.ip_addr().is_none());
            }
            zone.insert(address_record(&host, *address));
            let data = RData::NS(NS(host));
            zone.insert(Record::from_rdata(origin.clone(), DEFAULT_TTL, data));
        }
        zone
    }

    fn insert(&mut self, record: Record) {
        let records = self.owners.entry(LowerName::new(&record.name)).or_default();
        // A record set has no duplicates (RFC 2181 section 5).
        if !records.iter().any(|other| other.data == record.data) {
            records.push(record);
        }
    }

    fn supply_defaults(&mut self, origin: &Name, server: IpAddr, serial: u32) {
        let Ok(name_server) =
            Name::from_labels([b"ns1".as_slice()]).and_then(|label| label.append_name(origin))
        else {
            return;
        };
        let apex = self.at(&self.origin);
        let has_authority = of_type(apex, RecordType::SOA).next().is_some();
        let has_servers = of_type(apex, RecordType::NS).next().is_some();
        if !has_servers {
            let data = RData::NS(NS(name_server.clone()));
            self.insert(Record::from_rdata(origin.clone(), DEFAULT_TTL, data));
            if self.at(&LowerName::new(&name_server)).is_empty() {
                let address = address_record(&name_server, server);
                self.insert(address);
            }
        }
        if !has_authority {
            let mailbox = Name::from_labels([b"hostmaster".as_slice()])
                .and_then(|label| label.append_name(origin))
                .unwrap_or_else(|_| origin.clone());
            let soa = SOA::new(
                name_server,
                mailbox,
                serial,
                3_600,
                600,
                604_800,
                DEFAULT_NEGATIVE_TTL,
            );
            self.insert(Record::from_rdata(
                origin.clone(),
                DEFAULT_TTL,
                RData::SOA(soa),
            ));
        }
    }
}

/// The records of one type.
pub(crate) fn of_type(
    records: &[Record],
    record_type: RecordType,
) -> impl Iterator<Item = &Record> {
    records
        .iter()
        .filter(move |record| record.record_type() == record_type)
}

/// The address of the server itself, at a name.
pub(crate) fn address_record(name: &Name, address: IpAddr) -> Record {
    let data = match address {
        IpAddr::V4(address) => RData::A(A(address)),
        IpAddr::V6(address) => RData::AAAA(AAAA(address)),
    };
    Record::from_rdata(name.clone(), DEFAULT_TTL, data)
}

/// All zones of a server.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    by_origin: BTreeMap<LowerName, Arc<Zone>>,
    name_servers: HashSet<LowerName>,
}

impl Zones {
    /// Combines zones; two zones with the same name become one.
    pub(crate) fn new(zones: impl IntoIterator<Item = Arc<Zone>>) -> Self {
        let mut by_origin: BTreeMap<LowerName, Arc<Zone>> = BTreeMap::new();
        for zone in zones {
            by_origin
                .entry(zone.origin().clone())
                .and_modify(|present| Arc::make_mut(present).merge(&zone))
                .or_insert(zone);
        }
        let name_servers = by_origin
            .values()
            .flat_map(|zone| of_type(zone.at(zone.origin()), RecordType::NS))
            .filter_map(|record| match &record.data {
                RData::NS(server) => Some(LowerName::new(&server.0)),
                _ => None,
            })
            .collect();
        Self {
            by_origin,
            name_servers,
        }
    }

    /// The zones, in which `servers` replace the zones' own servers.
    pub(crate) fn with_servers(self: &Arc<Self>, servers: &ZoneServers) -> Arc<Self> {
        if servers.is_empty() {
            return Arc::clone(self);
        }
        let zones = self.by_origin.iter().map(|(origin, zone)| {
            servers.get(origin).map_or_else(
                || Arc::clone(zone),
                |servers| Arc::new(zone.with_servers(servers)),
            )
        });
        Arc::new(Self::new(zones))
    }

    /// The zone that holds a name: the one with the longest name, so that a child zone in its own
    /// file takes precedence over its parent.
    pub(crate) fn holding(&self, name: &LowerName) -> Option<&Zone> {
        let mut at = name.clone();
        loop {
            if let Some(zone) = self.by_origin.get(&at) {
                return Some(zone);
            }
            if at.is_root() {
                return None;
            }
            at = at.base_name();
        }
    }

    /// Whether there is a zone at this name or below it.
    pub(crate) fn exists_below(&self, name: &LowerName) -> bool {
        self.by_origin
            .range(name.clone()..)
            .next()
            .is_some_and(|(next, _)| name.zone_of(next))
    }

    /// Whether this is the name of a server in the NS records of one of the zones.
    pub(crate) fn is_name_server(&self, name: &LowerName) -> bool {
        self.name_servers.contains(name)
    }

    /// How many zones there are.
    pub(crate) fn len(&self) -> usize {
        self.by_origin.len()
    }
}
