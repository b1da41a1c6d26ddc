//! Combines many answers into one: the authoritative servers first, the resolver if none of them
//! could be reached. Without any answer there is no verdict.

use super::finding::{Finding, Judgement, Standing};
use crate::diagnosis::DiagnosisCode;
use crate::dns::{Data, Failure, Observation, Outcome, Question, RecordType, delegated_zones};

/// Longest chain of aliases that is followed through the observations.
const MAX_CHAIN: usize = 4;

/// The observations, in the order of the length of the name that was asked for, and of the name: most
/// names that are looked for were not asked for, and no name of their length was.
pub(crate) struct Observations<'a>(Vec<&'a Observation>);

/// NXDOMAIN.
fn is_denial(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NoSuchName { .. })
}

/// What every server said, the resolver last.
fn outcomes(observation: &Observation) -> impl Iterator<Item = &Outcome> {
    let authoritative = observation.authoritative.iter().map(|a| &a.outcome);
    authoritative.chain([&observation.recursive])
}

/// The answers that count: the authoritative ones, or else the resolver's; empty if no server
/// answered.
pub(crate) fn answers(observation: &Observation) -> Vec<&Outcome> {
    let authoritative: Vec<&Outcome> = observation
        .authoritative
        .iter()
        .map(|answer| &answer.outcome)
        .filter(|outcome| outcome.is_answer())
        .collect();
    if authoritative.is_empty() && observation.recursive.is_answer() {
        return vec![&observation.recursive];
    }
    authoritative
}

/// The place of the answers about a name among all answers.
fn place_of(name: &str) -> (usize, &str) {
    (name.len(), name)
}

/// The value as it is shown.
pub(super) fn value_of(data: &Data) -> String {
    match data {
        Data::Address { address } => address.to_string(),
        Data::Cname { target } => target.clone(),
        Data::Mx {
            preference,
            exchange,
        } => format!("{preference} {exchange}"),
        Data::Ns { host } => host.clone(),
        Data::Soa { primary, .. } => primary.clone(),
        Data::Txt { text } => text.clone(),
    }
}

impl<'a> Observations<'a> {
    pub(crate) fn new(observations: &'a [Observation]) -> Self {
        let mut by_name: Vec<&Observation> = observations.iter().collect();
        by_name.sort_by_key(|observation| place_of(&observation.question.name));
        Self(by_name)
    }

