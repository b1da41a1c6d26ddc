//! The cache of one run. It makes a hundred look-ups in a zone need only one walk, and a dead
//! server is waited for only once. Everything in it is bounded and short-lived: a run takes about a
//! minute, and the next run must see records that were published since.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_proto::rr::Name;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::reply::Host;

/// How long an answer is reused.
const ANSWER_LIFE: Duration = Duration::from_mins(1);
/// How long a failure is reused: long enough that the questions of one domain share it.
const FAILURE_LIFE: Duration = Duration::from_secs(5);
/// The maximum number of names in one of the tables.
const MAX_NAMES: usize = 4096;
/// The maximum number of servers that are remembered.
const MAX_SERVERS: usize = 4096;
/// The maximum number of zones that are remembered for one server.
const MAX_ZONES_PER_SERVER: usize = 64;
/// A server that has never responded, in queries about this many zones, counts as dead for all
/// zones.
const SILENT_ZONES_OF_A_DEAD_SERVER: usize = 3;

/// A zone that encloses a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Its apex.
    pub(crate) zone: Name,
    /// Its name servers.
    pub(crate) hosts: Vec<Host>,
}

/// The knowledge about a name in the walk from the top of the tree down to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The closest zone that encloses it; `None` if no zone above it has servers that can be found.
    pub(crate) cut: Option<Cut>,
    /// Whether the name exists, as far as known.
    pub(crate) exists: bool,
}

/// A value and its expiry.
type Cell<V> = Arc<OnceCell<(V, Instant)>>;

/// A table of values by name. Each value is computed once, even if many callers need it at the same
/// time.
#[derive(Debug)]
pub(crate) struct Table<V> {
    entries: Mutex<Entries<V>>,
}

#[derive(Debug)]
struct Entries<V> {
    cells: HashMap<Name, Cell<V>>,
    oldest_first: VecDeque<Name>,
}

impl<V: Clone, E: Clone> Table<Result<V, E>> {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::new(Entries {
                cells: HashMap::new(),
                oldest_first: VecDeque::new(),
            }),
        }
    }

    /// The value for `name`. If `work` is interrupted, it returns `Err`, which is not stored: the
    /// next waiting caller then does the work.
    pub(crate) async fn get_or_work_out<I>(
        &self,
        name: &Name,
        work: impl Future<Output = Result<Result<V, E>, I>>,
    ) -> Result<Result<V, E>, I> {
        let cell = self.cell(name);
        let remembered = cell.get_or_try_init(async || {
            let value = work.await?;
            let life = match value {
                Ok(_) => ANSWER_LIFE,
                Err(_) => FAILURE_LIFE,
            };
            Ok((value, Instant::now() + life))
        });
        remembered.await.map(|(value, _)| value.clone())
    }

    /// The value for `name`, if it was computed and has not expired.
    pub(crate) fn remembered(&self, name: &Name) -> Option<Result<V, E>> {
        let entries = lock(&self.entries);
        let (value, until) = entries.cells.get(name)?.get()?;
        (Instant::now() < *until).then(|| value.clone())
    }

    fn cell(&self, name: &Name) -> Cell<Result<V, E>> {
        let mut entries = lock(&self.entries);
        if let Some(cell) = entries.cells.get(name) {
            let counts = cell.get().is_none_or(|(_, until)| Instant::now() < *until);
            if counts {
                return Arc::clone(cell);
            }
        }
        let cell = Cell::default();
        if entries
            .cells
            .insert(name.clone(), Arc::clone(&cell))
            .is_none()
        {
            entries.oldest_first.push_back(name.clone());
        }
        while entries.oldest_first.len() > MAX_NAMES {
            if let Some(oldest) = entries.oldest_first.pop_front() {
                entries.cells.remove(&oldest);
            }
        }
        cell
    }
}

/// Why a server is not queried again in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It did not answer.
    Silent,
    /// It does not serve the zone.
    Lame,
}

/// The behaviour of servers in this run.
#[derive(Debug)]
pub(crate) struct Servers {
    known: Mutex<HashMap<SocketAddr, Known>>,
    seed: RandomState,
}

#[derive(Debug, Default)]
struct Known {
    spoke: bool,
    without_edns: bool,
    silent_for: HashSet<Name>,
    lame_for: HashSet<Name>,
}

impl Servers {
    pub(crate) fn new() -> Self {
        Self {
            known: Mutex::new(HashMap::new()),
            seed: RandomState::new(),
        }
    }

    /// Whether a query to this server about this zone is known to be useless.
    pub(crate) fn verdict(&self, server: SocketAddr, zone: &Name) -> Option<Verdict> {
        let known = lock(&self.known);
        let known = known.get(&server)?;
        if known.lame_for.contains(zone) {
            return Some(Verdict::Lame);
        }
        let silent = known.silent_for.contains(zone)
            || known.silent_for.len() >= SILENT_ZONES_OF_A_DEAD_SERVER;
        (silent && !known.spoke).then_some(Verdict::Silent)
    }

    /// Records that the server responded, about any zone. From now on, silence counts as a lost
    /// packet.
    pub(crate) fn spoke(&self, server: SocketAddr) {
        self.change(server, |known| {
            known.spoke = true;
            known.silent_for.clear();
        });
    }

