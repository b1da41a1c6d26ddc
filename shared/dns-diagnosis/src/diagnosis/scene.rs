//! A domain for tests of its diagnosis: its records, two authoritative servers and a resolver, each
//! with its own data.

use super::{
    Context, Diagnosis, DiagnosisCode, FormerTokens, RecordDiagnosis, Sightings, diagnose,
};
use super::{probes_for, questions_for};
use crate::dns::{
    AuthorityAnswer, Data, NameServer, Observation, Outcome, Question, RecordType, Zone,
    ZoneOutcome,
};
use crate::identity::{Dkim, DkimToken, MailFromLabel, SesIdentity, SesStatus, VerificationToken};
use crate::names::DomainName;
use crate::records::{Record, RecordId, records_of};
use crate::scene::{DnsScene, data_of};

pub(crate) const TOKEN: &str = "QTKk+/gFg2J4mnopQRSTuvwx0123456789abcdefghI=";
pub(crate) const OTHER_TOKEN: &str = "aaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkk=";
pub(crate) const POSITIVE_TTL: u32 = 290;
pub(crate) const NEGATIVE_TTL: u32 = 3590;

/// The authoritative servers are 0 and 1, the resolver is 2.
pub(crate) const RESOLVER: usize = 2;

#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) domain: DomainName,
    pub(crate) zone: ZoneOutcome,
    pub(crate) records: Vec<Record>,
    pub(crate) ses: Option<SesStatus>,
    pub(crate) sightings: Option<Sightings>,
    pub(crate) former: FormerTokens,
    content: [DnsScene; 3],
    faults: [Option<Outcome>; 3],
    faults_at: Vec<(usize, String, Outcome)>,
    reachable: bool,
}

pub(crate) fn txt(text: &str) -> Data {
    Data::Txt {
        text: text.to_owned(),
    }
}

pub(crate) fn cname(target: &str) -> Data {
    Data::Cname {
        target: target.to_owned(),
    }
}

pub(crate) fn mx(exchange: &str) -> Data {
    Data::Mx {
        preference: 10,
        exchange: exchange.to_owned(),
    }
}

pub(crate) fn a(address: &str) -> Data {
    Data::Address {
        address: address.parse().unwrap(),
    }
}

pub(crate) fn identity() -> SesIdentity {
    let token = |text| DkimToken::parse(text).unwrap();
    SesIdentity {
        verification_token: Some(VerificationToken::parse(TOKEN).unwrap()),
        dkim: Some(Dkim {
            tokens: [token("tokenone"), token("tokentwo"), token("tokenthree")],
            signing_hosted_zone: "dkim.amazonses.com".to_owned(),
        }),
        mail_from: Some(MailFromLabel::default_label()),
        region: "us-east-1".to_owned(),
        adopted: None,
    }
}

impl Scene {
    /// `domain` in the zone `apex`, at a provider of no name, with nothing published but the zone.
    pub(crate) fn bare(domain: &str, apex: &str) -> Self {
        let domain = DomainName::parse(domain).unwrap();
        let hosts = ["ns1.dns.example", "ns2.dns.example"].map(str::to_owned);
        let records = records_of(&domain, &identity());
        let mut scene = Self {
            zone: ZoneOutcome::Found(Zone {
                apex: apex.to_owned(),
                name_servers: hosts.to_vec(),
            }),
            records,
            domain,
            ses: None,
            sightings: None,
            former: FormerTokens::default(),
            content: [(); 3].map(|()| DnsScene::with_ttl(POSITIVE_TTL, NEGATIVE_TTL)),
            faults: Default::default(),
            faults_at: Vec::new(),
            reachable: true,
        };
        for host in hosts {
            scene = scene.publish(apex, Data::Ns { host });
        }
        scene
    }

    /// `example.com` with everything published as it should be.
    pub(crate) fn right() -> Self {
        Self::all_of("example.com", "example.com")
    }

    pub(crate) fn all_of(domain: &str, apex: &str) -> Self {
        let scene = Self::bare(domain, apex);
        let records = scene.records.clone();
        records.iter().fold(scene, |scene, record| {
            scene.publish(&record.name, data_of(record))
        })
    }

    pub(crate) fn at_provider(mut self, name_server: &str) -> Self {
        if let ZoneOutcome::Found(zone) = &mut self.zone {
            zone.name_servers = vec![name_server.to_owned()];
            let apex = zone.apex.clone();
            for content in &mut self.content {
                content.remove(&apex, RecordType::Ns);
            }
            let host = name_server.to_owned();
            return self.publish(&apex, Data::Ns { host });
        }
        self
    }