    /// The apexes of zones below `apex`.
    pub(super) fn delegated_zones(&self, apex: &str) -> Vec<&'a str> {
        delegated_zones(apex, self.0.iter().copied())
    }

    pub(crate) fn get(&self, name: &str, record_type: RecordType) -> Option<&'a Observation> {
        let mut at_name = self.at(name).iter();
        at_name
            .find(|observation| observation.question.record_type == record_type)
            .copied()
    }

    pub(crate) fn has(&self, question: &Question) -> bool {
        self.get(&question.name, question.record_type).is_some()
    }

    /// Whether anything was asked about the name.
    pub(crate) fn is_asked(&self, name: &str) -> bool {
        !self.at(name).is_empty()
    }

    /// Whether some server says that the name exists, whatever there is of it.
    pub(crate) fn exists(&self, name: &str) -> bool {
        let mut outcomes = self.at(name).iter().copied().flat_map(outcomes);
        outcomes.any(|outcome| outcome.is_answer() && !is_denial(outcome))
    }

    /// Whether some answers at the name hold a CNAME and some hold something else, whichever server gave
    /// them.
    pub(crate) fn may_have_cname_and_other(&self, name: &str) -> bool {
        let (mut cname, mut other) = (false, false);
        for observation in self.at(name) {
            for outcome in outcomes(observation) {
                match outcome {
                    Outcome::Alias { .. } => cname = true,
                    Outcome::Found { .. } => {
                        let is_cname = observation.question.record_type == RecordType::Cname;
                        (cname, other) = (cname || is_cname, other || !is_cname);
                    }
                    Outcome::NoData { .. }
                    | Outcome::NoSuchName { .. }
                    | Outcome::Failed { .. }
                    | Outcome::TimedOut
                    | Outcome::NotAsked => {}
                }
            }
        }
        cname && other
    }

    /// Whether servers say that the name does not exist, and none says otherwise.
    pub(crate) fn denies(&self, name: &str) -> bool {
        self.denies_if_asked(name).unwrap_or_default()
    }

    /// Like [`Self::denies`], or `None` if nothing was asked about the name.
    pub(crate) fn denies_if_asked(&self, name: &str) -> Option<bool> {
        let at_name = self.at(name);
        let outcomes = || at_name.iter().copied().flat_map(outcomes);
        let exists = |outcome: &Outcome| outcome.is_answer() && !is_denial(outcome);
        let asked = !at_name.is_empty();
        asked.then(|| outcomes().any(is_denial) && !outcomes().any(exists))
    }

    /// What was answered at a name, to questions for any type.
    fn at(&self, name: &str) -> &[&'a Observation] {
        if name.bytes().any(|octet| octet.is_ascii_uppercase()) {
            self.at_lower(&name.to_ascii_lowercase())
        } else {
            self.at_lower(name)
        }
    }

    fn at_lower(&self, name: &str) -> &[&'a Observation] {
        let place = place_of(name);
        let before = |seen: &&Observation| place_of(&seen.question.name) < place;
        let (_, from) = self.0.split_at(self.0.partition_point(before));
        let count = from.iter().take_while(|seen| seen.question.name == name);
        from.split_at(count.count()).0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a Observation> {
        self.0.iter().copied()
    }

    /// All data of one type at a name that some counting answer holds.
    pub(crate) fn data(&self, name: &str, record_type: RecordType) -> Vec<&'a Data> {
        let Some(observation) = self.get(name, record_type) else {
            return Vec::new();
        };
        let mut all: Vec<&Data> = answers(observation)
            .into_iter()
            .filter_map(|outcome| match outcome {
                Outcome::Found { data, .. } => Some(data),
                Outcome::Alias { .. }
                | Outcome::NoData { .. }
                | Outcome::NoSuchName { .. }
                | Outcome::Failed { .. }
                | Outcome::TimedOut
                | Outcome::NotAsked => None,
            })
            .flatten()
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Judges the answers about one name, each by itself, and makes one judgement of them.
    pub(crate) fn settle(
        &self,
        name: &str,
        record_type: RecordType,
        judge: &dyn Fn(&Outcome) -> Judgement,
    ) -> Judgement {
        let Some(observation) = self.get(name, record_type) else {
            return Judgement::unknown(None);
        };
        let answers = answers(observation);
        if answers.is_empty() {
            return Judgement::unknown(Some(silence(observation)));
        }
        let judged = reconcile(answers.into_iter().map(judge).collect());
        if is_hearsay(observation) && judged.standing != Standing::Right {
            return Judgement::unknown(Some(silence(observation)));
        }
        let mut judged = compare_with_resolver(judged, &observation.recursive, judge);
        if let Some(target) = self.alias(name, record_type)
            && self.is_bogus(target, record_type)
        {
            judged.blame(target);
        }
        judged
    }

    /// Judges what an alias leads to, if that was asked. The chain is followed through the
    /// observations only, so it ends where the asking did.
    pub(crate) fn follow(
        &self,
        target: &str,
        record_type: RecordType,
        judge: &dyn Fn(&Outcome) -> Judgement,
    ) -> Option<Judgement> {
        let mut name = target.to_owned();
        for _ in 0..MAX_CHAIN {
            self.get(&name, record_type)?;
            let Some(next) = self.alias(&name, record_type) else {
                let mut judged = self.settle(&name, record_type, judge);
                judged.blame(&name);
                return Some(judged);
            };
            next.clone_into(&mut name);
        }
        None
    }

    /// Whether the resolver refuses what is at the name, because its signatures are broken.
    fn is_bogus(&self, name: &str, record_type: RecordType) -> bool {
        let failure = Failure::DnssecBogus;
        self.get(name, record_type)
            .is_some_and(|seen| seen.recursive == Outcome::Failed { failure })
    }

    /// The target of the name, if it is an alias.
    pub(crate) fn alias(&self, name: &str, record_type: RecordType) -> Option<&'a str> {
        let observation = self.get(name, record_type)?;
        answers(observation)
            .into_iter()
            .find_map(|outcome| match outcome {
                Outcome::Alias { target, .. } => Some(target.as_str()),
                Outcome::Found { .. }
                | Outcome::NoData { .. }
                | Outcome::NoSuchName { .. }
                | Outcome::Failed { .. }
                | Outcome::TimedOut
                | Outcome::NotAsked => None,
            })
    }
}