    /// Whether its last response was that of a server without EDNS.
    pub(crate) fn is_without_edns(&self, server: SocketAddr) -> bool {
        let known = lock(&self.known);
        known.get(&server).is_some_and(|known| known.without_edns)
    }

    pub(crate) fn set_without_edns(&self, server: SocketAddr, without_edns: bool) {
        self.change(server, |known| known.without_edns = without_edns);
    }

    pub(crate) fn was_silent(&self, server: SocketAddr, zone: &Name) {
        self.change(server, |known| {
            if !known.spoke && known.silent_for.len() < MAX_ZONES_PER_SERVER {
                known.silent_for.insert(zone.clone());
            }
        });
    }

    pub(crate) fn is_lame(&self, server: SocketAddr, zone: &Name) {
        self.change(server, |known| {
            if known.lame_for.len() < MAX_ZONES_PER_SERVER {
                known.lame_for.insert(zone.clone());
            }
        });
    }

    /// A rank of servers that is constant in a run and differs between runs. All questions about a
    /// domain go to the same two servers, and over several runs every server is used.
    pub(crate) fn rank(&self, server: &impl Hash) -> u64 {
        self.seed.hash_one(server)
    }

    fn change(&self, server: SocketAddr, change: impl FnOnce(&mut Known)) {
        let mut known = lock(&self.known);
        if known.len() >= MAX_SERVERS && !known.contains_key(&server) {
            known.clear();
        }
        change(known.entry(server).or_default());
    }
}

/// A panic elsewhere leaves no inconsistent data here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::time::{advance, sleep};

    use super::*;
    use crate::names::parse;

    fn name(text: &str) -> Name {
        parse(text).unwrap()
    }

    async fn count_work(
        table: &Table<Result<usize, ()>>,
        key: &str,
        count: &AtomicUsize,
        good: bool,
    ) -> Result<usize, ()> {
        let key = name(key);
        let work = async {
            sleep(Duration::from_millis(10)).await;
            let so_far = count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(if good { Ok(so_far) } else { Err(()) })
        };
        let Ok(value) = table.get_or_work_out(&key, work).await;
        value
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_simultaneous_callers_share_one_lookup() {
        let table = Table::new();
        let count = AtomicUsize::new(0);
        let all = join_all((0..100).map(|_| count_work(&table, "example.com", &count, true))).await;
        assert_eq!(all, vec![Ok(0); 100]);
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_kept_for_a_minute_and_failures_for_seconds() {
        let table = Table::new();
        let count = AtomicUsize::new(0);
        for (good, wait, expected) in [
            (true, 59, 1),
            (true, 2, 1),
            (true, 0, 2),
            (false, 61, 2),
            (false, 4, 3),
            (false, 2, 3),
            (false, 0, 4),
        ] {
            let _either = count_work(&table, "example.com", &count, good).await;
            assert_eq!(count.load(Ordering::Relaxed), expected);
            advance(Duration::from_secs(wait)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_caller_takes_over_a_cancelled_lookup() {
        let table = Table::new();
        let count = AtomicUsize::new(0);
        let (given_up, waiting) = tokio::join!(
            tokio::time::timeout(
                Duration::from_millis(5),
                count_work(&table, "example.com", &count, true)
            ),
            count_work(&table, "example.com", &count, true),
        );
        assert!(given_up.is_err());
        assert_eq!(waiting, Ok(0));
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_of_answers_has_a_bounded_size() {
        let table = Table::new();
        for index in 0..MAX_NAMES + 100 {
            table.cell(&name(&format!("{index}.example")));
        }
        let entries = lock(&table.entries);
        let _: &Table<Result<(), ()>> = &table;
        assert_eq!(entries.cells.len(), MAX_NAMES);
        assert_eq!(entries.oldest_first.len(), MAX_NAMES);
    }

    #[test]
    fn a_server_that_never_answered_is_dead_after_three_zones() {
        let servers = Servers::new();
        let address = SocketAddr::from(([192, 0, 2, 1], 53));
        servers.was_silent(address, &name("a.example"));
        assert_eq!(
            servers.verdict(address, &name("a.example")),
            Some(Verdict::Silent)
        );
        assert_eq!(servers.verdict(address, &name("d.example")), None);
        servers.was_silent(address, &name("b.example"));
        servers.was_silent(address, &name("c.example"));
        assert_eq!(
            servers.verdict(address, &name("d.example")),
            Some(Verdict::Silent)
        );
    }

    #[test]
    fn a_server_that_answered_before_is_not_dead_after_one_lost_packet() {
        let servers = Servers::new();
        let address = SocketAddr::from(([192, 0, 2, 1], 53));
        servers.spoke(address);
        servers.was_silent(address, &name("a.example"));
        assert_eq!(servers.verdict(address, &name("a.example")), None);
    }

    #[test]
    fn the_memory_of_servers_is_bounded() {
        let servers = Servers::new();
        for index in 0..u32::try_from(MAX_SERVERS).unwrap() * 2 {
            servers.was_silent((index.to_be_bytes(), 53).into(), &name("example.com"));
        }
        let one = SocketAddr::from(([192, 0, 2, 1], 53));
        for index in 0..1000 {
            servers.is_lame(one, &name(&format!("{index}.example")));
        }
        let known = lock(&servers.known);
        assert!(known.len() <= MAX_SERVERS);
        assert_eq!(known[&one].lame_for.len(), MAX_ZONES_PER_SERVER);
    }
}