    pub(crate) fn record(&self, id: RecordId) -> &Record {
        self.records.iter().find(|record| record.id == id).unwrap()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "reads better where it is called"
    )]
    pub(crate) fn publish(self, name: &str, data: Data) -> Self {
        (0..3).fold(self, |scene, server| {
            scene.publish_at(server, name, data.clone())
        })
    }

    pub(crate) fn publish_at(mut self, server: usize, name: &str, data: Data) -> Self {
        self.content[server].put(name, data);
        self
    }

    pub(crate) fn without(self, id: RecordId) -> Self {
        (0..3).fold(self, |scene, server| scene.without_at(server, id))
    }

    pub(crate) fn without_at(mut self, server: usize, id: RecordId) -> Self {
        let record = self.record(id).clone();
        self.content[server].unpublish(&record);
        self
    }

    /// Other data in a record's place.
    pub(crate) fn instead(self, id: RecordId, data: Data) -> Self {
        let name = self.record(id).name.clone();
        self.without(id).publish(&name, data)
    }

    pub(crate) fn fault(mut self, server: usize, outcome: Outcome) -> Self {
        self.faults[server] = Some(outcome);
        self
    }

    /// A fault for questions about one name.
    pub(crate) fn fault_at(mut self, server: usize, name: &str, outcome: Outcome) -> Self {
        self.faults_at.push((server, name.to_owned(), outcome));
        self
    }

    pub(crate) fn unreachable(mut self) -> Self {
        self.reachable = false;
        self
    }

    fn answer(&self, server: usize, question: &Question) -> Outcome {
        if let Some(fault) = &self.faults[server] {
            return fault.clone();
        }
        let mut faults = self.faults_at.iter();
        let fault = faults.find(|(at, name, _)| *at == server && *name == question.name);
        if let Some((_, _, outcome)) = fault {
            return outcome.clone();
        }
        self.content[server].answer(question)
    }

    pub(crate) fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        let server = |index: usize| NameServer {
            host: match &self.zone {
                ZoneOutcome::Found(zone) => zone.name_servers[0].clone(),
                ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. } => String::new(),
            },
            address: format!("192.0.2.{index}").parse().unwrap(),
        };
        let observe = |question: &Question| Observation {
            question: question.clone(),
            authoritative: (0..2)
                .filter(|_| self.reachable)
                .map(|index| AuthorityAnswer {
                    server: server(index),
                    outcome: self.answer(index, question),
                })
                .collect(),
            zone: None,
            recursive: self.answer(RESOLVER, question),
        };
        let mut observations: Vec<Observation> = questions.iter().map(observe).collect();
        observations
            .iter_mut()
            .for_each(Observation::spare_resolver);
        observations
    }

    fn observe_source(&self, questions: &[Question]) -> Vec<Observation> {
        let mut observations = self.observe(questions);
        observations
            .iter_mut()
            .for_each(Observation::forget_resolver);
        observations
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            domain: &self.domain,
            zone: &self.zone,
            former: &self.former,
            ses: self.ses,
            sightings: self.sightings.as_ref(),
        }
    }

    /// What is asked in each round of look-ups, and the last one, which is empty.
    pub(crate) fn rounds(&self) -> Vec<Vec<Question>> {
        self.all_rounds().0
    }

    /// What is seen in all rounds of look-ups.
    pub(crate) fn observations(&self) -> Vec<Observation> {
        self.all_rounds().1
    }

    fn all_rounds(&self) -> (Vec<Vec<Question>>, Vec<Observation>) {
        let context = self.context();
        let mut observations = Vec::new();
        let first = questions_for(&self.domain, &self.records, context.found_zone());
        observations.extend(self.observe(&first));
        let mut rounds = vec![first];
        loop {
            assert!(rounds.len() < 6, "{rounds:#?}");
            let probes = probes_for(&context, &self.records, &observations);
            observations.extend(self.observe(&probes.aliases));
            observations.extend(self.observe_source(&probes.explaining));
            let done = probes.is_empty();
            rounds.push([probes.aliases, probes.explaining].concat());
            if done {
                return (rounds, observations);
            }
        }
    }

    pub(crate) fn diagnosis(&self) -> Diagnosis {
        diagnose(&self.context(), &self.records, &self.observations())
    }

    pub(crate) fn of(&self, id: RecordId) -> RecordDiagnosis {
        let diagnosis = self.diagnosis();
        diagnosis.records.into_iter().find(|d| d.id == id).unwrap()
    }

    pub(crate) fn domain_codes(&self) -> Vec<DiagnosisCode> {
        self.diagnosis().domain.iter().map(|d| d.code).collect()
    }
}