/// One judgement of the answers of several servers.
fn reconcile(judged: Vec<Judgement>) -> Judgement {
    let rights = judged.iter().filter(|j| j.standing == Standing::Right);
    let known = judged.iter().filter(|j| j.standing != Standing::Unknown);
    let (right_count, known_count) = (rights.count(), known.count());
    let place = if right_count == 0 {
        // Something wrong says more than nothing, and nothing says more than no answer.
        [Standing::Wrong, Standing::Absent, Standing::Unknown]
            .into_iter()
            .find_map(|standing| judged.iter().position(|j| j.standing == standing))
    } else {
        judged.iter().position(|j| j.standing == Standing::Right)
    };
    let others: Vec<Judgement> = judged
        .iter()
        .filter(|j| right_count > 0 && matches!(j.standing, Standing::Wrong | Standing::Absent))
        .cloned()
        .collect();
    let Some(mut chosen) = place.and_then(|place| judged.into_iter().nth(place)) else {
        return Judgement::unknown(None);
    };
    if right_count > 0 && right_count < known_count {
        chosen.standing = Standing::Wrong;
        let mut disagreement = Finding::new(DiagnosisCode::NameserversDisagree);
        disagreement.value = Some(format!("{right_count} of {known_count}"));
        chosen.findings.push(disagreement);
        for other in others {
            for finding in other.findings {
                // The disagreement already says that it is missing elsewhere.
                let new = !chosen.has(finding.code) && finding.code != DiagnosisCode::NotFound;
                if new {
                    chosen.findings.push(finding);
                }
            }
            for value in other.observed {
                if !chosen.observed.contains(&value) {
                    chosen.observed.push(value);
                }
            }
        }
    }
    chosen
}

/// Right at the source is not yet right for those who ask a resolver.
fn compare_with_resolver(
    mut judged: Judgement,
    recursive: &Outcome,
    judge: &dyn Fn(&Outcome) -> Judgement,
) -> Judgement {
    let ttl = match recursive {
        Outcome::Found { ttl, .. } | Outcome::Alias { ttl, .. } => Some(*ttl),
        // 0 without an SOA record: caches then keep it as long as they like.
        Outcome::NoData { negative_ttl } | Outcome::NoSuchName { negative_ttl } => {
            Some(*negative_ttl).filter(|ttl| *ttl > 0)
        }
        Outcome::Failed { failure } => {
            if *failure == Failure::DnssecBogus {
                let finding = Finding::new(DiagnosisCode::DnssecFailure);
                if judged.standing == Standing::Right {
                    judged.standing = Standing::Unknown;
                }
                judged.findings.push(finding);
            }
            return judged;
        }
        Outcome::TimedOut | Outcome::NotAsked => return judged,
    };
    if judged.standing == Standing::Right {
        match judge(recursive).standing {
            Standing::Wrong | Standing::Absent => {
                let mut finding = Finding::new(DiagnosisCode::Propagating);
                finding.minutes = ttl.map(|ttl| ttl.div_ceil(60).max(1));
                judged.findings.push(finding);
            }
            Standing::Right | Standing::Unknown => {}
        }
    }
    judged
}

/// Why no server answered.
fn silence(observation: &Observation) -> DiagnosisCode {
    if let Outcome::Failed {
        failure: Failure::DnssecBogus,
    } = observation.recursive
    {
        return DiagnosisCode::DnssecFailure;
    }
    if is_lame(observation) {
        return DiagnosisCode::ZoneNotLive;
    }
    DiagnosisCode::DnsUnavailable
}

/// Whether the resolver's answer is all there is although an authoritative server spoke and failed.
/// Then what the resolver does not have it may only not have seen yet. Where the servers could not
/// be reached at all, the resolver is the way to see them.
fn is_hearsay(observation: &Observation) -> bool {
    let outcomes = || observation.authoritative.iter().map(|a| &a.outcome);
    !outcomes().any(Outcome::is_answer)
        && outcomes().any(|outcome| match failure_of(outcome) {
            Some(
                Failure::ServerFailure
                | Failure::DnssecBogus
                | Failure::Refused
                | Failure::Lame
                | Failure::Malformed,
            ) => true,
            Some(Failure::Unreachable | Failure::NotPublic) | None => false,
        })
}

/// Whether the servers that the zone is delegated to say that they do not serve it: none answers,
/// and those that spoke are lame.
pub(crate) fn is_lame(observation: &Observation) -> bool {
    let failures = || {
        observation
            .authoritative
            .iter()
            .map(|a| failure_of(&a.outcome))
    };
    failures().any(|failure| failure == Some(Failure::Lame))
        && failures().all(|failure| matches!(failure, Some(Failure::Lame | Failure::Refused)))
}

fn failure_of(outcome: &Outcome) -> Option<Failure> {
    match outcome {
        Outcome::Failed { failure } => Some(*failure),
        Outcome::Found { .. }
        | Outcome::Alias { .. }
        | Outcome::NoData { .. }
        | Outcome::NoSuchName { .. }
        | Outcome::TimedOut
        | Outcome::NotAsked => None,
    }
}
